"""Second factors that people add or remove are entered in the register.

The account library tells of an enrolment by its signals and in no other way.
"""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed

from units.actions import accounts, factors


def listen() -> None:
    """Hear of every factor from now on; asked twice, it hears once."""
    authenticator_added.connect(_added, dispatch_uid="enrolment")
    authenticator_removed.connect(_removed, dispatch_uid="enrolment")


def _added(*, request: Any, user: Any, authenticator: Authenticator, **_: Any) -> None:
    _enter("enrol", request, user, authenticator)


def _removed(*, request: Any, user: Any, authenticator: Authenticator, **_: Any) -> None:
    _enter("remove", request, user, authenticator)


def _enter(act: str, request: Any, user: Any, authenticator: Authenticator) -> None:
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        accounts.note_factor(
            person_id=user.pk,
            act=act,
            kind=authenticator.type,
            credential=factors.name_of(authenticator),
            at=request.now,
        )
