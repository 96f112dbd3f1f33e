"""A small body with everything that one commitment needs, built row by row.

One district committee assigns to two communes; a planner drafts, a secretary and a chair sign, the
committee's secretary countersigns, a supervisor watches. Acts go through the real actions.
"""

import base64
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator

from commitments.actions import commitments, drafts, signatures, targets
from commitments.enums import (
    Comparator,
    IndicatorKind,
    PeriodKind,
    PeriodState,
    TargetState,
    VersionAct,
)
from commitments.models import (
    CommitmentVersion,
    IndicatorDefinition,
    Mandate,
    Period,
    SignatureAct,
    Target,
    TargetRevision,
    TaskGroup,
    UnitOfMeasure,
)
from units.enums import OversightLevel, Role, Tree, UnitKind
from units.models import (
    Appointment,
    OrgEdge,
    OrgUnit,
    OrgUnitVersion,
    Oversight,
    Position,
    RoleGrant,
    User,
)
from units.rules import factors

NOW = datetime(2024, 2, 2, 2, 0, tzinfo=UTC)  # 09:00 of the body's day
REAL = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
SIGN_BY = date(2024, 2, 20)
START = date(2023, 1, 1)


def unit(
    ref: str, name: str, kind: UnitKind = UnitKind.COMMUNE, parent: OrgUnit | None = None
) -> OrgUnit:
    """Make a unit with one name, under `parent` in the Party's line."""
    made = OrgUnit.objects.create(ref=ref, kind=kind, valid_from=START)
    OrgUnitVersion.objects.create(unit=made, name_vi=name, name_en=name, valid_from=START)
    if parent is not None:
        OrgEdge.objects.create(parent=parent, child=made, tree=Tree.PARTY, valid_from=START)
    return made


def person(username: str, *, totp: bool = True) -> User:
    """Make a person who may log in with `password-of-<username>` and, by default, has a code."""
    made = User.objects.create_user(
        username,
        f"password-of-{username}",
        full_name=username.title(),
        email=f"{username}@example.org",
    )
    if totp:
        enrol(made)
    return made


def secret_of(user: User) -> str:
    """Return the base32 secret that `enrol` gives to `user`."""
    return base64.b32encode(f"{user.username:x<20}"[:20].encode()).decode()


def enrol(user: User) -> None:
    """Give `user` an authenticator whose secret follows from the user name."""
    Authenticator.objects.create(
        user=user,
        type=Authenticator.Type.TOTP,
        data={"secret": get_adapter().encrypt(secret_of(user))},
    )


def code_of(user: User, at: datetime = REAL) -> str:
    """Return what the authenticator of `user` shows at the real instant `at`."""
    return factors.totp_code(secret_of(user), factors.totp_step_at(at))


def office(
    of: OrgUnit, title: str, holder: User | None, *, tree: Tree = Tree.PARTY, is_head: bool = True
) -> Position:
    """Make an office and, unless `holder` is None, put somebody in it."""
    made = Position.objects.create(
        ref=f"{of.ref}-{title.lower().replace(' ', '-')}",
        unit=of,
        title_vi=title,
        title_en=title,
        tree=tree,
        is_head=is_head,
        valid_from=START,
    )
    if holder is not None:
        Appointment.objects.create(
            ref=f"{made.ref}-1", person=holder, position=made, valid_from=START
        )
    return made


def come_into_office(position: Position, holder: User, *, on: date, **changes) -> Appointment:
    """Let `holder` follow in `position` from `on`; whoever held it leaves on that day."""
    position.appointments.filter(valid_to=None).update(valid_to=on)
    return Appointment.objects.create(
        ref=f"{position.ref}-{position.appointments.count() + 1}",
        person=holder,
        position=position,
        valid_from=on,
        **changes,
    )


