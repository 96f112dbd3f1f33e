"""Rows that tests of the database's own rules need beside the factories."""

import uuid
from datetime import UTC, datetime, timedelta

from commitments.models import Mandate, SignatureAct, StepUpBatch
from units.models import OrgUnit

AT = datetime(2024, 2, 2, 3, 0, tzinfo=UTC)


def mandate(issuer: OrgUnit) -> Mandate:
    """Return the document by which `issuer` gives its targets; made when there is none."""
    return Mandate.objects.get_or_create(
        ref=f"m-{issuer.ref}",
        defaults={"issuer": issuer, "kind": "decision", "title_vi": "Quyết định"},
    )[0]


def batch_of(act: SignatureAct, **changes) -> StepUpBatch:
    """Return a batch of one statement of whoever did `act`."""
    fields = {
        "uuid": uuid.uuid4(),
        "user": act.person,
        "session_key_sha256": "0" * 64,
        "act": act.act,
        "root_sha256": uuid.uuid4().hex,
        "count": 1,
        "created_at": AT,
        "expires_at": AT + timedelta(seconds=120),
    }
    return StepUpBatch.objects.create(**fields | changes)
