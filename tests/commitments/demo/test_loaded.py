"""`manage.py demo` after it has loaded: everybody can log in, all is marked, nothing is loaded twice."""

import json
from datetime import timedelta

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.test import Client

from commitments.enums import VersionState
from commitments.models import Commitment, CommitmentVersion
from tests.commitments.demo.test_loading import contents, said
from units import clock
from units.enums import Provenance
from units.models import OrgUnit, Position, User
from units.permissions import holder_at

KEYS = {"username", "password", "totp_secret", "role", "unit", "name"}
ROLES = {"head", "acting head", "supervisor", "planner", "assigner", "administrator", "inspector"}


def test_district_is_loaded_once_and_marked(district, db):
    assert district.said == ""
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
