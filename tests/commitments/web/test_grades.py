"""Places that need a personal signature, on pages."""

import pytest

from tests.commitments.actions.outside import offered, registered, signed, taken, trusted
from tests.commitments.documents.authorities import cast
from tests.commitments.web.test_ceremony import opened
from tests.factories.body import make_body

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_time")]


def test_pages_offer_the_one_way_that_serves(settings, tmp_path, client_of):
    settings.DATA_DIR, settings.REVOCATION_CHECK = tmp_path, False
    body = make_body()
    trusted(body)
    settings.GRADE_REQUIRED = {"undertaker": "personal", "assigner": "personal"}
    version = body.issued(second=False)
    head = client_of(body.secretary)
    address, seen = opened(head, version, "sign")
    page = head.get(address).content.decode()
    assert "Ask two administrators to register it" in page
    assert "Go on to confirm" not in page
    assert "Return for correction" in page

    registered(body, body.secretary, cast().head)
    page = head.get(address).content.decode()
    assert "Sign with my own certificate…" in page
    assert "Go on to confirm" not in page
    refused = head.post(address, {"version": seen, "agreed": "yes"})
    assert refused.status_code == 409
    assert "signs this document with a personal certificate" in refused.content.decode()
    assert head.post(address, {"version": seen, "agreed": "yes", "outside": "1"}).status_code == 302

    row = taken(body, version, body.secretary)
    offered(row, signed(row, cast().head))
    version.refresh_from_db()
    assigner = client_of(body.assigner)
    page = assigner.post("/countersign/open/", {"version": str(version.pk)}, follow=True)
    assert "signs this document with a personal certificate" in page.content.decode()
