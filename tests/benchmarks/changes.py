"""P2: a page of changes against the SQL that it asks and against a page of the list, and asking for
nothing new against an empty view with one query."""

import resource
import statistics
from collections.abc import Sequence
from datetime import UTC, date, datetime

from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import include, path
from rest_framework.request import Request

from config import api_urls
from tests.benchmarks.measuring import Pair, Result, by_turns, exponent
from tests.benchmarks.queue import _ask
from tests.factories.readers import token_of, with_token
from tests.factories.units import ApiClientFactory, OrgUnitFactory
from units import clock
from units.actions import register
from units.api.changes import Feed
from units.enums import Tree
from units.http import lines
from units.models import OrgEdge, OrgUnit, OrgUnitVersion, RegisterLink

TITLE = "a page of changes, and its SQL alone; nothing new, and an empty view"
SIZES = {"small": (100, 1_000), "full": (100, 1_000)}
THEN = datetime(2024, 2, 2, 2, 0, tzinfo=UTC)


def found(district: OrgUnit, count: int) -> list[OrgUnit]:
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


class Nothing(Feed):
    """A view behind the same doors as the feed that asks one question and says nothing."""

    def get(self, request: Request) -> HttpResponse:
        RegisterLink.objects.order_by("-seq").values_list("seq").first()
        return HttpResponse(status=304)


urlpatterns = [path("nothing", Nothing.as_view()), path("", include("config.urls"))]


def keep() -> None:
    """Do what the job does: keep the lines of all that has changed."""
    while lines.keep(api_urls.feeds, at=clock.job_now()):
        pass


@override_settings(SITE_URL="http://localhost", ROOT_URLCONF=__name__)
def measure(*, sizes: Sequence[int], rounds: int) -> Result:
    """Measure a page of each size; each beside its SQL, then beside the list of the same rows."""
    result, costs = Result("P2", TITLE), []
    for size in sizes:
        district = OrgUnitFactory(district=True)
        units = found(district, size)
        known = ApiClientFactory(owner_unit=district)
        client = with_token(token_of(known), Host="localhost")
        asked = {"after": _end(client), "limit": size}
        _change(units)
        keep()
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
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
    half = -(-size // 2)
    listed, ours = by_turns(
        lambda: _whole_list(client, half),
        lambda: _get(client, "/api/v1/changes", **asked),
        rounds=rounds,
    )
    result.pairs.append(Pair(f"{size:,} changes, ModelSerializer", "ms", listed, ours))
    last = _get(client, "/api/v1/changes", after=_end(client))
    fresh = {"after": last.json()["cursor"]}
    tag = {"If-None-Match": last["ETag"]}
    assert client.get("/api/v1/changes", fresh, headers=tag).status_code == 304
    assert client.get("/nothing").status_code == 304
    empty, nothing = by_turns(
        lambda: [client.get("/nothing") for _each in range(50)],
        lambda: [client.get("/api/v1/changes", fresh, headers=tag) for _each in range(50)],
        rounds=rounds,
    )
    result.pairs.append(Pair("nothing new (304), 50 times", "ms", empty, nothing))
    result.exponent = exponent(sizes, costs)
    best = statistics.median(a / b for a, b in zip(listed, ours, strict=True))
    pace = statistics.median(a / b for a, b in zip(empty, nothing, strict=True))
    result.notes += [
        "Goals: at most 3 against the SQL alone.",
        f"{best:.1f} times as fast as a page of the same rows by a ModelSerializer (goal: at least 10).",
        (
            f"A 304 has {pace:.2f} of the pace of an empty view behind the same doors with one query "
            "(goal: at least 0.7)."
        ),
    ]
    return result


def _whole_list(client: Client, limit: int) -> None:
    """Read the first two pages of the collection: as many rows as the page of changes has."""
    first = _get(client, "/api/v1/units/", limit=limit).json()
    assert first["next"] is not None
    assert client.get(first["next"]).status_code == 200


def _end(client: Client) -> str:
    return _get(client, "/api/v1/changes/start").json()["cursor"]
