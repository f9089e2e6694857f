"""Failure modes that comparable tools were reported for, each named after it; docs/failure-modes.md lists all of them.

What belongs to schemas and sessions is one monolith that has all of it, split once; each test looks at one thing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from migrator.core.result.outcome import Outcome
from migrator.errors import DatabaseError, RefusedError
from tests.safety.case import MONOLITH, Variation
from tests.safety.faults import Faults, Point, injected
from tests.safety.trial import Holding, Trial, holding, plan, split, take_back, trial
from tests.servers import PostgresServer, drop_databases
from tests.stages import dry_run, rollback

_PAGE = Path(__file__).parents[2] / "docs" / "failure-modes.md"
_TESTS = Path(__file__).parents[1]

_TABLES = """
CREATE SCHEMA "Odd";
CREATE SEQUENCE "Odd".numbers;
CREATE TABLE tickets (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, company_id int NOT NULL {companies},
    number bigint NOT NULL UNIQUE DEFAULT nextval('"Odd".numbers')
);
CREATE TABLE empties (id bigserial PRIMARY KEY, company_id int NOT NULL {companies});
CREATE TABLE teams (id int PRIMARY KEY, company_id int NOT NULL {companies}, lead_id int);
CREATE TABLE members (id int PRIMARY KEY, team_id int NOT NULL REFERENCES teams, name text);
ALTER TABLE teams ADD CONSTRAINT teams_lead FOREIGN KEY (lead_id) REFERENCES members;
CREATE TABLE badges (id int PRIMARY KEY, company_id int NOT NULL {companies}, code bigint NOT NULL UNIQUE);
CREATE TABLE swipes (id int PRIMARY KEY, badge int NOT NULL REFERENCES badges (code));
CREATE TABLE events (company_id int NOT NULL {companies}, at date NOT NULL, what text) PARTITION BY RANGE (at);
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
ALTER TABLE events_2025 ENABLE ROW LEVEL SECURITY;
CREATE POLICY everybody ON events_2025 USING (true);
CREATE TABLE papers (id int PRIMARY KEY, company_id int NOT NULL {companies}, title text);
CREATE TABLE contracts (pages int) INHERITS (papers);
CREATE UNLOGGED TABLE caches (id int PRIMARY KEY, company_id int NOT NULL {companies});
ALTER TABLE members ADD CONSTRAINT members_named CHECK (name <> '') NOT VALID;
CREATE MATERIALIZED VIEW team_sizes AS SELECT team_id, count(*) FROM members GROUP BY 1;
GRANT SELECT ON papers TO PUBLIC;
"""
_MONOLITH = (
    _TABLES.format(companies="REFERENCES companies")
    + """
CREATE TABLE readings (a float8, company_id int NOT NULL REFERENCES companies, b real);
CREATE TABLE visits (id int PRIMARY KEY, company_id int NOT NULL REFERENCES companies, page int);
CREATE TABLE pages (id int PRIMARY KEY);
INSERT INTO pages VALUES (1);
ALTER TABLE visits ADD CONSTRAINT visits_page FOREIGN KEY (page) REFERENCES pages;
SELECT setval('"Odd".numbers', 500), setval('empties_id_seq', 77);
INSERT INTO tickets (company_id) VALUES (1), (2), (1);
INSERT INTO teams VALUES (1, 1), (2, 2);
INSERT INTO members VALUES (1, 1, 'one'), (2, 2, 'two');
UPDATE teams SET lead_id = id;
INSERT INTO badges VALUES (1, 1, 1001), (2, 2, 1002);
INSERT INTO swipes VALUES (1, 1001), (2, 1002), (3, 1001);
INSERT INTO events VALUES (1, '2025-05-05', 'a'), (1, '2026-05-05', 'b'), (2, '2026-06-06', 'c');
INSERT INTO papers VALUES (1, 1, 'paper');
INSERT INTO contracts VALUES (2, 1, 'contract', 12);
INSERT INTO caches VALUES (1, 1);
INSERT INTO readings VALUES (0.1::float8 + 0.2::float8, 1, 1.1), (1e-300, 2, 3.4e38);
INSERT INTO visits VALUES (1, 1, 1);
CREATE FUNCTION noted() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$;
CREATE EVENT TRIGGER noted ON ddl_command_end EXECUTE FUNCTION noted();
"""
)
_TENANT = (
    _TABLES.format(companies="")
    + """
