"""Parts of whole targets, many at once."""

from collections.abc import Iterable, Sequence
from typing import Any

from commitments.enums import TargetState
from commitments.models import Target, TargetRevision
from units.models import OrgUnit


def make_parts(wholes: Sequence[Target], units: Iterable[OrgUnit], **demand: Any) -> list[Target]:
    """Let each of `units` carry an assigned part of each of `wholes`; `demand`: of its first revision."""
    parts = Target.objects.bulk_create(
        Target(
            ref=f"{whole.ref}-{unit.ref}",
            period=whole.period,
            code=f"{whole.code}-{unit.ref}",
            group=whole.group,
            indicator=whole.indicator,
            unit=unit,
            assigner=whole.assigner,
            parent=whole,
            state=TargetState.ASSIGNED,
        )
        for unit in units
        for whole in wholes
    )
    TargetRevision.objects.bulk_create(TargetRevision(target=part, **demand) for part in parts)
    return parts
