"""Lateness is said aloud: on the queue, to a program, and by silence to the watcher outside."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.db import DatabaseError

from commitments.models import CaseClock
from config import metrics, status, watch
from config.schedule import JOBS, function_of
from notifications.models import ChannelState, Notice
from tests.factories.notices import make_told
from tests.factories.units import UserFactory
from units import clock
from units.models import JobKind

pytestmark = pytest.mark.django_db
LATE, WELL = timedelta(minutes=6), timedelta(minutes=4)


@contextmanager
def listening(answer: int = 200) -> Iterator[tuple[str, list[str]]]:
    """Stand in for the watcher outside; yield its address and what it was asked."""
    asked: list[str] = []

    class Watcher(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(answer)
            self.end_headers()

        def log_message(self, *_words: object) -> None:
            """Say nothing on the console of the tests."""

    with HTTPServer(("127.0.0.1", 0), Watcher) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/ping/abc?x=1", asked
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def told():
    """A reminder that was told, with all jobs well and the ladder ahead of its time."""
    told = make_told()
    Notice.objects.update(state="delivered", not_before=clock.real_now() - WELL)
    CaseClock.objects.update(next_action_at=clock.real_now() - WELL)
    for job in JOBS:
        JobKind.objects.update_or_create(name=job.name, defaults={"last_ok_at": clock.real_now()})
    return told


def since():
    return status.delayed_since(at=clock.real_now(), real_at=clock.real_now())


def test_a_step_or_a_notice_that_is_five_minutes_late_is_a_delay(told, client):
    assert since() is None
    assert client.get("/healthz").json()["reminders"] == "ok"
    late = clock.real_now() - LATE
    CaseClock.objects.update(next_action_at=late)
    assert since() == late
    said = client.get("/healthz").json()
    assert (said["reminders"], said["reminders_delayed_since"]) == ("delayed", late.isoformat())

    CaseClock.objects.update(next_action_at=clock.real_now())
    Notice.objects.filter(pk=told.notice.pk).update(state="pending", not_before=late)
    assert since() == late
    Notice.objects.update(next_try_at=clock.real_now() + LATE)  # put off by the mail server
    assert since() is None
    Notice.objects.update(next_try_at=late, state="cancelled", end_reason="settled")
    assert since() is None


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Reminders are delayed since"), ("vi", "Việc nhắc bị chậm từ")]
)
def test_the_queue_says_it_itself(language, words, told, client):
    reader = UserFactory(roles=["supervisor"], language=language)
    client.force_login(reader)
    assert words not in client.get("/queue/").content.decode()
    CaseClock.objects.update(next_action_at=clock.real_now() - LATE)
    assert words in client.get("/queue/").content.decode()


def run_job() -> None:
    (job,) = [job for job in JOBS if job.name == watch.ITSELF]
    function_of(job)()


def test_the_watcher_outside_is_called_only_while_all_is_well(told, settings):
    run_job()  # no address: nothing is opened, and nothing fails
    with listening() as (url, asked):
        settings.DEADMAN_URL = url
        run_job()
        assert asked == ["/ping/abc?x=1"]
        for make_worse, mend in (
            (
                lambda: CaseClock.objects.update(next_action_at=clock.real_now() - LATE),
                lambda: CaseClock.objects.update(next_action_at=clock.real_now()),
            ),
            (
                lambda: JobKind.objects.filter(name="send_notices").update(last_error="x"),
                lambda: JobKind.objects.filter(name="send_notices").update(last_error=""),
            ),
        ):
            make_worse()
            run_job()
            assert len(asked) == 1
            mend()
        JobKind.objects.filter(name=watch.ITSELF).update(last_error="it was away")
        run_job()  # what failed was the watch itself: now it is well again
        assert len(asked) == 2


def test_a_late_job_is_silence_too(told, settings, monkeypatch):
    monkeypatch.setattr(status, "STARTED", clock.real_now() - timedelta(hours=2))
    JobKind.objects.filter(name="sweep_cases").update(last_ok_at=clock.real_now() - LATE)
    with listening() as (url, asked):
        settings.DEADMAN_URL = url
        run_job()
    assert asked == []
    assert watch.troubles(at=clock.real_now()) == ["sweep_cases is late"]


def test_a_watcher_that_refuses_is_told_on_the_status_page(told, settings):
    with listening(404) as (url, _asked):
        settings.DEADMAN_URL = url
        with pytest.raises(OSError, match=r"The watcher at 127\.0\.0\.1 answered 404\."):
            run_job()
    assert "answered 404" in JobKind.objects.get(name=watch.ITSELF).last_error


# --- /metrics -------------------------------------------------------------------------------------


def figures(client, **more) -> dict[str, float]:
    answer = client.get("/metrics", **more)
    assert (answer.status_code, answer["Content-Type"]) == (200, metrics.CONTENT_TYPE)
    lines = [line for line in answer.content.decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _space, value in (row.rpartition(" ") for row in lines)}


def test_a_program_reads_the_same_figures(told, client, settings):
    settings.METRICS_TOKEN = "a-long-secret-of-the-house"
    CaseClock.objects.update(next_action_at=clock.real_now() - LATE)
    ChannelState.objects.create(
        channel="email", broken_since=clock.real_now(), next_try_at=clock.real_now()
    )
    Notice.objects.filter(pk=told.notice.pk).update(state="unknown", doubts=2)
    JobKind.objects.filter(name="send_notices").update(last_error="x")

    found = figures(client, headers={"authorization": "Bearer a-long-secret-of-the-house"})

    assert 360 <= found['commitments_due_lateness_seconds{quantile="1"}'] < 400
    assert found["commitments_due_clocks"] == 1
    assert found['commitments_notices_by_state{state="unknown"}'] == 1
    assert found["commitments_notices_doubtful_total"] == 2
    assert found['commitments_channel_broken{channel="email"}'] == 1
    assert found['commitments_job_failing{job="send_notices"}'] == 1
    assert found['commitments_job_late{job="sweep_cases"}'] == 0
    assert found["commitments_register_pending"] == 0
    assert {name.partition("{")[0] for name in found} == {
        metrics.PREFIX + name for name in metrics.HELP
    }


def test_who_shows_no_token_needs_the_role(client, settings):
    assert client.get("/metrics").status_code == 401
    for shown in ("Bearer ", "Bearer x", "Basic a-long-secret-of-the-house"):
        assert client.get("/metrics", headers={"authorization": shown}).status_code == 401
    settings.METRICS_TOKEN = "a-long-secret-of-the-house"
    for shown in ("Bearer ", "Bearer x", "Basic a-long-secret-of-the-house"):
        assert client.get("/metrics", headers={"authorization": shown}).status_code == 401
    client.force_login(UserFactory(roles=["supervisor"]))
    assert client.get("/metrics").status_code == 403
    client.force_login(UserFactory(roles=["administrator"]))
    assert figures(client)["commitments_set_aside"] == 0


def test_a_source_that_does_not_answer_is_left_out(client, monkeypatch):
    def fails(_at):
        raise DatabaseError("gone")

    monkeypatch.setattr("notifications.health.measures", fails)
    client.force_login(UserFactory(roles=["administrator"]))
    found = figures(client)
    assert "commitments_set_aside" not in found
    assert found["commitments_due_clocks"] == 0
