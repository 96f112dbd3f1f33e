"""Lines of the feed that are kept ready, so that a page of changes costs little more than its SQL.

One job follows the register: it notes which acts have touched which objects, and makes the body of each
anew, as its collection lists it. A reader takes these lines for as far as they reach, where it sees
the object by the rules of the collection; everything else is read from the collections as ever (ADR
32). So a line that is missing costs time and nothing else, and a GET writes nothing.
"""

import hashlib
import inspect
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Cast, Concat
from rest_framework.renderers import JSONRenderer

from units import clock
from units.actions.changes import Act, Published, acts_between, touched_by
from units.enums import UserKind
from units.http.collections import ReadOnlyCollection
from units.models import FeedKept, FeedLine, FeedTouch, RegisterLink, User
from units.querysets.organisation import EVERYWHERE

AT_ONCE = 500  # objects that are read together
FORGOTTEN = 5_000  # places that one run of the job forgets at most


class Listed(NamedTuple):
    """A type of the feed with the collection that gives its bodies, to whom `published.visible` shows them.

    `kept`: all who see an object read the same body, so that it can be kept ready. `daily`: the body
    follows the calendar too, and is kept for the day.
    """

    published: Published
    collection: type[ReadOnlyCollection]
    kept: bool = True
    daily: bool = False


class Reader:
    """Stands for a request of somebody who sees everything, at the site's own address."""

    query_params: dict[str, str] = {}

    def __init__(self, at: datetime) -> None:
        self.now = at
        self.user = User(pk=0, kind=UserKind.HUMAN, is_active=True)
        self.user.kept_reach = (at, EVERYWHERE)

    def build_absolute_uri(self, path: str) -> str:
        return f"{settings.SITE_URL}{path}"


def bodies(
    collection: type[ReadOnlyCollection], request: Any, refs: Collection[str]
) -> list[dict[str, Any]]:
    """Return the bodies that `collection` lists for the holder, of those among `refs` that it sees."""
    view = collection(request=request, action="list", kwargs={}, format_kwarg=None)
    rows = view.get_queryset().filter(**{f"{view.lookup_field}__in": list(refs)})
    return list(view.get_serializer(rows, many=True).data)


@cache
def form_of(feeds: tuple[Listed, ...], origin: str) -> str:
    """Return a digest of what makes kept bodies: the site's address, which stands in them, the fields
    and the code. Another release that writes bodies otherwise finds nothing kept."""
    said = [origin]
    for feed in feeds:
        if feed.kept:
            serializer: Any = feed.collection.serializer_class
            modules = {inspect.getmodule(part) for part in (feed.collection, serializer)}
            said.append(repr(serializer()))
            said += sorted(inspect.getsource(module) for module in modules if module is not None)
    return hashlib.sha256("\0".join(said).encode()).hexdigest()


# --- keeping ------------------------------------------------------------------------------------------


@transaction.atomic
def keep(feeds: tuple[Listed, ...], *, at: datetime, limit: int = 500) -> int:
    """Keep the next `limit` acts and the lines of what they have touched; return how many acts.

    Any number may run at once: the one row is the turn, and whoever finds it taken returns 0. Lines
    and place move in one transaction. Lines that were made in another way are dropped, all of them.
    """
    FeedKept.objects.get_or_create(pk=1)
    turn = FeedKept.objects.select_for_update(skip_locked=True).filter(pk=1).first()
    if turn is None:
        return 0
    if turn.form != (form := form_of(feeds, settings.SITE_URL)):
        FeedTouch.objects.all().delete()
        FeedLine.objects.all().delete()
        turn.seq, turn.form = turn.floor, form
        turn.save(update_fields=["seq", "form"])
    head = RegisterLink.objects.order_by("-seq").values_list("seq", flat=True).first() or 0
    if turn.seq >= head:
        return 0
    subjects = frozenset().union(*(feed.published.subjects for feed in feeds))
    acts = acts_between(subjects, after=turn.seq, last=head, limit=limit)
    for feed in feeds:
        _keep_type(feed, touched_by(feed.published, acts), at=at)
    turn.seq = acts[-1].seq if len(acts) == limit else head
    turn.save(update_fields=["seq"])
    return len(acts)


def _keep_type(feed: Listed, touched: Sequence[tuple[Act, str]], *, at: datetime) -> None:
    """Write the touches and the lines of one type; what is there no more has a line without a body."""
    name, day = feed.published.name, clock.local_date(at) if feed.daily else None
    refs = list(dict.fromkeys(ref for _act, ref in touched))
    write, found = JSONRenderer().render, {}
    if feed.kept:
        for begin in range(0, len(refs), AT_ONCE):
            for data in bodies(feed.collection, Reader(at), refs[begin : begin + AT_ONCE]):
                found[data["ref"]] = write(data).decode()
    FeedLine.objects.bulk_create(
        [FeedLine(kind=name, ref=ref, body=found.get(ref), day=day) for ref in refs],
        update_conflicts=True,
        unique_fields=["kind", "ref"],
        update_fields=["body", "day"],
        batch_size=AT_ONCE,
    )
    lines = FeedLine.objects.filter(kind=name, ref__in=refs).values_list("ref", "pk")
    keys = dict(lines) if refs else {}
    FeedTouch.objects.bulk_create(
        [
            FeedTouch(link_id=act.seq, line_id=keys[ref], kind=name, at=instant(act.at))
            for act, ref in touched
        ],
        ignore_conflicts=True,
        batch_size=AT_ONCE,
    )


# --- forgetting ---------------------------------------------------------------------------------------


