"""Machine clients: made, given tokens that are shown once, asked at each request, closed."""

from datetime import timedelta

import pytest

from tests.factories.places import AT
from tests.factories.units import UserFactory
from units import clock
from units.actions import clients, register
from units.enums import Scope, UserKind
from units.errors import Conflict, Invalid, NotAllowed, NotAuthenticated, NotFound
from units.models import ApiClient, ApiToken, RegisterEntry, User

pytestmark = pytest.mark.django_db
NOW = AT + timedelta(days=900)  # real time, which runs apart from the body's
SECOND, MONTH = timedelta(seconds=1), timedelta(days=30)


def create(place, **changes):
    told = {"ref": "portal", "name": "Portal", "owner_unit_id": place.commune.pk}
    told |= {"unit_scope_id": place.commune.pk, "scopes": [Scope.PLANS_READ], "at": AT}
    return clients.create_client(**({"by": place.by} | told | changes))


def issue(place, client, **changes):
    told = {"client_id": client.pk, "lasts": MONTH, "by": place.by, "at": AT, "real_at": NOW}
    return clients.issue_token(**(told | changes))


def revoke(place, token, **changes):
    told = {"token_id": token.pk, "by": place.by, "at": AT, "real_at": NOW}
    return clients.revoke_token(**(told | changes))


def disable(place, client, **changes):
    told = {"client_id": client.pk, "by": place.by, "at": AT, "real_at": NOW}
    return clients.disable_client(**(told | changes))


def known(text, at=NOW):
    return clients.authenticate(token=text, at=at, day=clock.local_date(AT))


def test_a_client_is_a_machine_that_cannot_log_in(place, entries):
    client = create(place, scopes=[Scope.PLANS_READ, Scope.ORG_READ, Scope.ORG_READ])

    assert client.scopes == ["org:read", "plans:read"]
    assert (client.user.kind, client.user.username) == (UserKind.MACHINE, "client-portal")
    assert not client.user.has_usable_password()
    assert entries() == [("client.create", "client/portal", None, place.by)]
    entry = RegisterEntry.objects.get()
    assert register.data_of(entry) == {"scopes": "org:read,plans:read"}
    assert set(entry.reach.values_list("unit", flat=True)) == {place.commune.pk}


def test_a_client_needs_right_scopes_and_a_reference_of_its_own(place, refusal):
    for by in (place.nobody, UserFactory(roles=["assigner"])):
        assert refusal(NotAllowed, create, place=place, by=by) == "create-client-not-allowed"
    elsewhere = {"by": place.local, "owner_unit_id": place.other.pk}
    assert refusal(NotAllowed, create, place=place, **elsewhere) == "create-client-not-allowed"
    for scopes in ([], ["plans:sign"], [Scope.ORG_READ, "plans:sign"]):
        assert refusal(Invalid, create, place=place, scopes=scopes) == "scope-unknown"
    for ref in ("", "cổng", "por tal", "portal\n", "x" * 41):
        assert refusal(Invalid, create, place=place, ref=ref) == "ref-invalid"
    create(place, by=place.local)
    assert refusal(Conflict, create, place=place) == "client-exists"
    UserFactory(username="client-other")
    assert refusal(Conflict, create, place=place, ref="other") == "client-exists"
    assert ApiClient.objects.count() == 1
    assert User.objects.filter(kind=UserKind.MACHINE).count() == 1


def test_a_token_is_shown_once_and_stored_as_a_keyed_hash(place, entries, settings):
    client = create(place)
    issued = issue(place, client)

    assert clients.TOKEN.fullmatch(issued.text)
    row = ApiToken.objects.get()
    assert (row.created_at, row.expires_at) == (NOW, NOW + MONTH)
    assert issued.text[12:] not in str(vars(row))
    assert entries()[1:] == [("client.issue-token", "client/portal", None, place.by)]
    assert issued.text[12:] not in RegisterEntry.objects.last().text
    assert known(issued.text).client == client
    settings.TOKEN_PEPPER = "another pepper"
    with pytest.raises(NotAuthenticated):
        known(issued.text)


@pytest.mark.parametrize("lasts", [timedelta(0), -SECOND, clients.LONGEST + SECOND])
def test_a_token_lasts_a_moment_to_a_year(lasts, place, refusal):
    client = create(place)
    assert refusal(Invalid, issue, place=place, client=client, lasts=lasts) == (
        "token-lasts-too-long"
    )
    assert issue(place, client, lasts=clients.LONGEST).token.expires_at == NOW + clients.LONGEST
    issue(place, client, lasts=SECOND)


