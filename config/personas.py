"""Who one can be in a demonstration, for the page of the login; nothing anywhere else."""

from importlib import import_module
from importlib.util import find_spec

from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

LOADING = "commitments.demo.loading"  # a package that may be removed
ROLES = [  # as the demonstration names them
    _("head"), _("acting head"), _("supervisor"), _("planner"), _("assigner"),
    _("leader in charge"), _("administrator"), _("inspector"), _("no role yet"),
]  # fmt: skip


def offered() -> list[dict[str, str]]:
    """Return the personas with their roles in the reader's language; [] outside demonstrations."""
    if not settings.DEMO or not find_spec(LOADING.rpartition(".")[0]):
        return []
    personas = import_module(LOADING).personas()
    return [persona | {"role": gettext(persona["role"])} for persona in personas]
