"""A process that confirms an act and dies at a named point: `python -m ... POINT STEP_UP USER DATABASE`."""

import os
import sys
from typing import Any
from uuid import UUID

DIED = 9
POINTS = {  # where the process dies -> after which function
    "factor": "commitments.actions.stepups.checked_factor",
    "signing": "commitments.documents.seal.sign",
    "seal-use": "commitments.actions.sealing._checked",
    "tail": "commitments.actions.documents.append_revision",
    "act": "commitments.actions.signatures.write_act",
    "state": "commitments.actions.versions.move",
    "commit": "commitments.actions.signatures.confirm",
}


def die_after(path: str) -> None:
    """Let the process end, as if it were killed, when the function `path` has done its work."""
    name, function = path.rsplit(".", 1)
    module = sys.modules[name]
    original = getattr(module, function)

    def last_words(*args: Any, **kwargs: Any) -> None:
        original(*args, **kwargs)
        os._exit(DIED)

    setattr(module, function, last_words)


def main(point: str, step_up: str, username: str, database: str) -> None:
    import django

    django.setup()
    from django.db import connection

    connection.settings_dict["NAME"] = database
    from commitments.actions import signatures
    from tests.factories.body import NOW, REAL, code_of
    from units.models import User

    die_after(POINTS[point])
    by = User.objects.get(username=username)
    signatures.confirm(
        step_up_uuid=UUID(step_up),
        by=by,
        at=NOW,
        real_at=REAL,
        session_key=f"session-of-{username}",
        code=code_of(by, REAL),
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
