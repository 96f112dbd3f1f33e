"""`manage.py demo`: a district whose year has been played, once, marked, and only where it belongs."""

import hashlib
import io
import json
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client, override_settings

from commitments.demo import year
from commitments.enums import VersionState
from commitments.models import Commitment, CommitmentVersion
from tests.factories.units import OrgUnitFactory, UserFactory
from units import clock
from units.enums import Provenance
from units.models import DemonstrationClock, OrgUnit, Position, RegisterEntry, User
from units.permissions import holder_at

KEYS = {"username", "password", "totp_secret", "role", "unit", "name"}
ROLES = {"head", "acting head", "supervisor", "planner", "assigner", "administrator", "inspector"}


def said(*words: str) -> str:
    """Return what `manage.py demo` says."""
    out = io.StringIO()
    call_command("demo", *words, stdout=out)
    return out.getvalue()


def contents() -> dict[str, str]:
    """Return a hash of the rows of every table."""
    return {
        model._meta.db_table: hashlib.sha256(
            repr(list(model._base_manager.order_by("pk").values_list())).encode()
        ).hexdigest()
        for model in apps.get_models()
    }


@pytest.mark.django_db
@override_settings(DEMO=True)
def test_district_is_loaded_once_and_marked():
    assert said("--verbosity", "0") == ""
    data = json.loads(said("--json"))

    assert set(data) == {"personas", "api_token"}
    assert all(set(one) == KEYS for one in data["personas"])
    assert all(isinstance(value, str) for one in data["personas"] for value in one.values())
    assert {one["role"] for one in data["personas"]} >= ROLES
    for one in data["personas"]:
        person = User.objects.get(username=one["username"])
        assert person.check_password(one["password"])
        assert person.full_name == one["name"]
        kept = Authenticator.objects.filter(user=person, type=Authenticator.Type.TOTP)
        assert kept.exists()

    now = clock.business_now()
    assert clock.local_date(now).isoformat() == "2024-05-15"
    assert Commitment.objects.count() >= 12
    assert set(CommitmentVersion.objects.values_list("state", flat=True)) == set(VersionState)
    heads = Position.objects.filter(is_head=True)
    assert len({head.unit_id for head in heads if holder_at(head.pk, at=now)}) >= 12
    assert OrgUnit.objects.count() >= 12

    marked = [model for model in apps.get_models() if _has_provenance(model)]
    assert User in marked
    for model in marked:
        assert not model._base_manager.filter(provenance=Provenance.LIVE).exists(), model

    client = Client(headers={"Authorization": f"Bearer {data['api_token']}"})
    answer = client.get("/api/v1/commitments/?limit=100")
    assert answer.status_code == 200
    assert len(answer.json()["results"]) >= 12

    before = contents()
    assert said().startswith("The demonstration is there already.\n")
    assert json.loads(said("--json")) == data
    assert contents() == before

    shown = said("--personas")
    assert all(shown.count(one["name"]) == 1 for one in data["personas"])
    assert shown.count("try: ") == len(data["personas"])

    said("--move-clock", "3")
    assert clock.business_now() - now >= timedelta(days=3)


def _has_provenance(model) -> bool:
    return any(field.name == "provenance" for field in model._meta.get_fields())


@pytest.mark.django_db
@override_settings(DEMO=True)
@pytest.mark.parametrize("make", [UserFactory, OrgUnitFactory])
def test_database_with_other_data_is_left_alone(make):
    make()
    before = contents()
    with pytest.raises(CommandError, match="holds data that the demonstration did not load"):
        said()
    assert contents() == before
    assert not DemonstrationClock.objects.exists()


@pytest.mark.django_db
@override_settings(DEMO=False)
@pytest.mark.parametrize("word", ["--json", "--personas", "--move-clock=1"])
def test_outside_a_demonstration_nothing_is_told(word):
    with pytest.raises(CommandError, match="The demonstration is off"):
        said(word)
    assert not User.objects.exists()


@pytest.mark.django_db
@override_settings(DEMO=True)
def test_year_that_breaks_off_leaves_nothing(monkeypatch):
    def breaks(self):
        assert RegisterEntry.objects.exists()  # much has been written by then
        raise RuntimeError("in the middle of the year")

    monkeypatch.setattr(year.Year, "settle_2023", breaks)
    before = contents()
    with pytest.raises(RuntimeError, match="in the middle"):
        said()
    assert contents() == before
