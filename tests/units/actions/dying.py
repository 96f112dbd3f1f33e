"""A process that dies at a named point of numbering, closing or publishing: `python -m ... DATABASE POINT`.

Its key and its places are named by the environment, as those of any process.
"""

import sys

from tests.dying import die_after

CLOSING = {  # where the process dies -> after which function
    "link": "units.models:RegisterLink.objects.bulk_create",
    "numbered": "units.actions.register.sequence",
    "signed": "units.channels.keys:Signer.sign",
    "closed": "units.actions.checkpoints._close",
    "checkpoint": "units.actions.checkpoints.make",
    "put": "units.channels.places:Folder.put",
    "noted": "units.actions.checkpoints._note",
    "publish": "units.actions.checkpoints.publish",
}


def main(database: str, point: str) -> None:
    import django

    django.setup()
    from django.db import connection

    connection.settings_dict["NAME"] = database
    from tests.factories.register import AT
    from units.actions import checkpoints, register

    die_after(CLOSING[point])
    register.sequence()
    checkpoints.make(at=AT, now=True)
    checkpoints.publish(at=AT)


if __name__ == "__main__":
    main(*sys.argv[1:])
