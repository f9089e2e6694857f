"""Whatever a database or a role has as its settings, values travel as they are and no stage stumbles."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from migrator.commands.init.command import Wanted, init
from migrator.commands.shared.workspace import Workspace
from migrator.core.result.progress import Silent
from migrator.postgres.programs.programs import for_programs
from migrator.postgres.session.connect import Endpoint, journal_connect, session
from migrator.settings.load import DEFAULT_FILE, load_settings
from tests.servers import DatabaseFactory, PostgresServer
from tests.stages import backup, dry_run, migrate, rollback, verify

pytestmark = pytest.mark.timeout(300)

_MONOLITH = """
CREATE TYPE mood AS ENUM ('NULL', 'sad');
CREATE TABLE companies (id int PRIMARY KEY, slug text UNIQUE NOT NULL);
CREATE TABLE records (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, company_id int NOT NULL REFERENCES companies,
    day date, moment timestamptz, span interval, bytes bytea, number float8, texts text[], moods mood[], paid money,
    text text, exact numeric, flag boolean, clock timetz, json jsonb
);
CREATE INDEX ON records (day);
CREATE VIEW unset AS SELECT id FROM records WHERE text IS NULL;
INSERT INTO companies VALUES (1, 'a'), (2, 'b');
INSERT INTO records (company_id, day, moment, span, bytes, number, texts, moods, paid, text, exact, flag, clock,
    json)
VALUES
    (1, '2024-02-03', '2024-02-03 04:05:06+00', '1 year -2 days 03:04:05.6', '\\x00ff5c', 0.1::float8 + 0.2,
     ARRAY['NULL', NULL, 'x'], ARRAY['NULL', NULL]::mood[], '1234.5', E'a\\\\b\\tc', 1.10, true,
     '01:02:03+05:30', '{"a": [null, "NULL"]}'),
    (2, '2024-12-31', '2024-07-31 23:59:59.999999+05:45', '-1 mon', '\\x', 1e-310, '{}', NULL, '-0.01', '\\.',
     'NaN', NULL, NULL, '[]');
