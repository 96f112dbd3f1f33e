"""Preparing and issuing: what a draft may become, and what stands in its way."""

import json
from datetime import date

import pytest

from commitments.actions import commitments, contents, documents, drafts
from commitments.enums import PeriodState, TargetState, VersionState
from commitments.models import Commitment, CommitmentVersion
from commitments.rules import verify as rules
from tests.factories.body import NOW, SIGN_BY, make_body
from units.errors import Conflict, Invalid, NotAllowed, StaleVersion, WrongState
from units.models import OrgUnitVersion, RegisterEntry
from units.rules import canonical

pytestmark = pytest.mark.django_db


def test_a_draft_takes_every_target_of_the_unit():
    body = make_body()
    version = body.draft()
    assert (version.n, version.state, version.etag_version) == (1, VersionState.DRAFT, 1)
    assert version.commitment.number == "01/CK-2024"
    assert version.commitment.ref == "2024-bx-first"
    codes = [item.revision.target.code for item in version.items.order_by("ordinal")]
    assert codes == ["N01.1", "N01.2", "N01.3"]


def test_only_a_planner_of_the_assigner_drafts():
    body = make_body()
    with pytest.raises(NotAllowed) as refused:
        body.draft(by=body.secretary)
    assert refused.value.code == "draft-not-allowed"


@pytest.mark.parametrize("state", [PeriodState.CLOSING, PeriodState.CLOSED])
def test_no_draft_in_a_plan_that_closes(state):
    body = make_body()
    body.plan.state = state
    body.plan.save()
    with pytest.raises(WrongState) as refused:
        body.draft()
    assert refused.value.code == f"draft-not-from-{state}"


def test_a_second_draft_beside_the_first_is_refused():
    body = make_body()
    body.draft()
    with pytest.raises(Conflict) as refused:
        body.draft()
    assert refused.value.code == "version-open"


def test_an_office_of_another_unit_is_refused():
    body = make_body()
    with pytest.raises(Invalid) as refused:
        body.draft(unit_id=body.other.pk)
    assert refused.value.code == "office-of-another-unit"
    assert not CommitmentVersion.objects.exists()
    assert not Commitment.objects.exists()


def test_items_can_be_left_out_and_ordered():
    body = make_body()
    version = body.draft()
    third, first = (body.targets[place].current.pk for place in (2, 0))
    drafts.edit(
        version_id=version.pk,
        by=body.planner,
        expected=1,
        at=NOW,
        sign_by=date(2024, 2, 21),
        first_undertaker_id=body.first.pk,
        second_undertaker_id=None,
        assigner_id=body.assigning.pk,
        items=[(third, "lead"), (first, "support")],
    )
    version.refresh_from_db()
    assert [item.revision_id for item in version.items.order_by("ordinal")] == [third, first]
    assert (version.second_undertaker, version.sign_by) == (None, date(2024, 2, 21))
    with pytest.raises(StaleVersion):
        drafts.discard(version_id=version.pk, by=body.planner, expected=1, at=NOW)


def test_a_discarded_draft_leaves_its_hash_and_its_number_of_writes():
    body = make_body()
    version = body.draft()
    drafts.discard(version_id=version.pk, by=body.planner, expected=1, at=NOW)
    entry = RegisterEntry.objects.get(kind="commitment.discard")
    assert len(json.loads(entry.text)["data"]["items_sha256"]) == 64
    assert not Commitment.objects.exists()
    again = body.draft()
    assert (again.ref, again.etag_version) == (version.ref, 3)


def test_the_draft_that_replaces_a_withdrawn_version_is_not_discarded():
    body = make_body()
    version = body.issued()
    following = commitments.amend(
        version_id=version.pk,
        by=body.planner,
        expected=version.etag_version,
        at=NOW,
        reason="Wrong value.",
        sign_by=SIGN_BY,
    )
    with pytest.raises(Conflict) as refused:
        drafts.discard(
            version_id=following.pk, by=body.planner, expected=following.etag_version, at=NOW
        )
    assert refused.value.code == "discard-replaces-a-version"


def test_issuing_freezes_content_slots_and_file():
    body = make_body()
    version = body.issued()
    content = documents.read_content(version.document)
    assert version.document.content_sha256 == canonical.sha256_hex(version.document.content)
    assert [slot["field"] for slot in content["slots"]] == [
        "undertaker-1",
        "undertaker-2",
        "assigner",
    ]
    assert [slot.turn for slot in version.document.slots.order_by("ordinal")] == [1, 1, 3]
    assert content["terms"]["items"][0]["words_en"] == "at least 21 certificates"
    assert documents.bytes_of(version.document).startswith(b"%PDF-")

    OrgUnitVersion.objects.filter(unit=body.commune).update(name_en="Renamed")
    version.refresh_from_db()
    assert documents.read_content(version.document) == content


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        ("no items", "no-items"),
        ("planned target", "target-not-assigned"),
        ("day passed", "sign-by-passed"),
        ("unprintable", "document-not-renderable"),
    ],
)
def test_what_stands_in_the_way_of_issuing_is_named(spoil, code):
    body = make_body()
    if spoil == "planned target":
        body.targets[0].state = TargetState.PLANNED
        body.targets[0].save()
    changes = {"items": []} if spoil == "no items" else {}
    version = body.draft(**changes)
    if spoil == "day passed":
        CommitmentVersion.objects.filter(pk=version.pk).update(sign_by=date(2024, 2, 1))
    if spoil == "unprintable":
        indicator = body.targets[0].indicator
        indicator.name_vi = "Chỉ tiêu \U0001f600"
        indicator.save()
    with pytest.raises(Invalid) as refused:
        commitments.issue(version_id=version.pk, by=body.planner, expected=1, at=NOW)
    assert refused.value.code == code
    version.refresh_from_db()
    assert (version.state, version.document) == (VersionState.DRAFT, None)


def test_today_is_still_in_time_to_issue():
    body = make_body()
    version = body.draft(sign_by=date(2024, 2, 2))
    issued = commitments.issue(version_id=version.pk, by=body.planner, expected=1, at=NOW)
    assert issued.state == VersionState.ISSUED


def test_the_check_character_finds_every_single_slip():
    code = contents.new_code()
    body, check = code[:-1], code[-1]
    assert rules.check_character(body) == check
    for place, right in enumerate(body):
        for wrong in rules.CROCKFORD:
            if wrong != right:
                slipped = body[:place] + wrong + body[place + 1 :]
                assert rules.check_character(slipped) != check, (place, wrong)
