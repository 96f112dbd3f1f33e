"""P2: a page of changes against the SQL that it asks and against a page of the list, and asking for
nothing new against a view that does nothing."""

import resource
import statistics
from collections.abc import Sequence
from datetime import UTC, date, datetime

from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.benchmarks.measuring import Pair, Result, by_turns, exponent
from tests.benchmarks.queue import _ask
from tests.factories.readers import token_of, with_token
from tests.factories.units import ApiClientFactory, OrgUnitFactory
from units.actions import register
from units.enums import Tree
from units.models import OrgEdge, OrgUnit, OrgUnitVersion

TITLE = "a page of changes, and its SQL alone; nothing new, and an empty view"
SIZES = {"small": (100, 1_000), "full": (100, 1_000)}
THEN = datetime(2024, 2, 2, 2, 0, tzinfo=UTC)


def _found(district: OrgUnit, count: int) -> list[OrgUnit]:
    """Return `count` new communes under `district`."""
    since = date(2020, 1, 1)
    first = OrgUnit.objects.count()
    made = OrgUnit.objects.bulk_create(
        OrgUnit(ref=f"many-{first + n}", kind="commune", valid_from=since) for n in range(count)
    )
    OrgUnitVersion.objects.bulk_create(
        OrgUnitVersion(unit=unit, name_vi=f"Xã {unit.ref}", valid_from=since) for unit in made
    )
    OrgEdge.objects.bulk_create(
        OrgEdge(parent=district, child=unit, tree=Tree.ADMIN, valid_from=since) for unit in made
    )
    return made


def _change(units: Sequence[OrgUnit]) -> None:
    """Leave one entry about each of these units, with its place."""
    with transaction.atomic():
        for unit in units:
            register.append(
                kind="unit.rename",
                subject=f"unit/{unit.ref}",
                subject_version=2,
                reach=[unit],
                by=None,
                at=THEN,
                published=True,
            )
    while register.sequence():
        pass


def _get(client: Client, path: str, **query: object):
    answer = client.get(path, query)
    assert answer.status_code == 200, answer.content[:300]
    return answer


def measure(*, sizes: Sequence[int], rounds: int) -> Result:
    """Measure a page of each size; each beside its SQL, then beside the list of the same rows."""
    result, costs = Result("P2", TITLE), []
    for size in sizes:
        district = OrgUnitFactory(district=True)
        units = _found(district, size)
        known = ApiClientFactory(owner_unit=district)
        client = with_token(token_of(known), Host="localhost")
        asked = {"after": _end(client), "limit": size}
        _change(units)
        with CaptureQueriesContext(connection) as captured:
            assert len(_get(client, "/api/v1/changes", **asked).json()["changes"]) == size
        sql = [query["sql"] for query in captured if query["sql"].startswith("SELECT")]
        floor, ours = by_turns(
            lambda sql=sql: _ask(sql),
            lambda client=client, asked=asked: _get(client, "/api/v1/changes", **asked),
            rounds=rounds,
        )
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        result.pairs.append(Pair(f"{size:,} changes, SQL alone", "ms", floor, ours, peak))
        costs.append(statistics.median(ours))
    pages = [{"limit": 500}, {"limit": 500}]
    listed, ours = by_turns(
        lambda: [_get(client, "/api/v1/units/", **page) for page in pages],
        lambda: _get(client, "/api/v1/changes", **asked),
        rounds=rounds,
    )
    result.pairs.append(Pair("1,000 changes, as many rows of the list", "ms", listed, ours))
    last = _get(client, "/api/v1/changes", after=_end(client))
    fresh = {"after": last.json()["cursor"]}
    tag = {"If-None-Match": last["ETag"]}
    empty, nothing = by_turns(
        lambda: [client.get("/api/v1/") for _each in range(20)],
        lambda: [client.get("/api/v1/changes", fresh, headers=tag) for _each in range(20)],
        rounds=rounds,
    )
    result.pairs.append(
        Pair("nothing new (304), 20 times, the root of the API", "ms", empty, nothing)
    )
    result.exponent = exponent(sizes, costs)
    result.notes += [
        "Goals: 3 against the SQL alone; a tenth of the list; 1.4 against the empty view.",
        "A page builds its bodies as the list does (ADR 22): it costs what the list costs.",
    ]
    return result


def _end(client: Client) -> str:
    return _get(client, "/api/v1/changes/start").json()["cursor"]
