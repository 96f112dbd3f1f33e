"""Parameters of addresses: a misspelt or unknown one is named and refused, never passed over."""

from collections.abc import Collection
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request

from units.errors import Refused

PAGING = frozenset({"limit", "page"})


def unknown(names: list[str], known: Collection[str]) -> Refused:
    """Return the refusal of parameters that this address does not know."""
    return Refused(
        _("This address has no parameter %(names)s. It knows: %(known)s.")
        % {"names": ", ".join(names), "known": ", ".join(sorted(known)) or "–"},
        code="unknown-parameter",
        errors=[
            {"parameter": name, "code": "unknown-parameter", "detail": _("Not known here.")}
            for name in names
        ],
    )


def invalid(name: str, why: Any) -> Refused:
    """Return the refusal of one value."""
    return all_invalid([(name, why)])


def all_invalid(findings: Collection[tuple[str, Any]]) -> Refused:
    """Return the refusal of the values of several parameters: (name, why) each."""
    said = " ".join(f"{name}: {why}" for name, why in findings)
    return Refused(
        _("The parameters cannot be used. %(said)s") % {"said": said},
        code="invalid-parameter",
        errors=[
            {"parameter": name, "code": "invalid-parameter", "detail": why}
            for name, why in findings
        ],
    )


def require_known(request: Request, known: Collection[str]) -> None:
    """Raise Refused for a parameter outside `known`, one given twice, or one without a value."""
    given = request.query_params
    names = [name for name in given if name not in known]
    if names:
        raise unknown(names, known)
    twice = [name for name in given if len(given.getlist(name)) > 1]
    if twice:
        raise all_invalid([(name, _("It is given twice.")) for name in twice])
    empty = [name for name in given if not given[name]]
    if empty:
        raise all_invalid([(name, _("It has no value. Leave it out instead.")) for name in empty])
