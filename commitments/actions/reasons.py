"""Why a signatory returns, refuses or voids: what was typed, in the one form that is signed over."""

import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from commitments.actions import documents, outcomes, slots
from commitments.enums import ReasonCode, VersionAct, VersionState
from commitments.models import CommitmentVersion, Mandate
from units.actions import guards
from units.errors import Invalid
from units.rules import texts

LONGEST = texts.REASON  # characters of one reason


def _typed(text: str) -> str:
    """Return what was typed in the one Unicode form that the register takes; lines stay.

    Other control characters go: nobody sees them, and not every database takes them.
    """
    seen = (letter for letter in text if letter in "\t\n\r" or unicodedata.category(letter) != "Cc")
    return unicodedata.normalize("NFC", "".join(seen).strip())


def checked(
    act: VersionAct, version: CommitmentVersion, reason: Mapping[str, Any], *, at: datetime
) -> dict[str, Any]:
    """Return the typed reasons in their one form: {} for acts that need none.

    Raises Invalid, with the fields at fault: reason-missing where the act needs more, text-too-long
    where one is longer than LONGEST.
    """
    if act in slots.SIGNING:
        return {}
    if act == VersionAct.RETURN:
        ordinals = {None} | {
            item["ordinal"] for item in documents.read_content(version.sealed)["terms"]["items"]
        }
        items = [
            {
                "ordinal": row.get("ordinal"),
                "code": row.get("code", ""),
                "text": _typed(row.get("text", "")),
            }
            for row in reason.get("items", [])
        ]
        faults: dict[str, list[Any]] = {}
        long: dict[str, list[Any]] = {}
        marked: set[int | None] = set()
        for row in items:
            key = "whole" if row["ordinal"] is None else str(row["ordinal"])
            if fault := guards.too_long(row["text"], most=LONGEST):
                long[f"text-{key}"] = [fault]
            if (
                not row["text"]
                or row["code"] not in ReasonCode.values
                or row["ordinal"] not in ordinals - marked  # once each
            ):
                faults[f"text-{key}"] = [_("Choose a reason and write what should change.")]
            marked.add(row["ordinal"])
        if not items:
            faults["reasons"] = [
                _("Mark at least one item, or the whole, and say what should change.")
            ]
        if faults:
            raise Invalid(
                _("A return needs at least one reason, each with a text."),
                code="reason-missing",
                fields=long | faults,
            )
        if long:
            raise Invalid(_("A reason is too long."), code="text-too-long", fields=long)
        return {"items": items}
    text, code = _typed(reason.get("text", "")), reason.get("code", "")
    faults = {} if text else {"text": [_("Write your reason.")]}
    if act == VersionAct.REFUSE and code not in ReasonCode.values:
        faults["code"] = [_("Choose a reason.")]
    mandate = reason.get("mandate", "")
    if act == VersionAct.VOID and version.state == VersionState.IN_FORCE:
        first = outcomes.open_void_proposal(version, at=at)
        if first is None and not Mandate.objects.filter(ref=mandate).exists():
            faults["mandate"] = [_("Choose the document that orders this.")]
    if faults:
        raise Invalid(_("This act needs a reason."), code="reason-missing", fields=faults)
    guards.require_within(text, field="text", most=LONGEST)
    return {"code": code, "text": text, "mandate": mandate}
