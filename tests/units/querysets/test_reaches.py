"""What many people may see, asked for all of them at once: the same as asked one by one."""

import pytest

from commitments.actions.subjects import DIRECTORIES, Cases, Corrections, Rounds, Versions
from notifications.audiences import Sight
from tests.factories.backlog import BacklogCaseFactory
from tests.factories.body import NOW, make_body
from tests.factories.clocks import make_scene
from tests.factories.corrections import CorrectiveActionFactory
from tests.factories.rounds import ReportRoundFactory
from tests.factories.units import (
    OversightFactory,
    RoleGrantFactory,
    UserFactory,
)
from units.models import User
from units.querysets.organisation import reach_of, reaches_of

pytestmark = pytest.mark.django_db


def everybody(body) -> list[User]:
    OversightFactory(unit=body.commune, position=body.second, level="supervisor")
    RoleGrantFactory(role="inspector", unit=None)
    RoleGrantFactory(role="administrator", unit=body.committee)
    UserFactory(is_active=False)
    UserFactory(machine=True, is_active=False)
    return list(User.objects.order_by("pk"))


def test_each_sees_what_is_seen_when_asked_alone(django_assert_num_queries):
    body = make_body()
    make_scene()
    people = everybody(body)
    one_by_one = {person.pk: reach_of(person, at=NOW) for person in people}
    assert len(people) > 8
    with django_assert_num_queries(4):
        together = reaches_of(people, at=NOW)
    assert together == one_by_one
    assert reaches_of([], at=NOW) == {}


def test_who_sees_a_subject_by_its_reach_sees_it_by_its_queryset():
    body, scene = make_body(), make_scene()
    people = everybody(body)
    subjects = [
        body.draft(),
        scene.version(),
        BacklogCaseFactory(unit=body.commune, assigner_unit=body.committee),
        BacklogCaseFactory(),
        ReportRoundFactory(unit=body.commune),
        ReportRoundFactory(assigner=body.committee),
        CorrectiveActionFactory(target=body.targets[0]),
        CorrectiveActionFactory(),
    ]
    sight = Sight(people, at=NOW)
    seen = set()
    for subject in subjects:
        for person in people:
            visible = type(subject).objects.visible_to(person, at=NOW).filter(pk=subject.pk)
            assert sight.sees(person, subject) == visible.exists()
            seen.add(sight.sees(person, subject))
    assert seen == {True, False}
    shown = {Versions, Cases, Rounds, Corrections}
    assert set(DIRECTORIES.values()) == shown, "a kind without its example here"
