"""Codes in the order in which people count, in Python and in the database alike."""

import pytest

from tests.factories.units import UserFactory
from units.models import User
from units.querysets.ordering import as_counted
from units.rules.counting import compared, counted

CODES = ["H17.1", "KT-2", "KT-02", "KT-10", "N01", "N01.2", "N01.10", "TĐ-9", "TĐ-10"]


def test_digits_count_as_numbers():
    assert sorted(sorted(CODES), key=counted)[3:] == CODES[3:]
    assert compared("KT-2", "KT-10") == -1
    assert compared("KT-10", "KT-2") == 1
    assert compared("KT-2", "KT-2") == 0
    assert compared("KT-2", "KT-02") != 0


@pytest.mark.django_db
def test_the_database_sorts_and_compares_alike():
    for code in reversed(CODES):
        UserFactory(full_name=code)
    mine = User.objects.filter(full_name__in=CODES).annotate(place=as_counted("full_name"))
    found = list(mine.order_by("place").values_list("full_name", flat=True))
    assert found[3:] == CODES[3:]
    assert set(found[1:3]) == {"KT-2", "KT-02"}
    for number, code in enumerate(found):
        behind = mine.filter(place__gt=code).order_by("place")
        assert list(behind.values_list("full_name", flat=True)) == found[number + 1 :]
