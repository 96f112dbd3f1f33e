"""A telephone number becomes one's own by a code that was sent there; only then is it used."""

import hmac
import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from notifications import rules
from notifications.channels import texts
from notifications.models import Telephone, TelephoneCode
from units.actions import register
from units.errors import Conflict, Invalid
from units.models import User

MOST_CODES, SPAN = 3, timedelta(hours=1)  # asked for by one person, or for one number
FORGOTTEN_AFTER = timedelta(days=1)


def of(person: User) -> Telephone | None:
    """Return the number that `person` has proved; None: there is none."""
    return Telephone.objects.filter(person=person).first()


def waiting(person: User, *, real_at: datetime) -> TelephoneCode | None:
    """Return the code that `person` may still type in at `real_at`; None: there is none."""
    return TelephoneCode.objects.usable(real_at=real_at).filter(person=person).first()


def code_of(row: TelephoneCode) -> str:
    """Return the six digits of a code, made from its row and a key outside the database."""
    return rules.six_digits(settings.SECRET_KEY, key=str(row.uuid), number=row.number)


@transaction.atomic
def ask(*, number: str, by: User, at: datetime, real_at: datetime) -> TelephoneCode:
    """Have a code sent to `number`, as it was typed; an earlier code ends.

    The number that was proved before is used until the new one is. Raises Invalid
    (telephone-not-a-number), Conflict (texts-not-configured, telephone-codes-too-many).
    """
    if not texts.is_configured():
        raise Conflict(
            _("No gateway for text messages is set up here. Ask your administrator."),
            code="texts-not-configured",
        )
    try:
        full = rules.international(number, country=settings.TELEPHONE_COUNTRY)
    except ValueError as error:
        text = _(
            "This is no number of a mobile telephone. Write it as 0912 345 678 or with its country, "
            "as +84 912 345 678."
        )
        raise Invalid(text, code="telephone-not-a-number", fields={"number": [text]}) from error
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    TelephoneCode.objects.filter(person=by, made_at__lt=real_at - FORGOTTEN_AFTER).delete()
    lately = TelephoneCode.objects.filter(made_at__gt=real_at - SPAN)
    if lately.filter(Q(person=by) | Q(number=full)).count() >= MOST_CODES:
        raise Conflict(
            _("Three codes were asked for within an hour. Wait an hour, then ask again."),
            code="telephone-codes-too-many",
        )
    TelephoneCode.objects.filter(person=by, ended_at=None).update(ended_at=real_at)
    row = TelephoneCode.objects.create(
        uuid=uuid.uuid4(),
        person=by,
        number=full,
        made_at=real_at,
        expires_at=real_at + rules.CODE_LASTS,
    )
    _enter("ask", by=by, at=at, data={"code": str(row.uuid)})
    return row


def verify(*, code: str, by: User, at: datetime, real_at: datetime) -> Telephone:
    """Take the number as proved if `code` is the one that was sent there.

    A wrong code is counted; after MOST_GUESSES of them it ends. Raises Invalid
    (telephone-code-wrong), Conflict (telephone-code-over: none waits, or no more).
    """
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=by.pk)
        row = waiting(by, real_at=real_at)
        if row is None:
            raise _over()
        right = hmac.compare_digest(code_of(row).encode(), "".join(code.split()).encode())
        if right:
            return _prove(row, by=by, at=at, real_at=real_at)
        row.guesses += 1
        if row.guesses == rules.MOST_GUESSES:
            row.ended_at = real_at
        row.save(update_fields=["guesses", "ended_at"])
    if row.ended_at is not None:  # outside the transaction: the count stays
        raise _over()
    text = _("This is not the code that was sent. Tries left: %(n)d.") % {
        "n": rules.MOST_GUESSES - row.guesses
    }
    raise Invalid(text, code="telephone-code-wrong", fields={"code": [text]})


def _prove(row: TelephoneCode, *, by: User, at: datetime, real_at: datetime) -> Telephone:
    row.ended_at = real_at
    row.save(update_fields=["ended_at"])
    proved = {"number": row.number, "verified_at": real_at}
    telephone, _made = Telephone.objects.update_or_create(person=by, defaults=proved)
    _enter("verify", by=by, at=at, data={})
    return telephone


@transaction.atomic
def remove(*, by: User, at: datetime, real_at: datetime) -> None:
    """Forget the number of `by`, and every code for one; without a number nothing happens."""
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    TelephoneCode.objects.filter(person=by, ended_at=None).update(ended_at=real_at)
    gone, _rows = Telephone.objects.filter(person=by).delete()
    if gone:
        _enter("remove", by=by, at=at, data={})


def _over() -> Conflict:
    return Conflict(
        _("There is no code to type in any more. Ask for a new one."), code="telephone-code-over"
    )


def _enter(act: str, *, by: User, at: datetime, data: dict[str, str]) -> None:
    """Enter an act. The number stays out, as addresses do."""
    register.append(
        kind=f"telephone.{act}",
        subject=f"telephone/{by.username}",
        subject_version=None,
        reach=[],
        by=by,
        at=at,
        data=data,
    )
