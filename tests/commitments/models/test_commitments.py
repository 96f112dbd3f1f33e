"""What the database itself refuses of commitments, their versions, items, answers and voids."""

from datetime import timedelta

import pytest
from django.db.models import F

from commitments.enums import VersionAct
from commitments.models import CommitmentItem, ReturnAnswer, SignatureAct, VoidProposal, commitments
from tests.commitments.models.rows import AT, mandate
from tests.constraints import again, change, named, refused
from tests.factories.commitments_versions import (
    CommitmentFactory,
    CommitmentVersionFactory,
    act_at_slot,
    target_of,
)
from tests.factories.units import UserFactory

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
Version = CommitmentVersionFactory


IN_DRAFT = {
    "state": "draft",
    "document": None,
    "issued_at": None,
    "ended_at": None,
    "superseded_by": None,
}


def same_parties():
    commitment = CommitmentFactory()
    return lambda: again(commitment, ref="another", number="99")


def same_number():
    first, second = CommitmentFactory(), CommitmentFactory()
    return lambda: change(second, period=first.period, number=first.number)


def with_itself():
    commitment = CommitmentFactory()
    return lambda: change(commitment, assigner_unit=F("unit"))


def same_n():
    version = Version(superseded=True)
    return lambda: again(version, **IN_DRAFT)


def open_beside(state):
    def rows():
        version = Version(**{state: True})
        return lambda: Version(commitment=version.commitment)

    return rows


def two_in_force():
    version = Version(in_force=True)
    return lambda: Version(commitment=version.commitment, in_force=True)


def version_with(changes, **traits):
    """Return rows whose update with `changes` is to be refused; a callable reads the version."""

    def rows():
        version = Version(**traits)
        told = changes(version) if callable(changes) else changes
        return lambda: change(version, **told)

    return rows


def item(**changes):
    def rows():
        version = Version(items=1)
        first = version.items.get()
        other = target_of(version.commitment)
        told = {"ordinal": first.ordinal, "revision": other, "version": version}
        told |= {
            name: getattr(first, name) if value is ... else value for name, value in changes.items()
        }
        return lambda: CommitmentItem.objects.create(**told)

    return rows


def answer(*, twice, whole, text="We take it over."):
    def rows():
        version = Version(**({"refused": True} if whole else {"returned": True}))
        act = SignatureAct.objects.get(slot__document=version.document)
        told = {
            "act": act,
            "return_item": None if whole else act.return_items.get(),
            "person": UserFactory(),
            "next_version_n": 2,
            "at": AT,
        }
        if twice:
            ReturnAnswer.objects.create(**told, text="First.")
        return lambda: ReturnAnswer.objects.create(**told, text=text)

    return rows


def proposal(**changes):
    def rows():
        version = Version(in_force=True)
        act = act_at_slot(version.document.slots.last(), VersionAct.VOID, at=AT)
        told = {
            "version": version,
            "mandate": mandate(version.commitment.assigner_unit),
            "reason": "The plan has changed.",
            "act": act,
            "proposed_by": act.person,
            "proposed_at": AT,
            "expires_at": AT + SECOND,
        }
        return lambda: VoidProposal.objects.create(**(told | changes))

    return rows


REFUSED = [
    ("commitment_once", same_parties),
    ("commitment_number_once", same_number),
    ("commitment_not_with_itself", with_itself),
    ("version_once", same_n),
    ("version_one_open", open_beside("draft")),
    ("version_one_open", open_beside("issued")),
    ("version_one_open", open_beside("signed")),
    ("version_one_in_force", two_in_force),
    ("version_sealed_unless_draft", version_with({"state": "issued"}, draft=True)),
    ("version_sealed_unless_draft", version_with({"issued_at": AT}, draft=True)),
    ("version_sealed_unless_draft", version_with({"state": "draft"}, issued=True)),
    ("version_sealed_unless_draft", version_with({"document": None}, issued=True)),
    ("version_sealed_unless_draft", version_with({"issued_at": None}, issued=True)),
    (
        "version_undertakers_differ",
        version_with({"second_undertaker": F("first_undertaker")}, draft=True),
    ),
    ("version_assigner_is_no_undertaker", version_with({"assigner": F("first_undertaker")})),
    (
        "version_assigner_is_no_undertaker",
        version_with({"assigner": F("second_undertaker")}, both=True),
    ),
    ("version_signed_has_time", version_with({"state": "signed"}, issued=True)),
    ("version_signed_has_time", version_with({"signed_at": None}, in_force=True)),
    ("version_signed_has_time", version_with({"signed_at": None}, settled=True)),
    ("version_in_force_after_signed", version_with({"state": "in_force"}, signed=True)),
    ("version_in_force_after_signed", version_with({"in_force_at": None}, settled=True)),
    (
        "version_in_force_after_signed",
        version_with(lambda version: {"in_force_at": version.signed_at - SECOND}, in_force=True),
    ),
    *(
        ("version_ended_has_reason", version_with(missing, **{state: True}))
        for state in ("returned", "refused", "voided")
        for missing in ({"end_reason": ""}, {"ended_at": None})
    ),
    ("version_superseded_has_next", version_with({"superseded_by": None}, superseded=True)),
    ("version_superseded_has_next", version_with({"superseded_by": F("n")}, superseded=True)),
    ("version_superseded_has_next", version_with({"ended_at": None}, superseded=True)),
    ("version_takeover_follows_another", version_with({"is_takeover": True}, draft=True)),
    ("version_settled_has_time", version_with({"settled_at": None}, settled=True)),
    ("item_once", item(ordinal=...)),
    ("item_revision_once", item(ordinal=2, revision=...)),
    ("returnanswer_once", answer(twice=True, whole=False)),
    ("returnanswer_whole_once", answer(twice=True, whole=True)),
    ("returnanswer_has_text", answer(twice=False, whole=False, text="")),
    ("voidproposal_has_reason", proposal(reason="")),
    ("voidproposal_expires", proposal(expires_at=AT)),
]
TAKEN = [
    version_with(lambda version: {"in_force_at": version.signed_at}, in_force=True),
    version_with({"superseded_by": 2}, superseded=True),
    open_beside("in_force"),
    open_beside("returned"),
    open_beside("superseded"),
    open_beside("voided"),
    item(ordinal=2),
    answer(twice=False, whole=True),
    proposal(),
]


@pytest.mark.parametrize(("name", "rows"), REFUSED, ids=[name for name, _rows in REFUSED])
def test_the_database_refuses(name, rows):
    do = rows()
    with refused(name):
        do()


@pytest.mark.parametrize("rows", TAKEN)
def test_the_database_takes_what_just_keeps_the_rule(rows):
    rows()()


@pytest.mark.parametrize("name", named(commitments))
def test_every_named_constraint_is_tried(name):
    assert name in dict(REFUSED)
