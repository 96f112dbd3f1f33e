"""Whether entries agree with their own columns, and with what they speak of."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Max, OuterRef, Subquery
from django.utils.module_loading import import_string

from units.models import RegisterEntry, RegisterLink
from units.querysets import register as queries
from units.rules.findings import MOST_FINDINGS as MOST
from units.rules.findings import Found

BATCH = 1_000
Subject = tuple[type[models.Model], Any]  # what counts its writes; its reference as an expression


def compare_columns(using: str, found: Found) -> None:
    after = 0
    while ids := queries.entries_unlike_their_columns(using, after=after, limit=BATCH):
        rows = RegisterEntry.objects.using(using).filter(pk__in=ids)
        for entry in rows.select_related("actor", "office", "link").order_by("pk"):
            if not _agrees(entry):
                link = getattr(entry, "link", None)
                found.add(
                    "columns-differ",
                    link.seq if link else None,
                    f"the columns of entry {entry.pk} are not what its text says",
                )
        after = ids[-1]


def _agrees(entry: RegisterEntry) -> bool:
    """Compare closely: as the text is read, not as it is written."""
    try:
        said = json.loads(entry.text)
    except ValueError:
        return False
    columns: Mapping[str, Any] = {
        "id": str(entry.uuid),
        "kind": entry.kind,
        "subject": f"{entry.subject_kind}/{entry.subject_ref}",
        "subject_version": entry.subject_version,
        "actor": entry.actor.username if entry.actor else None,
        "office": entry.office.ref if entry.office else None,
        "request": entry.request_id,
    }
    return (
        isinstance(said, dict)
        and all(said.get(name) == value for name, value in columns.items())
        and instant(said.get("at")) == entry.at
    )


def compare_versions(using: str, found: Found) -> None:
    """Whatever counts its writes stands at the version that its newest entry says."""
    for path in settings.REGISTER_SUBJECTS:
        subjects: Mapping[str, Subject] = import_string(path)()
        for kind, (model, ref) in subjects.items():
            _compare_one_kind(using, kind, model, ref, found)


def _compare_one_kind(
    using: str, kind: str, model: type[models.Model], ref: Any, found: Found
) -> None:
    said = (
        RegisterEntry.objects.filter(subject_kind=kind, subject_ref=OuterRef("as_text"))
        .values("subject_ref")
        .annotate(last=Max("subject_version"))
        .values("last")
    )
    rows = model._base_manager.using(using).annotate(as_text=ref)
    differing = (
        rows.annotate(said=Subquery(said)).exclude(said=None).exclude(etag_version=F("said"))
    )
    for name, version, last in differing.values_list("as_text", "etag_version", "said")[:MOST]:
        links = RegisterLink.objects.using(using)
        entries = links.filter(entry__subject_kind=kind, entry__subject_ref=name)
        found.add(
            "version-differs",
            entries.aggregate(last=Max("seq"))["last"],
            f"{kind}/{name} stands at version {version}, its newest entry says {last}",
        )


def instant(text: Any) -> datetime | None:
    """Return the instant that `text` writes in ISO 8601; None: it writes none."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (TypeError, ValueError):
        return None
