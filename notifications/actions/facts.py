"""What a notice says about its matter, as text in the reader's language, read when it is shown."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import translation
from django.utils.http import urlencode
from django.utils.translation import ngettext

from commitments.actions import cases
from commitments.actions.subjects import as_column
from commitments.enums import Audience, ClockKind, ClockState, ProposalState
from commitments.models import (
    BacklogCase,
    CaseClock,
    CommitmentVersion,
    CorrectiveAction,
    Proposal,
    ReportRound,
)
from notifications.audiences import EXPLAIN
from notifications.enums import WebhookReason
from notifications.models import Notice, TelephoneCode
from units import clock
from units.actions import accounts, register
from units.enums import Role
from units.models import Invitation, User
from units.rules.dates import day_text, instant_text


def facts_of(
    notice: Notice, *, at: datetime, language: str, with_step: bool = True
) -> dict[str, str]:
    """Return the texts that `messages.compose` puts in; `notice` comes from `with_matter()`.

    `with_step` False: without the next step and the explanation, which cost queries; for lists.
    """
    if notice.subject is None:
        kind = notice.link.entry.subject_kind
        tell = ABOUT_NOTHING.get(kind, _facts_of_account)
        return tell(notice, language=language, in_list=not with_step)
    with translation.override(language):
        entry = notice.link.entry
        step = _next_step(notice) if with_step else None
        days = max(0, (clock.local_date(at) - notice.due_on).days) if notice.due_on else 0
        return {
            "due": day_text(notice.due_on) if notice.due_on else "",
            "days": str(days),
            "answer_by": _answer_by(notice, as_asked=not with_step),
            "actor": entry.actor.full_name if entry.actor else "",
            "office": notice.position.title if notice.position else "",
            "role": str(Role(notice.role).label) if notice.role else "",
            "when": instant_text(step.at, clock.body_zone()) if step else "",
            "audience": str(Audience(step.audience).label) if step else "",
            "name": notice.recipient.full_name,
            "absent": notice.on_behalf_of.full_name if notice.on_behalf_of else "",
            "until": _until(notice),
            "since": _since(notice),
            "task": register.data_of(entry).get("task", ""),
        } | ABOUT[notice.column or ""](notice.subject, notice.awaits)


def _until(notice: Notice) -> str:
    """Return the day of which the entry speaks: one that is proposed, else the one that stood then."""
    data = register.data_of(notice.link.entry)
    day = data.get("new_due_on") or data.get("current_due_on")
    return day_text(date.fromisoformat(day)) if day else ""


def _since(notice: Notice) -> str:
    """Return the first day of the appointment of which the entry speaks."""
    day = register.data_of(notice.link.entry).get("valid_from")
    return day_text(date.fromisoformat(day)) if day else ""


def _about_version(version: CommitmentVersion, _awaits: str) -> dict[str, str]:
    commitment = version.commitment
    return {
        "number": commitment.number,
        "n": str(version.n),
        "unit": commitment.unit.name,
        "plan": commitment.period.name,
        "url": settings.SITE_URL + path_of(version),
        "demonstration": "yes" if commitment.provenance == "synthetic" else "",
    }


def _about_case(case: BacklogCase, _awaits: str) -> dict[str, str]:
    return {
        "number": case.number,
        "title": case.name,
        "unit": case.unit.name,
        "original_due": day_text(case.original_due_on),
        "url": settings.SITE_URL + path_of(case),
        "demonstration": "yes" if case.provenance == "synthetic" else "",
    }


def _about_round(round_: ReportRound, awaits: str) -> dict[str, str]:
    """Return the texts of what has not come of a round, or awaits a decision, as `with_owed` has loaded
    it."""
    count = len(_waiting_in(round_, awaits))
    reports = ngettext("%(count)d report", "%(count)d reports", count) % {"count": count}
    return {
        "reports": reports,
        "unit": round_.unit.name,
        "period": round_.period.name,
        "url": settings.SITE_URL + path_of(round_, awaits),
        "demonstration": "yes" if round_.period.provenance == "synthetic" else "",
    }


def _waiting_in(round_: ReportRound, awaits: str) -> list[Any]:
    return round_.under_review() if awaits == ClockKind.VERIFY else round_.still_owed()


def _about_correction(row: CorrectiveAction, _awaits: str) -> dict[str, str]:
    target = row.target
    return {
        "code": target.code,
        "title": target.indicator.name,
        "unit": target.unit.name,
        "plan": target.period.name,
        "remedy": row.remedy,
        "url": settings.SITE_URL + path_of(row),
        "demonstration": "yes" if row.provenance == "synthetic" else "",
    }


ABOUT: Mapping[str, Callable[[Any, str], dict[str, str]]] = {  # by column of the notice
    "version": _about_version,
    "case": _about_case,
    "round": _about_round,
    "correction": _about_correction,
}


def path_of(subject: Any, awaits: str = "") -> str:
    """Return the page of what a notice is about; of several reports, the grid in which all stand, or the
    bucket of the queue in which they are verified. `awaits`: the kind of wait, "" for none."""
    if isinstance(subject, CommitmentVersion):
        return reverse("commitments:detail", args=[subject.commitment.ref])
    if isinstance(subject, ReportRound):
        waiting = _waiting_in(subject, awaits)
        if len(waiting) == 1:
            return reverse("commitments:report", args=[waiting[0].ref])
        if awaits == ClockKind.VERIFY:
            return f"{reverse('commitments:queue')}?{urlencode({'bucket': 'to_verify'})}"
        query = urlencode({"unit": subject.unit.ref, "period": subject.period.code})
        return f"{reverse('commitments:reports')}?{query}"
    if isinstance(subject, CorrectiveAction):
        return reverse("commitments:target", args=[subject.ref])
    return reverse("commitments:case", args=[subject.ref])


def invitation_of(notice: Notice) -> Invitation | None:
    """Return the invitation of which `notice` tells; None: it was used or replaced meanwhile."""
    found = register.data_of(notice.link.entry)["invitation"]
    return Invitation.objects.unspent().filter(uuid=found).first()


def gather(notices: Iterable[Notice]) -> None:
    """Put beside each notice the account or proposal that it speaks of; two queries for all.

    For lists: what `facts_of` would otherwise look up for each. Versions and cases come with
    `with_matter()`.
    """
    rest = [notice for notice in notices if notice.subject is None]
    refs: dict[str, set[str]] = {"person": set(), "proposal": set()}
    for notice in rest:
        entry = notice.link.entry
        refs.setdefault(entry.subject_kind, set()).add(entry.subject_ref)
    people = User.objects.in_bulk(list(refs["person"]), field_name="username")
    proposals = {str(row.pk): row for row in _proposals().filter(pk__in=refs["proposal"])}
    for notice in rest:
        entry = notice.link.entry
        found = people if entry.subject_kind == "person" else proposals
        notice.matter = found.get(entry.subject_ref)


def _proposals() -> QuerySet[Proposal]:
    rows = Proposal.objects.select_related("period", "unit")
    return rows.prefetch_related("unit__versions")


def _facts_of_account(notice: Notice, *, language: str, in_list: bool) -> dict[str, str]:
    """Return the texts of a notice about an account, the reader's own or another one.

    `in_list`: whoever reads a list is in, and needs no link of an invitation.
    """
    with translation.override(language):
        entry = notice.link.entry
        own = entry.subject_ref == notice.recipient.username
        known = notice.recipient if own else notice.matter
        person = known or User.objects.get(username=entry.subject_ref)
        path, until = reverse("config:account"), ""
        if notice.message == "invited" and not in_list:
            invitation = invitation_of(notice)
            if invitation is not None:
                path = reverse("units:invitation-link", args=[accounts.secret_of(invitation)])
                until = instant_text(invitation.expires_at, clock.body_zone())
        elif notice.message == "factor-reset-confirm":
            path = reverse("units:person", args=[person.username])
        elif notice.message == "factor-reset" and person.may_sign_from:
            until = instant_text(person.may_sign_from, clock.body_zone())
        return {
            "person": person.full_name,
            "username": person.username,
            "until": until,
            "actor": entry.actor.full_name if entry.actor else "",
            "office": "",
            "role": str(Role(notice.role).label) if notice.role else "",
            "when": "",
            "audience": "",
            "name": notice.recipient.full_name,
            "url": settings.SITE_URL + path,
            "demonstration": "yes" if person.provenance == "synthetic" else "",
        }


def _facts_of_proposal(notice: Notice, *, language: str, in_list: bool) -> dict[str, str]:
    """Return the texts of a notice about an item that a head proposed."""
    with translation.override(language):
        entry = notice.link.entry
        proposal = notice.matter or _proposals().get(pk=entry.subject_ref)
        path = reverse("commitments:proposal", args=[proposal.period.code, proposal.pk])
        return {
            "title": proposal.title,
            "wanted": proposal.wanted,
            "state": str(ProposalState(proposal.state).label),
            "unit": proposal.unit.name,
            "plan": proposal.period.name,
            "actor": entry.actor.full_name if entry.actor else "",
            "office": notice.position.title if notice.position else "",
            "role": str(Role(notice.role).label) if notice.role else "",
            "when": "",
            "audience": "",
            "name": notice.recipient.full_name,
            "url": settings.SITE_URL + path,
            "demonstration": "yes" if proposal.period.provenance == "synthetic" else "",
        }


def _facts_of_webhook(notice: Notice, *, language: str, in_list: bool) -> dict[str, str]:
    """Return the texts of a notice about an address of a program; the entry holds them all."""
    del in_list
    with translation.override(language):
        data = register.data_of(notice.link.entry)
        return {
            "program": data["name"],
            "why": str(WebhookReason(data["reason"]).label),
            "actor": "",
            "office": "",
            "role": str(Role(notice.role).label) if notice.role else "",
            "when": "",
            "audience": "",
            "name": notice.recipient.full_name,
            "url": settings.SITE_URL + reverse("units:client", args=[data["client"]]),
            "demonstration": "",
        }


def _facts_of_absence(notice: Notice, *, language: str, in_list: bool) -> dict[str, str]:
    """Return the texts of a notice to a deputy; the entry holds the days, both included."""
    del in_list
    with translation.override(language):
        entry, data = notice.link.entry, register.data_of(notice.link.entry)
        person = entry.actor.full_name if entry.actor else ""
        return {
            "actor": person,
            "deputy_of": person,
            "first": day_text(date.fromisoformat(data["from_on"])),
            "last": day_text(date.fromisoformat(data["to_on"])),
            "office": "",
            "role": "",
            "when": "",
            "audience": "",
            "name": notice.recipient.full_name,
            "url": settings.SITE_URL + reverse("notifications:absence"),
            "demonstration": "yes" if entry.actor and entry.actor.provenance == "synthetic" else "",
        }


def _facts_of_telephone(notice: Notice, *, language: str, in_list: bool) -> dict[str, str]:
    """Return the texts of a notice about the reader's telephone number; never the number itself."""
    del in_list
    with translation.override(language):
        person = notice.recipient
        return {
            "actor": "",
            "office": "",
            "role": "",
            "when": "",
            "audience": "",
            "name": person.full_name,
            "url": settings.SITE_URL + reverse("notifications:telephone"),
            "demonstration": "yes" if person.provenance == "synthetic" else "",
        }


