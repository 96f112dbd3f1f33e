"""Who sees which version, and buckets whose counts are what their lists show."""

from datetime import date, timedelta

import pytest

from commitments.enums import VersionState
from commitments.models import Commitment, CommitmentVersion
from commitments.querysets import queue
from tests.factories.clocks import local
from tests.factories.commitments_versions import CommitmentFactory, CommitmentVersionFactory
from tests.factories.units import (
    ApiClientFactory,
    AppointmentFactory,
    HeadFactory,
    OrgUnitFactory,
    OversightFactory,
    RoleGrantFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
TODAY = date(2024, 2, 20)
AT = local(TODAY)
DAY = timedelta(days=1)
STATES = [state.value for state in VersionState]


def versions_seen(user, *, at=AT):
    return set(CommitmentVersion.objects.visible_to(user, at=at))


def commitments_seen(user, *, at=AT):
    return set(Commitment.objects.visible_to(user, at=at))


def planner_of(unit, **span):
    return RoleGrantFactory(unit=unit, **span).person


@pytest.mark.parametrize("state", STATES)
def test_the_assigning_side_sees_every_state_the_other_side_all_but_a_draft(state):
    version = CommitmentVersionFactory(**{state: True})
    head = HeadFactory(position__unit=version.commitment.unit).person
    planner = planner_of(version.commitment.assigner_unit)
    assert versions_seen(planner) == {version}
    assert commitments_seen(planner) == {version.commitment}
    seen = set() if state == "draft" else {version}
    assert versions_seen(head) == seen
    assert commitments_seen(head) == {one.commitment for one in seen}


def test_the_next_draft_stays_hidden_behind_the_version_in_force():
    in_force = CommitmentVersionFactory(in_force=True)
    draft = CommitmentVersionFactory(commitment=in_force.commitment)
    head = HeadFactory(position__unit=in_force.commitment.unit).person
    planner = planner_of(in_force.commitment.assigner_unit)
    assert versions_seen(head) == {in_force}
    assert versions_seen(planner) == {in_force, draft}
    for user, n, state in ((head, 1, "in_force"), (planner, 2, "draft")):
        shown = Commitment.objects.shown_to(user, at=AT).get()
        assert (shown.shown_n, shown.shown_state) == (n, state)
        assert [version.n for version in shown.shown_versions] == list(range(1, n + 1))


def test_with_only_a_draft_nothing_is_shown_to_the_undertaking_side():
    version = CommitmentVersionFactory(draft=True)
    head = HeadFactory(position__unit=version.commitment.unit).person
    assert not Commitment.objects.shown_to(head, at=AT).exists()


def test_a_unit_outside_the_reach_sees_nothing():
    version = CommitmentVersionFactory(issued=True)
    sister = OrgUnitFactory(under=version.commitment.assigner_unit)
    for outside in (sister, OrgUnitFactory()):
        assert versions_seen(HeadFactory(position__unit=outside).person) == set()
        assert versions_seen(planner_of(outside)) == set()
        assert commitments_seen(planner_of(outside)) == set()


@pytest.mark.parametrize("who", [{"closed": True}, {}])
def test_without_office_role_or_with_a_closed_account_nothing_is_seen(who):
    version = CommitmentVersionFactory(issued=True)
    person = UserFactory(**who)
    if who:
        RoleGrantFactory(person=person, unit=version.commitment.assigner_unit)
    assert versions_seen(person) == set()


def test_administration_of_accounts_shows_no_commitment():
    version = CommitmentVersionFactory(issued=True)
    person = RoleGrantFactory(role="administrator", unit=version.commitment.assigner_unit).person
    everywhere = RoleGrantFactory(role="administrator", unit=None).person
    assert versions_seen(person) == versions_seen(everywhere) == set()


def test_a_role_over_the_whole_body_shows_all_of_it_drafts_too():
    issued, draft = CommitmentVersionFactory(issued=True), CommitmentVersionFactory(draft=True)
    inspector = RoleGrantFactory(role="inspector", unit=None).person
    assert versions_seen(inspector) == {issued, draft}


@pytest.mark.parametrize(
    ("day", "seen"),
    [(TODAY - DAY, False), (TODAY, True), (TODAY + DAY, True), (TODAY + 2 * DAY, False)],
)
def test_what_a_role_shows_begins_and_ends_with_it(day, seen):
    version = CommitmentVersionFactory(issued=True)
    unit = version.commitment.assigner_unit
    person = planner_of(unit, valid_from=TODAY, valid_to=TODAY + 2 * DAY)
    assert versions_seen(person, at=local(day)) == ({version} if seen else set())


@pytest.mark.parametrize("with_subtree", [True, False])
def test_an_office_sees_what_it_watches(with_subtree):
    version = CommitmentVersionFactory(issued=True)
    unit, above = version.commitment.unit, version.commitment.assigner_unit
    near, far = AppointmentFactory(), AppointmentFactory()
    OversightFactory(position=near.position, unit=unit, with_subtree=with_subtree)
    OversightFactory(position=far.position, unit=above, with_subtree=with_subtree)
    assert versions_seen(near.person) == {version}
    assert versions_seen(far.person) == {version}  # the assigning side itself
    lower = CommitmentVersionFactory(
        commitment=CommitmentFactory(assigner_unit=unit, unit=OrgUnitFactory(under=unit)),
        issued=True,
    )
    assert versions_seen(near.person) == {version, lower}
    assert versions_seen(far.person) == ({version, lower} if with_subtree else {version})


def test_a_machine_reads_what_its_owner_and_its_scope_have_in_common():
    version = CommitmentVersionFactory(issued=True)
    draft = CommitmentVersionFactory(
        commitment__assigner_unit=version.commitment.assigner_unit, draft=True
    )
    elsewhere = CommitmentVersionFactory(issued=True)
    district, commune = version.commitment.assigner_unit, version.commitment.unit
    of_district = ApiClientFactory(owner_unit=district).user
    of_commune = ApiClientFactory(owner_unit=commune).user
    narrowed = ApiClientFactory(owner_unit=district, unit_scope=commune).user
    too_wide = ApiClientFactory(owner_unit=commune, unit_scope=district).user
    foreign = ApiClientFactory(
        owner_unit=commune, unit_scope=elsewhere.commitment.assigner_unit
    ).user
    assert versions_seen(of_district) == {version, draft}
    assert versions_seen(of_commune) == versions_seen(narrowed) == {version}
    assert versions_seen(too_wide) == {version}
    assert versions_seen(foreign) == set()


def test_a_disabled_machine_reads_nothing():
    version = CommitmentVersionFactory(issued=True)
    client = ApiClientFactory(owner_unit=version.commitment.assigner_unit, disabled_at=AT)
    assert versions_seen(client.user) == set()


# --- buckets ----------------------------------------------------------------------------------


def one_of_each():
    for state in STATES:
        CommitmentVersionFactory(**{state: True}, sign_by=TODAY)
    for day in (TODAY - DAY, TODAY, TODAY + DAY):
        CommitmentVersionFactory(issued=True, sign_by=day)


@pytest.mark.parametrize("day", [TODAY - 2 * DAY, TODAY - DAY, TODAY, TODAY + DAY, TODAY + 2 * DAY])
def test_counts_are_what_the_lists_show(day, django_assert_num_queries):
    one_of_each()
    versions = CommitmentVersion.objects.all()
    with django_assert_num_queries(1):
        counted = queue.counts(versions, on=day)
    assert counted == {name: len(queue.bucket(versions, name, on=day)) for name in queue.CONDITIONS}


def test_the_day_to_sign_is_still_in_time():
    version = CommitmentVersionFactory(issued=True, sign_by=TODAY)
    versions = CommitmentVersion.objects.all()
    for day, name in ((TODAY - DAY, "awaiting"), (TODAY, "awaiting"), (TODAY + DAY, "late")):
        counted = queue.counts(versions, on=day)
        assert {bucket for bucket, count in counted.items() if count} == {name}
        assert list(queue.bucket(versions, name, on=day)) == [version]


def test_every_version_lies_in_one_bucket_at_most_and_those_at_work_in_one():
    one_of_each()
    versions = CommitmentVersion.objects.all()
    found = [
        version.pk
        for name in queue.CONDITIONS
        for version in queue.bucket(versions, name, on=TODAY)
    ]
    over = [VersionState.SUPERSEDED, VersionState.VOIDED, VersionState.SETTLED]
    assert sorted(found) == sorted(versions.exclude(state__in=over).values_list("pk", flat=True))


def test_counts_keep_to_what_is_seen():
    mine = CommitmentVersionFactory(issued=True, sign_by=TODAY)
    draft = CommitmentVersionFactory(commitment__unit=mine.commitment.unit)
    CommitmentVersionFactory(issued=True)
    head = HeadFactory(position__unit=mine.commitment.unit).person
    counted = queue.counts(CommitmentVersion.objects.visible_to(head, at=AT), on=TODAY)
    assert (counted["awaiting"], counted["drafts"]) == (1, 0)
    planner = planner_of(draft.commitment.assigner_unit)
    counted = queue.counts(CommitmentVersion.objects.visible_to(planner, at=AT), on=TODAY)
    assert (counted["awaiting"], counted["drafts"]) == (0, 1)


def test_an_unknown_bucket_is_an_error():
    with pytest.raises(KeyError):
        queue.bucket(CommitmentVersion.objects.all(), "nothing", on=TODAY)


# --- named sets and their cost ----------------------------------------------------------------


def test_latest_is_the_highest_version_of_each_commitment():
    first = CommitmentVersionFactory(in_force=True)
    second = CommitmentVersionFactory(commitment=first.commitment)
    other = CommitmentVersionFactory(issued=True)
    assert set(CommitmentVersion.objects.latest()) == {second, other}
    annotated = Commitment.objects.with_latest().order_by("pk")
    assert list(annotated.values_list("latest_n", "state")) == [(2, "draft"), (1, "issued")]


@pytest.mark.parametrize("count", [1, 3])
def test_rows_cost_the_same_for_one_and_three(count, django_assert_num_queries):
    for _time in range(count):
        CommitmentVersionFactory(issued=True, both=True)
    with django_assert_num_queries(3):  # versions, names of both sides' units
        rows = [
            (row.commitment.unit.name, row.commitment.assigner_unit.name, row.assigner.title)
            for row in CommitmentVersion.objects.for_rows()
        ]
    assert len(rows) == count
    with django_assert_num_queries(1):
        assert [row.items_count for row in CommitmentVersion.objects.for_api()] == [1] * count
