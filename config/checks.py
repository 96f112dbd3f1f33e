"""What is unsafe or missing in an installation: each finding has a number and says what to do.

Some are always wrong. Those of `check --deploy` are fine on a desk and not in production. What the
database is asked stands in `database_checks`.
"""

import os
import ssl
from collections.abc import Iterable, Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from commitments.actions import sealing, slots
from commitments.enums import Grade, SignatureLevel, SlotRole
from commitments.rules.signatures import CONSENT
from notifications.actions import outlets, webhooks
from units import clock
from units.actions import checkpoints

FACTORS = {"passkey", "totp"}
OURS = tuple(  # this machine, and where clouds tell a machine its own keys
    map(ip_network, ("127.0.0.0/8", "::1/128", "169.254.0.0/16", "fe80::/10", "fd00:ec2::/32"))
)
WIDEST = {4: 16, 6: 48}  # bits that the network of one data warehouse has at least
SHORTEST_SECRET = 32  # characters
LONGEST_REAUTH, LONGEST_STEP_UP = 900, 600  # seconds


@register(Tags.security)
def always(app_configs: Any = None, **_: Any) -> Iterable[CheckMessage]:
    """Return what is wrong anywhere, on a desk as in production."""
    if not settings.STEP_UP_METHODS or set(settings.STEP_UP_METHODS) - FACTORS:
        yield Error(
            f"STEP_UP_METHODS={','.join(settings.STEP_UP_METHODS)!r} names no second factor.",
            hint="Name 'passkey', 'totp' or both; a password alone confirms nothing.",
            id="config.E001",
        )
    yield from _levels()
    yield from _grades()
    if _codes_are_bypassed():
        yield Error(
            "A code that is always right is set: MFA_TOTP_INSECURE_BYPASS_CODE.",
            hint="Remove it. A demonstration shows the code of the moment instead.",
            id="config.E002",
        )
    try:
        checkpoints.outside()
    except ValueError as error:
        yield Error(
            f"REGISTER_PUBLISH: {error}",
            hint="Write the places with commas between them.",
            id="config.E003",
        )
    yield from _calls()
    yield from _texts()
    yield from _watched()


@register(Tags.security, deploy=True)
def deployed(app_configs: Any = None, **_: Any) -> Iterable[CheckMessage]:
    """Return the defaults that are unsafe in production."""
    yield from _secrets()
    yield from _address()
    yield from _services()
    yield from _register()
    yield from _seal()
    yield from _consents()
    yield from _private_networks()
    if settings.DEMO:
        yield Error(
            "DEMO is on: passwords are known to everybody and the clock stands in 2024.",
            hint="Set DEMO=false, with a DATA_DIR and a database of their own.",
            id="config.E010",
        )
    if settings.REAUTH_MAX_AGE > LONGEST_REAUTH or settings.STEP_UP_TTL > LONGEST_STEP_UP:
        yield Warning(
            "A confirmation stays good for long: who finds an open screen could sign.",
            hint=f"REAUTH_MAX_AGE at most {LONGEST_REAUTH}, STEP_UP_TTL at most {LONGEST_STEP_UP} s.",
            id="config.W011",
        )


def _secrets() -> Iterable[CheckMessage]:
    secrets = {"SECRET_KEY": settings.SECRET_KEY, "TOKEN_PEPPER": settings.TOKEN_PEPPER}
    for name, value in secrets.items():
        if len(value) < SHORTEST_SECRET:
            yield Error(
                f"{name} has fewer than {SHORTEST_SECRET} characters.",
                hint=f"Draw a long random one; set {name}, or {name}_FILE to a path.",
                id="config.E012",
            )
        if not (os.environ.get(name) or os.environ.get(f"{name}_FILE")):
            yield Warning(
                f"{name} lies in DATA_DIR beside the data, and so in every backup of it.",
                hint=f"Move {Path(settings.DATA_DIR) / name.lower()} elsewhere and set {name}_FILE.",
                id="config.W013",
            )
    if settings.SECRET_KEY == settings.TOKEN_PEPPER:
        yield Error(
            "SECRET_KEY and TOKEN_PEPPER are the same: who learns one has both.",
            hint="Draw another TOKEN_PEPPER; tokens must then be issued anew.",
            id="config.E014",
        )