def test_two_tokens_are_good_at_once_and_no_third(place, refusal):
    client = create(place)
    first, _second = issue(place, client), issue(place, client, lasts=2 * MONTH)
    assert refusal(Conflict, issue, place=place, client=client) == "two-tokens-live"
    other = create(place, ref="other")
    issue(place, other)
    almost = {"client": client, "real_at": NOW + MONTH - SECOND}
    assert refusal(Conflict, issue, place=place, **almost) == "two-tokens-live"
    issue(place, client, real_at=NOW + MONTH)  # the first has just expired
    revoke(place, first.token)
    assert refusal(Conflict, issue, place=place, client=client) == "two-tokens-live"


def test_a_revoked_token_makes_room_and_is_revoked_once(place, entries):
    client = create(place)
    issued = issue(place, client)
    issue(place, client)
    first = revoke(place, issued.token)
    again = revoke(place, issued.token, real_at=NOW + MONTH)
    assert first.revoked_at == again.revoked_at == NOW
    issue(place, client)
    assert [kind for kind, *_rest in entries()] == [
        "client.create",
        "client.issue-token",
        "client.issue-token",
        "client.revoke-token",
        "client.issue-token",
    ]


def test_a_client_is_closed_once_and_gets_no_token_any_more(place, entries, refusal):
    client = create(place)
    issued = issue(place, client)
    assert disable(place, client).disabled_at == NOW
    assert disable(place, client, real_at=NOW + MONTH).disabled_at == NOW
    assert entries()[-1] == ("client.disable", "client/portal", None, place.by)
    assert len(entries()) == 3
    assert refusal(Conflict, issue, place=place, client=client) == "client-has-ended"
    with pytest.raises(NotAuthenticated) as refused:
        known(issued.text)
    assert refused.value.code == "client-disabled"


def test_tokens_ask_for_the_administrator_of_the_owner(place, refusal):
    client = create(place)
    token = issue(place, client, by=place.local).token
    asked = {"place": place, "by": place.nobody}
    assert refusal(NotAllowed, issue, client=client, **asked) == "issue-token-not-allowed"
    assert refusal(NotAllowed, revoke, token=token, **asked) == "revoke-token-not-allowed"
    assert refusal(NotAllowed, disable, client=client, **asked) == "disable-client-not-allowed"
    gone = ApiToken(pk=0)
    assert refusal(NotFound, revoke, token=gone, **asked) == "token-not-found"
    assert refusal(NotFound, disable, client=ApiClient(pk=0), **asked) == "client-not-found"
    assert refusal(NotFound, issue, client=ApiClient(pk=0), **asked) == "client-not-found"


@pytest.mark.parametrize(
    ("change", "at", "code"),
    [
        (lambda row: row.text, NOW + MONTH, "token-expired"),
        (lambda row: row.text[:-1] + ("a" if row.text[-1] != "a" else "b"), NOW, "token-invalid"),
        (lambda row: f"cs_00000000_{row.text[12:]}", NOW, "token-invalid"),
        (lambda row: row.text + "a", NOW, "token-invalid"),
        (lambda row: "", NOW, "token-invalid"),
    ],
)
def test_a_token_that_is_not_good_says_why_only_to_its_holder(change, at, code, place):
    issued = issue(place, create(place))
    assert known(issued.text, at=NOW + MONTH - SECOND).pk == issued.token.pk
    with pytest.raises(NotAuthenticated) as refused:
        known(change(issued), at=at)
    assert refused.value.code == code


def test_who_does_not_hold_the_secret_never_learns_that_a_token_was_revoked(place):
    issued = issue(place, create(place))
    revoke(place, issued.token)
    for text, code in (
        (issued.text, "token-revoked"),
        (issued.text[:12] + "x" * 43, "token-invalid"),
    ):
        with pytest.raises(NotAuthenticated) as refused:
            known(text)
        assert refused.value.code == code


def test_a_client_whose_account_is_closed_is_not_known(place):
    issued = issue(place, create(place))
    User.objects.filter(kind=UserKind.MACHINE).update(is_active=False)
    with pytest.raises(NotAuthenticated) as refused:
        known(issued.text)
    assert refused.value.code == "client-disabled"


def test_use_is_noted_at_most_each_minute(place):
    text = issue(place, create(place)).text

    def noted(seconds):
        known(text, at=NOW + timedelta(seconds=seconds))
        return (ApiToken.objects.get().last_used_at - NOW).seconds

    assert [noted(seconds) for seconds in (0, 59, 60, 119, 120)] == [0, 0, 60, 60, 120]
