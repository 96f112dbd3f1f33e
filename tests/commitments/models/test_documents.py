"""What the database itself refuses of documents, their slots and the revisions of their bytes."""

import pytest

from commitments.models import documents
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


def revision(*, alone=False, **changes):
    """A next revision of the bytes; `alone`: the first of another document."""

    def rows():
        version = CommitmentVersionFactory(issued=True)
        first = version.document.revisions.get()
        told = {"no": 1, "sha256": HASH, "prev_sha256": first.sha256}
        if alone:
            told |= {
                "document": again(version.document, code="0" * 17),
                "no": 0,
                "prev_sha256": "",
            }
        return lambda: again(first, **(told | changes))

    return rows


REFUSED = [
    ("document_has_content", document(content="")),
    ("document_has_content", document(content_sha256="")),
    ("documentslot_ordinal_once", slot(same=["ordinal"])),
    ("documentslot_field_once", slot(same=["field_name"])),
    ("documentslot_office_once", slot(same=["office"])),
    ("documentrevision_no_once", revision(no=0, prev_sha256="")),
    ("documentrevision_first_has_no_predecessor", revision(prev_sha256="")),
    ("documentrevision_first_has_no_predecessor", revision(alone=True, prev_sha256=HASH)),
    ("documentrevision_not_empty", revision(length=0)),
]
TAKEN = [document(), slot(), revision(), revision(alone=True), revision(length=1)]


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