def _address() -> Iterable[CheckMessage]:
    if not settings.HTTPS:
        yield Error(
            f"SITE_URL={settings.SITE_URL!r} is no https address: logins travel in the open.",
            hint="Set SITE_URL to the address people use, for example https://commitments.example.org.",
            id="config.E015",
        )
    elif not settings.TRUSTED_PROXIES:
        yield Error(
            "SITE_URL is https, but no proxy is trusted to say so: pages would redirect for ever.",
            hint="Set TRUSTED_PROXIES to the number of proxies before this server, usually 1.",
            id="config.E016",
        )
    if "*" in settings.ALLOWED_HOSTS:
        yield Error(
            "ALLOWED_HOSTS='*' lets anybody choose the address in links that are mailed.",
            hint="List the names of this server.",
            id="config.E017",
        )


def _services() -> Iterable[CheckMessage]:
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        yield Warning(
            "SQLite keeps the register: whoever may write the file could rewrite it.",
            hint="Set DATABASE_URL to PostgreSQL, with one role that owns and one that serves.",
            id="config.W018",
        )
    if not settings.REDIS_URL:
        yield Warning(
            "REDIS_URL is empty: only `serve` brings a broker, and only on one machine.",
            hint="Set REDIS_URL, or let `manage.py run_jobs` work without a broker.",
            id="config.W019",
        )
    if not settings.EMAIL_URL:
        yield Warning(
            "EMAIL_URL is empty: nobody is told anything outside the inbox.",
            hint="Set EMAIL_URL, for example smtp+tls://user:password@mail.example.org:587.",
            id="config.W022",
        )


def _register() -> Iterable[CheckMessage]:
    """What makes the register's checkpoints worth less than they seem."""
    path = settings.REGISTER_KEY_FILE
    if not settings.REGISTER_KEY_APART:
        yield Error(
            "REGISTER_KEY_FILE is not set: the key that signs checkpoints would lie beside the data.",
            hint="Draw one where the database's administrators cannot read it: make_register_key.",
            id="config.E023",
        )
    else:
        try:
            checkpoints.open_key()
        except checkpoints.KeyUnusable as unusable:
            yield Error(
                f"REGISTER_KEY_FILE cannot be used: {unusable}",
                hint="Draw another with make_register_key, or let this process read it.",
                id="config.E024",
            )
    if same := [name for name in _other_keys() if _same_file(name, path)]:
        yield Error(
            f"REGISTER_KEY_FILE is the file of {', '.join(same)} too: who has one has both.",
            hint="Draw a key for checkpoints alone with make_register_key.",
            id="config.E025",
        )
    if not settings.REGISTER_PUBLISH:
        yield Error(
            "REGISTER_PUBLISH names no place: whoever owns the database could rewrite the register unseen.",
            hint="Name places that others look after, with commas between: a folder, an https address.",
            id="config.E026",
        )
    elif len(settings.REGISTER_PUBLISH) == 1:
        yield Error(
            "REGISTER_PUBLISH names one place alone: who looks after it could help to rewrite.",
            hint="Name a second place that somebody else looks after.",
            id="signing.E008",
        )


def _other_keys() -> list[str]:
    """Return the names of the settings and variables that point to the file of another secret."""
    return [name for name in os.environ if name.endswith("_FILE") and name != "REGISTER_KEY_FILE"]


def _same_file(name: str, path: Path) -> bool:
    other = Path(os.environ[name])
    try:
        return other.samefile(path) or other.read_bytes() == path.read_bytes()
    except OSError:
        return False  # what is not there is not the same


SEAL_FAULTS: Mapping[str, tuple[type[Error] | type[Warning], str, str]] = {
    "demo": (
        Error,
        "signing.E001",
        "Set SEAL_PKCS12_FILE and SEAL_PASSWORD_FILE to a seal of your certificate authority.",
    ),
    "missing": (
        Error,
        "signing.E011",
        "Nothing can be issued or signed. Set SEAL_PKCS12_FILE and SEAL_PASSWORD_FILE.",
    ),
    "ending": (
        Warning,
        "signing.W010",
        "Order a new certificate in time. Documents sealed with the old one stay valid.",
    ),
}


def _seal() -> Iterable[CheckMessage]:
    for fault, said in sealing.faults_of_installation(real_at=clock.real_now()):
        kind, number, hint = SEAL_FAULTS[fault]
        yield kind(said, hint=hint, id=number)


def _levels() -> Iterable[CheckMessage]:
    if settings.SIGNATURE_LEVEL not in SignatureLevel.values:
        yield Error(
            f"SIGNATURE_LEVEL={settings.SIGNATURE_LEVEL!r} is no level.",
            hint=f"Write one of {', '.join(SignatureLevel.values)}.",
            id="signing.E012",
        )
    elif settings.SIGNATURE_LEVEL != SignatureLevel.B_B and not (
        settings.TIMESTAMP_URL and settings.TIMESTAMP_ROOTS_FILE
    ):
        yield Error(
            f"SIGNATURE_LEVEL={settings.SIGNATURE_LEVEL} needs a timestamp service.",
            hint="Set TIMESTAMP_URL, and TIMESTAMP_ROOTS_FILE to the certificates it is trusted by.",
            id="signing.E002",
        )


