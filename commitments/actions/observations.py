"""Known figures that nobody had to report, entered with their source."""

from datetime import datetime
from typing import Any

from django.db import transaction

from commitments.actions.plans import require_planner
from commitments.enums import Qualifier, Stage
from commitments.models import Observation, Period
from units.actions import register
from units.enums import Provenance
from units.models import User


@transaction.atomic
def record(
    *,
    indicator_id: int,
    unit_id: int,
    period_id: int,
    source_ref: str,
    by: User,
    at: datetime,
    qualifier: Qualifier = Qualifier.EXACT,
    stage: Stage = Stage.FINAL,
    provenance: Provenance = Provenance.LIVE,
    **figures: Any,
) -> Observation:
    """Enter what `source_ref` states about an indicator, a unit and a period; return it.

    `figures`: `value`, or `numerator` and `denominator`; `about_width`, `percent_of_plan`, `growth`
    as published; `note_vi`, `note_en`. Raises NotAllowed unless `by` is a planner of the plan's
    owner, ValidationError.
    """
    plan = Period.objects.select_related("parent").get(pk=period_id)
    require_planner(by, plan.owner_id, at=at, act="record-observation")
    row = Observation(
        indicator_id=indicator_id,
        unit_id=unit_id,
        period=plan,
        source_ref=source_ref.strip(),
        qualifier=qualifier,
        stage=stage,
        provenance=provenance,
        recorded_by=by,
        recorded_at=at,
        **figures,
    )
    row.full_clean()
    row.save()
    register.append(
        kind="observation.record",
        subject=f"observation/{row.pk}",
        subject_version=None,
        reach={unit_id, plan.owner_id},
        by=by,
        at=at,
        data={
            "indicator": row.indicator.code,
            "period": plan.code,
            "source": row.source_ref,
            "qualifier": qualifier,
            "stage": stage,
        },
    )
    return row
