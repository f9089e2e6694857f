"""What is read from position to position: every change once, whatever order transactions end in."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from migrator.core.online.position import Position
from migrator.errors import RefusedError
from migrator.postgres.capture.read_log import read_batch
from migrator.postgres.session.connect import Endpoint, query, session
from tests.postgres.capture.shop_capture import Reader, batch, execute, install, named
from tests.postgres.shop import load_shop
from tests.postgres.workspaces import fetch
from tests.servers import DatabaseFactory


@pytest.fixture
def source(database_factory: DatabaseFactory) -> str:
    url = database_factory()
    load_shop(url)
    return url


def test_scenario_01_a_transaction_that_began_first_and_ends_last_is_read_once(source: str) -> None:
    reader = Reader(source, install(source))
    with psycopg.connect(source) as first:
        first.execute("UPDATE customers SET name = 'A' WHERE id = 1")
        execute(source, "UPDATE customers SET name = 'B' WHERE id = 2")
        assert reader.changed("customers") == {("2",)}
        first.execute("UPDATE customers SET name = 'A' WHERE id = 3")
        assert reader.changed("customers") == set()
    assert reader.changed("customers") == {("1",), ("3",)}
    assert reader.changed("customers") == set()


def test_an_entry_is_read_once_however_often_a_row_changed(source: str) -> None:
    reader = Reader(source, install(source))
    execute(source, *["UPDATE customers SET name = name || 'x' WHERE id < 3"] * 3)
    assert sorted(entry.key or () for entry in reader.entries()) == [("1",), ("2",)]


def test_the_row_as_it_was_is_always_there_and_as_it_became_where_the_log_shows_it(source: str) -> None:
    tables = install(source)
    customers = named(tables, "customers")
    assert customers.route == ("tenant_id", "parent_id")
    reader = Reader(source, tables)
    execute(source, "UPDATE customers SET name = 'x' WHERE id = 2")
    (only,) = reader.entries()
    execute(source, "UPDATE customers SET tenant_id = 1, parent_id = NULL WHERE id = 2")
    both = reader.entries()
    assert only in both
    assert [entry.values(customers) for entry in both if entry != only] == [
        {"id": "2", "tenant_id": "1", "parent_id": None}
    ]
    execute(source, "UPDATE units SET code = 'l' WHERE code = 'x'; INSERT INTO units VALUES ('x', 'X')",
            "UPDATE units SET code = 'l' WHERE code = 'x'")  # fmt: skip
    assert reader.changed("units") == {("x",), ("l",)}


def test_a_batch_is_of_one_snapshot(source: str) -> None:
    install(source)
    with session(Endpoint(source), purpose="test") as connection, pytest.raises(ValueError, match="read committed"):
        read_batch(connection, Position(1, 1))


def test_a_position_that_the_database_has_not_reached_is_refused(source: str) -> None:
    install(source)
    with session(Endpoint(source), purpose="test") as connection:
        now, _ = batch(connection)
        with pytest.raises(RefusedError, match="are gone"):
            batch(connection, Position(now.xmin + 1000, now.xmax + 1000))


def test_a_table_without_a_key_says_once_a_transaction_that_all_of_it_may_have_changed(source: str) -> None:
    execute(source, "CREATE TABLE loose (tenant_id int, body text)")
    tables = install(source)
    reader = Reader(source, tables)
    execute(source, "INSERT INTO loose SELECT n, 'x' FROM generate_series(1, 5) n; UPDATE loose SET body = 'y'")
    assert reader.changed("loose") == {None}
    assert fetch(source, "SELECT count(*) FROM migrator_follow.log") == [(1,)]
    with psycopg.connect(source) as connection:
        connection.execute("SAVEPOINT s; DELETE FROM loose WHERE tenant_id = 1; ROLLBACK TO s")
        connection.execute("DELETE FROM loose WHERE tenant_id = 2")
    assert reader.changed("loose") == {None}
    with psycopg.connect(source) as connection:
        connection.execute("DELETE FROM loose WHERE tenant_id = 3")
        connection.rollback()
    assert reader.changed("loose") == set()


def test_a_table_that_only_has_a_key(source: str) -> None:
    execute(source, "CREATE TABLE words (word text PRIMARY KEY)", "INSERT INTO words VALUES ('a')")
    reader = Reader(source, install(source))
    execute(source, "UPDATE words SET word = 'b'")
    assert {(entry.key, entry.route) for entry in reader.entries()} == {(("a",), ()), (("b",), ())}


def test_truncating_is_one_entry_for_each_table_that_it_empties(source: str) -> None:
    reader = Reader(source, install(source))
    execute(source, "TRUNCATE tenants CASCADE")
    assert reader.changes() == {name: {None} for name in ("tenants", "members", "customers", "orders", "order_lines")}
    execute(source, "TRUNCATE events_2024")
    assert reader.changes() == {"events": {None}}


@pytest.mark.parametrize("name", ['he said "so"', "it's", "$migrator$", "a.b", "100%s {x}", "NEW", "select"])
def test_any_name_can_be_captured(source: str, name: str) -> None:
    column = sql.Identifier(name)
    with psycopg.connect(source) as connection:
        connection.execute(
            sql.SQL("CREATE SCHEMA {0}; CREATE TABLE {0}.{0} ({0} int PRIMARY KEY, {1} int)").format(
                column, sql.Identifier(f"{name}_id")
            )
        )
    tables = install(source)
    reader = Reader(source, tables)
    with psycopg.connect(source) as connection:
        connection.execute(sql.SQL("INSERT INTO {0}.{0} VALUES (1, 2)").format(column))
    assert [(entry.key, entry.route) for entry in reader.entries()] == [(("1",), ("2",))]


def test_scenario_26_a_key_is_written_in_our_formats_whatever_the_writers_are(source: str) -> None:
    execute(source, "CREATE TABLE moments (at timestamptz, span interval, raw bytea, x float8, "
            "PRIMARY KEY (at, span, raw, x))",
            "INSERT INTO moments VALUES ('2024-04-03 00:30:00+00', '1 day 02:00', '\\xff', 0.1)")  # fmt: skip
    reader = Reader(source, install(source))
    with psycopg.connect(source, autocommit=True) as writer:
        writer.execute("SET datestyle = 'SQL, DMY'; SET timezone = 'Asia/Tokyo'; SET intervalstyle = 'iso_8601'")
        writer.execute("SET bytea_output = 'escape'; SET extra_float_digits = -10")
        writer.execute("UPDATE moments SET x = 0.1::float8 + 0.2::float8")
        writer.execute("SET search_path = ''; UPDATE public.moments SET raw = '\\x00'")
        assert writer.execute("SHOW datestyle").fetchone() == ("SQL, DMY",)
    keys = reader.changed("moments")
    start = ("2024-04-03 00:30:00+00", "1 day 02:00:00")
    assert keys == {
        (*start, "\\xff", "0.1"), (*start, "\\xff", "0.30000000000000004"), (*start, "\\x00", "0.30000000000000004"),
    }  # fmt: skip
    # They are read back as the row that they are of.
    ours = ("2024-04-03 00:30:00+00", "1 day 02:00:00", "\\x00", "0.30000000000000004")
    with psycopg.connect(source) as connection:
        assert connection.execute("SELECT count(*) FROM moments WHERE (at, span, raw, x) = (%s, %s, %s, %s)", ours
                                  ).fetchone() == (1,)  # fmt: skip


def test_scenario_27_a_key_that_is_equal_and_spelt_otherwise_is_two_entries(source: str) -> None:
    execute(source, "CREATE TABLE amounts (amount numeric PRIMARY KEY, owner_id numeric)",
            "INSERT INTO amounts VALUES (1.0, 5.0)")  # fmt: skip
    reader = Reader(source, install(source))
    execute(source, "UPDATE amounts SET amount = 1.00")
    assert reader.changed("amounts") == {("1.0",), ("1.00",)}
    execute(source, "UPDATE amounts SET owner_id = 5.00")
    assert sorted(entry.route for entry in reader.entries()) == [("5.0",), ("5.00",)]


def test_scenario_27_a_collation_that_does_not_tell_all_texts_apart(source: str) -> None:
    try:
        execute(source, "CREATE COLLATION loosely (provider = icu, locale = 'und-u-ks-level2', deterministic = false)")
    except psycopg.errors.FeatureNotSupported:
        pytest.skip("the server was built without ICU")
    execute(source, "CREATE TABLE people (name text COLLATE loosely PRIMARY KEY, boss_id text COLLATE loosely)",
            "INSERT INTO people VALUES ('Ann', 'Bob')")  # fmt: skip
    reader = Reader(source, install(source))
    execute(source, "UPDATE people SET name = 'ANN'")
    assert reader.changed("people") == {("Ann",), ("ANN",)}
    execute(source, "UPDATE people SET boss_id = 'BOB'")
    assert sorted(entry.route for entry in reader.entries()) == [("BOB",), ("Bob",)]


def test_scenario_27_citext(source: str) -> None:
    if not fetch(source, "SELECT FROM pg_available_extensions WHERE name = 'citext'"):
        pytest.skip("the server has no citext")
    execute(source, "CREATE EXTENSION citext", "CREATE TABLE people (name citext PRIMARY KEY)",
            "INSERT INTO people VALUES ('Ann')")  # fmt: skip
    reader = Reader(source, install(source))
    execute(source, "UPDATE people SET name = 'ANN'")
    assert reader.changed("people") == {("Ann",), ("ANN",)}


def test_scenario_25_a_statement_larger_than_temporary_files_may_be_succeeds(source: str) -> None:
    execute(source, "CREATE TABLE wide (id int PRIMARY KEY, body text)",
            "INSERT INTO wide SELECT n, repeat('x', 200) FROM generate_series(1, 200000) n")  # fmt: skip
    reader = Reader(source, install(source))
    with psycopg.connect(source) as writer:
        writer.execute("SET temp_file_limit = '20MB'; SET work_mem = '64kB'")
        writer.execute("UPDATE wide SET body = repeat('y', 200)")
    assert len(reader.changed("wide")) == 200_000


@pytest.fixture
def stranger(source: str, prefix: str) -> Iterator[str]:
    """The URL for a role that may write, and is no member of the one that captures."""
    role = f"{prefix}_app"
    with psycopg.connect(source) as connection:
        connection.execute(
            sql.SQL("CREATE ROLE {0} LOGIN PASSWORD 'secret'; GRANT ALL ON customers TO {0}").format(
                sql.Identifier(role)
            )
        )
    yield psycopg.conninfo.make_conninfo(source, user=role, password="secret")
    with psycopg.connect(source) as connection:
        connection.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(role)))


def test_scenario_35_the_appliers_flag_ends_with_its_transaction(source: str) -> None:
    reader = Reader(source, install(source))
    with psycopg.connect(source, autocommit=True) as pooled:
        pooled.execute("BEGIN; SET LOCAL migrator.applier = on; UPDATE customers SET name = 'x' WHERE id = 1; COMMIT")
        pooled.execute("UPDATE customers SET name = 'y' WHERE id = 2")
    assert reader.changed("customers") == {("2",)}
    assert fetch(source, "SELECT count(*) FROM customers WHERE name IN ('x', 'y')") == [(2,)]


def test_the_appliers_flag_is_nobody_elses(source: str, stranger: str) -> None:
    reader = Reader(source, install(source))
    with psycopg.connect(stranger) as application:
        application.execute("SET migrator.applier = on; UPDATE customers SET name = 'x' WHERE id = 1")
    assert reader.changed("customers") == {("1",)}
    # Whoever may act as the role may set it, whichever role the session acts as at the moment.
    with psycopg.connect(source) as member:
        member.execute("SET LOCAL migrator.applier = on; GRANT ALL ON customers TO public; SET ROLE pg_monitor")
        member.execute("UPDATE customers SET name = 'y' WHERE id = 1")
    assert reader.changed("customers") == set()


def test_a_batch_reads_the_index_however_long_the_log_is(source: str) -> None:
    reader = Reader(source, install(source))
    execute(source,
            "INSERT INTO migrator_follow.log SELECT n % 10 + 3, 1, n::text FROM generate_series(1, 50000) n",
            "ANALYZE migrator_follow.log")  # fmt: skip
    assert reader.entries() == []
    with session(Endpoint(source), purpose="test") as connection:
        sought = {"xmax": reader.position.xmax, "running": [1, 2]}
        plan = connection.execute("EXPLAIN " + query("capture/batch"), sought).fetchall()
    assert not [line for (line,) in plan if "Seq Scan" in line], plan
