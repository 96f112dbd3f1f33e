"""Every finding of the system checks: it appears, has its number, and says what to do."""

import re
from pathlib import Path

import pytest
from django.conf import settings as present
from django.core import checks

from commitments.rules.signatures import CONSENT
from tests import seals
from tests.factories.texts import SECRET
from units.actions import checkpoints

SAFE = {
    "DEBUG": False,
    "DEMO": False,
    "SECRET_KEY": "".join(map(chr, range(48, 122))),
    "TOKEN_PEPPER": "".join(map(chr, range(122, 48, -1))),
    "SITE_URL": "https://commitments.example.org",
    "HTTPS": True,
    "TRUSTED_PROXIES": 1,
    "ALLOWED_HOSTS": ["commitments.example.org"],
    "REDIS_URL": "redis://broker.example.org",
    "EMAIL_URL": "smtp+tls://mail.example.org:587",
    "REGISTER_KEY_APART": True,
    "REGISTER_PUBLISH": ["/srv/register", "https://register.example.org"],
    "WEBHOOK_PRIVATE_NETWORKS": ["10.20.0.0/16"],
    "DATABASES": {"default": {"ENGINE": "django.db.backends.postgresql"}},
}
UNSAFE = [
    ({"STEP_UP_METHODS": []}, "config.E001"),
    ({"STEP_UP_METHODS": ["password"]}, "config.E001"),
    ({"STEP_UP_METHODS": ["totp", "mail"]}, "config.E001"),
    ({"MFA_TOTP_INSECURE_BYPASS_CODE": "000000"}, "config.E002"),
    ({"DEMO": True}, "config.E010"),
    ({"REAUTH_MAX_AGE": 901}, "config.W011"),
    ({"STEP_UP_TTL": 601}, "config.W011"),
    ({"SECRET_KEY": "short"}, "config.E012"),
    ({"TOKEN_PEPPER": "x" * 31}, "config.E012"),
    ({"TOKEN_PEPPER": SAFE["SECRET_KEY"]}, "config.E014"),
    ({"HTTPS": False, "SITE_URL": "http://localhost:8000"}, "config.E015"),
    ({"TRUSTED_PROXIES": 0}, "config.E016"),
    ({"ALLOWED_HOSTS": ["*"]}, "config.E017"),
    ({"DATABASES": {"default": {"ENGINE": "django.db.backends.sqlite3"}}}, "config.W018"),
    ({"REDIS_URL": ""}, "config.W019"),
    ({"EMAIL_URL": ""}, "config.W022"),
    ({"REGISTER_KEY_APART": False}, "config.E023"),
    ({"REGISTER_KEY_FILE": Path("/nowhere/key.pem")}, "config.E024"),
    ({"REGISTER_PUBLISH": []}, "config.E026"),
    ({"REGISTER_PUBLISH": ["/srv/register"]}, "signing.E008"),
    ({"REGISTER_PUBLISH": ["/srv/register", "elsewhere"]}, "config.E003"),
    ({"WEBHOOK_PORTS": ["https"]}, "config.E004"),
    ({"WEBHOOK_PRIVATE_NETWORKS": ["10.20.0.1/16"]}, "config.E004"),
    ({"WEBHOOK_CA_FILE": "/nowhere/ca.pem"}, "config.E004"),
    ({"WEBHOOK_PRIVATE_NETWORKS": ["10.20.30.0/24", "127.0.0.0/8"]}, "config.E028"),
    ({"WEBHOOK_PRIVATE_NETWORKS": ["0.0.0.0/0"]}, "config.E028"),
    ({"WEBHOOK_PRIVATE_NETWORKS": ["fe80::/64"]}, "config.E028"),
    ({"WEBHOOK_PRIVATE_NETWORKS": ["10.0.0.0/15"]}, "config.W029"),
    ({"SMS_GATEWAY_URL": "https://gw.example.org/t", "SMS_GATEWAY_SECRET": "short"}, "config.E030"),
    ({"SMS_GATEWAY_URL": "http://gw.example.org/t", "SMS_GATEWAY_SECRET": SECRET}, "config.E030"),
    ({"SMS_GATEWAY_URL": "https://gw:port/t", "SMS_GATEWAY_SECRET": SECRET}, "config.E030"),
    ({"TELEPHONE_COUNTRY": "VN"}, "config.E031"),
    ({"DEADMAN_URL": "watch.example.org/ping"}, "config.E005"),
    ({"DEADMAN_URL": "ftp://watch.example.org/ping"}, "config.E005"),
    ({"METRICS_TOKEN": "short"}, "config.E006"),
    ({"GRADE_REQUIRED": {"undertaker": "gold"}}, "signing.E013"),
    ({"GRADE_REQUIRED": {"clerk": "personal"}}, "signing.E013"),
    ({"SIGNATURE_LEVEL": "B-T"}, "signing.E002"),
    ({"SIGNATURE_LEVEL": "B-X"}, "signing.E012"),
    ({"SEAL_PKCS12_FILE": "/nowhere/seal.p12"}, "signing.E011"),
]


