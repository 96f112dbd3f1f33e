"""Units, offices, people and appointments from a workbook: kept, checked and applied as a whole."""

import hashlib
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from units import clock
from units.actions import appointments, organisation, people, register, sheets, workbooks
from units.actions.guards import one_at_a_time, require_administrator
from units.enums import ImportState, Tree
from units.errors import Conflict, StaleVersion, WrongState
from units.models import OrganisationImport, OrgUnit, Position, User
from units.rules import imports as rules
from units.rules.columns import TABLES
from units.rules.sheets import Fault, Found, matched, read, read_cell

IMPORT_LOCK = 0x1A9027  # the advisory lock of whoever applies a workbook to the body


class Check(NamedTuple):
    """What a workbook would do. `digest`: of the file and of what it comes to as things stand."""

    entries: Mapping[str, list[rules.Entry]]
    faults: list[Fault]
    digest: str
    language: str

    @property
    def changes(self) -> int:
        """How many things would be written."""
        return sum(entry.change != "same" for rows in self.entries.values() for entry in rows)


@transaction.atomic
def upload(*, file_name: str, data: bytes, by: User, at: datetime) -> OrganisationImport:
    """Keep a workbook until it is applied or dropped; one that waited from the same person is
    dropped for it. Raises NotAllowed (import-not-allowed), Invalid (workbook-...)."""
    require_administrator(by, None, at=at, act="import")
    workbooks.read(data)
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    for waiting in OrganisationImport.objects.filter(uploaded_by=by, state=ImportState.WAITING):
        _end(waiting, ImportState.DROPPED, by=by, at=at)
    kept = OrganisationImport.objects.create(
        ref=uuid.uuid4(),
        file_name=file_name[-200:] or "people.xlsx",
        content=data,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        uploaded_by=by,
        uploaded_at=at,
    )
    _enter(kept, "upload", by=by, at=at, size=kept.size)
    return kept


def _enter(kept: OrganisationImport, act: str, *, by: User, at: datetime, **data: Any) -> None:
    register.append(
        kind=f"import.{act}",
        subject=f"import/{kept.ref}",
        subject_version=None,
        reach=[],
        by=by,
        at=at,
        data={"file": kept.file_name, "sha256": kept.sha256} | data,
    )


def _end(
    kept: OrganisationImport, state: ImportState, *, by: User, at: datetime, **data: Any
) -> None:
    kept.state, kept.content, kept.ended_by, kept.ended_at = state, None, by, at
    kept.save(update_fields=["state", "content", "ended_by", "ended_at"])
    _enter(kept, "apply" if state == ImportState.APPLIED else "drop", by=by, at=at, **data)


def bytes_of(kept: OrganisationImport) -> bytes:
    """Return the kept workbook; nothing once it has ended."""
    return bytes(kept.content or b"")


def check(*, data: bytes, by: User, at: datetime) -> Check:
    """Return what the workbook `data` would change in the body, with every fault at once.

    Writes nothing. Raises NotAllowed (import-not-allowed), Invalid (workbook-...).
    """
    require_administrator(by, None, at=at, act="import")
    named, language, wrong = matched(TABLES, workbooks.read(data))
    found: dict[str, Found] = {
        table.name: read(
            table, named[table.name], value_of=lambda column, value, row: read_cell(column, value)
        )
        for table in TABLES
        if table.name in named
    }
    judged = rules.judge(found, sheets.take(by=by, at=at))
    comes_to = repr(judged).encode() + hashlib.sha256(data).digest()
    return Check(
        judged.entries, wrong + judged.faults, hashlib.sha256(comes_to).hexdigest(), language
    )


@transaction.atomic
def drop(*, import_id: int, by: User, at: datetime) -> OrganisationImport:
    """Throw away a workbook that waits. Raises NotAllowed, WrongState."""
    kept = _waiting(import_id, by=by, at=at, act="drop")
    _end(kept, ImportState.DROPPED, by=by, at=at)
    return kept


