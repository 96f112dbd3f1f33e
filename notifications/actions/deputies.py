"""What the deputies of single duties are told beside the holders who have named them."""

from collections.abc import Sequence
from datetime import datetime

from commitments.actions.subjects import column_of
from commitments.models import Deputy
from notifications.audiences import Told


def beside(told: Sequence[Told], *, at: datetime) -> list[Told]:
    """Return what is said to deputies of those in `told`, about the very waits they were named for.

    Only about what the deputy may see; at most two queries for each of them, none without a wait.
    """
    waits = {(column_of(one.subject), one.subject.pk) for one in told if one.awaits}
    found = []
    for column, key in waits:
        rows = Deputy.objects.in_force().filter(**{f"clock__{column}": key})
        for row in rows.filter(deputy__is_active=True).select_related("clock", "deputy"):
            for one in told:
                heard = one.person.pk == row.holder_id and one.awaits == row.clock.kind
                if heard and one.subject.pk == key and column_of(one.subject) == column:
                    seen = type(one.subject).objects.visible_to(row.deputy, at=at)
                    if seen.filter(pk=key).exists():
                        found.append(one._replace(person=row.deputy, on_behalf_of=one.person))
    return found
