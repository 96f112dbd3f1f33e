"""Backlog cases in any state of their life, written past the actions: nothing is in the register."""

from datetime import UTC, date, datetime

import factory
from factory.django import DjangoModelFactory

from commitments.enums.backlog import CaseCause, CaseKind, CaseState, Competence, Resolvable
from commitments.models import BacklogCase
from tests.factories.units import AppointmentFactory, OrgUnitFactory, PositionFactory, UserFactory

REGISTERED_AT = datetime(2024, 1, 2, 2, 0, tzinfo=UTC)  # 09:00 of the body's day
SIX_CLEARS = {
    "task": "Hoàn thành hồ sơ",
    "responsibility": "Chủ trì, chịu trách nhiệm trước huyện",
    "product": "Quyết định thu hồi đất",
    "competence": Competence.OWN,
    "authority": "Chủ tịch UBND xã",
}


class BacklogCaseFactory(DjangoModelFactory):
    """A case of one commune of one district, due on 26 April 2024; by default registered.

    `assigned`, `suspended`, `resolved`, `closed`, `cancelled`: traits. From `assigned` on a head holds
    the office that resolves it, unless `vacant`.
    """

    class Meta:
        model = BacklogCase
        skip_postgeneration_save = True

    number = factory.Sequence(lambda n: f"TĐ-{n + 1:02d}")
    ref = factory.Sequence(lambda n: f"td-{n + 1}")
    kind = CaseKind.ADMIN
    title = factory.Sequence(lambda n: f"Hồ sơ {n}")
    assigner_unit = factory.SubFactory(OrgUnitFactory, district=True)
    unit = factory.LazyAttribute(lambda row: OrgUnitFactory(under=row.assigner_unit))
    original_due_on = date(2024, 4, 26)
    current_due_on = factory.SelfAttribute("original_due_on")
    registered_at = REGISTERED_AT

    class Params:
        vacant = False
        clear = factory.Trait(
            **SIX_CLEARS,
            cause=CaseCause.PROCEDURE,
            resolvable=Resolvable.NOW,
            office=factory.LazyAttribute(lambda row: office_of(row.unit, vacant=row.vacant)),
        )
        assigned = factory.Trait(clear=True, state=CaseState.ASSIGNED)
        suspended = factory.Trait(
            clear=True,
            state=CaseState.SUSPENDED,
            suspended_cause="Chờ quy hoạch của tỉnh",
            suspended_on=date(2024, 4, 1),
        )
        resolved = factory.Trait(
            clear=True,
            state=CaseState.RESOLVED,
            outcome="Quyết định số 12",
            resolved_by=factory.SubFactory(UserFactory),
            resolved_at=datetime(2024, 4, 22, 3, 0, tzinfo=UTC),
        )
        closed = factory.Trait(
            resolved=True,
            state=CaseState.CLOSED,
            verified_by=factory.SubFactory(UserFactory),
            ended_on=date(2024, 4, 24),
        )
        cancelled = factory.Trait(
            state=CaseState.CANCELLED, outcome="Ghi nhận hai lần", ended_on=date(2024, 4, 24)
        )


def office_of(unit, *, vacant: bool = False):
    """Return the head office of `unit`, made when there is none; then somebody holds it unless `vacant`."""
    if there := unit.positions.filter(is_head=True).first():
        return there
    office = PositionFactory(unit=unit, head=True)
    if not vacant:
        AppointmentFactory(position=office)
    return office
