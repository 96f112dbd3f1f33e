"""The desk of the demonstration: the rows that its year left, in the places of the small body's.

Sơn Lôi is the commune: both its heads have signed, its reports of April came back. The other unit
is a body of the Party, which reports on what is counted too. Codes follow from the user names as
they do in the small body.
"""

from datetime import UTC, date, datetime, timedelta

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator

from commitments.models import Mandate, Period, Target
from tests.factories.body import Body, secret_of
from tests.factories.reports import Desk
from units import clock
from units.actions import people
from units.enums import Role
from units.models import OrgUnit, Position, User

COMMUNE, OTHER = "bx-son-loi", "bx-btg"
CARRIED = {COMMUNE: ("N16.1", "N05.1", "H17.1"), OTHER: ("N01.2",)}  # counted; the first is new
AFTER_LOCK = datetime(2024, 5, 28, 2, tzinfo=UTC)  # of April


def desk_of_the_demonstration() -> Desk:
    """Return the desk at the demonstration's present; its reporter reports for the other unit too."""
    now = clock.business_now()
    units = {unit.ref: unit for unit in OrgUnit.objects.all()}
    offices = {office.ref: office for office in Position.objects.all()}
    names = ("truc", "bach", "nghien", "tao", "tung", "lieu", "sim", "thong", "vien")
    person = {user.username: user for user in User.objects.filter(username__in=names)}
    plan = Period.objects.get(code="2024")
    for name in ("nghien", "tao", "tung", "lieu"):
        _enrol(person[name])
    people.grant_role(
        person_id=person["sim"].pk,
        role=Role.REPORTER,
        unit_id=units[OTHER].pk,
        by=person["vien"],
        at=now,
    )
    body = Body(
        committee=units["bx-hu"],
        commune=units[COMMUNE],
        other=units[OTHER],
        planner=person["truc"],
        supervisor=person["bach"],
        secretary=person["nghien"],
        chair=person["tao"],
        assigner=person["tung"],
        leader=person["lieu"],
        first=offices["son-loi-bi-thu"],
        second=offices["son-loi-chu-tich"],
        assigning=offices["hu-bi-thu"],
        plan=plan,
        mandate=Mandate.objects.filter(groups__period=plan).order_by("pk")[0],
        targets=[
            Target.objects.get(period=plan, unit=units[ref], parent__code=code)
            for ref, codes in CARRIED.items()
            for code in codes
        ],
        now=now,
        real=clock.real_now() - timedelta(days=1),  # behind every code of the year itself
        sign_by=date(2024, 5, 31),
    )
    return Desk(
        body=body,
        reporter=person["sim"],
        verifier=person["thong"],
        second=person["thong"],
        months=list(plan.children.filter(kind="month").order_by("starts_on")),
        month=4,
        opened=now,
        after_lock=AFTER_LOCK,
    )


def _enrol(user: User) -> None:
    """Let the authenticator of `user` show what the small body expects."""
    kept = Authenticator.objects.get(user=user, type=Authenticator.Type.TOTP)
    kept.data = {"secret": get_adapter().encrypt(secret_of(user))}
    kept.save(update_fields=["data"])
