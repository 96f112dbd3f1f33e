"""Rows that tests of the database's own rules need beside the factories."""

from datetime import UTC, datetime

from commitments.models import Mandate
from units.models import OrgUnit

AT = datetime(2024, 2, 2, 3, 0, tzinfo=UTC)


def mandate(issuer: OrgUnit) -> Mandate:
    """Return the document by which `issuer` gives its targets; made when there is none."""
    return Mandate.objects.get_or_create(
        ref=f"m-{issuer.ref}",
        defaults={"issuer": issuer, "kind": "decision", "title_vi": "Quyết định"},
    )[0]
