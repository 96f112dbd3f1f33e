"""The buckets of the queue that belong to reports, and the verification of many at once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import F, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_POST

from commitments import permissions
from commitments.actions import verifications
from commitments.enums.reports import DutyState, ReportState
from commitments.models import Report, ReportingDuty
from commitments.web.filings import rows_for
from commitments.web.rounds import next_steps
from commitments.web.tabs import Matter
from units import clock
from units.http.requests import WebRequest
from units.models import User
from units.querysets.organisation import reach_of_page

SHOWN = 200


@dataclass(frozen=True)
class Bucket:
    """Duties of one condition that the reader may see; the longest waiting first."""

    key: str
    label: Any
    condition: Callable[..., QuerySet]
    order: tuple[Any, ...] = ("due_on", "pk")
    template: str = "commitments/reports/_bucket.html"
    matter: Matter = Matter.REPORTS
    may_be_aside: bool = True  # without what the reader has put aside

    def _found(self, user: User, *, at: datetime) -> QuerySet:
        seen = ReportingDuty.objects.within(reach_of_page(user, at=at))
        if self.may_be_aside:
            seen = seen.not_put_aside_by(user, at=at)
        return self.condition(seen, clock.local_date(at))

    def count(self, user: User, *, at: datetime) -> int:
        """Return how many there are; equal to the list."""
        return self._found(user, at=at).count()

    def rows(self, user: User, *, at: datetime) -> list[dict[str, Any]]:
        """Return them with what the row says, whether the reader decides on it, and the next step
        that the ladder takes by itself; None: none."""
        found = self._found(user, at=at).order_by(*self.order)[:SHOWN]
        duties = found.for_rows().with_open(user, at=at)
        rows = rows_for(duties, on=clock.local_date(at))
        steps = next_steps(row.duty for row in rows)
        deciding: dict[int, bool] = {}
        told = []
        for row in rows:
            unit, report = row.duty.unit_id, row.report
            decides = False
            if report is not None and report.state == ReportState.SUBMITTED:
                if unit not in deciding:
                    deciding[unit] = permissions.may_verify(user, unit, at=at)
                decides = deciding[unit] and report.author_id != user.pk
            step = steps.get(row.duty.pk)
            told.append({"row": row, "decides": decides, "next_step": step})
        return told


TO_VERIFY = Bucket(
    "to_verify",
    _("Reports to verify"),
    lambda duties, _day: duties.filter(reports__state=ReportState.SUBMITTED),
    order=(F("reports__submitted_at").asc(), "pk"),
    may_be_aside=False,  # the round that waits is not this report, which waits for the reader
)
NOT_IN = Bucket(
    "not_in", pgettext_lazy("report", "Not in yet"), lambda duties, day: duties.not_in(on=day)
)
RETURNED = Bucket(
    "reports_returned",
    _("Returned reports"),
    lambda duties, _day: duties.returned(),
    order=("resubmit_by", "pk"),
)
MISSING = Bucket(
    "missing",
    pgettext_lazy("report", "Missing reports"),
    lambda duties, _day: duties.filter(state=DutyState.MISSING),
)


def _sent_before(report: Report, verifier: User, version: int) -> bool:
    """Whether `verifier` has verified just this `version`: a second click, or back and sent again."""
    own = report.state == ReportState.VERIFIED and report.decided_by_id == verifier.pk
    return own and report.etag_version == version + 1


@login_required
@require_POST
def verify_many(request: WebRequest) -> HttpResponse:
    """Verify every ticked report; show row by row what came of it."""
    seen: dict[int, int] = {}
    for pair in request.POST.getlist("report"):
        key, _dot, version = pair.partition(".")
        if len(pair) < 30 and key.isascii() and key.isdigit() and version.isdigit():
            seen[int(key)] = int(version)
    visible = Report.objects.visible_to(request.user, at=request.now).for_api()
    rows = visible.filter(pk__in=seen).prefetch_related("duty__unit__versions")
    known = {report.pk: report for report in rows}
    chosen = [(key, version) for key, version in seen.items() if key in known]
    before = [key for key, version in chosen if _sent_before(known[key], request.user, version)]
    fresh = [(key, version) for key, version in chosen if key not in before]
    refused = dict(verifications.verify_many(seen=fresh, by=request.user, at=request.now))
    context = {
        "results": [(known[key], refused.get(key)) for key, _version in chosen],
        "done": sum(refused.get(key) is None for key, _version in chosen),
    }
    return render(request, "commitments/reports/verified.html", context)
