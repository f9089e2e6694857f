"""Rows that were in quarantine are, after they came back, exactly those that left, whatever their types."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from tests.postgres.workspaces import WorkspaceFactory, fetch, run_sql, state
from tests.stages import clean

EVERY_TYPE = Path(__file__).with_name("every_type.sql").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "session_settings", ["", "-c DateStyle=German -c TimeZone=Asia/Kathmandu -c bytea_output=escape"]
)
def test_every_type_comes_back_exactly(
    database_url: str, make_workspace: WorkspaceFactory, session_settings: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_sql(database_url, EVERY_TYPE)
    with psycopg.connect(database_url) as connection:
        if connection.info.server_version >= 180000:
            connection.execute("ALTER TABLE things ADD computed text GENERATED ALWAYS AS (upper(t)) VIRTUAL")
    monkeypatch.setenv("PGOPTIONS", session_settings)
    rules = {name: {"table": name, "where": "true"} for name in ("things", "parts", "keyless")}
    work = make_workspace(database_url, clean=rules)
    before = state(database_url)
    assert before.rows == {"things": 5, "parts": 10, "keyless": 3}

    assert clean(work, execute=True).summary["rows"] == 18
    assert state(database_url).rows == {"things": 0, "parts": 0, "keyless": 0}
    assert clean(work, restore=True).summary["rows"] == 18

    assert state(database_url) == before
    assert fetch(database_url, "SELECT FROM pg_namespace WHERE nspname = 'migrator_quarantine'") == []


HOSTILE = """
CREATE SCHEMA "a.b%s";
CREATE TABLE "a.b%s"."it's; -- ""x"" {0}" ("k""ey" integer PRIMARY KEY, "per%cent" text, "new
line" integer);
INSERT INTO "a.b%s"."it's; -- ""x"" {0}" VALUES (1, '100%', 1), (2, '{}', 2);
CREATE TABLE "a.b%s"."ÄÖÜ child" (id integer PRIMARY KEY,
    "par%s ent" integer REFERENCES "a.b%s"."it's; -- ""x"" {0}" ON DELETE SET NULL);
INSERT INTO "a.b%s"."ÄÖÜ child" VALUES (1, 1), (2, 2);
"""


def test_hostile_names_and_conditions(database_url: str, make_workspace: WorkspaceFactory) -> None:
    run_sql(database_url, HOSTILE)
    rule = {
        "table": 'a.b%s.it\'s; -- "x" {0}',
        "where": "\"per%cent\" LIKE '%\\%' AND '{}' <> '%s' -- a comment at the end",
    }
    work = make_workspace(database_url, clean={"it's; %s {}": rule})
    before = state(database_url)

    outcome = clean(work, execute=True)

    assert outcome.summary["rows"] == 2
    assert [row for row in state(database_url).rows.values()] == [1, 1]
    clean(work, restore=True)
    assert state(database_url) == before
