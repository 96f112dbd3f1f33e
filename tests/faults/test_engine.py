"""B-1, from outside: beats, workers and sequencer are killed, and what matters is in people's mailboxes."""

import os
import random
import re
import signal
import subprocess
import time
from collections import Counter
from contextlib import suppress
from datetime import timedelta

from commitments.models import CaseClock, StepFired
from notifications.models import DeliveryAttempt, Notice
from tests.factories.clocks import make_scene
from tests.factories.crowds import make_crowd
from tests.factories.notices import give_addresses
from tests.faults.scale import pick
from units.models import RegisterEntry, RegisterPending, User

LINK = re.compile(r"/cases/([\w-]+)/")
UNDER_WAY = ("pending", "held", "leased", "gathered")


def test_random_kills_of_the_whole_engine_cost_no_message_and_double_none_unflagged(world):
    """Every fired step is in the mailbox of whom it was addressed to, and nothing else is there.

    Proves the lease of `deliveries._claim` and the turn of `notices._dispatch` under real kills.
    """
    size, kills = pick(full=10_000, quick=200, sqlite=60), pick(full=200, quick=8, sqlite=4)
    clock = make_crowd(make_scene(), size=size, units=size // 5)
    give_addresses()
    at = clock.next_action_at + timedelta(hours=1)
    world.move_to(at)
    world.start_engine(workers=2, beats=2)

    dice = random.Random(size)
    for _kill in range(kills):
        time.sleep(dice.uniform(0.5, 4))
        kill_something(world, dice)
    # A worker whose child is killed while it starts gives up: then it is for the supervisor.
    seconds = world.wait_for(lambda: everything_is_told(at), patience=600, restarting=True)
    world.stop()

    addresses = dict(User.objects.values_list("username", "email"))
    fired = {
        (addresses[one["person"]], row.clock.case.ref)
        for row in StepFired.objects.filter(decision="fired").select_related("clock__case")
        for one in row.addressees
    }
    letters = [
        (str(mail["Message-ID"]), mail["To"].addresses[0].addr_spec, refs_in(mail))
        for mail in world.server.messages
    ]
    copies = Counter(key for key, _to, _refs in letters)
    flagged = DeliveryAttempt.objects.filter(maybe_duplicate=True)
    print(
        f"B-1: {size:,} due items, {kills} kills: {len(copies):,} letters, "
        f"{len(letters) - len(copies)} doubled, {flagged.count()} flagged, drained in {seconds:.0f} s"
    )
    assert {(to, ref) for _key, to, refs in letters for ref in refs} == fired
    assert len(fired) == StepFired.objects.count() == size
    assert RegisterEntry.objects.filter(kind="step.fired").count() == size
    doubled = {key.strip("<>").split("@")[0] for key, times in copies.items() if times > 1}
    assert doubled <= {str(uuid) for uuid in flagged.values_list("notice__uuid", flat=True)}
    assert len(letters) - len(copies) <= kills
    twice_in_doubt = Notice.objects.filter(state="unknown", doubts__gte=2).count()
    assert Notice.objects.filter(state="accepted").count() + twice_in_doubt == size


def refs_in(mail) -> set[str]:
    """Return what a letter leads to."""
    return set(LINK.findall(mail.get_body(("plain",)).get_content()))


def everything_is_told(at) -> bool:
    """Say whether no clock, no entry and no notice is left to be worked on."""
    return not (
        CaseClock.objects.due(at=at).exists()
        or RegisterPending.objects.exists()
        or Notice.objects.filter(state__in=UNDER_WAY).exists()
        or Notice.objects.filter(state="unknown", doubts__lt=2).exists()
        or Notice.objects.count() < StepFired.objects.count()
    )


def kill_something(world, dice: random.Random) -> None:
    """Kill -9 a worker's child, a worker, a beat or a worker with all it has; start what must be started."""
    worker, beat = (f"{kind}-{dice.randrange(2)}" for kind in ("worker", "beat"))
    what = dice.choice(["child", "worker", "beat", "tree"])
    name = beat if what == "beat" else worker
    pid = world.child(name).pid
    if what == "child":
        found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True)
        for child in found.stdout.split():
            with suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)
        return
    if what == "worker":
        os.kill(pid, signal.SIGKILL)  # its children notice by themselves
    else:
        os.killpg(pid, signal.SIGKILL)
    world.child(name).wait()
    world.start_again(name)
