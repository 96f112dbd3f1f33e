"""One factory per model of the ground floor; traits name the states that tests speak of.

Everything holds from START on and has no end unless a test says so. Rows are written past the
actions, so nothing stands in the register but what the test does itself.
"""

from datetime import UTC, date, datetime, timedelta

import factory
from factory.django import DjangoModelFactory

from units.enums import (
    ActingReason,
    AppointmentMode,
    DayKind,
    DelegationForm,
    OversightLevel,
    Role,
    Scope,
    Tree,
    UnitKind,
    UserKind,
)
from units.models import (
    ApiClient,
    ApiToken,
    Appointment,
    CalendarDay,
    OrgEdge,
    OrgUnit,
    OrgUnitVersion,
    Oversight,
    Position,
    RoleGrant,
    User,
    WorkingCalendar,
)

START = date(2020, 1, 1)


class UserFactory(DjangoModelFactory):
    """A person who may log in. `password="..."`: with that password; without: with none."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"person-{n}")
    full_name = factory.Sequence(lambda n: f"Người Thứ {n}")
    language = "en"

    @factory.post_generation
    def password(self, create, extracted, **kwargs):
        if extracted:
            self.set_password(extracted)
        else:
            self.set_unusable_password()
        if create:
            self.save(update_fields=["password"])

    @factory.post_generation
    def roles(self, create, extracted, **kwargs):
        """`roles=["administrator"]`: these roles over the whole body, since START."""
        for role in extracted or []:
            RoleGrantFactory(person=self, role=role)

    class Params:
        machine = factory.Trait(kind=UserKind.MACHINE)
        closed = factory.Trait(is_active=False)


class OrgUnitFactory(DjangoModelFactory):
    """A commune with one name (`name=...`, `name__en=...`, `name__code=...`), under `under=parent`
    in the line of authority unless `under__tree` names another."""

    class Meta:
        model = OrgUnit
        skip_postgeneration_save = True

    ref = factory.Sequence(lambda n: f"unit-{n}")
    kind = UnitKind.COMMUNE
    valid_from = START

    @factory.post_generation
    def name(self, create, extracted, *, en="", code="", short="", **kwargs):
        """`name="Xã A", name__en="A commune", name__code="08950"`."""
        OrgUnitVersionFactory(
            unit=self,
            name_vi=extracted or f"Đơn vị {self.ref}",
            name_en=en,
            official_code=code,
            short_name=short,
            valid_from=self.valid_from,
        )

    @factory.post_generation
    def under(self, create, extracted, *, tree=Tree.ADMIN, **kwargs):
        """`under=parent`, `under__tree="party"`: the superior, since the unit exists."""
        if extracted:
            OrgEdgeFactory(parent=extracted, child=self, tree=tree, valid_from=self.valid_from)

    class Params:
        district = factory.Trait(kind=UnitKind.DISTRICT)
        party_committee = factory.Trait(kind=UnitKind.PARTY_COMMITTEE)


class OrgUnitVersionFactory(DjangoModelFactory):
    class Meta:
        model = OrgUnitVersion

    unit = factory.SubFactory(OrgUnitFactory)
    name_vi = factory.Sequence(lambda n: f"Đơn vị {n}")
    code_system = factory.LazyAttribute(lambda row: "gso" if row.official_code else "")
    official_code = ""
    valid_from = START


class OrgEdgeFactory(DjangoModelFactory):
    class Meta:
        model = OrgEdge

    parent = factory.SubFactory(OrgUnitFactory)
    child = factory.SubFactory(OrgUnitFactory)
    tree = Tree.ADMIN
    valid_from = START


class PositionFactory(DjangoModelFactory):
    """An office; `head=True`: the one that heads its unit in its line."""

    class Meta:
        model = Position

    ref = factory.Sequence(lambda n: f"office-{n}")
    unit = factory.SubFactory(OrgUnitFactory)
    title_vi = factory.Sequence(lambda n: f"Chức danh {n}")
    tree = Tree.ADMIN
    valid_from = START

    class Params:
        head = factory.Trait(is_head=True, title_vi="Chủ tịch", title_en="Chair")
        party_head = factory.Trait(
            is_head=True, tree=Tree.PARTY, title_vi="Bí thư", title_en="Secretary"
        )


class AppointmentFactory(DjangoModelFactory):
    """A titular holder. `acting=True`, `delegate=True` change the manner."""

    class Meta:
        model = Appointment

    ref = factory.Sequence(lambda n: f"ap-{n}")
    person = factory.SubFactory(UserFactory)
    position = factory.SubFactory(PositionFactory)
    mode = AppointmentMode.TITULAR
    valid_from = START
    decision_number = factory.Sequence(lambda n: f"{n}/QĐ")

    class Params:
        acting = factory.Trait(mode=AppointmentMode.ACTING, acting_reason=ActingReason.VACANT)
        delegate = factory.Trait(
            mode=AppointmentMode.DELEGATE,
            form=DelegationForm.KT,
            scope=["sign"],
            valid_to=date(2030, 1, 1),
        )


class HeadFactory(AppointmentFactory):
    """A titular head with a new office: `HeadFactory(position__unit=unit).person`."""

    position = factory.SubFactory(PositionFactory, head=True)


class OversightFactory(DjangoModelFactory):
    """An office that watches a unit and what stands under it."""

    class Meta:
        model = Oversight

    position = factory.SubFactory(PositionFactory)
    unit = factory.SubFactory(OrgUnitFactory)
    tree = Tree.ADMIN
    level = OversightLevel.SUPERVISOR
    valid_from = START

    class Params:
        leader = factory.Trait(level=OversightLevel.LEADER_IN_CHARGE)
        committee = factory.Trait(level=OversightLevel.STANDING_COMMITTEE)


class RoleGrantFactory(DjangoModelFactory):
    """A role over the whole body; `unit=...`: over that unit and what stands under it."""

    class Meta:
        model = RoleGrant

    person = factory.SubFactory(UserFactory)
    role = Role.PLANNER
    unit = None
    valid_from = START
    granted_by = None


class WorkingCalendarFactory(DjangoModelFactory):
    """The body's calendar. `closed=[...]`, `opened=[...]`: days that are approved."""

    class Meta:
        model = WorkingCalendar
        django_get_or_create = ["key"]
        skip_postgeneration_save = True

    key = "body"

    @factory.post_generation
    def closed(self, create, extracted, **kwargs):
        for day in extracted or []:
            CalendarDayFactory(calendar=self, date=day, kind=DayKind.CLOSED, approved=True)

    @factory.post_generation
    def opened(self, create, extracted, **kwargs):
        for day in extracted or []:
            CalendarDayFactory(calendar=self, date=day, kind=DayKind.OPEN, approved=True)