"""
_VALUES = "SELECT r::text FROM records r ORDER BY id"

# Settings that make a session useless for anybody, or only more talkative; and those that are no defaults at all.
_LEFT_ALONE = (
    r"^(role|session_authorization|transaction_.*|seed|is_superuser|max_stack_depth|log_.*|trace_.*|debug_.*|.*stats)$"
)
# Other values of strings; a string that is not named here has none that fits every server.
_STRINGS = {
    "DateStyle": ("German", "SQL, MDY"),
    "TimeZone": ("Asia/Tokyo", "America/St_Johns"),
    "client_encoding": ("LATIN1", "SQL_ASCII"),
    "search_path": ("public, pg_catalog", "information_schema, public"),
    "default_tablespace": ("pg_default",),
    "temp_tablespaces": ("pg_default",),
    "application_name": ("some other program",),
    "lc_monetary": ("POSIX",),
    "lc_numeric": ("POSIX",),
    "lc_time": ("POSIX",),
    "timezone_abbreviations": ("India",),
    "default_text_search_config": ("pg_catalog.simple",),
    "createrole_self_grant": ("set, inherit",),
    "restrict_nonsystem_relation_kind": ("view, foreign-table",),
}
# Long enough for what a session does before it can say that it wants none, also on a busy machine.
_TIMEOUTS = {
    "statement_timeout": "1000",
    "lock_timeout": "1",
    "idle_in_transaction_session_timeout": "1000",
    "idle_session_timeout": "1000",
    "transaction_timeout": "1000",
}
ROUNDS = 4


def other_values(connection: psycopg.Connection[tuple[object, ...]], number: int) -> dict[str, str]:
    """For each setting that a role may have, its other value of that round."""
    chosen: dict[str, str] = {}
    for name, kind, value, choices, least, most in connection.execute(
        "SELECT name, vartype, reset_val, enumvals, min_val::float8, max_val::float8 FROM pg_settings "
        "WHERE context IN ('user', 'superuser') AND name !~ %s ORDER BY name",
        [_LEFT_ALONE],
    ).fetchall():
        others: list[str]
        if kind == "bool":
            others = ["off" if value == "on" else "on"]
        elif kind == "enum":
            assert isinstance(choices, list)
            others = [choice for choice in choices if choice != value]
        elif kind == "string":
            others = list(_STRINGS.get(str(name), ()))
        else:
            assert isinstance(least, float)
            assert isinstance(most, float)
            now = float(str(value))
            others = [f"{least:g}", f"{min(most, max(2 * now, least + 1)):.0f}"]
            others = [_TIMEOUTS[str(name)]] if name in _TIMEOUTS else others
        if others:
            chosen[str(name)] = others[number % len(others)]
    return chosen


@pytest.fixture
def settled(
    request: pytest.FixtureRequest, server: PostgresServer, database_factory: DatabaseFactory, prefix: str
) -> Iterator[str]:
    """The URL of a monolith for a superuser who has every setting otherwise."""
    role = f"{prefix}_dba"
    url = database_factory(f"{prefix}_monolith")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_MONOLITH.encode())
        connection.execute(sql.SQL("CREATE ROLE {} SUPERUSER LOGIN").format(sql.Identifier(role)))
        values = other_values(connection, request.param)
        assert len(values) > 100
        for name, value in values.items():
            # Lists are lists of names: quoted as one they would name something else.
            text = sql.SQL(value) if name in ("DateStyle", "search_path", "temp_tablespaces") else sql.Literal(value)
            connection.execute(
                sql.SQL("ALTER ROLE {} SET {} = {}").format(sql.Identifier(role), sql.Identifier(name), text)
            )
    yield make_conninfo(url, user=role)
    with psycopg.connect(server.url(), autocommit=True) as connection:
        for (name,) in connection.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [prefix]
        ).fetchall():
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(str(name))))
        connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


@pytest.mark.parametrize(
    "settled",
    [pytest.param(number, marks=pytest.mark.exhaustive if number > 1 else ()) for number in range(ROUNDS)],
    indirect=True,
)
def test_no_setting_of_a_role_changes_a_value_or_stops_a_stage(settled: str, prefix: str, tmp_path: Path) -> None:
    fresh = load_settings(flags={("source", "url"): settled}, environment={}, directory=tmp_path, without_file=True)
    init(Workspace.of(fresh, Silent()), tmp_path, Wanted())
    settings = load_settings(
        tmp_path / DEFAULT_FILE, flags={("source", "url"): settled, ("source", "prefix"): prefix}, environment={}
    )
    before = values(settled)
    for stage in (partial(backup, verify=True), dry_run, migrate, verify):
        workspace = Workspace.of(settings, Silent())
        try:
            outcome = stage(workspace)
        finally:
            workspace.close()
        assert outcome.exit_code == 0, outcome.headline
    assert values(make_conninfo(settled, dbname=f"{prefix}_a")) == before[:1]
    assert values(make_conninfo(settled, dbname=f"{prefix}_b")) == before[1:]
    workspace = Workspace.of(settings, Silent())
    try:
        assert rollback(workspace, confirm=outcome.run_id).exit_code == 0
    finally:
        workspace.close()
    assert values(settled) == before


def values(url: str) -> list[tuple[object, ...]]:
    with session(Endpoint(url), purpose="test") as connection:
        connection.execute("SET search_path = public")
        return connection.execute(_VALUES).fetchall()


@pytest.mark.parametrize(
    ("name", "value"),
    [("array_nulls", "off"), ("quote_all_identifiers", "on"), ("default_transaction_read_only", "on")],
)
def test_sessions_and_programs_do_not_take_over_what_a_database_has(
    database_factory: DatabaseFactory, name: str, value: str
) -> None:
    endpoint = Endpoint(database_factory())
    assert for_programs(endpoint) == endpoint
    with psycopg.connect(endpoint.conninfo, autocommit=True) as connection:
        connection.execute(
            sql.SQL("ALTER DATABASE {} SET {} = {}").format(
                sql.Identifier(endpoint.database), sql.Identifier(name), sql.Literal(value)
            )
        )
    with session(endpoint, purpose="test") as connection:
        assert connection.execute("SELECT current_setting(%s)", [name]).fetchone() != (value,)
    with journal_connect(endpoint) as journal:
        assert journal.execute("SELECT current_setting(%s)", [name]).fetchone() != (value,)
    with psycopg.connect(for_programs(endpoint).conninfo) as program:
        assert program.execute("SELECT current_setting(%s)", [name]).fetchone() != (value,)