def code_of(notice: Notice) -> TelephoneCode | None:
    """Return the code that `notice` brings, if it may still be typed in; None: it is over."""
    found = register.data_of(notice.link.entry)["code"]
    rows = TelephoneCode.objects.usable(real_at=clock.real_now())
    return rows.filter(uuid=found, person=notice.recipient_id).first()


ABOUT_NOTHING: Mapping[str, Callable[..., dict[str, str]]] = {  # by kind of the entry's subject
    "absence": _facts_of_absence,
    "proposal": _facts_of_proposal,
    "telephone": _facts_of_telephone,
    "webhook": _facts_of_webhook,
}


def _next_step(notice: Notice) -> Any:
    """Return the next step of the wait that `notice` is about; of one that is about none, the first
    of whatever is waited for in its matter. None: no step will come."""
    if notice.ahead is not None:
        return next(iter(notice.ahead), None)
    clocks = CaseClock.objects.filter(**as_column(notice.subject), state=ClockState.RUNNING)
    if notice.awaits:
        clocks = clocks.filter(kind=notice.awaits)
    steps = [cases.next_step(row) for row in clocks.with_ladder()]
    return min((step for step in steps if step), key=lambda step: step.at, default=None)


def look_ahead(notices: Iterable[Notice]) -> None:
    """Put beside each notice the next step of its wait, as `facts_of` would look it up for each; four
    queries for each kind of matter."""
    about: dict[str, list[Notice]] = defaultdict(list)
    for notice in notices:
        if notice.column is not None:
            about[notice.column].append(notice)
    for column, alike in about.items():
        subjects = {notice.subject.pk for notice in alike}
        rows = list(
            CaseClock.objects.filter(state=ClockState.RUNNING, **{f"{column}__in": subjects})
        )
        steps = cases.next_steps(rows)
        for notice in alike:
            coming = [
                steps[row.pk]
                for row in rows
                if row.subject_id == notice.subject.pk and notice.awaits in {"", row.kind}
            ]
            notice.ahead = sorted(filter(None, coming), key=lambda step: step.at)


def _answer_by(notice: Notice, *, as_asked: bool) -> str:
    """Return by when an explanation is asked of the reader; "" where none is.

    `as_asked`: as the entry says, without a query; else as the calendar has moved it since.
    """
    if notice.message not in EXPLAIN.values():
        return ""
    asked = register.data_of(notice.link.entry)["explanation_due_on"]
    if as_asked:
        return day_text(date.fromisoformat(asked))
    clocks = CaseClock.objects.filter(**as_column(notice.subject), kind=notice.awaits)
    row = clocks.exclude(explanation_due_on=None).order_by("-generation").first()
    due_on = row.explanation_due_on if row else None
    return day_text(due_on or date.fromisoformat(asked))
