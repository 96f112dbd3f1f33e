"""Two people who apply one plan's workbook at once: it is applied once, and the second is told."""

import pytest
from django.db.models import QuerySet

from commitments.actions import imports
from commitments.models import TaskGroup
from tests.commitments.actions.test_imports import checked, sound
from tests.factories.body import NOW, make_body
from tests.factories.units import RoleGrantFactory
from tests.units.actions.test_races import at_once
from units.models import RegisterEntry

pytestmark = pytest.mark.django_db(transaction=True)


def two_applications():
    body = make_body()
    data = sound()  # one file: two written one after the other may bear two times of day
    kept = imports.upload(
        period_id=body.plan.pk, file_name="plan.xlsx", data=data, by=body.planner, at=NOW
    )
    seen = checked(body, data).digest
    second = RoleGrantFactory(role="planner").person

    def act(by):
        return lambda: imports.apply(import_id=kept.pk, seen=seen, by=by, at=NOW)

    return act(body.planner), act(second)


def test_two_at_once_leave_one_application(monkeypatch):
    results = at_once(monkeypatch, TaskGroup, *two_applications())
    assert results == ["apply-import-not-from-applied", "done"]
    assert RegisterEntry.objects.filter(kind="import.apply").count() == 1
    assert RegisterEntry.objects.filter(kind="target.create").count() == 3  # one and its two parts


@pytest.mark.postgresql_only
def test_without_the_locks_the_race_is_lost(monkeypatch):
    acts = two_applications()
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_named: self.all())
    results = at_once(monkeypatch, TaskGroup, *acts, patience=5)
    assert results != ["apply-import-not-from-applied", "done"]
