"""A district with two communes, and three people who may much, little and nothing."""

from dataclasses import dataclass
from datetime import UTC, datetime

from tests.factories.units import OrgUnitFactory, RoleGrantFactory, UserFactory
from units.models import OrgUnit, User

AT = datetime(2024, 2, 2, 2, 0, tzinfo=UTC)  # 2 February, 09:00 of the body


@dataclass
class Place:
    """A district with two communes; who administers everything, and who only one commune."""

    district: OrgUnit
    commune: OrgUnit
    other: OrgUnit
    by: User
    local: User
    nobody: User


def make_place() -> Place:
    district = OrgUnitFactory(ref="district", name="Huyện", district=True)
    commune = OrgUnitFactory(ref="commune", name="Xã Một", under=district)
    other = OrgUnitFactory(ref="other", name="Xã Hai", under=district)
    local = RoleGrantFactory(role="administrator", unit=commune).person
    return Place(
        district, commune, other, UserFactory(roles=["administrator"]), local, UserFactory()
    )
