"""Whether notices are still needed: everything is read again, immediately before a letter leaves."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from commitments.actions.subjects import DIRECTORIES
from notifications.actions.facts import code_of, invitation_of
from notifications.enums import CancelReason
from notifications.models import Notice
from units.querysets.organisation import reach_of


def reasons(notices: Sequence[Notice], *, at: datetime) -> dict[int, str]:
    """Return by key why each of these notices, all for one person, need not be sent any more; "" where
    it must. Since they were claimed the matter may have been settled.

    A constant number of queries for what one letter tells, however many it are; of waits that a role
    ends, one more for each unit that they are about.
    """
    recipient = notices[0].recipient
    recipient.refresh_from_db(fields=["is_active"])
    found: dict[int, str] = {}
    about: dict[str, list[Notice]] = defaultdict(list)
    for notice in notices:
        notice.recipient = recipient
        if notice.expires_at is not None and notice.expires_at <= at:
            found[notice.pk] = CancelReason.OVERTAKEN
        elif notice.column is None:
            found[notice.pk] = _about_account(notice)
        else:
            about[notice.column].append(notice)
    reach = reach_of(recipient, at=at) if about else None
    for column, alike in about.items():
        kind = DIRECTORIES[column]
        keys = {notice.subject.pk for notice in alike}
        now = kind.load(keys)
        model = type(alike[0].subject)
        visible = set(model.objects.within(reach).filter(pk__in=keys).values_list("pk", flat=True))
        directory = kind(list(now.values()), at=at) if any(one.awaits for one in alike) else None
        for notice in alike:
            subject = now.get(notice.subject.pk)
            reason = ""
            if not recipient.is_active or subject is None or subject.pk not in visible:
                reason = CancelReason.RECIPIENT_GONE
            elif notice.awaits and directory is not None:
                people = {row.person.pk for row in directory.awaited(subject, notice.awaits)}
                waited_for = notice.on_behalf_of_id or notice.recipient_id
                over = not directory.is_waiting(subject, notice.awaits)
                if over or (notice.awaits_recipient and waited_for not in people):
                    reason = CancelReason.SETTLED
            found[notice.pk] = reason
    return found


def _about_account(notice: Notice) -> str:
    if not notice.recipient.is_active:
        return CancelReason.RECIPIENT_GONE
    if notice.message == "invited" and invitation_of(notice) is None:
        return CancelReason.SETTLED
    if notice.message == "telephone-code" and code_of(notice) is None:
        return CancelReason.SETTLED
    return ""
