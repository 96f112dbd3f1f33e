"""Every finding of the checks that ask the database."""

from pathlib import Path

import pytest
from django.core import checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection

from commitments.enums import VersionState
from tests import flushing
from tests.commitments.actions.outside import trusted
from tests.factories.body import make_body
from units.append_only import changeable_tables, missing_triggers


def database_findings() -> list[str]:
    """Return the numbers of what the checks find that ask the database."""
    messages = checks.run_checks(
        tags=["database"], include_deployment_checks=True, databases=["default"]
    )
    found = [one.id for one in messages if one.id.startswith(("config.", "signing."))]
    return [number for number in found if number != "config.W032"]  # the server's, proved below


@pytest.mark.django_db
def test_personal_signatures_need_somebody_who_is_trusted(settings):
    assert "signing.E003" not in database_findings()
    settings.GRADE_REQUIRED = {"undertaker": "online", "assigner": "personal"}
    assert "signing.E003" in database_findings()
    trusted(make_body())
    assert "signing.E003" not in database_findings()


@pytest.mark.django_db
@pytest.mark.postgresql_only
def test_role_that_serves_as_described_can_work_and_change_no_evidence():
    """With the rights that docs/operations.md gives it everybody signs; one too many is named."""
    text = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
    described = text.split("### Two roles on PostgreSQL")[1].split("```sql")[1].split("```")[0]
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE serving")
        cursor.execute(described)
        cursor.execute("SET ROLE serving")
        try:
            assert make_body().in_force().state == VersionState.IN_FORCE
            assert database_findings() == []
            cursor.execute("RESET ROLE")
            cursor.execute("GRANT DELETE ON commitments_signatureact TO serving")
            cursor.execute("GRANT TRUNCATE ON commitments_targetrevision TO serving")
            cursor.execute("SET ROLE serving")
            assert changeable_tables("default") == [
                "commitments_signatureact",
                "commitments_targetrevision",
            ]
            assert database_findings() == ["signing.E006"]
        finally:
            cursor.execute("RESET ROLE")


@pytest.mark.django_db
def test_database_with_all_its_triggers_is_well():
    call_command("check", databases=["default"])


@pytest.mark.django_db(transaction=True)
@pytest.mark.sqlite_only
def test_table_without_its_trigger_is_found_on_sqlite():
    with connection.cursor() as cursor:
        cursor.execute("SELECT sql FROM sqlite_master WHERE name = 'units_registerentry_no_delete'")
        (restore,) = cursor.fetchone()
        cursor.execute("DROP TRIGGER units_registerentry_no_delete")
        try:
            with pytest.raises(SystemCheckError, match=r"units_registerentry_no_delete.*") as wrong:
                call_command("check", databases=["default"])
            assert "config.E020" in str(wrong.value)
        finally:
            cursor.execute(restore)
    assert missing_triggers("default") == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgresql_only
def test_trigger_that_is_switched_off_is_missing_on_postgresql():
    with connection.cursor() as cursor:
        table, trigger = "units_registerentry", "units_registerentry_rows_stay"
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
        try:
            assert missing_triggers("default") == [trigger]
        finally:
            cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}")
    assert missing_triggers("default") == []


@pytest.mark.django_db
def test_role_that_owns_its_evidence_is_found_where_there_are_roles():
    assert database_findings() == (["signing.E006"] if connection.vendor == "postgresql" else [])


@pytest.mark.django_db
def test_lifted_triggers_are_back_after_a_flush():
    with flushing.triggers_lifted():
        assert missing_triggers("default") != []
    assert missing_triggers("default") == []


@pytest.mark.django_db
def test_a_server_that_never_vacuums_is_found_where_there_is_one():
    messages = checks.run_checks(
        tags=["database"], include_deployment_checks=True, databases=["default"]
    )
    off = False
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SHOW autovacuum")
            off = cursor.fetchone()[0] == "off"
    assert ("config.W032" in [one.id for one in messages]) is off


@pytest.mark.django_db
@pytest.mark.postgresql_only
@pytest.mark.parametrize(
    "table", ["units_registerpending", "commitments_caseclock", "notifications_notice"]
)
def test_queues_are_vacuumed_often(table):
    with connection.cursor() as cursor:
        cursor.execute("SELECT reloptions FROM pg_class WHERE relname = %s", [table])
        assert set(cursor.fetchone()[0]) == {
            "autovacuum_vacuum_scale_factor=0.02",
            "autovacuum_analyze_scale_factor=0.02",
        }