def found(*, deploy: bool = True) -> list[checks.CheckMessage]:
    """Return what our own checks find that ask no database."""
    messages = checks.run_checks(tags=["security"], include_deployment_checks=deploy)
    return [message for message in messages if message.id.startswith(("config.", "signing."))]


@pytest.fixture(scope="session")
def own_seal(tmp_path_factory):
    """Files of a seal and of its password, as an administration has them."""
    return seals.make_own(tmp_path_factory.mktemp("seal"))


@pytest.fixture
def safe(settings, monkeypatch, tmp_path, own_seal):
    """Settings of a production that is as it should be."""
    settings.REGISTER_KEY_FILE = tmp_path / "register_key.pem"
    checkpoints.make_key(settings.REGISTER_KEY_FILE)
    settings.SEAL_PKCS12_FILE, settings.SEAL_PASSWORD_FILE = map(str, own_seal)
    for name in ("SECRET_KEY", "TOKEN_PEPPER"):
        monkeypatch.setenv(name, SAFE[name])
    for name, value in SAFE.items():
        if name != "DATABASES":
            setattr(settings, name, value)
    monkeypatch.setitem(present.DATABASES["default"], "ENGINE", "django.db.backends.postgresql")
    return settings


def test_nothing_is_wrong_with_what_is_safe(safe):
    assert found() == []


@pytest.mark.parametrize("copied", [False, True])
def test_the_key_of_checkpoints_serves_nothing_else(copied, safe, monkeypatch, tmp_path):
    other = tmp_path / "other.pem" if copied else safe.REGISTER_KEY_FILE
    other.write_bytes(safe.REGISTER_KEY_FILE.read_bytes())
    monkeypatch.setenv("SEAL_PKCS12_FILE", str(other))
    (message,) = found()
    assert message.id == "config.E025"
    assert "SEAL_PKCS12_FILE" in message.msg


@pytest.mark.parametrize(("wrong", "number"), UNSAFE, ids=lambda value: str(value)[:40])
def test_each_unsafe_value_has_its_number_and_hint(wrong, number, safe, monkeypatch):
    for name, value in wrong.items():
        if name == "DATABASES":
            monkeypatch.setitem(present.DATABASES["default"], "ENGINE", value["default"]["ENGINE"])
        else:
            setattr(safe, name, value)
    (message,) = found()
    assert message.id == number
    assert message.is_serious() or number.startswith("config.W")
    assert message.hint
    assert "x" * 31 not in str(message)
    assert SAFE["SECRET_KEY"] not in str(message)


def test_secret_that_lies_beside_the_data(safe, monkeypatch):
    monkeypatch.delenv("SECRET_KEY")
    (message,) = found()
    assert message.id == "config.W013"
    assert "SECRET_KEY_FILE" in message.hint


def test_desk_is_not_measured_as_production(settings):
    settings.DEMO = True
    assert found(deploy=False) == []
    settings.STEP_UP_METHODS = ["password"]
    assert [message.id for message in found(deploy=False)] == ["config.E001"]


def test_a_demo_seal_is_no_seal_for_production(safe, tmp_path):
    path, password_file = seals.make_own(tmp_path, name="DEMO seal")
    safe.SEAL_PKCS12_FILE, safe.SEAL_PASSWORD_FILE = str(path), str(password_file)
    assert [message.id for message in found()] == ["signing.E001"]


def test_the_end_of_the_seals_certificate_is_told_sixty_days_before(safe, tmp_path):
    for days, expected in ((61, []), (59, ["signing.W010"])):
        path, password_file = seals.make_own(tmp_path / str(days), days=days)
        safe.SEAL_PKCS12_FILE, safe.SEAL_PASSWORD_FILE = str(path), str(password_file)
        assert [message.id for message in found()] == expected


def test_a_declaration_that_is_missing_in_a_language_is_found(safe, monkeypatch):
    monkeypatch.delitem(CONSENT, ("countersign", "vi"))
    monkeypatch.setitem(CONSENT, ("sign", "en"), " ")
    (message,) = found()
    assert message.id == "signing.E009"
    assert "countersign (vi), sign (en)" in message.msg


def test_every_number_is_proved_here():
    source = (Path(__file__).parents[2] / "config" / "checks.py").read_text(encoding="utf-8")
    numbers = set(re.findall(r'"((?:config|signing)\.[EW]\d+)"', source))
    elsewhere = {"config.W013", "config.E025", "signing.E001", "signing.W010", "signing.E009"}
    proved = {number for _wrong, number in UNSAFE} | elsewhere
    assert numbers == proved
