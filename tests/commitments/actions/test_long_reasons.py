"""A text that is too long is refused by the act itself, whoever sends it and however."""

import pytest

from commitments.actions import commitments, targets
from commitments.enums import VersionAct
from tests.factories.body import NOW, SIGN_BY, make_body
from units.errors import Invalid
from units.rules import texts

pytestmark = pytest.mark.django_db
A = VersionAct
LONG = "x" * (texts.REASON + 1)


def refused(act, *given, **asked):
    with pytest.raises(Invalid) as error:
        act(*given, **asked)
    assert "2001" in str(error.value.message) or error.value.code == "text-too-long"
    return error.value.code, list(error.value.fields)


@pytest.mark.parametrize(
    ("act", "reason", "field"),
    [
        (A.RETURN, {"items": [{"ordinal": 1, "code": "wording", "text": LONG}]}, "text-1"),
        (A.RETURN, {"items": [{"ordinal": None, "code": "wording", "text": LONG}]}, "text-whole"),
        (A.REFUSE, {"code": "other", "text": LONG}, "text"),
        (A.VOID, {"text": LONG}, "text"),
    ],
)
def test_a_signatory_is_told_where_a_reason_is_too_long(act, reason, field):
    body = make_body()
    version = body.issued()
    by = body.assigner if act == A.VOID else body.secretary
    assert refused(body.prepare, act, version, by, reason=reason) == ("text-too-long", [field])


def test_the_end_of_a_line_counts_once_as_in_a_browser():
    body = make_body()
    version = body.issued()
    lines = "x\r\n" * (texts.REASON // 2)
    body.prepare(A.REFUSE, version, body.secretary, reason={"code": "other", "text": lines})


def test_a_planner_is_told_where_a_reason_is_too_long():
    body = make_body()
    version = body.issued()
    asked = {"by": body.planner, "at": NOW, "reason": LONG}
    amended = {"version_id": version.pk, "expected": version.etag_version, "sign_by": SIGN_BY}
    assert refused(commitments.amend, **amended, **asked) == ("text-too-long", ["reason"])
    target = body.targets[0]
    withdrawn = {"target_id": target.pk, "expected": 1, **asked, "by": body.assigner}
    assert refused(targets.withdraw_target, **withdrawn) == ("text-too-long", ["reason"])