CREATE TABLE readings (b real, company_id int NOT NULL, a float8);
CREATE TABLE visits (id int PRIMARY KEY, company_id int NOT NULL, page int);
"""
)
_WILD = Variation(
    _MONOLITH,
    _TENANT,
    {
        "pages": {"ignore": "counted elsewhere"},
        "contracts": {"target": "tenant", "key": "company_id"},
        "papers": {"target": "tenant", "key": "company_id"},
    },
)
_ACME = "acme"


@dataclass
class Split:
    """The wild monolith, split; and what was seen while it was."""

    here: Trial
    outcome: Outcome
    before: Holding
    limits: set[tuple[str, str]] = field(default_factory=set)  # of migrator's sessions: (setting, value)
    ddl: list[str | None] = field(default_factory=list)  # SQLSTATE of somebody's ALTER TABLE during the copy

    shown: set[str] = field(default_factory=set)  # COPY statements in dry-run
    ran: set[str] = field(default_factory=set)  # and in migrate

    def fetch(self, statement: str, database: str = _ACME, *values: object) -> list[tuple[Any, ...]]:
        name = f"{self.here.prefix}_{database}" if database else self.here.source
        with psycopg.connect(self.here.url_of(name), autocommit=True) as connection:
            return connection.execute(statement.encode(), values or None).fetchall()


class _Statements(Faults):
    """Keeps the COPY statements that are sent to the source and the targets."""

    def __init__(self, seen: Split) -> None:
        super().__init__(lambda point: _look(seen, point))
        self._seen = seen

    def statement(self, connection: psycopg.Connection[Any], text: str) -> Callable[[], None]:
        if text.startswith("COPY ") and connection.info.dbname != f"{self._seen.here.prefix}_migrator":
            self._seen.ran.add(text)
        return super().statement(connection, text)


@pytest.fixture(scope="module")
def done(server: PostgresServer, template: str) -> Iterator[Split]:
    with trial(server.url, template, _WILD) as here:
        with psycopg.connect(here.url_of("postgres"), autocommit=True) as admin:
            for setting in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
                admin.execute(f'ALTER DATABASE "{here.source}" SET {setting} = 5000')
        shown = here.run(lambda workspace: dry_run(workspace, sql=True)).data["statements"]
        seen = Split(here, Outcome("migrate"), here.source_before)
        seen.shown = {one["sql"] for one in shown if one["sql"].startswith("COPY ")}
        with injected(_Statements(seen)):
            seen.outcome = here.run(split)
        yield seen
        here.run(take_back)
        # Two tests draw a number each in a tenant's database, which the source gives to nobody else.
        assert here.is_back() == ["sequences"]
        now = holding(here.url_of(here.source)).sequences
        assert {name for name in now if now[name] != here.source_before.sequences[name]} == {
            "empties_id_seq",
            "Odd.numbers",
        }


def _look(seen: Split, point: Point) -> None:
    if point.connection is not None and point.label.startswith(("fence: CREATE TRIGGER", "copy: COPY")):
        for name in ("statement_timeout", "idle_in_transaction_session_timeout"):
            shown = point.connection.pgconn.exec_(f"SHOW {name}".encode()).get_value(0, 0)
            seen.limits.add((name, (shown or b"").decode()))
    if point.name == "copy: COPY public.orders":
        with psycopg.connect(seen.here.url_of(seen.here.source), autocommit=True) as other:
            other.execute("SET lock_timeout = '50ms'")
            try:
                other.execute("ALTER TABLE customers ADD COLUMN meanwhile int")
                seen.ddl.append(None)
            except psycopg.Error as error:
                seen.ddl.append(error.sqlstate)


# -- sequences and columns ---------------------------------------------------------------------------------------------


def test_a_sequence_that_no_column_owns_in_another_schema_goes_on(done: Split) -> None:
    ((value,),) = done.fetch("""SELECT nextval('"Odd".numbers')""")
    assert value > 503


def test_the_sequence_of_an_empty_table_goes_on(done: Split) -> None:
    assert done.fetch("SELECT nextval('empties_id_seq')") == [(78,)]


def test_generated_always_identity_keeps_its_numbers(done: Split) -> None:
    assert done.fetch("SELECT id, number FROM tickets ORDER BY id") == [(1, 501), (3, 503)]


def test_stored_generated_columns_are_generated_again(done: Split) -> None:
    assert done.fetch("SELECT bool_and(doubled = total * 2), count(*) > 0 FROM orders") == [(True, True)]


def test_columns_in_another_order_get_their_own_values(done: Split) -> None:
    assert done.fetch("SELECT company_id, b FROM readings") == [(1, pytest.approx(1.1))]


def test_floats_keep_their_full_precision(done: Split) -> None:
    assert done.fetch("SELECT a = 0.1::float8 + 0.2::float8, a <> 0.3 FROM readings") == [(True, True)]


def _collation(url: str) -> object:
    with psycopg.connect(url) as connection:
        return connection.execute(
            "SELECT datcollate, datctype, datlocprovider, encoding FROM pg_database WHERE datname = current_database()"
        ).fetchone()


def test_a_source_without_an_encoding_arrives_or_the_run_stops(server: PostgresServer, template: str) -> None:
    name = f"{template}_ascii"
    with psycopg.connect(server.url(), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'")
    try:
        with psycopg.connect(server.url(name)) as connection:
            connection.execute(MONOLITH.encode())
            connection.execute(rb"INSERT INTO notes VALUES (1, '2026-01-01', E'caf\xe9')")
        with trial(server.url, name) as here:
            here.run(plan)
            with pytest.raises(DatabaseError, match='invalid byte sequence for encoding "UTF8": 0xe9'):
                here.run(split)
            assert not here.fenced()
            here.run(take_back)
            assert here.is_back() == []
            with psycopg.connect(here.url_of(here.source)) as connection:
                connection.execute(rb"UPDATE notes SET body = E'caf\xc3\xa9' WHERE body = E'caf\xe9'")
            here.run(plan)
            here.run(split)
            # The server's own default is another one.
            assert _collation(server.url("template1")) != _collation(here.url_of(here.source))
            assert _collation(here.url_of(f"{here.prefix}_acme")) == _collation(here.url_of(here.source))
            with psycopg.connect(here.url_of(f"{here.prefix}_acme")) as connection:
                found = connection.execute(rb"SELECT count(*) FROM notes WHERE body = E'caf\xc3\xa9'").fetchone()
            assert found == (1,)
    finally:
        drop_databases(server.url(), name)


# -- constraints -------------------------------------------------------------------------------------------------------


def _constraint(done: Split, name: str) -> str:
    ((text,),) = done.fetch("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", _ACME, name)
    return str(text)


def test_tables_that_reference_each_other_arrive(done: Split) -> None:
    assert _constraint(done, "teams_lead") == "FOREIGN KEY (lead_id) REFERENCES members(id)"
    joined = "SELECT t.id, m.name FROM teams t JOIN members m ON m.id = t.lead_id AND m.team_id = t.id"
    assert done.fetch(joined) == [(1, "one")]


def test_rows_that_reference_their_own_table_arrive(done: Split) -> None:
    assert _constraint(done, "orders_parent_id_fkey") == "FOREIGN KEY (parent_id) REFERENCES orders(id)"
    assert done.fetch("SELECT count(*) > 0 FROM orders o JOIN orders p ON p.id = o.parent_id") == [(True,)]


def test_a_key_to_a_unique_column_of_another_type_leads_to_the_tenant(done: Split) -> None:
    assert done.fetch("SELECT id FROM swipes ORDER BY id") == [(1,), (3,)]
    assert done.fetch("SELECT id FROM swipes", "bolt") == [(2,)]
    assert _constraint(done, "swipes_badge_fkey") == "FOREIGN KEY (badge) REFERENCES badges(code)"


def test_a_key_to_a_table_that_is_left_out_loses_its_constraint_and_keeps_its_value(done: Split) -> None:
    assert done.fetch("SELECT page FROM visits") == [(1,)]
    assert done.fetch("SELECT count(*) FROM pg_constraint WHERE conname = 'visits_page'") == [(0,)]


def test_a_constraint_that_is_not_valid_stays_so(done: Split) -> None:
    assert _constraint(done, "members_named").endswith("NOT VALID")


# -- objects -----------------------------------------------------------------------------------------------------------


def test_rows_of_partitions_arrive_in_partitions(done: Split) -> None:
    rows = done.fetch("SELECT tableoid::regclass::text, what FROM events ORDER BY 2")
    assert rows == [("events_2025", "a"), ("events_2026", "b")]


def test_partitions_do_not_escape_the_fence(done: Split) -> None:
    for statement in ("INSERT INTO events_2026 VALUES (1, '2026-07-07', 'd')", "TRUNCATE events_2025"):
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            done.fetch(statement, "")


def test_inherited_rows_come_once(done: Split) -> None:
    assert done.fetch("SELECT id, title FROM ONLY papers") == [(1, "paper")]
    assert done.fetch("SELECT id, title, pages FROM contracts") == [(2, "contract", 12)]


def test_unlogged_tables_arrive_and_stay_unlogged(done: Split) -> None:
    persistence = "SELECT relpersistence::text FROM pg_class WHERE relname = 'caches'"
    assert done.fetch(persistence) == [("u",)]
    assert done.fetch("SELECT id FROM caches") == [(1,)]


def test_enum_types_are_made_and_filled(done: Split) -> None:
    assert done.fetch("SELECT count(DISTINCT feeling) > 1 FROM customers") == [(True,)]


def test_materialized_views_are_filled(done: Split) -> None:
    assert done.fetch("SELECT team_id, count FROM team_sizes") == [(1, 1)]


def test_privileges_are_kept(done: Split) -> None:
    assert done.fetch("SELECT relacl::text LIKE '%,=r/%' FROM pg_class WHERE relname = 'papers'") == [(True,)]


def test_row_security_of_a_partition_is_kept(done: Split) -> None:
    statement = "SELECT relname, relrowsecurity FROM pg_class WHERE relname ~ '^events_20' ORDER BY 1"
    assert done.fetch(statement) == [("events_2025", True), ("events_2026", False)]


def test_event_triggers_of_the_source_are_no_obstacle(done: Split) -> None:
    assert done.outcome.exit_code == 0
    assert done.fetch("SELECT count(*) FROM pg_event_trigger", "") == [(1,)]


# -- sessions and limits -----------------------------------------------------------------------------------------------


def test_timeouts_of_the_role_do_not_end_the_run(done: Split) -> None:
    assert done.limits == {("statement_timeout", "0"), ("idle_in_transaction_session_timeout", "0")}


def test_the_schema_cannot_change_while_it_is_read(done: Split) -> None:
    assert set(done.ddl) == {"55P03"}


# -- the tool itself ---------------------------------------------------------------------------------------------------


def test_rollback_without_the_runs_id_changes_nothing(done: Split) -> None:
    before = done.here.databases()
    for typed in (None, "20200101-000000-0000", ""):
        with pytest.raises(RefusedError, match=r"has to be confirmed|The open run is") as refused:
            done.here.run(partial(rollback, confirm=typed))
        assert refused.value.exit_code == 3
    assert done.here.databases() == before
    assert done.here.fenced()


def test_every_copy_that_runs_was_shown(done: Split) -> None:
    assert done.ran <= done.shown
    # Where a table has no rows, nothing is copied into it.
    assert done.shown - done.ran == {'COPY "public"."empties" ("id", "company_id") FROM STDIN'}


# -- the page ----------------------------------------------------------------------------------------------------------


def test_every_test_that_the_page_names_exists() -> None:
    tests = r"`((?:unit|postgres|safety|acceptance)/(?:\w+/)*test_\w+\.py)::(test_\w+)`"
    named = re.findall(tests, _PAGE.read_text("utf-8"))
    assert len(named) > 60
    missing = [
        f"{file}::{name}"
        for file, name in named
        if not re.search(rf"^def {name}\(", (_TESTS / file).read_text("utf-8"), re.M)
    ]
    assert missing == []


def test_the_page_has_every_test_of_this_file() -> None:
    own = re.findall(r"^def (test_\w+)\(done", Path(__file__).read_text("utf-8"), re.M)
    page = _PAGE.read_text("utf-8")
    assert [name for name in own if f"`safety/test_failure_modes.py::{name}`" not in page] == []