class CalendarDayFactory(DjangoModelFactory):
    """A day off that the library proposes and nobody has approved."""

    class Meta:
        model = CalendarDay

    calendar = factory.SubFactory(WorkingCalendarFactory)
    date = factory.Sequence(lambda n: date(2024, 1, 1) + timedelta(days=n))
    kind = DayKind.CLOSED
    label = "Ngày lễ"

    class Params:
        approved = factory.Trait(approved_by=factory.SubFactory(UserFactory))


class ApiClientFactory(DjangoModelFactory):
    """A machine client that reads everything of one unit and what stands under it."""

    class Meta:
        model = ApiClient

    ref = factory.Sequence(lambda n: f"client-{n}")
    name = factory.Sequence(lambda n: f"Client {n}")
    user = factory.SubFactory(UserFactory, machine=True)
    owner_unit = factory.SubFactory(OrgUnitFactory)
    unit_scope = factory.SelfAttribute("owner_unit")
    scopes = factory.LazyFunction(lambda: list(Scope.values))


class ApiTokenFactory(DjangoModelFactory):
    """A row of a token whose clear text nobody knows; `clients.issue_token` makes usable ones."""

    class Meta:
        model = ApiToken

    client = factory.SubFactory(ApiClientFactory)
    prefix = factory.Sequence(lambda n: f"f{n:07x}")  # `readers.token_of` makes those with 0
    token_hash = factory.LazyAttribute(lambda row: row.prefix * 8)
    created_at = datetime(2024, 1, 1, tzinfo=UTC)
    expires_at = datetime(2024, 12, 1, tzinfo=UTC)
