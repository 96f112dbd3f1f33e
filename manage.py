#!/usr/bin/env python
"""Run one management command: `python manage.py help` lists them."""

import io
import os
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

WRONG_SETTINGS = 2


def main() -> None:
    """Say in one line what is wrong with the environment, else run the command."""
    for stream in (sys.stdout, sys.stderr):  # names are Vietnamese, a terminal may know ASCII only
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        hasattr(settings, "INSTALLED_APPS")  # the first question reads them
    except ImproperlyConfigured as wrong:
        sys.stderr.write(f"{wrong}\n")
        sys.exit(WRONG_SETTINGS)
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
