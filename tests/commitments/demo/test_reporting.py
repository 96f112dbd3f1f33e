"""Reports of the demonstration are those of its scenario, month by month."""

from collections import Counter

import pytest
from django.db.models import Count

from commitments.actions import results
from commitments.enums import LightColour
from commitments.models import Report, ReportingDuty, Target
from commitments.rules.discipline import reporting
from commitments.rules.standings import Row
from units import clock
from units.models import User
from units.permissions import roles_of

pytestmark = pytest.mark.usefixtures("at")
MONTHS = {  # expected, on time, late, missing, not in yet; verified, in review, returned
    "2024-02": (211, 190, 16, 5, 0, 206, 0, 0),
    "2024-03": (211, 197, 9, 5, 0, 204, 2, 0),
    "2024-04": (211, 181, 14, 0, 16, 146, 41, 8),
}
NAMES = ("expected", "on_time", "late", "missing", "not_in", "verified", "in_review", "returned")
SHARES = {
    "2024-02": ("97.63", "90.05"),
    "2024-03": ("97.63", "93.36"),
    "2024-04": ("92.42", "85.78"),
}


def test_months_stand_as_the_scenario_says(at):
    owed = ReportingDuty.objects.filter(period__code__startswith="2024-").order_by()
    found = {
        row["period__code"]: tuple(row[name] for name in NAMES)
        for row in owed.counted("period__code", on=clock.local_date(at))
    }
    assert found == MONTHS
    for code, (expected, on_time, late, *_rest) in found.items():
        shares = reporting(expected=expected, on_time=on_time, late=late)
        assert tuple(f"{float(share):.2f}" for share in shares) == SHARES[code]


def test_january_was_waived_and_nothing_is_expected_of_it():
    january = ReportingDuty.objects.filter(period__code="2024-01")
    # 211, and the three of F3, whose targets were withdrawn three days later
    assert january.filter(state="waived").count() == january.count() == 214


def test_the_three_of_f1_are_missing_every_month(at):
    day = clock.local_date(at)
    of_f1 = ReportingDuty.objects.filter(unit__ref="bx-f1", period__code__startswith="2024-")
    rows = list(of_f1.order_by().counted("period__code", on=day))
    assert [row["missing"] + row["not_in"] for row in rows] == [3, 3, 3]


def test_certificates_add_up_to_the_year_so_far():
    targets = ReportingDuty.objects.filter(
        target__parent__code="H17.1", period__code="2024-04"
    ).values_list("target", flat=True)
    found: dict[str, int] = {}
    for _target, *row in Report.objects.values_of(list(targets)):
        known = Row(*row)
        found[known.period] = found.get(known.period, 0) + int(known.value or 0)
    assert found == {"2024-02": 31, "2024-03": 62, "2024-04": 96}


def test_nobody_of_the_unit_has_verified_and_no_author():
    authors = Report.objects.filter(decided_by__isnull=False).values_list("author", "decided_by")
    assert all(author != verifier for author, verifier in authors)
    (verifier,) = {verifier for _author, verifier in authors}
    assert "verifier" in roles_of(User.objects.get(pk=verifier), at=clock.business_now())


def test_first_screens_have_what_the_scenario_promises(client_of):
    grid = client_of("sim").get("/reports/?unit=bx-son-loi&period=2024-04").content.decode()
    assert grid.count('<span class="tag tag--in_force">Verified</span>') == 9
    assert grid.count('<span class="tag tag--returned">Returned</span>') == 3
    assert "mend by 16/05/2024" in grid
    page = client_of("bach").get("/queue/?bucket=to_verify").content.decode()
    for name, count in (
        ("Reports to verify", 43),
        ("Not in yet", 16),
        ("Returned reports", 8),
        ("Missing reports", 10),
    ):
        assert f'{name} <span class="count">{count}</span>' in page
    assert "43 reports await verification." in client_of("thong").get("/").content.decode()


def test_reports_are_marked_as_demonstration_data():
    marks = Report.objects.values_list("provenance").annotate(count=Count("pk"))
    assert [mark for mark, _count in marks] == ["synthetic"]


def test_lights_of_the_district_are_of_every_colour(at):
    """Grey is what nobody reports on yet: growth, steps, and what the district counts alone."""
    plan = Target.objects.filter(period__code="2024")
    found = [line for line in results.of(plan, at=at).lines if not line.said["parent_id"]]
    lights = Counter((line.said["origin"], line.result.light) for line in found)
    assert lights == {
        ("superior", LightColour.GREEN): 13,
        ("superior", LightColour.AMBER): 6,
        ("superior", LightColour.RED): 4,
        ("superior", LightColour.GREY): 9,
        ("own", LightColour.GREEN): 2,
        ("own", LightColour.GREY): 1,
    }
