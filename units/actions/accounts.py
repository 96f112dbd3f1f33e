"""How people get into their accounts, and what they set there themselves.

A preference is no act of the body and leaves no register entry; every way in, and every change of
it, is one. An administrator opens ways in for others and walks none of them: the link of an
invitation is seen by the mailbox alone, and where an administrator has seen a password, a second
one vouches before its person signs.
"""

import uuid
from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from units import clock
from units.actions import factors, register
from units.actions.guards import require_administrator, require_text, unique_or
from units.enums import UserKind
from units.errors import Conflict, Invalid, NotAllowed, NotFound
from units.models import FactorReset, Invitation, User
from units.rules import texts
from units.rules.dates import instant_text

INVITATION_LASTS = timedelta(days=7)
RESET_LASTS = timedelta(days=7)
SALT = "units.invitation"


def choose_language(*, by: User, language: str) -> None:
    """Let pages and messages speak `language`, "vi" or "en", to `by` from now on."""
    User.objects.filter(pk=by.pk).exclude(language=language).update(
        language=language, etag_version=F("etag_version") + 1
    )


def lock(person_id: int) -> User:
    """Return the person, locked until the transaction ends. Raises User.DoesNotExist."""
    return User.objects.select_for_update(no_key=True).get(pk=person_id, kind=UserKind.HUMAN)


def _enter(
    person: User, act: str, *, by: User | None, at: datetime, **data: str | int | None
) -> None:
    person.etag_version += 1
    person.save(update_fields=["etag_version"])
    register.append(
        kind=f"account.{act}",
        subject=f"person/{person.username}",
        subject_version=person.etag_version,
        reach=[],
        by=by,
        at=at,
        data=data,
    )


# --- invitations ----------------------------------------------------------------------------------


@transaction.atomic
def invite(*, person_id: int, by: User, at: datetime, real_at: datetime) -> Invitation:
    """Invite a person to choose a password; an earlier invitation stops working.

    Its link leaves by the message that the register entry asks for, and by nothing else. Raises
    NotAllowed (invite-not-allowed), Invalid (invite-oneself, invite-no-address, account-closed).
    """
    require_administrator(by, None, at=at, act="invite")
    person = lock(person_id)
    if person.pk == by.pk:
        raise Invalid(
            _("You are in already: change your password on your account page."),
            code="invite-oneself",
        )
    if not person.is_active:
        raise Invalid(
            _("The account of %(person)s is closed. Open it again, then invite.")
            % {"person": person.full_name},
            code="account-closed",
        )
    return _invite(person, by=by, at=at, real_at=real_at)


def _invite(person: User, *, by: User, at: datetime, real_at: datetime) -> Invitation:
    if not person.email:
        raise Invalid(
            _("%(person)s has no e-mail address. Enter one, then invite.")
            % {"person": person.full_name},
            code="invite-no-address",
        )
    Invitation.objects.unspent().filter(person=person).update(revoked_at=real_at)
    invitation = Invitation.objects.create(
        uuid=uuid.uuid4(),
        person=person,
        sent_to=person.email,
        invited_by=by,
        invited_at=real_at,
        expires_at=real_at + INVITATION_LASTS,
    )
    _enter(
        person,
        "invite",
        by=by,
        at=at,
        invitation=str(invitation.uuid),
    )
    return invitation


def secret_of(invitation: Invitation) -> str:
    """Return what the link of `invitation` ends in; only the message to its person shows it."""
    return signing.dumps(str(invitation.uuid), salt=SALT)


def invitation_behind(secret: str, *, real_at: datetime) -> Invitation:
    """Return the open invitation whose link ends in `secret`.

    Raises NotFound (invitation-not-good) for one that is forged, used, revoked or too old, or whose
    person's account is closed or has another address meanwhile: the answer is the same.
    """
    refused = NotFound(
        _(
            "This invitation no longer works: it was used already, replaced by a newer one, or is "
            "too old. Ask your administrator for a new one, or log in if you have chosen a password."
        ),
        code="invitation-not-good",
    )
    try:
        found = uuid.UUID(signing.loads(secret, salt=SALT))
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise refused from error
    good = Invitation.objects.open(real_at=real_at).select_related("person")
    invitation = good.filter(uuid=found, person__is_active=True, sent_to=F("person__email")).first()
    if invitation is None:
        raise refused
    return invitation


