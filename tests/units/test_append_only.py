"""The migration operations: forwards they protect, backwards they let go, and they say what they do."""

from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.migrations.state import ProjectState

from tests import triggers
from tests.factories.units import OrgUnitFactory
from units.actions import register
from units.append_only import AppendOnly, FrozenOnce
from units.origin import Origin, acting_from

pytestmark = pytest.mark.django_db
CLOSED = "{row}.state = 'closed'"
BEFORE = ProjectState()


def run(sql: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def refusal_of(sql: str) -> str:
    """Return how the database refuses `sql`."""
    with pytest.raises(DatabaseError) as refused:
        run(sql)
    return str(refused.value).splitlines()[0]


def rows() -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, state FROM kept ORDER BY id")
        return cursor.fetchall()


@pytest.fixture
def kept():
    """A table with one open and one closed row."""
    run("CREATE TABLE kept (id integer PRIMARY KEY, state varchar(10) NOT NULL)")
    run("INSERT INTO kept VALUES (1, 'open'), (2, 'closed')")


def apply(operation: AppendOnly) -> None:
    with connection.schema_editor(atomic=False) as editor:
        operation.database_forwards("units", editor, BEFORE, BEFORE)


def unapply(operation: AppendOnly) -> None:
    with connection.schema_editor(atomic=False) as editor:
        operation.database_backwards("units", editor, BEFORE, BEFORE)


@pytest.fixture(autouse=True)
def _editor_inside_the_test(monkeypatch):
    """SQLite's editor wants foreign keys off, which no transaction can do; this one needs neither."""
    if connection.vendor == "sqlite":
        monkeypatch.setattr(connection, "disable_constraint_checking", lambda: True)
        monkeypatch.setattr(connection, "check_constraints", lambda *_args, **_names: None)


def test_forwards_a_table_takes_insert_alone(kept):
    apply(AppendOnly("kept"))
    assert refusal_of("UPDATE kept SET state = 'new'") == "kept is append-only: UPDATE refused"
    assert refusal_of("DELETE FROM kept") == "kept is append-only: DELETE refused"
    run("INSERT INTO kept VALUES (3, 'open')")
    assert rows() == [(1, "open"), (2, "closed"), (3, "open")]


@pytest.mark.postgresql_only
def test_forwards_a_table_is_not_emptied(kept):
    apply(AppendOnly("kept"))
    assert refusal_of("TRUNCATE kept") == "kept is append-only: TRUNCATE refused"


@pytest.mark.sqlite_only
def test_forwards_a_row_is_not_replaced(kept):
    apply(AppendOnly("kept"))
    said = refusal_of("INSERT OR REPLACE INTO kept VALUES (1, 'new')")
    assert said == "kept is append-only: DELETE refused"


def test_backwards_a_table_lets_go(kept):
    operation = AppendOnly("kept")
    before = triggers.present()
    apply(operation)
    unapply(operation)
    assert triggers.present() == before
    run("UPDATE kept SET state = 'new' WHERE id = 1")
    run("DELETE FROM kept WHERE id = 2")
    assert rows() == [(1, "new")]


@pytest.mark.parametrize(
    "operation", [AppendOnly("kept"), FrozenOnce("kept", CLOSED)], ids=["append", "frozen"]
)
def test_forwards_twice_is_forwards_once(kept, operation):
    """A migration that rebuilds a table on SQLite repeats the operation; PostgreSQL has kept it."""
    apply(operation)
    once = triggers.present()
    apply(operation)
    assert triggers.present() == once


def test_rows_freeze_when_the_condition_holds(kept):
    apply(FrozenOnce("kept", CLOSED))
    run("UPDATE kept SET id = 10 WHERE id = 1")
    assert refusal_of("UPDATE kept SET id = 20 WHERE id = 2") == "kept is frozen: UPDATE refused"
    assert (
        refusal_of("UPDATE kept SET state = 'open' WHERE id = 2")
        == "kept is frozen: UPDATE refused"
    )
    assert (
        refusal_of("UPDATE kept SET state = 'closed' WHERE id = 10")
        == "kept is frozen: UPDATE refused"
    )
    assert refusal_of("DELETE FROM kept WHERE id = 2") == "kept is frozen: DELETE refused"
    assert refusal_of("INSERT INTO kept VALUES (3, 'closed')") == "kept is frozen: INSERT refused"
    run("INSERT INTO kept VALUES (3, 'open')")
    run("DELETE FROM kept WHERE id = 10")
    assert rows() == [(2, "closed"), (3, "open")]


def test_rows_freeze_only_for_the_verbs_named(kept):
    apply(FrozenOnce("kept", CLOSED, verbs=("DELETE",)))
    run("INSERT INTO kept VALUES (3, 'closed')")
    run("UPDATE kept SET state = 'open' WHERE id = 2")
    assert refusal_of("DELETE FROM kept WHERE id = 3") == "kept is frozen: DELETE refused"


def test_backwards_rows_thaw(kept):
    operation = FrozenOnce("kept", CLOSED)
    before = triggers.present()
    apply(operation)
    assert triggers.present() != before
    unapply(operation)
    assert triggers.present() == before
    run("DELETE FROM kept WHERE id = 2")
    assert rows() == [(1, "open")]


def test_operations_say_what_they_do_and_touch_no_model():
    operations = AppendOnly("kept"), FrozenOnce("kept", CLOSED)
    assert [operation.describe() for operation in operations] == [
        "Refuse UPDATE, DELETE and TRUNCATE on kept",
        "Freeze rows of kept once {row}.state = 'closed'",
    ]
    for operation in operations:
        state = ProjectState()
        operation.state_forwards("units", state)
        assert state == ProjectState()
        assert (operation.reversible, operation.reduces_to_sql) == (True, True)


def test_every_trigger_that_migrations_promise_is_there_and_no_other():
    assert triggers.present() == triggers.wanted()


def test_the_tables_that_must_never_change_are_among_them():
    evidence = {operation.table for operation in triggers.operations()}
    register = {"units_registerentry", "units_registerreach", "units_registerlink"}
    register |= {"units_registerepoch"}
    assert register < evidence


def test_audit_row_cannot_be_rewritten():
    """Not the operation alone: the register's own tables, written by an act, on this database."""
    with acting_from(Origin(ip="192.0.2.7")), transaction.atomic():
        entry = register.append(
            kind="unit.rename",
            subject="unit/a",
            subject_version=1,
            reach=[OrgUnitFactory()],
            by=None,
            at=datetime(2024, 2, 2, tzinfo=UTC),
        )
    register.sequence()
    for row, change in (
        (entry, {"text": "{}"}),
        (entry.reach.first(), {"moment": "before"}),
        (entry.link, {"seq": 9}),
        (entry.link.epoch, {"reason": "another"}),
    ):
        rows = type(row)._base_manager.filter(pk=row.pk)
        table = type(row)._meta.db_table
        with (
            pytest.raises(DatabaseError, match=f"{table} is append-only: UPDATE refused"),
            transaction.atomic(),
        ):
            rows.update(**change)
        with (
            pytest.raises(DatabaseError, match=f"{table} is append-only: DELETE refused"),
            transaction.atomic(),
        ):
            rows._raw_delete(rows.db)
        assert rows.exists()
    entry.private.all().delete()  # personal data can be erased; the entry holds only its hash
    assert "192.0.2.7" not in entry.text
