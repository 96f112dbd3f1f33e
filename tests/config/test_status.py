"""/healthz and /status/: what runs, what is late, what failed; honest from the first second."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core import management
from django.db import DatabaseError, connection
from django.test import RequestFactory
from django.utils import translation

from config import status
from config.backups import shelf
from config.backups.manifest import Manifest
from config.schedule import JOBS, late_after
from tests.factories.units import UserFactory
from units import clock
from units.actions import jobs
from units.models import JobKind, RegisterVerification

ARCHIVE = "commitments-20260105T020000Z.tar"
NAMES = [job.name for job in JOBS]


@pytest.fixture
def started(monkeypatch):
    """Return a function that says how long ago the web server has started."""

    def ago(**span: int) -> None:
        monkeypatch.setattr(status, "STARTED", clock.real_now() - timedelta(**span))

    return ago


def ran(name: str, **ago: int) -> None:
    JobKind.objects.update_or_create(
        name=name, defaults={"last_ok_at": clock.real_now() - timedelta(**ago), "last_error": ""}
    )


@pytest.mark.django_db
def test_young_server_is_starting(client, started):
    started(seconds=5)
    said = client.get("/healthz").json()
    assert (said["status"], said["jobs"], said["jobs_late"]) == ("ok", "starting", [])
    assert said["job_age_seconds"] == dict.fromkeys(NAMES)


@pytest.mark.django_db
def test_young_server_after_a_long_rest_is_starting(client, started):
    started(seconds=5)
    for name in NAMES:
        ran(name, days=3)
    said = client.get("/healthz").json()
    assert said["jobs"] == "starting"
    assert set(said["job_age_seconds"].values()) == {3 * 24 * 3600}


@pytest.mark.django_db
def test_old_server_without_jobs_is_late(client, started):
    started(hours=1)
    said = client.get("/healthz").json()
    assert (said["status"], said["jobs"], said["jobs_late"]) == ("ok", "late", NAMES)


@pytest.mark.django_db
@pytest.mark.parametrize(("beyond", "word"), [(-2, "ok"), (2, "late")])
def test_job_is_late_when_it_is(beyond, word, client, started):
    started(hours=1)
    for name in NAMES:
        ran(name)
    last = JOBS[-1]
    ran(last.name, seconds=int(late_after(last).total_seconds()) + beyond)
    said = client.get("/healthz").json()
    assert said["jobs"] == word
    assert said["jobs_late"] == ([last.name] if word == "late" else [])


@pytest.mark.django_db
def test_failure_is_named_without_its_text_and_shown_to_the_administrator(client, started):
    started(seconds=5)

    def fails() -> int:
        raise ValueError("the name of somebody")

    with pytest.raises(ValueError, match="somebody"):
        jobs.run("sweep_cases", fails)
    answer = client.get("/healthz")
    assert (answer.json()["jobs"], answer.json()["jobs_failing"]) == ("failing", ["sweep_cases"])
    assert "somebody" not in answer.content.decode()
    client.force_login(UserFactory(roles=["administrator"], language="en"))
    page = client.get("/status/").content.decode()
    assert "ValueError: the name of somebody" in page
    assert "Something needs to be looked at." in page
    jobs.run("sweep_cases", lambda: 0)  # the next good run takes it back
    assert client.get("/healthz").json()["jobs_failing"] == []


@pytest.mark.django_db
def test_dead_database_is_503_with_what_is_wrong(monkeypatch):
    def dies(*, at):
        raise DatabaseError("password of the database")

    monkeypatch.setattr(status, "job_states", dies)
    answer = status.healthz(RequestFactory().get("/healthz"))
    connection.ensure_connection()
    assert answer.status_code == 503
    assert answer["Cache-Control"] == "no-store"
    assert b"does not answer (DatabaseError)" in answer.content
    assert b"password" not in answer.content


@pytest.mark.django_db
def test_healthz_needs_no_session_and_no_known_host(client, started):
    started(seconds=5)
    answer = client.get("/healthz", headers={"host": "10.0.0.7"})
    assert answer.status_code == 200
    assert not answer.cookies


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["vi", "en"])
def test_status_page_speaks_the_language_of_its_reader(language, client, started):
    started(seconds=5)
    client.force_login(UserFactory(roles=["administrator"], language=language))
    page = client.get("/status/")
    assert page.status_code == 200
    words = {"vi": ["Việc chạy tự động", "đang khởi động", "chưa lần nào"]}
    words["en"] = ["What runs by itself", "starting", "never", "Remind and escalate"]
    assert all(word in page.content.decode() for word in words[language])


@pytest.mark.django_db
def test_status_page_is_for_administrators(client):
    assert client.get("/status/")["Location"].startswith("/accounts/login/")
    client.force_login(UserFactory(roles=["supervisor"]))
    assert client.get("/status/").status_code == 403


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "never"),
        (1, "1 second ago"),
        (59, "59 seconds ago"),
        (60, "1 minute ago"),
        (3599, "59 minutes ago"),
        (3600, "1 hour ago"),
        (7200, "2 hours ago"),
    ],
)
def test_age_in_words(seconds, words):
    with translation.override("en"):
        assert status.age_in_words(seconds) == words


@pytest.mark.django_db
def test_a_register_that_is_not_as_it_was_written_is_said_without_its_place(client):
    assert client.get("/healthz").json()["register"] == "ok"
    RegisterVerification.objects.create(
        started_at=clock.real_now(),
        ended_at=clock.real_now() + timedelta(seconds=1),
        entries=3,
        exposed=0,
        findings=[["entry-changed", 2, "the entry is not the one that was registered"]],
    )
    answer = client.get("/healthz")
    assert answer.json()["register"] == "broken"
    assert b"entry-changed" not in answer.content


@pytest.mark.parametrize(
    ("hours", "old", "complete", "well"),
    [(0, 9999, True, True), (2, 2, True, True), (2, 3, True, False), (2, 1, False, False)],
)
def test_the_last_backup_is_shown_and_warned_of_when_it_is_late(
    hours, old, complete, well, settings, tmp_path
):
    settings.DATA_DIR, settings.BACKUP_LATE_HOURS = tmp_path, hours
    at = clock.real_now()
    assert status._last_backup(at=at).well is (hours == 0)  # none is known
    made = Manifest(
        *(at - timedelta(hours=old), "1", "sqlite", "3", False, "here", 1, 1, "", {}, {}),
        faults=[] if complete else ["a file: missing"],
    )
    shelf.note(tmp_path / ARCHIVE, made)
    figure = status._last_backup(at=at)
    assert figure.well is well
    assert ARCHIVE in figure.value


@pytest.mark.parametrize(("days", "old", "well"), [(0, 999, True), (40, 40, True), (40, 41, False)])
def test_the_last_restore_drill_is_shown_and_warned_of_when_it_is_late(
    days, old, well, settings, tmp_path
):
    settings.DATA_DIR, settings.DRILL_LATE_DAYS = tmp_path, days
    at = clock.real_now()
    assert status._last_drill(at=at).well is (days == 0)  # none is known
    management.call_command("note_drill", ARCHIVE, "--minutes=42", stdout=StringIO())
    figure = status._last_drill(at=at + timedelta(days=old, hours=1))
    assert figure.well is well
    assert ARCHIVE in figure.value
    assert "42" in figure.value


@pytest.mark.parametrize("words", [("another.tar", "--minutes=42"), (ARCHIVE, "--minutes=0")])
def test_a_drill_that_cannot_be_is_not_written_down(words, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    with pytest.raises(management.CommandError, match="the archive's own name"):
        management.call_command("note_drill", *words)
    assert shelf.last_drill() is None