def _waiting(import_id: int, *, by: User, at: datetime, act: str) -> OrganisationImport:
    kept = OrganisationImport.objects.select_for_update(of=("self",), no_key=True).get(pk=import_id)
    require_administrator(by, None, at=at, act=f"{act}-import")
    if kept.state != ImportState.WAITING:
        raise WrongState(
            _("%(file)s does not wait any more: it is “%(state)s”.")
            % {"file": kept.file_name, "state": ImportState(kept.state).label},
            code=f"{act}-import-not-from-{kept.state}",
        )
    return kept


@transaction.atomic
def apply(*, import_id: int, seen: str, by: User, at: datetime) -> Check:
    """Write everything that a kept workbook says, or nothing.

    One at a time in the whole body, under the lock of the kept file too: it is applied once.
    `seen`: the digest of the check that was read; where the file comes to anything else by now,
    nothing is written. New people have no password: they are invited afterwards. Raises NotAllowed,
    WrongState, StaleVersion (body-changed), Conflict (import-has-faults), and whatever the single
    acts refuse.
    """
    one_at_a_time(IMPORT_LOCK)
    kept = _waiting(import_id, by=by, at=at, act="apply")
    done = check(data=bytes_of(kept), by=by, at=at)
    if done.digest != seen:
        raise StaleVersion(
            _("Units or people have changed since this check. Look at the new check, then apply."),
            code="body-changed",
        )
    if done.faults:
        raise Conflict(
            _("%(file)s cannot be applied: it has faults. Mend them and upload it again.")
            % {"file": kept.file_name},
            code="import-has-faults",
        )
    _Writer(by=by, at=at).write(done)
    counts = {
        table: sum(entry.change != "same" for entry in rows) for table, rows in done.entries.items()
    }
    _end(kept, ImportState.APPLIED, by=by, at=at, **counts)
    return done


class _Writer:
    """One application: the ordinary acts, in the order in which they need each other."""

    def __init__(self, *, by: User, at: datetime) -> None:
        self.who: dict[str, Any] = {"by": by, "at": at}
        self.units: dict[str, int] = dict(OrgUnit.objects.values_list("ref", "pk"))
        self.offices: dict[str, int] = dict(Position.objects.values_list("ref", "pk"))
        self.people: dict[str, User] = {row.username: row for row in User.objects.people()}

    def write(self, done: Check) -> None:
        for table, write in (
            ("units", self.unit),
            ("offices", self.office),
            ("people", self.person),
            ("appointments", self.appointment),
        ):
            for entry in done.entries[table]:
                if entry.change != "same":
                    write(entry)

    def unit(self, entry: rules.Entry) -> None:
        row = dict(entry.row)
        under = {
            Tree(tree): self.units[superior]
            for tree, column in rules.SUPERIORS.items()
            if (superior := row.pop(column))
        }
        self.units[entry.key] = organisation.create_unit(**row, under=under, **self.who).pk

    def office(self, entry: rules.Entry) -> None:
        row = dict(entry.row)
        row["unit_id"] = self.units[row.pop("unit")]
        made = organisation.create_position(**row, **self.who)
        if made.ref != entry.key:
            raise Conflict(
                _("“%(ref)s” has been taken meanwhile. Upload the workbook again.")
                % {"ref": entry.key},
                code="ref-taken",
            )
        self.offices[entry.key] = made.pk

    def person(self, entry: rules.Entry) -> None:
        if entry.change == "new":
            made = people.create_person(**entry.row, invited=True, **self.who)
            self.people[entry.key] = made.person
            return
        present = self.people[entry.key]
        people.change_person(
            person_id=present.pk,
            expected=present.etag_version,
            real_at=clock.real_now(),
            **{name: entry.row[name] for name in rules.CHANGES_OF_PEOPLE},
            **self.who,
        )

    def appointment(self, entry: rules.Entry) -> None:
        row = dict(entry.row)
        last_on = row.pop("last_on")
        appointments.appoint(
            person_id=self.people[row.pop("person")].pk,
            position_id=self.offices[row.pop("office")],
            valid_to=last_on + timedelta(days=1) if last_on else None,
            **row,
            **self.who,
        )
