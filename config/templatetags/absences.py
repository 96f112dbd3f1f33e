"""Beside the holder of an office: whether that person is away, until when, and who stands in."""

from typing import Any

from django import template

from notifications.models import Absence

register = template.Library()


@register.inclusion_tag("notifications/_away.html", takes_context=True)
def away(context: Any, person: int) -> dict[str, Absence | None]:
    """Show until when the person with this key is away; nothing for whoever is there.

    Who is away is few: all are read once for a page, however many holders stand on it.
    """
    request = context["request"]
    if not hasattr(request, "absences"):
        rows = Absence.objects.in_force(at=request.now).select_related("deputy")
        request.absences = {row.person_id: row for row in rows}
    return {"absence": request.absences.get(person)}
