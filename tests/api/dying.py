"""A web process that answers one request and is killed on the way: `python -m tests.api.dying`."""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

PLACES = ("before the commit", "after the commit")
NUMBERING = "while the register gives places"


def environment(database_url: str, folder: Path) -> dict[str, str]:
    """Return the environment of a process that works on the database of the test."""
    return {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "config.settings_test",
        "DATABASE_URL": database_url,
        "DATA_DIR": str(folder),
        "ALLOWED_HOSTS": "testserver",
    }


def text_of(body: Any) -> str:
    return json.dumps(body)


def _die(*_args: Any, **_kwargs: Any) -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("A killed process goes on.")


def main(where: str, token: str, key: str) -> None:
    """Post the standard input as a new target, with the application that the server would run."""
    import django  # settings first

    django.setup()
    from django.test import Client

    from units.http import idempotency
    from units.models import RegisterLink

    owner, name = {
        "before the commit": (idempotency, "_store"),
        "after the commit": (idempotency, "_answer_of"),
        NUMBERING: (RegisterLink.objects, "bulk_create"),
    }[where]
    if where == NUMBERING:  # its rows are written then, and not committed
        write = RegisterLink.objects.bulk_create
        setattr(owner, name, lambda rows: (write(rows), _die()))
    else:
        setattr(owner, name, _die)
    answer = Client(headers={"Authorization": f"Bearer {token}", "Idempotency-Key": key}).post(
        "/api/v1/targets/", sys.stdin.read(), content_type="application/json"
    )
    print(answer.status_code, answer.content)


if __name__ == "__main__":
    main(*sys.argv[1:])