@dataclass
class Body:
    """The rows of the body. Offices are named by what they do in a commitment.

    `now`: when it acts; `real`: when its first code is shown; `sign_by`: the last day of its drafts.
    """

    committee: OrgUnit
    commune: OrgUnit
    other: OrgUnit
    planner: User
    supervisor: User
    secretary: User
    chair: User
    assigner: User
    leader: User
    first: Position
    second: Position
    assigning: Position
    plan: Period
    mandate: Mandate
    targets: list[Target] = field(default_factory=list)
    step: int = 0
    now: datetime = NOW
    real: datetime = REAL
    sign_by: date = SIGN_BY

    def make_administrator(self, who: User) -> None:
        """Let `who` administer the whole body."""
        giver = User.objects.get(username="giver")
        RoleGrant.objects.create(
            person=who, role=Role.ADMINISTRATOR, unit=None, valid_from=START, granted_by=giver
        )

    def draft(
        self, *, second: bool = True, at: datetime | None = None, **changes
    ) -> CommitmentVersion:
        """Draft the commune's commitment through the real action."""
        asked = {
            "period_id": self.plan.pk,
            "unit_id": self.commune.pk,
            "assigner_id": self.assigning.pk,
            "first_undertaker_id": self.first.pk,
            "second_undertaker_id": self.second.pk if second else None,
            "sign_by": self.sign_by,
            "by": self.planner,
            "at": at or self.now,
        }
        return drafts.begin(**(asked | changes))

    def ask_more(self, target: Target, *, more: int = 5, at: datetime | None = None) -> None:
        """Revise an assigned target to a value that is `more` higher."""
        target.refresh_from_db()
        targets.revise_target(
            target_id=target.pk,
            wanted=targets.wanted_of(target.current, value=target.current.value + more),
            reason="More was asked.",
            by=self.planner,
            expected=target.etag_version,
            at=at or self.now,
        )

    def issued(self, *, at: datetime | None = None, **changes) -> CommitmentVersion:
        """Draft and issue."""
        version = self.draft(at=at, **changes)
        return commitments.issue(
            version_id=version.pk,
            by=self.planner,
            expected=version.etag_version,
            at=at or self.now,
        )

    def prepare(
        self,
        act: VersionAct,
        version: CommitmentVersion,
        by: User,
        *,
        at: datetime | None = None,
        **changes,
    ):
        """Open the reading and prepare the confirmation of `act`; return the step-up."""
        version.refresh_from_db()
        at = at or self.now
        receipt = signatures.open_reading(
            version_id=version.pk, act=act, by=by, at=at, language="en"
        )
        asked = {
            "receipt_uuid": receipt.uuid,
            "act": act,
            "by": by,
            "expected": version.etag_version,
            "at": at,
            "real_at": self._real_at,
            "session_key": f"session-of-{by.username}",
            "agreed": True,
            "reason": self._reasons().get(act),
        }
        return signatures.prepare(**(asked | changes))

    def confirm(self, step_up, by: User, *, at: datetime | None = None, **changes) -> SignatureAct:
        """Confirm with the code of `by` at the real time of this body."""
        real_at = self._real_at
        asked = {
            "step_up_uuid": step_up.uuid,
            "by": by,
            "at": at or self.now,
            "real_at": real_at,
            "session_key": f"session-of-{by.username}",
            "code": code_of(by, real_at),
        }
        return signatures.confirm(**(asked | changes))

    def act(
        self,
        act: VersionAct,
        version: CommitmentVersion,
        by: User,
        *,
        at: datetime | None = None,
        **changes,
    ):
        """Do the whole ceremony of `act`; each with a fresh code."""
        self.step += 4
        done = self.confirm(self.prepare(act, version, by, at=at, **changes), by, at=at)
        version.refresh_from_db()
        return done

    def signed(self, *, at: datetime | None = None, **changes) -> CommitmentVersion:
        """Issue, and let every undertaker sign."""
        version = self.issued(at=at, **changes)
        self.act(VersionAct.SIGN, version, self.secretary, at=at)
        if version.second_undertaker_id:
            self.act(VersionAct.SIGN, version, self.chair, at=at)
        return version

    def in_force(self, *, at: datetime | None = None, **changes) -> CommitmentVersion:
        """Sign and countersign."""
        version = self.signed(at=at, **changes)
        self.act(VersionAct.COUNTERSIGN, version, self.assigner, at=at)
        return version

    @property
    def _real_at(self) -> datetime:
        return self.real + timedelta(seconds=30 * self.step)

    def _reasons(self) -> dict[VersionAct, dict]:
        item = {"ordinal": 1, "code": "value_too_high", "text": "19 is what we can do."}
        return {
            VersionAct.RETURN: {"items": [item]},
            VersionAct.REFUSE: {
                "code": "not_competent",
                "text": "This belongs to the other unit.",
            },
            VersionAct.VOID: {"text": "The plan has changed.", "mandate": self.mandate.ref},
        }


