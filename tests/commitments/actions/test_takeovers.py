"""An office changes hands: the commitment binds on, and whoever comes into it takes it over."""

import json
from datetime import date, datetime, timedelta

import pytest
from django.db import transaction

from commitments.actions import commitments, drafts, takeovers, targets, versions
from commitments.enums import PeriodState, VersionAct, VersionState
from commitments.models import CommitmentVersion, Period
from commitments.querysets import queue
from commitments.querysets.takeovers import newcomers
from tests.factories.body import NOW, come_into_office, make_body, person
from tests.factories.commitments_versions import CommitmentVersionFactory
from units import clock
from units.enums import ActingReason, AppointmentMode, DelegationForm
from units.errors import Conflict, NotAllowed, StaleVersion, WrongState
from units.models import Appointment, RegisterEntry

pytestmark = pytest.mark.django_db
A = VersionAct
LATER = NOW + timedelta(days=119)
CAME_ON, ASKED_ON = date(2024, 5, 6), date(2024, 5, 31)


def ask(version, by, *, at: datetime = LATER, **changes):
    version.refresh_from_db()
    asked = {"version_id": version.pk, "by": by, "expected": version.etag_version, "at": at}
    return takeovers.ask(**(asked | changes))


def waiting(on: date = ASKED_ON) -> set[str]:
    found = queue.bucket(CommitmentVersion.objects.all(), "not_taken_over", on=on)
    counted = queue.counts(CommitmentVersion.objects.all(), on=on)["not_taken_over"]
    assert found.count() == counted
    return {version.ref for version in found}


def test_whoever_comes_into_office_takes_over_what_is_in_force():
    body = make_body()
    version = body.in_force()
    successor = person("successor")
    assert waiting() == set()
    came = come_into_office(body.first, successor, on=CAME_ON, decision_number="12/QĐ")
    assert waiting() == {version.ref}
    assert waiting(on=CAME_ON - timedelta(days=1)) == set()

    draft = ask(version, body.planner)
    issued = commitments.issue(
        version_id=draft.pk, by=body.planner, expected=draft.etag_version, at=LATER
    )

    assert issued.is_takeover
    assert issued.sign_by == date(2024, 6, 14)  # ten working days from Friday 31 May
    row = issued.clocks.get()
    assert (row.kind, row.policy.key, row.due_on) == ("sign", "handover", issued.sign_by)
    assert version.clocks.get(kind="sign").policy.key == "sign"
    before, content = (json.loads(row.sealed.content) for row in (version, issued))
    assert content["terms"] == before["terms"]
    assert [slot["office"] for slot in content["slots"]] == [body.first.ref, body.assigning.ref]
    assert content["predecessor"]["content_sha256"] == version.sealed.content_sha256
    assert content["takeover"]["on"] == "2024-05-31"
    assert content["takeover"]["offices"] == [
        {
            "office": body.first.ref,
            "title_vi": "Secretary",
            "title_en": "Secretary",
            "outgoing": "Secretary",
            "incoming": "Successor",
            "since": "2024-05-06",
            "decision": "12/QĐ",
        }
    ]
    assert [row["value"] for row in content["takeover"]["results"]] == [None] * 3
    assert waiting() == {version.ref}, "asked is not signed"

    with pytest.raises(NotAllowed):  # the other office has signed, and is not asked again
        body.prepare(A.SIGN, issued, body.chair, at=LATER)
    act = body.act(A.SIGN, issued, successor, at=LATER)
    assert act.consent.key == "takeover"
    assert act.appointment == came
    assert waiting() == set()
    body.act(A.COUNTERSIGN, issued, body.assigner, at=LATER)
    version.refresh_from_db()
    assert (version.state, issued.state) == (VersionState.SUPERSEDED, VersionState.IN_FORCE)
    kinds = RegisterEntry.objects.about("commitment_version", version.ref).values_list(
        "kind", flat=True
    )
    assert list(kinds)[-2:] == ["commitment.takeover", "commitment.supersede"]

    come_into_office(body.second, person("deputy"), on=date(2024, 9, 2))
    later = LATER + timedelta(days=120)
    assert waiting(on=clock.local_date(later)) == {issued.ref}, "each office for itself"
    assert [row.position for row in newcomers(issued, on=clock.local_date(later))] == [body.second]


INHERIT_NOTHING = {
    "stands in for an absent one": {
        "mode": AppointmentMode.ACTING,
        "acting_reason": ActingReason.ABSENCE,
    },
    "signs for the holder": {
        "mode": AppointmentMode.DELEGATE,
        "valid_to": date(2025, 1, 1),
        "decision_number": "7/UQ",
        "form": DelegationForm.values[0],
        "scope": ["sign"],
    },
}