def _calls() -> Iterable[CheckMessage]:
    """Return what keeps every call to a program from being made."""
    try:
        way = webhooks.way()
        if way.ca_file is not None:
            ssl.create_default_context(cafile=way.ca_file)
    except (ValueError, OSError) as error:  # a file that is no certificate is an OSError too
        yield Error(
            f"WEBHOOK_PORTS, WEBHOOK_PRIVATE_NETWORKS or WEBHOOK_CA_FILE: {error}",
            hint="Write ports and networks such as 10.20.0.0/16 with commas, and the path of a PEM file.",
            id="config.E004",
        )


def _texts() -> Iterable[CheckMessage]:
    """Return what keeps every text message from leaving."""
    if settings.SMS_GATEWAY_URL and (fault := outlets.fault_of_gateway()):
        yield Error(
            f"SMS_GATEWAY_URL, SMS_GATEWAY_SECRET or SMS_GATEWAY_NETWORKS: {fault}",
            hint="Write https://host/path, whsec_ and 24 bytes or more in base64, and networks with "
            "commas.",
            id="config.E030",
        )
    if not settings.TELEPHONE_COUNTRY.isdigit():
        yield Error(
            f"TELEPHONE_COUNTRY={settings.TELEPHONE_COUNTRY!r} is no country of telephones.",
            hint="Write its digits, for example 84.",
            id="config.E031",
        )


def _watched() -> Iterable[CheckMessage]:
    """Return what makes the watch fail each minute, and a token that is soon guessed."""
    url = urlsplit(settings.DEADMAN_URL)
    if settings.DEADMAN_URL and (url.scheme not in {"http", "https"} or not url.hostname):
        yield Error(
            "DEADMAN_URL is no http or https address.",
            hint="Set it to the address that your watcher gave you, or leave it out.",
            id="config.E005",
        )
    if 0 < len(settings.METRICS_TOKEN) < SHORTEST_SECRET:
        yield Error(
            f"METRICS_TOKEN is shorter than {SHORTEST_SECRET} characters.",
            hint="Make one with `python -c 'import secrets; print(secrets.token_urlsafe(32))'`.",
            id="config.E006",
        )


def _private_networks() -> Iterable[CheckMessage]:
    """Return the networks through which a program could have this server call what it should not."""
    try:
        listed = webhooks.way().networks
    except ValueError:
        return  # found as E004
    if own := [str(net) for net in listed for one in OURS if _overlap(net, one)]:
        yield Error(
            f"WEBHOOK_PRIVATE_NETWORKS lets programs call this machine itself: {', '.join(own)}.",
            hint="List the networks of the receivers alone, never 127.0.0.0/8 or 169.254.0.0/16.",
            id="config.E028",
        )
    elif wide := [str(net) for net in listed if net.prefixlen < WIDEST[net.version]]:
        yield Warning(
            f"WEBHOOK_PRIVATE_NETWORKS opens large parts of your network: {', '.join(wide)}.",
            hint="List the network of the data warehouse and no more, such as 10.20.30.0/24.",
            id="config.W029",
        )


def _overlap(net: Any, other: Any) -> bool:
    return net.version == other.version and net.overlaps(other)


def _grades() -> Iterable[CheckMessage]:
    asked = settings.GRADE_REQUIRED
    if set(asked) - set(SlotRole.values) or set(asked.values()) - set(Grade.values):
        yield Error(
            f"GRADE_REQUIRED={asked} names a place or a grade that there is not.",
            hint="Write for example undertaker=personal,assigner=online.",
            id="signing.E013",
        )


def _consents() -> Iterable[CheckMessage]:
    """What a signatory agrees to must be there in each language that a page may speak."""
    wanted = {
        (act.value, language) for act in slots.SIGNING for language, _name in settings.LANGUAGES
    }
    if missing := sorted(wanted - {key for key, text in CONSENT.items() if text.strip()}):
        named = ", ".join(f"{act} ({language})" for act, language in missing)
        yield Error(
            f"There is no declaration for: {named}.",
            hint="Write it in commitments/rules/signatures.py: nobody could sign on such a page.",
            id="signing.E009",
        )


def _codes_are_bypassed() -> bool:
    return bool(getattr(settings, "MFA_TOTP_INSECURE_BYPASS_CODE", None))