def make_body() -> Body:
    """Build the body; three assigned targets for the commune, one for its neighbour."""
    committee = unit("bx-hu", "District Committee", UnitKind.PARTY_COMMITTEE)
    commune = unit("bx-first", "First Commune", parent=committee)
    other = unit("bx-other", "Other Commune", parent=committee)
    people = {
        name: person(name)
        for name in ("planner", "supervisor", "secretary", "chair", "assigner", "leader")
    }
    first = office(commune, "Secretary", people["secretary"])
    second = office(commune, "Chair", people["chair"], tree=Tree.ADMIN)
    assigning = office(committee, "Committee Secretary", people["assigner"])
    leading = office(committee, "Vice Chair", people["leader"], tree=Tree.ADMIN, is_head=False)
    giver = User.objects.create_user("giver", None, full_name="Giver")
    granted = (
        (Role.PLANNER, "planner"),
        (Role.SUPERVISOR, "supervisor"),
        (Role.ASSIGNER, "assigner"),
    )
    for role, name in granted:
        RoleGrant.objects.create(
            person=people[name], role=role, unit=committee, valid_from=START, granted_by=giver
        )
    Oversight.objects.create(
        position=leading,
        unit=committee,
        tree=Tree.PARTY,
        level=OversightLevel.LEADER_IN_CHARGE,
        valid_from=START,
    )
    plan = Period.objects.create(
        code="2024",
        kind=PeriodKind.YEAR,
        owner=committee,
        name_vi="Năm 2024",
        name_en="Year 2024",
        starts_on=date(2024, 1, 1),
        ends_on=date(2024, 12, 31),
        state=PeriodState.OPEN,
    )
    mandate = Mandate.objects.create(
        ref="m-1", issuer=committee, kind="resolution", title_vi="Nghị quyết"
    )
    group = TaskGroup.objects.create(
        period=plan, mandate=mandate, code="N01", title_vi="Nhóm", field="socio_economic"
    )
    uom = UnitOfMeasure.objects.create(
        code="cert", label_vi="giấy", label_en="certificates", base="cert"
    )
    body = Body(
        committee=committee,
        commune=commune,
        other=other,
        first=first,
        second=second,
        assigning=assigning,
        plan=plan,
        mandate=mandate,
        **people,
    )
    for place, unit_of_target in enumerate((commune, commune, commune, other), start=1):
        indicator = IndicatorDefinition.objects.create(
            code=f"i-{place}",
            name_vi=f"Chỉ tiêu {place}",
            name_en=f"Indicator {place}",
            kind=IndicatorKind.COUNT,
            uom=uom,
        )
        target = Target.objects.create(
            ref=f"2024-t{place}",
            period=plan,
            code=f"N01.{place}",
            group=group,
            indicator=indicator,
            unit=unit_of_target,
            assigner=committee,
        )
        TargetRevision.objects.create(
            target=target,
            comparator=Comparator.GE,
            value=20 + place,
            effective_from=date(2024, 1, 1),
        )
        target.state = TargetState.ASSIGNED
        target.save(update_fields=["state"])
        body.targets.append(target)
    return body
