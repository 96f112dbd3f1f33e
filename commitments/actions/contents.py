"""What a version promises, as the data that is hashed, shown and printed."""

import json
import secrets
import unicodedata
from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import QuerySet

from commitments.actions import revisions, takeovers
from commitments.actions.takeovers import Inherited
from commitments.enums import Grade, SigningOrder, SlotRole, ValueBasis
from commitments.models import (
    CommitmentItem,
    CommitmentVersion,
    IndicatorDefinition,
    TrajectoryPoint,
)
from commitments.rules import commitments as rules
from commitments.rules import targets as target_rules
from commitments.rules.verify import CROCKFORD, check_character
from units import clock
from units.enums import Provenance
from units.models import OrgUnit, Position

LANGUAGES = ("vi", "en")
# What the sides owe each other beyond the items: data, so that it is hashed, shown and signed.
OBLIGATIONS = {
    "obligations_vi": (
        "Bên cam kết tổ chức thực hiện các chỉ tiêu, nhiệm vụ trên đúng hạn, báo cáo kết quả từng "
        "kỳ và chịu trách nhiệm trước bên giao về kết quả. Bên giao theo dõi, kiểm tra, giám sát "
        "và hỗ trợ bên cam kết trong quá trình thực hiện."
    ),
    "obligations_en": (
        "The undertaking side carries out the targets and tasks above in time, reports the results "
        "of each period and answers to the assigning side for them. The assigning side follows, "
        "inspects and supports the undertaking side meanwhile."
    ),
}


def new_code() -> str:
    """Return 16 random Crockford characters and a check character. No secret; it grants nothing.

    Bodies whose check character is no letter or digit are thrown away: people read it aloud.
    """
    while True:
        body = "".join(secrets.choice(CROCKFORD) for _place in range(16))
        if (check := check_character(body)) in CROCKFORD:
            return body + check


def content_of(version: CommitmentVersion, *, code: str, at: datetime) -> dict[str, Any]:
    """Return what `version` promises, as the data that will be hashed, shown and printed.

    Only text (composed, NFC), small integers, null and booleans; both languages side by side.
    Source: the live rows at this moment; after issue nobody asks them again.
    """
    before = _before(version)
    content = _content(version, before, code=code, at=at)
    return _composed(content | _changes(before, content))


def _changes(before: CommitmentVersion | None, content: dict[str, Any]) -> dict[str, Any]:
    """Return what differs from the version before, for the annex; nothing for the first version."""
    if before is None:
        return {}
    return {"changes": rules.told_changes(json.loads(before.sealed.content), content)}


def _before(version: CommitmentVersion) -> CommitmentVersion | None:
    """Return the newest version before this one that has a document."""
    if version.n == 1:
        return None
    rows = version.commitment.versions.filter(n__lt=version.n, document__isnull=False)
    return rows.select_related("document").order_by("-n").first()