@transaction.atomic
def forget(*, at: datetime) -> int:
    """Move the floor over acts that are older than FEED_RETENTION_DAYS by `at`, and drop their touches
    and the lines that are left without any; return over how many places, at most FORGOTTEN.

    Only what is kept is forgotten. Floor and touches go in one transaction: whoever finds, after it has
    read a page, the floor still below its place has missed nothing.
    """
    turn = FeedKept.objects.select_for_update(skip_locked=True).filter(pk=1).first()
    if turn is None:
        return 0
    since = at - timedelta(days=settings.FEED_RETENTION_DAYS)
    places = RegisterLink.objects.filter(seq__gt=turn.floor, seq__lte=turn.seq).order_by("seq")
    floor = before = turn.floor
    for seq, done in places.values_list("seq", "entry__at")[:FORGOTTEN]:
        if done > since:
            break
        floor = seq
    if floor == before:
        return 0
    old = FeedTouch.objects.filter(link__gt=before, link__lte=floor)
    touched = list(old.values_list("line", flat=True).distinct())
    FeedTouch.objects.filter(link__lte=floor).delete()
    for begin in range(0, len(touched), AT_ONCE):
        lines = FeedLine.objects.filter(pk__in=touched[begin : begin + AT_ONCE])
        lines.filter(~Exists(FeedTouch.objects.filter(line=OuterRef("pk")))).delete()
    turn.floor = floor
    turn.save(update_fields=["floor"])
    return floor - before


def is_forgotten(seq: int) -> bool:
    """Say whether what was done right behind the place `seq` is too old for the feed. One query."""
    return FeedKept.objects.filter(pk=1, floor__gt=seq).exists()


# --- reading ------------------------------------------------------------------------------------------


def kept_to(feeds: tuple[Listed, ...], request: Any) -> int:
    """Return the last place up to which lines are kept for whoever asks at this address; 0: none."""
    origin = request.build_absolute_uri("/")[:-1]
    if origin != settings.SITE_URL:
        return 0
    kept = FeedKept.objects.filter(pk=1).first()
    return kept.seq if kept is not None and kept.form == form_of(feeds, origin) else 0


def cut(
    feeds: Sequence[Listed], *, after: int, last: int, limit: int
) -> tuple[int, Sequence[Listed]]:
    """Return the last place of a page that begins behind `after`, and which types it tells of.

    The place is `last`, or that of the last act with which the page has no more than `limit` touches;
    the first act is told whole. Three queries at most.
    """
    touches = _between(feeds, after=after, last=last)
    beyond = touches.order_by("link").values_list("link", flat=True)[limit : limit + 1]
    for place in beyond:
        whole = touches.filter(link__lt=place).order_by("-link").values_list("link", flat=True)
        last = whole.first() or place
    kinds = set(touches.filter(link__lte=last).values_list("kind", flat=True).distinct())
    return last, [feed for feed in feeds if feed.published.name in kinds]


def between(
    feeds: Sequence[Listed], request: Any, *, after: int, last: int
) -> QuerySet[FeedTouch, tuple[str | None, int]]:
    """Return (change as JSON or None: ask the collection, key of the line) of each object that was
    touched behind `after` up to `last`, by its newest act, in order. One query and those of the reach.

    The database joins the parts of a change: types, references and instants are plain letters, a body is
    JSON already. To fetch the parts and join them here takes three times as long.
    """
    touches = _between(feeds, after=after, last=last)
    # The lower bound says nothing new but to the database, which else looks from the beginning on.
    stretch = FeedTouch.objects.filter(link__gt=after, link__lte=last)
    later = stretch.filter(line=OuterRef("line"), link__gt=OuterRef("link"))
    head = Concat(
        *(Value('{"seq":'), Cast("link_id", TextField()), Value(',"type":"'), F("kind")),
        *(Value('","ref":"'), F("line__ref"), Value('","op":"upsert","at":"'), F("at")),
        Value('","data":'),
        output_field=TextField(),
    )  # by itself: the database copies what it has at each further part, and a body is long
    upsert = Concat(head, F("line__body"), Value("}"), output_field=TextField())
    whens = [When(_readable(feed, request), then=upsert) for feed in feeds if feed.kept]
    change = Case(*whens, default=Value(None), output_field=TextField(null=True))
    rows = touches.filter(~Exists(later)).annotate(change=change).order_by("link", "line")
    return rows.values_list("change", "line")


def _between(feeds: Sequence[Listed], *, after: int, last: int) -> QuerySet[FeedTouch]:
    kinds = [feed.published.name for feed in feeds]
    return FeedTouch.objects.filter(kind__in=kinds, link__gt=after, link__lte=last)


def _readable(feed: Listed, request: Any) -> Q:
    """Return the condition "the line is of this type, good today, and shown to the holder"."""
    published = feed.published
    visible = published.visible(request.user, request.now).order_by().values(published.ref)
    good = Q(kind=published.name, line__ref__in=visible, line__body__isnull=False)
    if feed.daily:
        today: date = clock.local_date(request.now)
        good &= Q(line__day=today)
    return good


def acts_on(
    lines: Collection[int], *, after: int, last: int
) -> Iterator[tuple[int, str, str, Act]]:
    """Yield key, type and reference of the line, and act, of every touch of these lines behind `after`
    up to `last`."""
    touches = FeedTouch.objects.filter(line__in=lines, link__gt=after, link__lte=last)
    columns = ("line", "kind", "line__ref", "link", "link__entry", "link__entry__at")
    for line, kind, ref, seq, entry, at in touches.values_list(*columns):
        yield line, kind, ref, Act(seq, entry, "", kind, ref, at, "")


def instant(at: datetime) -> str:
    """Return `at` as the feed writes it: UTC with a Z, microseconds where there are any."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
