"""`create_token` and `revoke_token`: how a real installation lets a program in, and out again."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.api.described import is_problem
from tests.factories.readers import with_token
from tests.factories.units import OrgUnitFactory, UserFactory
from units import clock
from units.models import ApiClient, ApiToken, RegisterEntry, User

pytestmark = pytest.mark.django_db
NEW = ("--unit", "bx", "--name", "Province sync")


@pytest.fixture(autouse=True)
def _people() -> None:
    UserFactory(username="vien", roles=["administrator"])
    UserFactory(username="bach", roles=["supervisor"])
    OrgUnitFactory(ref="bx-first", under=OrgUnitFactory(ref="bx"))


def run(*words: str) -> tuple[str, str]:
    """Return what the command writes to its output and to its error output."""
    out, err = StringIO(), StringIO()
    call_command(*words, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def create(*words: str, by: str = "vien") -> tuple[str, str]:
    return run("create_token", "sync", "--by", by, *words)


def test_a_new_client_and_its_token_in_one_command():
    out, err = create(*NEW)
    assert [
        row["ref"] for row in with_token(out.strip()).get("/api/v1/units/").json()["results"]
    ] == [
        "bx",
        "bx-first",
    ]
    for address in ("plans", "commitments"):
        assert with_token(out.strip()).get(f"/api/v1/{address}/").status_code == 200
    assert out.count("\n") == 1
    assert "shown this once" in err
    assert "Province sync (sync) reads bx" in err
    assert out.strip() not in err
    kinds = RegisterEntry.objects.order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["client.create", "client.issue-token"]


def test_scopes_units_and_days_are_as_asked_for():
    out, _err = create(*NEW, "--within", "bx-first", "--scopes", "org:read", "--days", "365")
    client, token = ApiClient.objects.get(), ApiToken.objects.get()
    assert (client.scopes, client.unit_scope.ref, client.owner_unit.ref) == (
        ["org:read"],
        "bx-first",
        "bx",
    )
    assert token.expires_at - token.created_at == timedelta(days=365)
    rows = with_token(out.strip()).get("/api/v1/units/").json()["results"]
    assert [row["ref"] for row in rows] == ["bx-first"]
    is_problem(with_token(out.strip()).get("/api/v1/plans/"), 403, "scope-missing")


def test_a_second_token_needs_only_the_name_and_a_third_is_refused():
    first, _err = create(*NEW)
    second, _err = create()
    assert ApiClient.objects.count() == 1
    with pytest.raises(CommandError) as refused:
        create()
    for text in (first, second):
        assert text[3:11] in str(refused.value)
    assert "revoke_token" in str(refused.value)
    assert str(refused.value).startswith("“Province sync” has two tokens")  # all of it in English
    assert "last used never" in str(refused.value)


def test_rotation():
    old, _err = create(*NEW)
    new, _err = create()
    out, _err = run("revoke_token", old[3:11], "--by", "vien")
    assert "is revoked" in out
    is_problem(with_token(old.strip()).get("/api/v1/units/"), 401, "token-revoked")
    assert with_token(new.strip()).get("/api/v1/units/").status_code == 200
    run("revoke_token", new.strip(), "--by", "vien")  # the whole token serves too
    is_problem(with_token(new.strip()).get("/api/v1/units/"), 401, "token-revoked")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "no client"),
        (("--unit", "bx"), "no client"),
        (("--name", "x"), "no client"),
        (("--unit", "nowhere", "--name", "x"), "no unit “nowhere”"),
        ((*NEW, "--within", "nowhere"), "no unit “nowhere”"),
        ((*NEW, "--days", "366"), "365"),
        ((*NEW, "--days", "0"), "365"),
        ((*NEW, "--scopes", "commitments:sign"), "invalid choice"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_half_made(words, says):
    with pytest.raises(CommandError, match=says):
        create(*words)
    assert not ApiClient.objects.exists()
    assert not User.objects.filter(kind="machine").exists()
    assert not RegisterEntry.objects.exists()


def test_a_reference_that_cannot_stand_in_an_address_is_refused():
    with pytest.raises(CommandError, match="cannot be a reference"):
        run("create_token", "đồng bộ", "--by", "vien", *NEW)


def test_only_an_administrator_gives_and_takes():
    with pytest.raises(CommandError):
        create(*NEW, by="bach")
    with pytest.raises(CommandError, match="no user “nobody”"):
        create(*NEW, by="nobody")
    out, _err = create(*NEW)
    for by in ("bach", "nobody"):
        with pytest.raises(CommandError):
            run("revoke_token", out[3:11], "--by", by)
    assert ApiToken.objects.get().revoked_at is None


def test_an_unknown_token_cannot_be_revoked():
    with pytest.raises(CommandError, match="no token “00000000”"):
        run("revoke_token", "00000000", "--by", "vien")


def test_revoking_twice_keeps_the_first_instant():
    out, _err = create(*NEW)
    run("revoke_token", out[3:11], "--by", "vien")
    first = ApiToken.objects.get().revoked_at
    run("revoke_token", out[3:11], "--by", "vien")
    assert ApiToken.objects.get().revoked_at == first <= clock.real_now()
