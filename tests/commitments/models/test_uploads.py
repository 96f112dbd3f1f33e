"""What the database itself refuses of trust, certificates, hand-outs and uploads."""

import uuid

import pytest

from commitments.enums import VersionAct
from commitments.models import uploads
from tests.commitments.models.rows import AT, Outside
from tests.constraints import again, named, refused
from tests.factories.commitments_versions import CommitmentVersionFactory, act_at_slot

pytestmark = pytest.mark.django_db


def like(name, **changes):
    """One more row like the one of that name; a change that is a word names a row."""

    def write(rows: Outside):
        told = {key: getattr(rows, str(value), value) for key, value in changes.items()}
        return again(getattr(rows, name), **told)

    return write


def confirmed_twice(rows: Outside):
    other = again(rows.certificate, person=rows.two)
    again(rows.confirmation, certificate=other, person=rows.two, by=rows.person)


def accepted_twice(rows: Outside):
    for place in (1, 2):
        revision = rows.hand_out.slot.document.revisions.get(no=place)
        again(
            rows.upload,
            uuid=uuid.uuid4(),
            rule="",
            revision=revision,
            certificate=rows.certificate,
            cms_sha256=str(place) * 64,
        )


NEW = {"uuid": "7d7bbd5a-5f0c-4d1e-9a55-0e4d4f5b7c11"}
REFUSED = [
    ("trustset_has_roots", like("trust_set", roots="")),
    ("trustsetapproval_by_a_second_person", like("approval", trust_set="other", by="one")),
    ("signercertificate_registered_by_another", like("certificate", registered_by="person")),
    ("signercertificateconfirmation_one_person", confirmed_twice),
    (
        "signercertificateconfirmation_by_a_second_officer",
        like("confirmation", certificate="spare", fingerprint="1", by="one"),
    ),
    (
        "signercertificateconfirmation_by_a_second_officer",
        like("confirmation", certificate="spare", fingerprint="1", by="person"),
    ),
    ("signercertificateend_has_reason", like("end", certificate="spare", reason="")),
    ("handout_expires", like("hand_out", step_up_use="use", expires_at=AT, **NEW)),
    ("externalupload_accepted_or_refused", like("upload", rule="", **NEW)),
    ("externalupload_accepted_or_refused", like("upload", certificate="certificate", **NEW)),
    ("externalupload_one_accepted", accepted_twice),
]


@pytest.mark.parametrize(("name", "write"), REFUSED)
def test_database_refuses(name, write):
    version = CommitmentVersionFactory(signed=True)
    slot = version.document.slots.last()
    rows = Outside(act_at_slot(slot, VersionAct.VOID, at=AT))
    rows.other = again(rows.trust_set)
    rows.spare = again(rows.certificate)
    rows.use = act_at_slot(slot, VersionAct.VOID, at=AT).step_up_use
    with refused(name):
        write(rows)


def test_every_constraint_is_tried():
    assert {name for name, _write in REFUSED} == set(named(uploads))
