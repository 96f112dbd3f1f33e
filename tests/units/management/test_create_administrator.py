"""`create_administrator`: from the empty installation to one person who can let others in."""

import io
import sys

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from tests.factories.units import RoleGrantFactory, UserFactory
from units.models import RegisterEntry, RoleGrant, User

pytestmark = pytest.mark.django_db
PASSWORD = "a sentence that only the first one knows"
NAMES = ["create_administrator", "--username", "Root", "--full-name", "Quản trị"]


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*NAMES, *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "password"
    path.write_text(f"{PASSWORD}\n", encoding="utf-8")
    return str(path)


def refusal(*arguments: str) -> str:
    """Return how the command says no; nobody and nothing is entered."""
    before = User.objects.count(), RegisterEntry.objects.count()
    with pytest.raises(CommandError) as refused:
        run(*arguments)
    assert (User.objects.count(), RegisterEntry.objects.count()) == before
    return str(refused.value)


def test_the_first_administrator_logs_in_with_the_password_of_the_file(secret):
    said = run("--password-file", secret, "--email", "Root@Example.org")

    person = User.objects.get()
    assert said == "Quản trị administers this installation. Log in as “root”.\n"
    assert (person.username, person.email) == ("root", "root@example.org")
    assert person.check_password(PASSWORD)
    grant = RoleGrant.objects.get()
    assert (grant.role, grant.unit, grant.granted_by) == ("administrator", None, None)
    kinds = RegisterEntry.objects.order_by("pk").values_list("kind", "actor")
    assert list(kinds) == [("person.create", None), ("role.grant", None)]
    assert PASSWORD not in "".join(RegisterEntry.objects.values_list("text", flat=True))
    login = {"login": "root", "password": PASSWORD}
    assert Client().post("/accounts/login/", login).status_code == 302


def test_the_password_comes_from_the_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{PASSWORD}\nmore\n"))
    run("--password-file", "-")
    assert User.objects.get().check_password(PASSWORD)


@pytest.mark.parametrize(
    ("typed", "said"),
    [((PASSWORD, PASSWORD), ""), ((PASSWORD, "another"), "The two passwords differ. Start again.")],
)
def test_the_password_is_typed_twice_alike(typed, said, monkeypatch):
    answers = iter(typed)
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(answers))
    if said:
        assert refusal() == said
    else:
        run()
        assert User.objects.get().check_password(PASSWORD)


def test_a_second_first_administrator_is_refused_by_the_name_of_the_first(secret):
    run("--password-file", secret)
    said = refusal("--password-file", secret)
    assert said.startswith("Quản trị ")


def test_whoever_is_there_without_that_role_does_not_stand_in_the_way(secret):
    RoleGrantFactory(role="inspector")
    run("--password-file", secret)
    assert RoleGrant.objects.filter(role="administrator").count() == 1


@pytest.mark.parametrize("password", ["short", "12345678901234567890", ""])
def test_a_weak_password_is_refused(password, tmp_path):
    path = tmp_path / "password"
    path.write_text(password, encoding="utf-8")
    assert refusal("--password-file", str(path))


def test_a_user_name_that_is_taken_is_refused(secret):
    UserFactory(username="root")
    assert refusal("--password-file", secret)


def test_a_file_that_is_not_there_is_named(tmp_path):
    said = refusal("--password-file", str(tmp_path / "nowhere"))
    assert said == f"{tmp_path / 'nowhere'}: No such file or directory."
