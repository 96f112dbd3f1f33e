"""Places that need a personal signature: fixed at issue, and no online act fills them."""

import pytest

from commitments.actions import batches, documents, signatures, slots
from commitments.enums import Grade, VersionAct, VersionState
from commitments.models import SignatureAct, StepUp
from tests.commitments.actions.outside import offered, registered, signed, taken, trusted
from tests.commitments.documents.authorities import cast
from tests.commitments.documents.test_render import words_of
from tests.factories.body import NOW, REAL, make_body
from units.errors import Conflict

pytestmark = pytest.mark.django_db
A = VersionAct


@pytest.fixture
def body(settings, tmp_path):
    settings.DATA_DIR, settings.REVOCATION_CHECK = tmp_path, False
    made = make_body()
    trusted(made)
    return made


@pytest.mark.program("pdftotext")
def test_a_place_that_needs_a_personal_signature_takes_no_other(body, settings):
    settings.GRADE_REQUIRED = {"undertaker": "personal"}
    version = body.issued(second=False)
    settings.GRADE_REQUIRED = {}  # what was issued keeps what it was issued with
    grades = dict(version.document.slots.values_list("role", "grade_required"))
    asked = [slot["grade"] for slot in documents.read_content(version.document)["slots"]]
    assert grades == {"undertaker": "personal", "assigner": "online"}
    assert asked == ["personal", "online"]
    shown = words_of(documents.bytes_of(version.document))
    assert shown.count("(hình thức: ký số cá nhân)") == 1

    with pytest.raises(Conflict) as refused:
        body.prepare(A.SIGN, version, body.secretary)
    assert refused.value.code == "grade-required"
    assert not StepUp.objects.exists()

    registered(body, body.secretary, cast().head)
    row = taken(body, version, body.secretary)
    assert offered(row, signed(row, cast().head)).rule == ""
    version.refresh_from_db()
    assert version.state == VersionState.SIGNED
    body.act(A.COUNTERSIGN, version, body.assigner)  # its place is content with less
    assert list(SignatureAct.objects.order_by("pk").values_list("grade", flat=True)) == [
        "personal",
        "online",
    ]


def test_what_got_past_the_door_is_refused_where_the_act_is_written(body, settings, monkeypatch):
    settings.GRADE_REQUIRED = {"undertaker": "personal"}
    version = body.issued(second=False)
    require = slots.require_grade
    monkeypatch.setattr(slots, "require_grade", lambda *_args: None)
    step_up = body.prepare(A.SIGN, version, body.secretary)
    monkeypatch.setattr(slots, "require_grade", require)

    with pytest.raises(Conflict) as refused:
        body.confirm(step_up, body.secretary)

    assert refused.value.code == "grade-required"
    assert not SignatureAct.objects.exists()
    assert documents.last_revision(version.document).no == 1


def test_who_objects_needs_no_certificate_and_a_personal_signature_serves_everywhere(
    body, settings
):
    settings.GRADE_REQUIRED = {"undertaker": "personal", "assigner": "online"}
    version = body.issued(second=False)
    body.act(A.REFUSE, version, body.secretary)
    assert version.state == VersionState.REFUSED
    slot = version.document.slots.get(role="assigner")
    slots.require_grade(slot, A.COUNTERSIGN, Grade.PERSONAL)


def test_many_are_not_countersigned_where_each_needs_a_certificate(body, settings):
    settings.GRADE_REQUIRED = {"assigner": "personal"}
    version = body.signed(second=False)
    receipt = signatures.open_reading(
        version_id=version.pk, act=A.COUNTERSIGN, by=body.assigner, at=NOW, language="en"
    )
    with pytest.raises(Conflict) as refused:
        batches.prepare(
            read=[(receipt.uuid, version.etag_version)],
            by=body.assigner,
            at=NOW,
            real_at=REAL,
            session_key="s",
            agreed=True,
        )
    assert refused.value.code == "grade-required"
