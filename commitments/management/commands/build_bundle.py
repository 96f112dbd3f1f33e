"""Write the evidence of one commitment version into a file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from commitments.actions import bundles
from commitments.models import CommitmentVersion


class Command(BaseCommand):
    help = "Write the evidence of a commitment version as an archive that checks without this site."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("ref", help="reference of the commitment")
        parser.add_argument(
            "--number", type=int, help="of the version; default: the highest issued"
        )
        parser.add_argument("--output", type=Path, required=True, help="file to write; must be new")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = CommitmentVersion.objects.for_verification().filter(commitment__ref=options["ref"])
        if options["number"] is not None:
            rows = rows.filter(n=options["number"])
        version = rows.order_by("-n").first()
        if version is None:
            raise CommandError(
                f"No issued version of {options['ref']} was found. Look up the reference on its page."
            )
        data = bundles.bundle_of(version)
        try:
            with options["output"].open("xb") as file:
                file.write(data)
        except OSError as error:
            raise CommandError(f"{options['output']} was not written: {error.strerror}.") from error
        self.stdout.write(f"{version.ref}: {len(data)} bytes in {options['output']}")
