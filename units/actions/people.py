"""People and their accounts; the roles that are granted to them."""

import secrets
from datetime import date, datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from units import clock
from units.actions import accounts, register
from units.actions.guards import (
    one_at_a_time,
    require_administrator,
    require_ends,
    require_seen,
    unique_or,
)
from units.enums import Provenance, Role
from units.errors import Conflict, Invalid, NotAllowed
from units.models import RoleGrant, User
from units.permissions import may_grant
from units.rules import refs

ADMINISTRATORS_LOCK = 0xAD1  # the advisory lock of whatever could leave nobody who administers


class Opened(NamedTuple):
    """An account and the password that its person changes at the first login; shown once.

    `password` "": none was made, the person chooses one by an invitation.
    """

    person: User
    password: str


def _temporary_password() -> str:
    """Return a password that can be read out: four groups of four letters and digits."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _n in range(4)) for _group in range(4))


def _enter(person: User, act: str, *, by: User | None, at: datetime, **data: str) -> None:
    register.append(
        kind=f"person.{act}",
        subject=f"person/{person.username}",
        subject_version=person.etag_version,
        reach=[],
        by=by,
        at=at,
        data=data,
    )


@transaction.atomic
def create_person(
    *,
    username: str,
    full_name: str,
    by: User,
    at: datetime,
    email: str = "",
    phone: str = "",
    personnel_no: str = "",
    language: str = "vi",
    password: str | None = None,
    invited: bool = False,
    provenance: Provenance = Provenance.LIVE,
) -> Opened:
    """Open an account; return it with its temporary password.

    `password`: one that stays (a demonstration's); None: a temporary one, which its person changes
    at the first login and which bars signing until a second administrator vouches. `invited`: no
    password at all, for an invitation follows. Raises NotAllowed, Conflict (username-taken,
    personnel-no-taken), ValidationError.
    """
    require_administrator(by, None, at=at, act="create-person")
    given = "" if invited else password or _temporary_password()
    temporary = password is None and not invited
    person = User(
        username=username.strip().lower(),
        full_name=refs.tidy(full_name),
        email=email.strip().lower(),
        phone=phone.strip(),
        personnel_no=personnel_no.strip(),
        language=language,
        must_change_password=temporary,
        must_enrol_factor=temporary,
        password_given_by=by if temporary else None,
        date_joined=at,
        provenance=provenance,
    )
    taken = Conflict(
        _("Somebody already has the user name “%(name)s”. Choose another one.")
        % {"name": person.username},
        code="username-taken",
    )
    if person.username in refs.RESERVED or User.objects.filter(username=person.username).exists():
        raise taken
    if person.personnel_no and User.objects.filter(personnel_no=person.personnel_no).exists():
        text = _("Somebody already has the personnel number %(number)s.") % {
            "number": person.personnel_no
        }
        raise Conflict(text, code="personnel-no-taken", fields={"personnel_no": [text]})
    person.set_password(given or None)
    person.full_clean()
    with unique_or(taken):
        person.save()
    _enter(person, "create", by=by, at=at, name=person.full_name)
    return Opened(person, given)


@transaction.atomic
def change_person(
    *,
    person_id: int,
    full_name: str,
    email: str,
    phone: str,
    personnel_no: str,
    by: User,
    expected: int,
    at: datetime,
    real_at: datetime,
) -> User:
    """Correct what is known of a person; nothing is entered when nothing changes.

    A new address ends an open invitation, and where the account has no factor yet it counts as a
    way in that `by` has seen: by the link for a forgotten password. Raises NotAllowed, StaleVersion,
    Invalid (change-oneself), ValidationError.
    """
    require_administrator(by, None, at=at, act="change-person")
    person = accounts.lock(person_id)
    require_seen(person, expected, noun="person")
    if person.pk == by.pk:
        raise Invalid(
            _("Nobody changes the own entry. Ask a second administrator."), code="change-oneself"
        )
    new = {
        "full_name": refs.tidy(full_name),
        "email": email.strip().lower(),
        "phone": phone.strip(),
        "personnel_no": personnel_no.strip(),
    }
    changed = [name for name, value in new.items() if getattr(person, name) != value]
    if not changed:
        return person
    for name in changed:
        setattr(person, name, new[name])
    kept = {field.name for field in User._meta.fields} - set(changed)
    person.full_clean(exclude=kept)
    person.etag_version += 1
    person.save(update_fields=[*changed, "etag_version"])
    if "email" in changed:
        person.invitations.unspent().update(revoked_at=real_at)
        if person.has_usable_password():
            accounts.note_given_password(person, by=by)
    _enter(person, "change", by=by, at=at, fields=", ".join(changed))
    return person


@transaction.atomic
def reset_password(*, person_id: int, by: User, at: datetime) -> Opened:
    """Give a person a new temporary password. Not to oneself: that is done on the account page."""
    require_administrator(by, None, at=at, act="reset-password")
    person = accounts.lock(person_id)
    if person.pk == by.pk:
        raise Invalid(
            _("Change your own password on your account page."), code="reset-password-of-oneself"
        )
    given = _temporary_password()
    person.set_password(given)
    person.must_change_password = True
    person.etag_version += 1
    person.save(update_fields=["password", "must_change_password", "etag_version"])
    accounts.note_given_password(person, by=by)
    _enter(person, "reset_password", by=by, at=at)
    return Opened(person, given)


@transaction.atomic
def close_account(*, person_id: int, by: User, expected: int, at: datetime) -> User:
    """Let a person log in no more. Offices and roles stay as they are: a lock is no dismissal.

    Raises NotAllowed, StaleVersion, Invalid (close-account-of-oneself), Conflict
    (account-closed-already, last-administrator).
    """
    person = _to_switch(person_id, "close", by=by, expected=expected, at=at)
    if not person.is_active:
        raise Conflict(_("This account is closed already."), code="account-closed-already")
    _require_administrator_left(Q(person=person))
    return _switch(person, False, "close", by=by, at=at)


@transaction.atomic
def reopen_account(*, person_id: int, by: User, expected: int, at: datetime) -> User:
    """Let a person log in again.

    Raises NotAllowed, StaleVersion, Invalid (close-account-of-oneself), Conflict
    (account-open-already).
    """
    person = _to_switch(person_id, "reopen", by=by, expected=expected, at=at)
    if person.is_active:
        raise Conflict(_("This account is open already."), code="account-open-already")
    return _switch(person, True, "reopen", by=by, at=at)


def _to_switch(person_id: int, act: str, *, by: User, expected: int, at: datetime) -> User:
    """Return the person, locked, if `by` may close or reopen that account now.

    What `by` may is asked after the lock, and of the database: two who close each other at once
    would otherwise both be right.
    """
    one_at_a_time(ADMINISTRATORS_LOCK)
    by = User.objects.get(pk=by.pk)
    require_administrator(by, None, at=at, act=f"{act}-account")
    person = accounts.lock(person_id)
    require_seen(person, expected, noun="person")
    if person.pk == by.pk:
        raise Invalid(
            _("Nobody closes the own account. Ask a second administrator."),
            code="close-account-of-oneself",
        )
    return person


def _switch(person: User, active: bool, act: str, *, by: User, at: datetime) -> User:
    person.is_active = active
    person.etag_version += 1
    person.save(update_fields=["is_active", "etag_version"])
    _enter(person, act, by=by, at=at)
    return person


def _require_administrator_left(without: Q) -> None:
    """Raise Conflict (last-administrator) unless an active person keeps administering the body."""
    if not _administrators().filter(person__is_active=True).exclude(without).exists():
        raise Conflict(
            _("Nobody would administer the body any more. Grant the role to somebody else first."),
            code="last-administrator",
        )


@transaction.atomic
def grant_role(
    *,
    person_id: int,
    role: Role,
    unit_id: int | None,
    by: User,
    at: datetime,
    valid_from: date | None = None,
) -> RoleGrant:
    """Grant a role over a unit and everything under it; `unit_id` None: over the whole body.

    Raises NotAllowed (grant-role-not-allowed: by a non-administrator, or to oneself), Conflict
    (role-held).
    """
    person = accounts.lock(person_id)
    if not may_grant(by, person, unit_id, at=at):
        raise NotAllowed(
            _(
                "Roles are granted by an administrator of the unit, and never to oneself. Ask a second administrator."
            ),
            code="grant-role-not-allowed",
        )
    held = Conflict(
        _("%(person)s already has this role there. Choose another role or unit.")
        % {"person": person.full_name},
        code="role-held",
    )
    if person.role_grants.filter(role=role, unit_id=unit_id, valid_to=None).exists():
        raise held
    with unique_or(held):
        grant = RoleGrant.objects.create(
            person=person,
            role=role,
            unit_id=unit_id,
            valid_from=valid_from or clock.local_date(at),
            granted_by=by,
        )
    _enter_role(grant, "grant", by=by, at=at)
    return grant


@transaction.atomic
def end_role(*, grant_id: int, end_on: date, by: User, at: datetime) -> RoleGrant:
    """End a grant: `end_on` is the first day without it. One's own is ended by somebody else.

    Raises NotAllowed (end-role-not-allowed), Invalid (end-not-after, already-ended), Conflict
    (last-administrator).
    """
    one_at_a_time(ADMINISTRATORS_LOCK)
    by = User.objects.get(pk=by.pk)
    grant = (
        RoleGrant.objects.select_for_update(of=("self",), no_key=True)
        .select_related("person")
        .get(pk=grant_id)
    )
    if not may_grant(by, grant.person, grant.unit_id, at=at):
        raise NotAllowed(
            _(
                "Roles are ended by an administrator of the unit, and never one's own. Ask a second administrator."
            ),
            code="end-role-not-allowed",
        )
    require_ends(end_on, valid_from=grant.valid_from, valid_to=grant.valid_to)
    if grant.role == Role.ADMINISTRATOR and grant.unit_id is None:
        _require_administrator_left(Q(pk=grant.pk))
    grant.valid_to = end_on
    grant.save(update_fields=["valid_to"])
    _enter_role(grant, "end", by=by, at=at)
    return grant


def _enter_role(grant: RoleGrant, act: str, *, by: User | None, at: datetime) -> None:
    register.append(
        kind=f"role.{act}",
        subject=f"role/{grant.pk}",
        subject_version=None,
        reach=[grant.unit_id] if grant.unit_id else [],
        by=by,
        at=at,
        data={
            "person": grant.person.username,
            "role": grant.role,
            "unit": grant.unit.ref if grant.unit else None,
        },
    )


def administrator_exists() -> bool:
    """Say whether anybody administers the whole body."""
    return _administrators().exists()


def _administrators() -> QuerySet[RoleGrant]:
    """Return the grants by which somebody administers the whole body without an end in sight."""
    return RoleGrant.objects.filter(role=Role.ADMINISTRATOR, unit=None, valid_to=None)


@transaction.atomic
def make_first_administrator(
    *, username: str, full_name: str, password: str, at: datetime, email: str = ""
) -> User:
    """Make the account that begins an installation. Works once: refused (administrator-exists) as
    soon as anybody administers the whole body, for then that person grants roles."""
    one_at_a_time(ADMINISTRATORS_LOCK)
    today = clock.local_date(at)
    lasting = Q(valid_to=None) | Q(valid_to__gt=today)
    holders = RoleGrant.objects.filter(lasting, role=Role.ADMINISTRATOR, unit=None)
    first = holders.select_related("person").first()
    if first is not None:
        raise Conflict(
            _("%(person)s already administers this installation and can grant the role to others.")
            % {"person": first.person.full_name},
            code="administrator-exists",
        )
    person = User(
        username=username.strip().lower(),
        full_name=refs.tidy(full_name),
        email=email.strip().lower(),
        date_joined=at,
    )
    person.set_password(password)
    person.full_clean()
    person.save()
    _enter(person, "create", by=None, at=at, name=person.full_name)
    grant = RoleGrant.objects.create(
        person=person, role=Role.ADMINISTRATOR, unit=None, valid_from=today
    )
    _enter_role(grant, "grant", by=None, at=at)
    return person
