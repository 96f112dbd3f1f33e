"""A set of keys in a statement: one parameter, and the rows that a literal list would find."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories.units import OrgUnitFactory, PositionFactory
from units.models import OrgUnit, Position
from units.querysets.organisation import Keys, Reach

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("count", [0, 1, 3])
def test_keys_find_what_a_list_finds(count):
    offices = [PositionFactory() for _n in range(4)]
    units = {office.unit_id for office in offices[:count]}
    for field, model in (("pk", OrgUnit), ("unit", Position), ("unit__id", Position)):
        found = model.objects.filter(**{f"{field}__in": Keys(units)}).order_by("pk")
        assert list(found) == list(model.objects.filter(**{f"{field}__in": units}).order_by("pk"))
        rest = model.objects.exclude(**{f"{field}__in": Keys(units)})
        assert rest.count() == 4 - count


def test_a_wide_reach_is_one_parameter():
    units = [OrgUnitFactory().pk for _n in range(30)]
    with CaptureQueriesContext(connection) as queries:
        assert OrgUnit.objects.filter(Reach(False, frozenset(units)).on("pk")).count() == 30
    sql, params = OrgUnit.objects.filter(
        Reach(False, frozenset(units)).on("pk")
    ).query.sql_with_params()
    assert (len(queries), len(params)) == (1, 1)
    assert "OR" not in sql


def test_names_by_key_are_those_that_a_unit_tells():
    later = OrgUnitFactory(name="Xã A", name__en="A")
    nameless = OrgUnitFactory()
    nameless.versions.all().delete()
    day = later.versions.get().valid_from
    found = dict(OrgUnit.names_of({later.pk: later.ref, nameless.pk: nameless.ref}, on=day))
    assert found == {later.ref: later.name_on(day), nameless.ref: nameless.ref}
