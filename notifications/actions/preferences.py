"""How a person wants to be told: a choice of one's own, and in the register like any act."""

from collections.abc import Sequence
from datetime import datetime, time

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from commitments.enums.policies import Channel, Route
from notifications import rules
from notifications.models import Preference
from units.actions import register
from units.errors import Invalid
from units.models import User


def of(person: User) -> Preference:
    """Return what `person` has chosen; a row that is not saved, with what holds for all, before that."""
    return Preference.objects.filter(person=person).first() or Preference(person=person)


@transaction.atomic
def choose(
    *,
    channels: Sequence[Channel],
    daily: bool,
    quiet_from: time,
    quiet_to: time,
    by: User,
    at: datetime,
) -> Preference:
    """Write how `by` is told from now on; what is on its way already stays as it was.

    `channels`: in the order in which they are tried; [INBOX]: the inbox alone, but for what is about
    the account. A step of a ladder that names channels of its own has the first word. `daily`: one
    letter each morning of an open day for what can wait. `[quiet_from, quiet_to)`: body's time of
    day, nothing leaves; equal ends: none is quiet. Raises Invalid (quiet-too-long) for more than
    LONGEST_QUIET, and (channels-unknown) for what is no Route.
    """
    if rules.quiet_span(quiet_from, quiet_to) > rules.LONGEST_QUIET:
        text = _(
            "At most 16 hours of a day can be quiet. Choose a later beginning or an earlier end."
        )
        raise Invalid(text, code="quiet-too-long", fields={"quiet_to": [text]})
    if "+".join(channels) not in Route.values:
        raise Invalid(_("There is no such way to be told."), code="channels-unknown")
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    said = {
        "channels": [str(channel) for channel in channels],
        "daily": daily,
        "quiet_from": quiet_from,
        "quiet_to": quiet_to,
    }
    preference, _made = Preference.objects.update_or_create(person=by, defaults=said)
    register.append(
        kind="preference.choose",
        subject=f"preference/{by.username}",
        subject_version=None,
        reach=[],
        by=by,
        at=at,
        data={
            "channels": ",".join(preference.channels),
            "daily": "yes" if daily else "no",
            "quiet_from": quiet_from.isoformat("minutes"),
            "quiet_to": quiet_to.isoformat("minutes"),
        },
    )
    return preference
