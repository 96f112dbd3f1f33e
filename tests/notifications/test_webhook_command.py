"""`manage.py webhook`: an administrator gives a program an address, and takes it away."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from notifications.models import WebhookDelivery, WebhookEndpoint
from tests.factories.units import ApiClientFactory, RoleGrantFactory, UserFactory
from units.models import RegisterEntry

pytestmark = pytest.mark.django_db


def run(*args: str) -> str:
    out = StringIO()
    call_command("webhook", *args, stdout=out, stderr=StringIO())
    return out.getvalue()


@pytest.fixture
def client(settings):
    settings.WEBHOOK_PRIVATE_NETWORKS = ["127.0.0.0/8"]
    return ApiClientFactory(ref="warehouse")


@pytest.fixture
def by() -> str:
    grant = RoleGrantFactory(role="administrator", unit=None)
    return grant.person.username


def test_an_address_goes_through_its_life(client, by):
    secret = run("add", "warehouse", "https://127.0.0.1/hints", "--types", "unit", "--by", by)
    row = WebhookEndpoint.objects.get()
    assert secret.startswith("whsec_")
    assert (row.client, row.types, row.state) == (client, ["unit"], "active")
    assert secret.strip() not in row.secrets.get().sealed
    run("test", row.ref, "--by", by)
    assert WebhookDelivery.objects.get().type == "webhook"
    assert run("rotate", row.ref, "--by", by) != secret
    run("pause", row.ref, "--by", by)
    assert run("list") == f"{row.ref} warehouse paused person https://127.0.0.1/hints\n"
    run("resume", row.ref, "--by", by)
    run("replay", row.ref, "1", "--by", by)
    run("remove", row.ref, "--by", by)
    assert run("list") == ""
    kinds = RegisterEntry.objects.filter(subject_kind="webhook").order_by("pk")
    assert list(kinds.values_list("kind", flat=True)) == [
        "webhook.create",
        "webhook.rotate",
        "webhook.change",
        "webhook.change",
        "webhook.remove",
    ]
    assert {row.actor.username for row in kinds} == {by}


@pytest.mark.parametrize(
    "args",
    [
        ("add", "unknown", "https://127.0.0.1/"),
        ("add", "warehouse", "http://127.0.0.1/"),
        ("add", "warehouse", "https://169.254.169.254/"),
        ("add", "warehouse", "https://127.0.0.1/", "--types", "invented"),
        ("pause", "unknown"),
        ("replay", "unknown", "0"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(client, by, args):
    with pytest.raises(CommandError):
        run(*args, "--by", by)
    assert not WebhookEndpoint.objects.exists()


def test_only_an_administrator_does_it(client):
    for by in ("nobody-there", UserFactory().username):
        with pytest.raises(CommandError):
            run("add", "warehouse", "https://127.0.0.1/", "--by", by)