@transaction.atomic
def accept(*, secret: str, password: str, at: datetime, real_at: datetime) -> User:
    """Set the password that the invited person has chosen, once; return the person.

    The second factor is enrolled at the login that follows. Raises NotFound (invitation-not-good)
    also for the slower of two who use one link. `password` has passed the validators at the edge.
    """
    invitation = invitation_behind(secret, real_at=real_at)
    person = lock(invitation.person_id)
    invitation = invitation_behind(secret, real_at=real_at)  # again, now that we are alone
    invitation.used_at = real_at
    invitation.save(update_fields=["used_at"])
    person.set_password(password)
    person.must_change_password = False
    person.must_enrol_factor = True
    person.password_given_by = person.password_vouched_by = None  # the mailbox vouches
    person.save(
        update_fields=[
            "password",
            "must_change_password",
            "must_enrol_factor",
            "password_given_by",
            "password_vouched_by",
        ]
    )
    _enter(person, "accept", by=person, at=at, invitation=str(invitation.uuid))
    return person


# --- second factors -------------------------------------------------------------------------------


@transaction.atomic
def note_factor(*, person_id: int, act: str, kind: str, credential: str = "", at: datetime) -> None:
    """Enter that a person has added or removed ("enrol", "remove") a factor of `kind`.

    `credential`: its name from `factors.name_of`, which for a passkey is the hash of its key: so it
    can be shown later that the key was this person's before it signed.
    """
    person = lock(person_id)
    if act == "enrol" and person.must_enrol_factor:
        person.must_enrol_factor = False
        person.save(update_fields=["must_enrol_factor"])
    _enter(person, f"{act}_factor", by=person, at=at, factor=kind, credential=credential)


@transaction.atomic
def ask_factor_reset(
    *, person_id: int, reason: str, by: User, at: datetime, real_at: datetime
) -> FactorReset:
    """Ask that a lost second factor be removed; nothing happens until another one confirms.

    Raises NotAllowed (reset-factor-not-allowed), Invalid (reset-factor-of-oneself, reason-missing,
    no-factor), Conflict (reset-asked-already).
    """
    require_administrator(by, None, at=at, act="reset-factor")
    require_text(reason.strip(), field="reason", code="reason-missing", most=texts.REASON)
    person = lock(person_id)
    if person.pk == by.pk:
        raise Invalid(
            _("Nobody resets the own factor. Ask two other administrators."),
            code="reset-factor-of-oneself",
        )
    if not has_factor(person):
        raise Invalid(
            _("%(person)s has no second factor that could be lost. Send an invitation instead.")
            % {"person": person.full_name},
            code="no-factor",
        )
    open_ones = FactorReset.objects.undecided().filter(person=person)
    open_ones.filter(expires_at__lte=real_at).update(withdrawn_at=real_at)
    asked = Conflict(
        _("A reset is asked already. A second administrator confirms it, or it is withdrawn."),
        code="reset-asked-already",
    )
    if open_ones.exists():
        raise asked
    with unique_or(asked):
        reset = FactorReset.objects.create(
            person=person,
            reason=reason.strip(),
            asked_by=by,
            asked_at=real_at,
            expires_at=real_at + RESET_LASTS,
        )
    _enter(person, "ask_factor_reset", by=by, at=at, reason=reset.reason)
    return reset


def has_factor(person: User) -> bool:
    """Say whether `person` has an authenticator or a passkey."""
    rows = Authenticator.objects.filter(user_id=person.pk)
    return rows.exclude(type=Authenticator.Type.RECOVERY_CODES).exists()


def _open_reset(person: User, *, real_at: datetime) -> FactorReset:
    reset = FactorReset.objects.open(real_at=real_at).filter(person=person).first()
    if reset is None:
        raise NotFound(
            _("No reset is asked for %(person)s: it was decided already, or is too old. Ask anew.")
            % {"person": person.full_name},
            code="no-reset-asked",
        )
    return reset


