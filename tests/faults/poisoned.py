"""One run of the sweep in which one clock is the death of the process: `python -m ... DEATH CLOCK`."""

import os
import resource
import signal
import sys
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

MEMORY = 2 * 1024**3  # bytes


def fault() -> None:
    """Die as by a fault in a library."""
    os.kill(os.getpid(), signal.SIGSEGV)


def memory() -> None:
    """Eat memory until the kernel says no, and die as by its hand."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    eaten = []
    try:
        while True:
            eaten.append(bytearray(64 * 1024**2))
    except MemoryError:
        os.kill(os.getpid(), signal.SIGKILL)


def sleep() -> None:
    """Sleep until the hard time limit ends the process."""
    signal.setitimer(signal.ITIMER_REAL, 2)  # nobody catches it
    time.sleep(3600)


def main(death: str, key: str) -> None:
    import django

    django.setup()
    from commitments.actions import firings
    from commitments.tasks import sweep_cases

    die, decide = {"fault": fault, "memory": memory, "sleep": sleep}[death], firings._decide

    def decide_or_die(row, *rest):
        if row.pk == int(key):
            die()
        return decide(row, *rest)

    firings._decide = decide_or_die
    sweep_cases.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
