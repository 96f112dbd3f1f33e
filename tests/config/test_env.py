"""Readers of the environment: a misspelt value stops the start instead of meaning something."""

import stat
from multiprocessing.pool import ThreadPool

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.env import Env

env = Env()


@pytest.mark.parametrize(
    ("raw", "meant"), [("true", True), ("TRUE", True), ("1", True), ("False", False), ("0", False)]
)
def test_flag(raw, meant, monkeypatch):
    monkeypatch.setenv("A_FLAG", raw)
    assert env.flag("A_FLAG", default=not meant) is meant


@pytest.mark.parametrize("raw", ["treu", "yes", "on", "", " true", "2"])
def test_flag_refuses_every_other_word(raw, monkeypatch):
    monkeypatch.setenv("A_FLAG", raw)
    with pytest.raises(ImproperlyConfigured, match=r"^A_FLAG='.*': write 'true' or 'false'\.$"):
        env.flag("A_FLAG", default=True)


@pytest.mark.parametrize("default", [True, False])
def test_flag_not_set_is_its_default(default, monkeypatch):
    monkeypatch.delenv("A_FLAG", raising=False)
    assert env.flag("A_FLAG", default=default) is default


def test_pairs(monkeypatch):
    monkeypatch.delenv("SOME", raising=False)
    assert env.pairs("SOME") == {}
    monkeypatch.setenv("SOME", "undertaker=personal, assigner = online,")
    assert env.pairs("SOME") == {"undertaker": "personal", "assigner": "online"}


@pytest.mark.parametrize("raw", ["personal", "a=", "=b", "a=b,a=c"])
def test_pairs_refuse_every_other_form(raw, monkeypatch):
    monkeypatch.setenv("SOME", raw)
    with pytest.raises(ImproperlyConfigured, match=r"^SOME='.*': write name=value, once each\.$"):
        env.pairs("SOME")


def test_number(monkeypatch):
    assert env.number("A_NUMBER", default=7) == 7
    monkeypatch.setenv("A_NUMBER", "0")
    assert env.number("A_NUMBER", default=7) == 0


@pytest.mark.parametrize("raw", ["-1", "1.5", "", " 1", "1e3", "٣"])
def test_number_refuses_what_is_none(raw, monkeypatch):
    monkeypatch.setenv("A_NUMBER", raw)
    with pytest.raises(ImproperlyConfigured, match=r"A_NUMBER=.*: write a whole number"):
        env.number("A_NUMBER", default=7)


def test_secret_starts_with_any_sign(monkeypatch):
    monkeypatch.setenv("A_SECRET", "$HOME")
    assert env.secret("A_SECRET") == "$HOME"


def test_secret_of_a_file_loses_its_last_newline_alone(monkeypatch, tmp_path):
    path = tmp_path / "secret"
    path.write_text(" two\nlines\n\n", encoding="utf-8")
    monkeypatch.setenv("A_SECRET", "not this one")
    monkeypatch.setenv("A_SECRET_FILE", str(path))
    assert env.secret("A_SECRET") == " two\nlines\n"


def test_secret_of_a_missing_file_stops_the_start(monkeypatch, tmp_path):
    monkeypatch.setenv("A_SECRET_FILE", str(tmp_path / "missing"))
    with pytest.raises(ImproperlyConfigured, match=r"A_SECRET_FILE=.*: No such file or directory"):
        env.secret("A_SECRET")


def test_kept_secret_is_drawn_once_for_its_owner_alone(tmp_path):
    folder = tmp_path / "data"
    with ThreadPool(8) as pool:  # many processes ask at the first start
        found = set(
            pool.map(lambda _n: env.kept_secret("A_SECRET", folder=folder), range(8), chunksize=1)
        )
    assert len(found) == 1
    assert len(found.pop()) >= 50
    assert [path.name for path in folder.iterdir()] == ["a_secret"]
    assert stat.S_IMODE((folder / "a_secret").stat().st_mode) == 0o600


def test_kept_secret_gives_way_to_one_that_is_set(monkeypatch, tmp_path):
    monkeypatch.setenv("A_SECRET", "mine")
    assert env.kept_secret("A_SECRET", folder=tmp_path) == "mine"
    assert list(tmp_path.iterdir()) == []


def test_kept_secret_that_is_empty_is_not_replaced(tmp_path):
    (tmp_path / "a_secret").touch()
    with pytest.raises(ImproperlyConfigured, match="restore it from a backup"):
        env.kept_secret("A_SECRET", folder=tmp_path)


def test_zone(monkeypatch):
    assert env.zone("A_ZONE", default="Asia/Ho_Chi_Minh") == "Asia/Ho_Chi_Minh"
    monkeypatch.setenv("A_ZONE", "GMT+7")
    with pytest.raises(ImproperlyConfigured, match="A_ZONE='GMT\\+7': write the name"):
        env.zone("A_ZONE", default="UTC")


def test_addresses_are_not_repeated(monkeypatch):
    for read, name in [(env.database, "A_DATABASE"), (env.mail, "A_SERVER")]:
        assert read(name) == {}
        monkeypatch.setenv(name, "mystery://user:hidden-password@host")
        with pytest.raises(ImproperlyConfigured, match=f"^{name} is no address") as refused:
            read(name)
        assert "hidden" not in str(refused.value)


def test_addresses_become_settings(monkeypatch):
    monkeypatch.setenv("A_DATABASE", "postgresql://app:a%20word@db.example.org:5433/commitments")
    read = env.database("A_DATABASE")
    assert (read["ENGINE"], read["HOST"], read["PORT"]) == (
        "django.db.backends.postgresql",
        "db.example.org",
        5433,
    )
    assert (read["NAME"], read["PASSWORD"]) == ("commitments", "a word")
    monkeypatch.setenv("A_SERVER", "smtp+tls://user:word@mail.example.org:587")
    mail = env.mail("A_SERVER")
    assert (mail["EMAIL_HOST"], mail["EMAIL_PORT"], mail["EMAIL_USE_TLS"]) == (
        "mail.example.org",
        587,
        True,
    )
