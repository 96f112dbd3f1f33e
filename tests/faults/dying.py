"""One run of the engine that ends, as if it were killed, at a named point: `python -m ... POINT`.

Sweep, numbering, dispatch and sending follow each other as the jobs do.
"""

import os
import sys

from tests.dying import die_after

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

POINTS = {  # where the process dies -> after which function
    "steps are written": "commitments.actions.firings._record",
    "the sweep is committed": "commitments.actions.cases.sweep",
    "notices are written": "notifications.actions.notices._tell",
    "dispatch is committed": "notifications.actions.notices.dispatch",
    "notices are leased": "notifications.actions.deliveries._claim",
    "the attempt has begun": "notifications.actions.deliveries._begin",
    "the mail is handed over": "notifications.channels.email:Smtp.send",
    "the outcome is written": "notifications.actions.deliveries._record",
}


def main(point: str) -> None:
    import django

    django.setup()
    from commitments.tasks import sweep_cases
    from notifications.tasks import dispatch_notices, send_notices
    from units.tasks import sequence_register

    die_after(POINTS[point])
    for job in (sweep_cases, sequence_register, dispatch_notices, send_notices):
        job.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