@transaction.atomic
def confirm_factor_reset(
    *, person_id: int, by: User, at: datetime, real_at: datetime
) -> Invitation | None:
    """Remove every factor, end every login, bar signing for a while, and invite the person anew.

    The second of two administrators does it. Returns the invitation; None: there is no address, and
    a temporary password must be handed over. Raises NotAllowed (reset-factor-not-allowed,
    second-administrator-needed), NotFound (no-reset-asked).
    """
    require_administrator(by, None, at=at, act="reset-factor")
    person = lock(person_id)
    reset = _open_reset(person, real_at=real_at)
    if by.pk in {reset.asked_by_id, person.pk}:
        raise NotAllowed(
            _("You have asked for this reset yourself. Another administrator confirms it.")
            if by.pk == reset.asked_by_id
            else _("Nobody confirms a reset of the own factor. Ask another administrator."),
            code="second-administrator-needed",
        )
    reset.confirmed_by, reset.confirmed_at = by, real_at
    reset.save(update_fields=["confirmed_by", "confirmed_at"])
    held = Authenticator.objects.filter(user_id=person.pk)
    removed = sorted(factors.name_of(one) for one in held)
    held.delete()
    for session in UserSession.objects.filter(user_id=person.pk):
        session.end()
    person.set_unusable_password()
    person.must_enrol_factor = True
    person.may_sign_from = at + timedelta(hours=settings.SIGNING_REST_HOURS)
    person.save(update_fields=["password", "must_enrol_factor", "may_sign_from"])
    _enter(
        person,
        "reset_factor",
        by=by,
        at=at,
        asked_by=reset.asked_by.username,
        credentials=", ".join(removed),
        reason=reset.reason,
        may_sign_from=person.may_sign_from.isoformat(),
    )
    return _invite(person, by=by, at=at, real_at=real_at) if person.email else None


@transaction.atomic
def withdraw_factor_reset(*, person_id: int, by: User, at: datetime, real_at: datetime) -> None:
    """Take back a reset that nobody has confirmed; any administrator may."""
    require_administrator(by, None, at=at, act="reset-factor")
    person = lock(person_id)
    reset = _open_reset(person, real_at=real_at)
    reset.withdrawn_at = real_at
    reset.save(update_fields=["withdrawn_at"])
    _enter(person, "withdraw_factor_reset", by=by, at=at)


# --- passwords that an administrator has seen -----------------------------------------------------


def note_given_password(person: User, *, by: User) -> None:
    """Remember, in the caller's transaction, that `by` has seen the way into an account.

    Where the account has a factor already, the password alone lets nobody in: nothing is noted.
    """
    person.must_enrol_factor = not has_factor(person)
    if person.must_enrol_factor:
        person.password_given_by, person.password_vouched_by = by, None
    person.save(update_fields=["must_enrol_factor", "password_given_by", "password_vouched_by"])


@transaction.atomic
def vouch(*, person_id: int, by: User, at: datetime) -> User:
    """Say, as a second administrator, that a handed-over account is in its person's hands.

    Raises NotAllowed (vouch-not-allowed, second-administrator-needed), Conflict (nothing-to-vouch).
    """
    require_administrator(by, None, at=at, act="vouch")
    person = lock(person_id)
    giver = person.password_given_by
    if giver is None or person.password_vouched_by_id is not None:
        raise Conflict(
            _("Nobody needs to vouch for the account of %(person)s: nothing bars it from signing.")
            % {"person": person.full_name},
            code="nothing-to-vouch",
        )
    if by.pk in {giver.pk, person.pk}:
        raise NotAllowed(
            _(
                "Another administrator vouches: not the one who gave the password, nor its person. Ask one."
            ),
            code="second-administrator-needed",
        )
    person.password_vouched_by = by
    person.save(update_fields=["password_vouched_by"])
    _enter(person, "vouch", by=by, at=at, given_by=giver.username)
    return person


def require_may_sign(person: User, *, at: datetime) -> None:
    """Raise NotAllowed where the way into the account of `person` bars signing at `at`.

    Codes: signing-rests (a factor was reset a short while ago), handover-not-vouched (an
    administrator has seen the password, and no second one has vouched). Source: separation of
    duties: an administrator can never sign as somebody else. The row is read anew.
    """
    person = User.objects.get(pk=person.pk)
    if person.may_sign_from is not None and at < person.may_sign_from:
        raise NotAllowed(
            _(
                "Your second factor was reset a short while ago. You can sign from %(when)s; until "
                "then tell your administrators if the reset was not your wish."
            )
            % {"when": instant_text(person.may_sign_from, clock.body_zone())},
            code="signing-rests",
        )
    if person.password_given_by_id is not None and person.password_vouched_by_id is None:
        raise NotAllowed(
            _(
                "An administrator handed your password over. Before you can sign, a second "
                "administrator vouches on the page of your account that it reached you."
            ),
            code="handover-not-vouched",
        )
