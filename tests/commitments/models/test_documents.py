"""What the database itself refuses of documents, their slots and the revisions of their bytes."""

import pytest

from commitments.models import DocumentChain, RevisionCheck, documents
from tests.commitments.models.rows import AT
from tests.constraints import again, named, refused
from tests.factories.commitments_versions import CommitmentVersionFactory
from tests.factories.units import PositionFactory

pytestmark = pytest.mark.django_db
HASH = "f" * 64


def document(**changes):
    def rows():
        first = CommitmentVersionFactory(issued=True).document
        return lambda: again(first, **({"code": "0" * 17} | changes))

    return rows


def slot(same=()):
    """A second slot that differs in all but what is named here."""

    def rows():
        first = CommitmentVersionFactory(issued=True).document.slots.get(ordinal=1)
        told = {"ordinal": 9, "field_name": "another", "office": PositionFactory()}
        told |= {name: getattr(first, name) for name in same}
        return lambda: again(first, **told)

    return rows


def revision(*, like="rendered", alone=False, **changes):
    """One more revision like the first one of that kind; `alone`: of another document."""

    def rows():
        version = CommitmentVersionFactory(signed=True)
        first = version.document.revisions.get(kind=like)
        told = {"sha256": HASH}
        if alone:
            told["document"] = again(version.document, code="0" * 17)
        else:
            told |= {"no": 3, "prev_sha256": version.document.chain.last_sha256}
        return lambda: again(first, **(told | changes))

    return rows


def chain(last_no):
    def rows():
        first = CommitmentVersionFactory(issued=True).document
        other = again(first, code="0" * 17)
        return lambda: DocumentChain.objects.create(
            document=other, last_no=last_no, last_sha256=HASH
        )

    return rows


def check(status, faults):
    def rows():
        first = CommitmentVersionFactory(issued=True).document.revisions.get(no=1)
        return lambda: RevisionCheck.objects.create(
            revision=first, status=status, faults=faults, checked_at=AT
        )

    return rows


REFUSED = [
    ("document_has_content", document(content="")),
    ("document_has_content", document(content_sha256="")),
    ("documentslot_ordinal_once", slot(same=["ordinal"])),
    ("documentslot_field_once", slot(same=["field_name"])),
    ("documentslot_office_once", slot(same=["office"])),
    ("documentrevision_no_once", revision(like="act", no=2)),
    ("documentrevision_first_has_no_predecessor", revision(like="act", prev_sha256="")),
    ("documentrevision_first_has_no_predecessor", revision(alone=True, prev_sha256=HASH)),
    ("documentrevision_not_empty", revision(like="act", length=0)),
    ("documentrevision_adds_bytes", revision(like="act", tail=b"")),
    (
        "documentrevision_rendered_then_sealed_then_signed",
        revision(like="rendered", alone=True, no=1, prev_sha256=HASH),
    ),
    ("documentrevision_rendered_then_sealed_then_signed", revision(like="sealed")),
    ("documentrevision_rendered_then_sealed_then_signed", revision(like="act", alone=True, no=1)),
    ("documentrevision_signature_has_its_levels", revision(like="act", level_asked="")),
    ("documentrevision_signature_has_its_levels", revision(like="act", level_reached="")),
    ("documentrevision_signature_has_its_levels", revision(alone=True, level_reached="B-B")),
    ("documentrevision_signature_has_its_levels", revision(like="act", kind="evidence")),
    ("documentchain_begins_sealed", chain(0)),
    ("revisioncheck_invalid_says_why", check("invalid", "")),
    ("revisioncheck_invalid_says_why", check("valid", "seal: INVALID")),
]
TAKEN = [
    document(),
    slot(),
    revision(like="act"),
    revision(alone=True),
    revision(like="act", length=1),
    revision(like="sealed", alone=True),
    revision(like="act", kind="evidence", level_asked="", level_reached=""),
    chain(1),
    check("valid", ""),
    check("invalid", "seal: INVALID"),
]


@pytest.mark.parametrize(("name", "rows"), REFUSED, ids=[name for name, _rows in REFUSED])
def test_the_database_refuses(name, rows):
    do = rows()
    with refused(name):
        do()


@pytest.mark.parametrize("rows", TAKEN)
def test_the_database_takes_what_just_keeps_the_rule(rows):
    rows()()


@pytest.mark.parametrize("name", named(documents))
def test_every_named_constraint_is_tried(name):
    assert name in dict(REFUSED)
