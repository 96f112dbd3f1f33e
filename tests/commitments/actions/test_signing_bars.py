"""An account whose way in somebody else has touched cannot sign: at no step of the ceremony."""

from datetime import timedelta

import pytest

from commitments.actions import slots
from commitments.enums import VersionAct
from commitments.models import SignatureAct
from tests.constraints import change
from tests.factories.body import NOW, make_body
from units.errors import NotAllowed

pytestmark = pytest.mark.django_db
BARS = {
    "signing-rests": lambda body: {"may_sign_from": NOW + timedelta(hours=24)},
    "handover-not-vouched": lambda body: {"password_given_by": body.planner},
}


@pytest.mark.parametrize("code", BARS)
@pytest.mark.parametrize("act", [VersionAct.SIGN, VersionAct.RETURN, VersionAct.REFUSE])
def test_the_ceremony_does_not_begin(act, code):
    body = make_body()
    version = body.issued()
    change(body.secretary, **BARS[code](body))
    with pytest.raises(NotAllowed) as refused:
        body.prepare(act, version, body.secretary)
    assert refused.value.code == code
    assert act in slots.possible_acts(version, by=body.secretary, at=NOW)  # the button says why


@pytest.mark.parametrize("code", BARS)
def test_a_ceremony_under_way_does_not_end(code):
    body = make_body()
    version = body.issued()
    step_up = body.prepare(VersionAct.SIGN, version, body.secretary)
    change(body.secretary, **BARS[code](body))
    with pytest.raises(NotAllowed) as refused:
        body.confirm(step_up, body.secretary)
    assert refused.value.code == code
    assert not SignatureAct.objects.exists()
