"""Pages of machine clients: for whoever administers their unit; a token is shown once."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories.places import make_place
from tests.factories.readers import person as browser_of
from tests.factories.readers import token_of, with_token
from tests.factories.units import (
    ApiClientFactory,
    ApiTokenFactory,
    OrgUnitFactory,
    RoleGrantFactory,
    UserFactory,
)
from units import clock
from units.actions.clients import authenticate
from units.enums import Scope
from units.errors import NotAuthenticated
from units.models import ApiClient, ApiToken, RegisterEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def place():
    return make_place()


@pytest.fixture
def administrator(place):
    """The browser of the place's administrator, who has logged in just now."""
    browser = browser_of(place.by)
    session = browser.session
    session["account_authentication_methods"] = [
        {"method": "password", "at": clock.real_now().timestamp() - 1}
    ]
    session["account_authentication_methods_user"] = str(place.by.pk)
    session.save()
    return browser


def text_of(response, status=200) -> str:
    assert response.status_code == status, response.content[:500]
    return response.content.decode()


def typed(place, **changes) -> dict:
    return {
        "name": "Warehouse",
        "ref": "warehouse",
        "owner": place.commune.pk,
        "scopes": [Scope.ORG_READ.value, Scope.CHANGES_READ.value],
    } | changes


def lasting() -> dict:
    """Return the days of a token that is good now."""
    now = clock.real_now()
    return {"created_at": now - timedelta(days=1), "expires_at": now + timedelta(days=30)}


def test_from_a_new_program_to_a_token_that_opens_its_unit(place, administrator):
    made = administrator.post("/clients/new/", typed(place), follow=True)
    assert "No token yet" in text_of(made)
    client = ApiClient.objects.get(ref="warehouse")
    assert (client.owner_unit, client.unit_scope) == (place.commune, place.commune)
    page = text_of(administrator.post("/clients/warehouse/", {"days": "30"}, follow=True))
    [token] = re.findall(r"data-token>(cs_[^<]+)<", page)
    assert "data-token" not in text_of(administrator.get("/clients/warehouse/"))
    answer = with_token(token).get("/api/v1/units/")
    assert [row["ref"] for row in answer.json()["results"]] == [place.commune.ref]
    row = ApiToken.objects.get()
    assert row.expires_at - row.created_at == timedelta(days=30)
    kinds = RegisterEntry.objects.filter(subject_kind="client").order_by("pk")
    assert list(kinds.values_list("kind", flat=True)) == ["client.create", "client.issue-token"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ref": "a b"}, "letters"),
        ({"scopes": []}, "required"),
        ({"owner": ""}, "required"),
        ({"ref": "taken"}, "There is already a client"),
    ],
)
def test_what_is_wrong_comes_back_with_what_was_typed(place, administrator, changes, words):
    ApiClientFactory(ref="taken", owner_unit=place.commune)
    page = text_of(administrator.post("/clients/new/", typed(place, **changes)), 422)
    assert words in page
    assert 'value="Warehouse"' in page
    assert ApiClient.objects.count() == 1


def test_a_third_token_is_refused_and_one_that_is_revoked_opens_nothing(place, administrator):
    client = ApiClientFactory(ref="feeder", owner_unit=place.commune)
    token, _other = token_of(client), ApiTokenFactory(client=client, **lasting())
    refused = text_of(administrator.post("/clients/feeder/", {"days": "30"}), 422)
    assert "two tokens that are good" in refused
    first = client.tokens.order_by("pk")[0]
    administrator.post(f"/clients/feeder/tokens/{first.pk}/revoke/")
    with pytest.raises(NotAuthenticated, match="revoked"):
        authenticate(token=token, at=clock.real_now(), day=clock.local_date(clock.real_now()))
    assert "data-token" in text_of(
        administrator.post("/clients/feeder/", {"days": "9"}, follow=True)
    )


@pytest.mark.parametrize("days", ["0", "366", "", "ten"])
def test_a_token_is_good_for_a_year_at_most(place, administrator, days):
    ApiClientFactory(ref="feeder", owner_unit=place.commune)
    text_of(administrator.post("/clients/feeder/", {"days": days}), 422)
    assert not ApiToken.objects.exists()


def test_a_closed_program_stays_closed(place, administrator):
    client = ApiClientFactory(ref="feeder", owner_unit=place.commune)
    token = token_of(client)
    page = text_of(administrator.post("/clients/feeder/disable/", follow=True))
    assert "Make a token" not in page
    assert with_token(token).get("/api/v1/units/").status_code == 401
    administrator.post("/clients/feeder/", {"days": "9"})
    assert client.tokens.count() == 1


def test_who_does_not_administer_the_unit_finds_nothing(place):
    ApiClientFactory(ref="feeder", owner_unit=place.commune)
    elsewhere = UserFactory()
    RoleGrantFactory(person=elsewhere, role="administrator", unit=OrgUnitFactory())
    browser = browser_of(elsewhere)
    assert "feeder" not in text_of(browser.get("/clients/"))
    for path in ("", "disable/", "tokens/1/revoke/"):
        assert browser.post(f"/clients/feeder/{path}").status_code == 404
    assert browser.get("/clients/feeder/").status_code == 404
    assert browser_of(UserFactory()).get("/clients/").status_code == 403


def test_an_old_login_is_asked_again_and_what_was_typed_is_kept(place, administrator):
    session = administrator.session
    session["account_authentication_methods"] = [{"method": "password", "at": 1}]
    session.save()
    asked = administrator.post("/clients/new/", typed(place))
    assert asked.status_code == 302
    assert "reauthenticate" in asked["Location"]
    assert 'value="Warehouse"' in text_of(administrator.get("/clients/new/"))
    assert not ApiClient.objects.exists()


def test_the_pages_cost_the_same_for_one_and_for_three(place, administrator):
    costs = []
    for added in (1, 2):
        for n in range(added):
            client = ApiClientFactory(owner_unit=place.commune, ref=f"p-{added}-{n}")
            token_of(client)
        for _more in range(added - 1):
            ApiTokenFactory(client=client, **lasting())
        for path in ("/clients/", f"/clients/{client.ref}/"):
            administrator.get(path)
            with CaptureQueriesContext(connection) as queries:
                text_of(administrator.get(path))
            costs.append(len(queries))
    assert costs[:2] == costs[2:]
