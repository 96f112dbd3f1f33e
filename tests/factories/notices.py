"""Notices as dispatch leaves them: about a version of a scene, from a step that really fired."""

from dataclasses import dataclass
from datetime import date, datetime

from commitments.actions import cases
from commitments.models import CaseClock, CommitmentVersion
from notifications.actions import notices
from notifications.models import Notice
from tests.factories.clocks import Scene, head_of, local, make_scene, start
from units.actions import register
from units.models import User

FIRST_STEP = local(date(2024, 1, 17))  # 14 days before the last day to sign
MORNING = local(date(2024, 1, 17), 9)


def read_register(*, at: datetime = FIRST_STEP) -> None:
    """Number what was entered and tell whom it concerns, as the jobs do."""
    while register.sequence():
        pass
    while notices.dispatch(at=at):
        pass


def give_addresses() -> None:
    """Give everybody without one the address <username>@example.org."""
    for user in User.objects.filter(email=""):
        user.email = f"{user.username}@example.org"
        user.save(update_fields=["email"])


@dataclass
class Told:
    """A head who was reminded to sign. `notice`: to the head."""

    scene: Scene
    version: CommitmentVersion
    clock: CaseClock
    head: User

    @property
    def notice(self) -> Notice:
        return Notice.objects.get(recipient=self.head)


def make_told(scene: Scene | None = None, *, at: datetime = FIRST_STEP, **person) -> Told:
    """Let the first reminder of a version fire and be told; `person`: fields of the head."""
    scene = scene or make_scene()
    version = scene.version(elsewhere=True)
    clock = start(version)
    head = head_of(version, at=at)
    give_addresses()
    if person:
        User.objects.filter(pk=head.pk).update(**person)
    head.refresh_from_db()
    cases.sweep(at=at)
    read_register(at=at)
    return Told(scene, version, clock, head)
