"""What has changed, as a client reads it: the register says which objects, their collections say how
they are now.

A change is told by the object as it stands when the page is made, in the very body that its
collection gives, to whom its collection gives it. So feed and page cannot differ, nothing that was
erased lives on in a copy, and nobody reads here what is closed to them there. A page is read after
its entries have their places, and an entry has its place after its transaction has ended: what a
page tells is never older than its cursor.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

from django.core.signing import BadSignature, Signer
from django.db.models import Subquery
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from units.actions.changes import Act, acts_between, reached, touched_by
from units.enums import Role, UserKind
from units.errors import Gone, Refused
from units.http import lines
from units.http.lines import AT_ONCE, Listed, bodies
from units.http.permissions import has_scope, require_scope
from units.models import RegisterEpoch, RegisterLink
from units.querysets.organisation import Reach, keep_reach, reach_of

LOOKED_AT = 50_000  # places of the register that one page passes over at most
write = JSONRenderer().render


# --- cursors --------------------------------------------------------------------------------------


class Place(NamedTuple):
    """How far a client has come: the last place that it knows, its hash, and the stretch it lies in.

    `epoch` and `seq` 0: before the first entry of all.
    """

    epoch: int
    seq: int
    link: str


def view_of(request: Request) -> str:
    """Return a digest of what the holder may see now: units and scopes. Another one: another copy."""
    user, at = request.user, request.now
    seen = [_named(keep_reach(user, at=at))]
    if user.kind == UserKind.MACHINE:
        seen.append(",".join(sorted(user.api_client.scopes)))
    else:
        seen.append(_named(reach_of(user, at=at, roles=[Role.ADMINISTRATOR])))
    return hashlib.sha256(" ".join(seen).encode()).hexdigest()[:16]


def _named(reach: Reach) -> str:
    return "all" if reach.everything else ",".join(map(str, sorted(reach.unit_ids)))


def cursor_of(request: Request, types: Sequence[str], place: Place, view: str) -> str:
    """Return the text of a cursor: signed, and equal for equal state."""
    return Signer(salt="changes").sign_object(
        {"h": request.user.pk, "p": list(place), "t": list(types), "w": view}
    )


def place_of(request: Request, text: str, view: str, head: Place) -> tuple[Place, tuple[str, ...]]:
    """Return where the cursor `text` stands, and the types that it is for. `head`: the present end.

    Raises Refused (cursor-invalid, cursor-mismatch), and Gone (cursor-expired, history-changed,
    scope-changed) with `restart`, the address at which to begin again.
    """
    try:
        found = Signer(salt="changes").unsign_object(text)
        place, types = Place(*found["p"]), tuple(found["t"])
        holder, seen = found["h"], found["w"]
    except (BadSignature, ValueError, KeyError, TypeError) as error:
        raise _refused(
            "cursor-invalid",
            _("The cursor was changed or cut. Send it as it came, or begin again."),
        ) from error
    if holder != request.user.pk:
        raise _refused(
            "cursor-mismatch",
            _("The cursor belongs to another client. Begin with one of your own."),
        )
    restart = _restart(request, types)
    if place.seq != head.seq and lines.is_forgotten(place.seq):
        raise _expired(restart)
    if not _still_holds(place, head):
        raise Gone(
            _("The register was put back from a backup. Take everything anew."),
            code="history-changed",
            restart=restart,
        )
    if seen != view:
        raise Gone(
            _("You may see other units or types than when you began. Take everything anew."),
            code="scope-changed",
            restart=restart,
        )
    return place, types


def _restart(request: Request, types: Collection[str]) -> str:
    address = request.build_absolute_uri(reverse("api:changes-start"))
    return f"{address}?types={','.join(types)}"


def _expired(restart: str) -> Gone:
    return Gone(
        _("The cursor is older than what is kept of the feed. Take everything anew."),
        code="cursor-expired",
        restart=restart,
    )


def stands_at(request: Request, text: str, head: Place) -> bool:
    """Say whether `text` is a cursor of this holder that stands at the present end, `head`: then nothing
    has been done since it was given, by anybody."""
    try:
        found = Signer(salt="changes").unsign_object(text)
        return found["h"] == request.user.pk and Place(*found["p"]) == head
    except (BadSignature, ValueError, KeyError, TypeError):
        return False


def _refused(code: str, text: Any) -> Refused:
    errors = [{"parameter": "after", "code": code, "detail": text}]
    return Refused(text, code=code, errors=errors)


def _still_holds(place: Place, head: Place) -> bool:
    """Say whether the register has gone on from `place` to `head` without a break."""
    if place.seq == 0:
        return head.epoch <= 1  # nothing was there, so nothing can have been lost but by a restore
    if place.seq == head.seq or place.epoch != head.epoch:
        return place == head
    link = RegisterLink.objects.filter(seq=place.seq).values_list("link_hash", flat=True).first()
    return link is not None and _short(link) == place.link


def _short(link: bytes) -> str:
    return bytes(link).hex()[:16]


def end() -> Place:
    """Return the last place that there is. One query."""
    newest = RegisterEpoch.objects.order_by("-number").values("number")[:1]
    links = RegisterLink.objects.order_by("-seq").annotate(newest=Subquery(newest))
    last = links.values_list("newest", "seq", "link_hash").first()
    return Place(0, 0, "") if last is None else Place(last[0], last[1], _short(last[2]))


# --- pages ----------------------------------------------------------------------------------------


class Page(NamedTuple):
    """Changes as JSON, in the order of their acts, each object once; `place`: where the next page begins."""

    changes: list[str]
    place: Place
    has_more: bool


def known(feeds: Collection[Listed], request: Request, types: str | None) -> tuple[str, ...]:
    """Return the types that are asked for, in one order; None: all that the holder may read.

    Raises Refused (invalid-parameter) for one that there is none, NotAllowed (scope-missing).
    """
    every = {feed.published.name: feed for feed in feeds}
    machine = request.user.kind == UserKind.MACHINE
    if types is None:
        may = [
            name
            for name, feed in every.items()
            if not machine or has_scope(request.user, feed.published.scope)
        ]
        if not may:
            require_scope(request.user, next(iter(every.values())).published.scope)
        return tuple(may)
    asked = set(types.split(","))
    if strangers := asked - every.keys():
        text = _("There is no type %(names)s. There are: %(known)s.") % {
            "names": ", ".join(sorted(strangers)),
            "known": ", ".join(every),
        }
        errors = [{"parameter": "types", "code": "invalid-parameter", "detail": text}]
        raise Refused(text, code="invalid-parameter", errors=errors)
    for name in asked:
        if machine:
            require_scope(request.user, every[name].published.scope)
    return tuple(name for name in every if name in asked)


def page(
    feeds: tuple[Listed, ...],
    request: Request,
    types: Collection[str],
    *,
    after: Place,
    head: Place,
    limit: int,
) -> Page:
    """Return what the next acts behind `after` have changed of these types: at most `limit` acts, and
    no more objects than that, unless a single act has changed more.

    `head`: the end of the register, read before; what comes meanwhile is for the next page.

    One act may change many objects, and many acts one: the page has an object once, as it is now.
    An empty page with `has_more` is one that passed over what is none of the holder's business.
    Raises Gone (cursor-expired) where its beginning was forgotten while it was read.
    """
    if after.seq == head.seq:
        return Page([], head, has_more=False)
    wanted = [feed for feed in feeds if feed.published.name in types]
    last = min(head.seq, after.seq + LOOKED_AT)
    kept = lines.kept_to(feeds, request)
    make = _page_of_lines if after.seq < kept else _page_of_acts
    last, changes = make(
        wanted,
        request,
        after=after.seq,
        last=min(last, kept) if after.seq < kept else last,
        limit=limit,
    )
    if lines.is_forgotten(after.seq):
        raise _expired(_restart(request, types))
    place = head if last == head.seq else _at(last, head.epoch)
    return Page(changes, place, has_more=place.seq < head.seq)


def _page_of_lines(
    wanted: Sequence[Listed], request: Request, *, after: int, last: int, limit: int
) -> tuple[int, list[str]]:
    """Return the last place of the page and its changes: kept lines, and the collections for the rest."""
    last, present = lines.cut(wanted, after=after, last=last, limit=limit)
    changes: list[str] = []
    rest: list[tuple[int, int]] = []
    if not present:
        return last, changes
    told = lines.between(present, request, after=after, last=last)
    for change, line in told:
        if change is None:
            rest.append((len(changes), line))
        changes.append(change or "")
    if not rest:
        return last, changes
    named: dict[int, tuple[str, str]] = {}
    acts: dict[str, list[tuple[Act, str]]] = {}
    for line, kind, ref, act in lines.acts_on([row[1] for row in rest], after=after, last=last):
        named[line] = kind, ref
        acts.setdefault(kind, []).append((act, ref))
    made = {
        (feed.published.name, change["ref"]): _write(change)
        for feed in present
        for change in _changes(feed, request, acts.get(feed.published.name, ()))
    }
    for place, line in rest:
        changes[place] = made.get(named[line], "")
    return last, [change for change in changes if change]


def _page_of_acts(
    wanted: Sequence[Listed], request: Request, *, after: int, last: int, limit: int
) -> tuple[int, list[str]]:
    """Return the last place of the page and its changes, with nothing kept."""
    subjects = frozenset().union(*(feed.published.subjects for feed in wanted))
    acts = acts_between(subjects, after=after, last=last, limit=limit)
    told = [(feed, touched_by(feed.published, acts)) for feed in wanted]
    if (cut := _last_that_fits(acts, told, limit)) is not None:
        last = cut
    elif len(acts) == limit:
        last = acts[-1].seq
    changes = [
        change
        for feed, touched in told
        for change in _changes(feed, request, [one for one in touched if one[0].seq <= last])
    ]
    changes.sort(key=lambda change: change["seq"])  # stable: units stand before their appointments
    return last, [_write(change) for change in changes]


def _last_that_fits(
    acts: Sequence[Act], told: Sequence[tuple[Listed, list[tuple[Act, str]]]], most: int
) -> int | None:
    """Return the place behind which the page would have more than `most` objects; None: it has not.

    The first act is told whole, however many objects it has changed.
    """
    first_told: dict[tuple[str, str], int] = {}
    for feed, touched in told:
        for act, ref in touched:
            key = feed.published.name, ref
            first_told[key] = min(act.seq, first_told.get(key, act.seq))
    if len(first_told) <= most:
        return None
    counts = Counter(first_told.values())
    objects, cut = 0, acts[0].seq
    for act in acts:
        objects += counts[act.seq]
        if objects > most and act is not acts[0]:
            return cut
        cut = act.seq
    return None


def _at(seq: int, epoch: int) -> Place:
    link = RegisterLink.objects.filter(seq=seq).values_list("link_hash", flat=True)[0]
    return Place(epoch, seq, _short(link))


def _changes(
    feed: Listed, request: Request, touched: Sequence[tuple[Act, str]]
) -> Iterator[dict[str, Any]]:
    """Yield the changes of one type: those seen as they are, those that have gone without a body."""
    by_ref: dict[str, list[Act]] = {}
    for act, ref in touched:
        by_ref.setdefault(ref, []).append(act)
    refs, seen = list(by_ref), set()
    for begin in range(0, len(refs), AT_ONCE):
        for data in bodies(feed.collection, request, refs[begin : begin + AT_ONCE]):
            seen.add(data["ref"])
            yield _told(feed, by_ref[data["ref"]], "upsert", data["ref"]) | {"data": data}
    gone = {ref: told for ref, told in by_ref.items() if ref not in seen}
    entries = {act.entry for told in gone.values() for act in told}
    once_seen = reached(request.user, entries, at=request.now)
    for ref, told in gone.items():
        if any(act.entry in once_seen for act in told):
            yield _told(feed, told, "delete", ref) | {"reason": "out_of_scope"}


def _told(feed: Listed, acts: Sequence[Act], op: str, ref: str) -> dict[str, Any]:
    newest = max(acts, key=lambda act: act.seq)
    at = lines.instant(newest.at)
    return {"seq": newest.seq, "type": feed.published.name, "ref": ref, "op": op, "at": at}


def _write(change: dict[str, Any]) -> str:
    return write(change).decode()
