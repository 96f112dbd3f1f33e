"""`manage.py make_demo_seal`: a throw-away seal, to try the product out with."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from commitments.actions import sealing
from units import clock


class Command(BaseCommand):
    help = (
        "Make a throw-away certificate authority and seal, with DEMO in every name, where "
        "SEAL_PKCS12_FILE expects them. What it seals proves nothing; check --deploy refuses it."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        target = Path(settings.SEAL_PKCS12_FILE)
        try:
            sealing.make_demo_seal(real_at=clock.real_now())
        except FileExistsError as error:
            raise CommandError(
                f"{target} is there already and stays. Name another file in SEAL_PKCS12_FILE, or move "
                "this one away; certificates that have sealed are kept in the database."
            ) from error
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}.") from error
        self.stdout.write(f"A DEMO seal stands in {target}. Never use it for real commitments.")