@pytest.mark.parametrize("changes", INHERIT_NOTHING.values(), ids=INHERIT_NOTHING.keys())
def test_who_stands_in_inherits_nothing(changes):
    version = CommitmentVersionFactory(in_force=True)
    Appointment.objects.create(
        ref="stands-in",
        person=person("somebody"),
        position=version.first_undertaker,
        valid_from=CAME_ON,
        **changes,
    )
    assert waiting() == set()


def test_only_what_is_in_force_in_a_year_under_way_is_inherited():
    made = [CommitmentVersionFactory(**{state: True}) for state in ("in_force", "signed", "issued")]
    for version in made:
        come_into_office(version.first_undertaker, person(f"next-{version.pk}"), on=CAME_ON)
    assert waiting() == {made[0].ref}
    acting = made[0].first_undertaker.appointments.get(valid_to=None)
    acting.mode, acting.acting_reason = AppointmentMode.ACTING, ActingReason.VACANT
    acting.save()
    assert waiting() == {made[0].ref}, "who heads an office until somebody is found inherits it"
    Period.objects.update(state=PeriodState.CLOSING)
    assert waiting() == set()


def test_what_stands_in_the_way_is_said():
    body = make_body()
    version = body.in_force()

    def refusal(error, *, by=body.planner, **changes) -> str:
        with pytest.raises(error) as refused, transaction.atomic():
            ask(version, by, **changes)
        return refused.value.code

    assert refusal(Conflict) == "takeover-nobody"
    come_into_office(body.first, person("successor"), on=CAME_ON)
    assert refusal(NotAllowed, by=body.supervisor) == "takeover-not-allowed"
    assert refusal(StaleVersion, expected=1) == "commitment-changed"
    target = version.items.first().revision.target
    with transaction.atomic():
        targets.withdraw_target(
            target_id=target.pk,
            reason="The project is gone.",
            by=body.assigner,
            expected=target.etag_version,
            at=LATER,
        )
        assert refusal(Conflict) == "takeover-terms-changed"
        transaction.set_rollback(True)

    draft = ask(version, body.planner)
    assert refusal(Conflict) == "version-open"
    with pytest.raises(Conflict) as refused:
        drafts.edit(
            version_id=draft.pk,
            by=body.planner,
            expected=draft.etag_version,
            at=LATER,
            sign_by=draft.sign_by,
            first_undertaker_id=body.second.pk,
            second_undertaker_id=None,
            assigner_id=body.assigning.pk,
            items=[],
        )
    assert refused.value.code == "takeover-changes-nothing"
    # Whoever had come has left again before the draft is issued: there is nobody to sign it.
    body.first.appointments.filter(person__username="successor").delete()
    with pytest.raises(Conflict) as refused:
        commitments.issue(
            version_id=draft.pk, by=body.planner, expected=draft.etag_version, at=LATER
        )
    assert refused.value.code == "takeover-nobody"
    Period.objects.update(state=PeriodState.CLOSING)
    drafts.discard(version_id=draft.pk, by=body.planner, expected=draft.etag_version, at=LATER)
    assert refusal(WrongState) == "amend-not-from-closing"


def test_a_takeover_that_is_returned_is_answered_by_a_full_version():
    """Every office signs what follows; the version in force binds until that is countersigned."""
    body = make_body()
    version, successor = body.in_force(), person("successor")
    come_into_office(body.first, successor, on=CAME_ON)
    draft = ask(version, body.planner)
    issued = commitments.issue(
        version_id=draft.pk, by=body.planner, expected=draft.etag_version, at=LATER
    )
    body.act(A.RETURN, issued, successor, at=LATER)
    item = versions.objection_to(issued).return_items.get()
    full = commitments.answer(
        version_id=issued.pk,
        by=body.planner,
        expected=issued.etag_version,
        at=LATER,
        answers={item.pk: "The value is 19 now."},
        sign_by=date(2024, 6, 20),
    )
    assert (full.n, full.is_takeover, full.items.count()) == (3, False, 3)
    full = commitments.issue(
        version_id=full.pk, by=body.planner, expected=full.etag_version, at=LATER
    )
    content = json.loads(full.sealed.content)
    assert [slot["office"] for slot in content["slots"]] == [
        body.first.ref,
        body.second.ref,
        body.assigning.ref,
    ]
    assert content["predecessor"]["content_sha256"] == issued.sealed.content_sha256
    version.refresh_from_db()
    assert version.state == VersionState.IN_FORCE
    body.act(A.SIGN, full, successor, at=LATER)
    body.act(A.SIGN, full, body.chair, at=LATER)
    assert waiting() == set(), "who signs the full version has taken over"
    body.act(A.COUNTERSIGN, full, body.assigner, at=LATER)
    for row, state in ((version, "superseded"), (issued, "returned"), (full, "in_force")):
        row.refresh_from_db()
        assert row.state == state
