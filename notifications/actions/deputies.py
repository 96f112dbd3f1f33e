"""What the deputies of single duties are told beside the holders who have named them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from commitments.actions.subjects import column_of
from commitments.models import Deputy
from notifications.audiences import Sight, Told


def beside(told: Mapping[int, Sequence[Told]], *, at: datetime) -> dict[int, list[Told]]:
    """Return what is said to deputies of those in `told`, about the very waits they were named for, by
    the same keys.

    Only about what the deputy may see. A constant number of queries.
    """
    about: dict[str, set[int]] = defaultdict(set)
    for many in told.values():
        for one in many:
            if one.awaits:
                about[column_of(one.subject)].add(one.subject.pk)
    named: dict[tuple[str, int, str, int], list[Deputy]] = defaultdict(list)
    for column, keys in about.items():
        rows = Deputy.objects.in_force().filter(**{f"clock__{column}__in": keys})
        for row in rows.filter(deputy__is_active=True).select_related("clock", "deputy"):
            named[column, row.clock.subject_id, row.clock.kind, row.holder_id].append(row)
    sight = Sight([row.deputy for rows in named.values() for row in rows], at=at)
    found: dict[int, list[Told]] = {}
    for key, many in told.items():
        found[key] = [
            one._replace(person=row.deputy, on_behalf_of=one.person)
            for one in many
            if one.awaits
            for row in named.get(
                (column_of(one.subject), one.subject.pk, one.awaits, one.person.pk), ()
            )
            if sight.sees(row.deputy, one.subject)
        ]
    return found