def _composed(value: Any) -> Any:
    """Return `value` with every text in Unicode NFC: some telephones type letters and marks apart."""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, dict):
        return {key: _composed(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_composed(inner) for inner in value]
    return value


def _content(
    version: CommitmentVersion, before: CommitmentVersion | None, *, code: str, at: datetime
) -> dict[str, Any]:
    commitment = version.commitment
    period = commitment.period
    undertakers = [
        office for office in (version.first_undertaker, version.second_undertaker) if office
    ]
    rows = list(_items(version))
    revision_ids = [row.revision_id for row in rows]
    points, parts = _points(revision_ids), revisions.parts_of_all(revision_ids)
    items = [
        _item(row, points.get(row.revision_id, []), parts.get(row.revision_id, revisions.Parts()))
        for row in rows
    ]
    inherited = takeovers.inherited(version, at=at) if version.is_takeover else None
    signing = [row.position for row in inherited.newcomers] if inherited else undertakers
    return {
        "v": 1,
        "kind": "commitment",
        "ref": commitment.ref,
        "number": commitment.number,
        "version": version.n,
        "language": "vi",
        "demonstration": commitment.provenance == Provenance.SYNTHETIC,
        "code": code,
        "period": {
            "code": period.code,
            "name_vi": period.name_vi,
            "name_en": period.name_en or period.name_vi,
            "starts_on": period.starts_on.isoformat(),
            "ends_on": period.ends_on.isoformat(),
        },
        "issued_on": clock.local_date(at).isoformat(),
        "sign_by": version.sign_by.isoformat(),
        "predecessor": None if before is None else _predecessor(before),
        "parties": [
            _party("assigner", commitment.assigner_unit, [version.assigner]),
            _party("undertaker", commitment.unit, undertakers),
        ],
        "terms": {"items": items, **OBLIGATIONS},
        **({"takeover": _takeover(inherited)} if inherited else {}),
        "slots": _slots(version, signing),
    }


def _predecessor(before: CommitmentVersion) -> dict[str, Any]:
    """Return what this version follows: the text, and the very file with the signatures it has."""
    newest = before.sealed.revisions.order_by("-no").values("no", "sha256")[0]
    return {
        "version": before.n,
        "content_sha256": before.sealed.content_sha256,
        "revision_no": newest["no"],
        "revision_sha256": newest["sha256"],
    }


def _items(version: CommitmentVersion) -> QuerySet[CommitmentItem]:
    return (
        version.items.select_related(
            "revision__target__group__mandate",
            "revision__target__indicator__uom",
            "revision__target__indicator__scale",
            "revision__mandate",
        )
        .prefetch_related("revision__target__indicator__scale__levels")
        .order_by("ordinal")
    )


class Point(NamedTuple):
    """One point of a roadmap: what is to be reached by the end of a period."""

    value: Decimal
    code: str
    name_vi: str
    name_en: str


def _points(revision_ids: Collection[int]) -> dict[int, list[Point]]:
    """Return the roadmaps of many revisions by id, each by time; one without any is absent.

    As plain values: forty items with twelve months each would be a thousand rows to build.
    """
    found: dict[int, list[Point]] = {}
    for row, value, code, name_vi, name_en in (
        TrajectoryPoint.objects.filter(revision__in=revision_ids)
        .order_by("period__ends_on", "pk")
        .values_list("revision", "value", "period__code", "period__name_vi", "period__name_en")
    ):
        found.setdefault(row, []).append(Point(value, code, name_vi, name_en))
    return found


def _party(side: str, unit: OrgUnit, offices: Sequence[Position]) -> dict[str, Any]:
    return {
        "side": side,
        "unit": {"ref": unit.ref, **_names(unit)},
        "offices": [{"ref": office.ref, **_titles(office)} for office in offices],
    }


def _takeover(inherited: Inherited) -> dict[str, Any]:
    """Return who takes over from whom, and how the targets stand on that day: facts, not terms."""
    return {
        "from_version": inherited.version.n,
        "on": inherited.on.isoformat(),
        "offices": [
            {
                "office": row.position.ref,
                **_titles(row.position),
                "outgoing": inherited.signed_by[row.position_id],
                "incoming": row.person.full_name,
                "since": row.valid_from.isoformat(),
                "decision": row.decision_number,
            }
            for row in inherited.newcomers
        ],
        "results": [
            {
                "ordinal": item.ordinal,
                "code": item.revision.target.code,
                "title_vi": item.revision.target.indicator.name_vi,
                "title_en": item.revision.target.indicator.name_en
                or item.revision.target.indicator.name_vi,
                "as_of": None if found.as_of is None else found.as_of.isoformat(),
                "value": None if found.value is None else _plain(found.value),
                **{
                    f"text_{language}": None
                    if found.value is None
                    else _amount(item.revision.target.indicator, found.value, language)
                    for language in LANGUAGES
                },
            }
            for item, found in inherited.results
        ],
    }


def _amount(indicator: IndicatorDefinition, value: Decimal, language: str) -> str:
    """Return `value` in the measure of `indicator`, as people write it; a grade by its name."""
    uom, grades = indicator.uom, indicator.grades(language)
    if grades:
        return grades.get(int(value), _plain(value))
    shown = target_rules.format_quantity(value, decimals=indicator.decimals, language=language)
    return f"{shown} {(language == 'en' and uom.label_en) or uom.label_vi}"


def _names(unit: OrgUnit) -> dict[str, str]:
    version = unit.version_now
    if version is None:
        return {"name_vi": unit.ref, "name_en": unit.ref}
    return {"name_vi": version.name_vi, "name_en": version.name_en or version.name_vi}


def _titles(row: Any) -> dict[str, str]:
    return {"title_vi": row.title_vi, "title_en": row.title_en or row.title_vi}


def _slots(version: CommitmentVersion, undertakers: Sequence[Position]) -> list[dict[str, Any]]:
    in_order = version.commitment.signing_order == SigningOrder.IN_ORDER
    places = [
        (office, SlotRole.UNDERTAKER, place if in_order else 1, f"undertaker-{place}")
        for place, office in enumerate(undertakers, start=1)
    ]
    places.append((version.assigner, SlotRole.ASSIGNER, len(undertakers) + 1, "assigner"))
    return [
        {
            "ordinal": ordinal,
            "turn": turn,
            "role": role.value,
            "unit": office.unit.ref,
            "office": office.ref,
            **_titles(office),
            "grade": settings.GRADE_REQUIRED.get(role.value, Grade.ONLINE.value),
            "field": field,
        }
        for ordinal, (office, role, turn, field) in enumerate(places, start=1)
    ]


def _item(item: CommitmentItem, points: Sequence[Point], parts: revisions.Parts) -> dict[str, Any]:
    revision = item.revision
    target, indicator = revision.target, revision.target.indicator
    uom, group = indicator.uom, target.group
    stated = revision.value_basis == ValueBasis.STATED
    mandate = revision.mandate or group.mandate
    labels = {"vi": uom.label_vi, "en": uom.label_en or uom.label_vi}

    baseline = None
    if revision.baseline is not None:
        baseline = {
            "value": _plain(revision.baseline),
            "period": revision.baseline_period,
            **{
                f"text_{language}": _amount(indicator, revision.baseline, language)
                for language in LANGUAGES
            },
        }
    words = {
        f"words_{language}": revisions.in_words(revision, indicator, language=language, parts=parts)
        for language in LANGUAGES
    }
    return {
        "ordinal": item.ordinal,
        "target": target.ref,
        "revision": revision.n,
        "code": target.code,
        "group": {"code": group.code, **_titles(group)},
        "role": item.role,
        "title_vi": indicator.name_vi,
        "title_en": indicator.name_en or indicator.name_vi,
        "kind": indicator.kind,
        "mode": revision.mode,
        "maintain_rule": revision.maintain_rule or None,
        "maintain_share": None
        if revision.maintain_share is None
        else _plain(revision.maintain_share),
        "comparator": revision.comparator,
        **({} if stated else {"value_basis": revision.value_basis}),
        "value": None if revision.value is None else _plain(revision.value),
        "upper": None if revision.upper is None else _plain(revision.upper),
        "decimals": indicator.decimals,
        "uom_vi": labels["vi"],
        "uom_en": labels["en"],
        **words,
        "baseline": baseline,
        "roadmap": [
            {
                "period": point.code,
                "name_vi": point.name_vi,
                "name_en": point.name_en or point.name_vi,
                "value": _plain(point.value),
                **{
                    f"text_{language}": _amount(indicator, point.value, language)
                    for language in LANGUAGES
                },
            }
            for point in points
        ],
        "mandate": {
            "number": mandate.number,
            **_titles(mandate),
            "signed_on": mandate.signed_on.isoformat() if mandate.signed_on else None,
        },
        **_parts(parts),
        "clause": target.clause,
        "provenance": target.provenance,
    }


def _parts(said: revisions.Parts) -> dict[str, Any]:
    """Return the shares of a whole and the steps of a task; nothing where there are none."""
    shares = [
        {
            "label_vi": share.label_vi,
            "label_en": share.label_en or share.label_vi,
            "value": _plain(share.value),
        }
        for share in said.shares
    ]
    steps = [
        {
            "title_vi": step.title_vi,
            "title_en": step.title_en or step.title_vi,
            "due_on": step.due_on.isoformat(),
            "weight": _plain(step.weight),
        }
        for step in said.steps
    ]
    return {name: rows for name, rows in (("shares", shares), ("steps", steps)) if rows}


def _plain(value: Any) -> str:
    """Return a decimal in its one fixed form: no exponent, no trailing zeros, no "-0"."""
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text
