"""One sweep after the other until nothing is due: the job of a worker, with no broker between."""

import os
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


def main() -> None:
    import django

    django.setup()
    from commitments.models import CaseClock
    from commitments.tasks import sweep_cases
    from config.celery import guard_connections
    from units import clock

    guard_connections()
    while CaseClock.objects.due(at=clock.job_now()).exists():
        sweep_cases.run()
        time.sleep(0.05)  # what is left is held by somebody else


if __name__ == "__main__":
    main()
