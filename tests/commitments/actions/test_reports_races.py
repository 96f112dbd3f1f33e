"""Two at once: one decides, the other is told, and the register says it once."""

from contextlib import suppress
from threading import Barrier, BrokenBarrierError, Thread

import pytest
from django.db import connection

from commitments.actions import reports, verifications
from commitments.models import Report, ReportCheck
from tests.factories.reports import OPENED, SAID, make_desk
from units.errors import Refused
from units.models import RegisterEntry

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(monkeypatch, *acts):
    """Run `acts` in threads that meet just before a report is written; return what came of each."""
    meet, save, results = Barrier(len(acts)), Report.save, []

    def save_when_all_have_read(self, **kwargs):
        with suppress(BrokenBarrierError):
            meet.wait(timeout=1)
        save(self, **kwargs)

    monkeypatch.setattr(Report, "save", save_when_all_have_read)

    def run(act):
        try:
            act()
            results.append("done")
        except Refused as refused:
            results.append(refused.code)
        finally:
            connection.close()

    threads = [Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(results)


def test_two_verifiers_at_once_leave_one_decision(monkeypatch):
    desk = make_desk()
    report = desk.filed(desk.duty())
    asked = {"report_id": report.pk, "expected": report.etag_version, "at": OPENED}

    results = at_once(
        monkeypatch,
        lambda: verifications.verify(by=desk.verifier, **asked),
        lambda: verifications.return_to_author(by=desk.second, reason="No.", **asked),
    )

    assert results == ["done", "report-changed"]
    assert ReportCheck.objects.count() == 1
    entries = RegisterEntry.objects.filter(kind__in=["report.verify", "report.return"])
    assert entries.count() == 1


def test_two_who_begin_the_same_report_leave_one_draft(monkeypatch):
    desk = make_desk()
    duty = desk.duty()
    asked = {"duty_id": duty.pk, "answer": SAID, "expected": 0, "at": OPENED}

    results = at_once(
        monkeypatch,
        lambda: reports.save(by=desk.reporter, **asked),
        lambda: reports.save(by=desk.body.secretary, **asked),
    )

    assert results == ["done", "report-changed"]
    assert Report.objects.count() == 1
