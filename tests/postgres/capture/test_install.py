"""Capture on tables: it misses no writer, holds nobody up, survives being broken off, and leaves nothing behind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from migrator.core.online.captured import CapturedTable
from migrator.core.schema.catalog import Relation
from migrator.errors import DatabaseError, RefusedError
from migrator.postgres.capture import install as installing
from migrator.postgres.capture.facts import read_online_facts
from migrator.postgres.capture.functions import SCHEMA
from migrator.postgres.capture.generations import begin_generation, drop_generations
from migrator.postgres.capture.install import install_capture, read_capture
from migrator.postgres.session.connect import Endpoint, session
from tests.postgres.capture.shop_capture import (
    RUN,
    Reader,
    every_table,
    execute,
    install,
    lock_wait,
    named,
    uninstall,
    watch,
)
from tests.postgres.shop import load_shop
from tests.postgres.workspaces import fetch
from tests.servers import DatabaseFactory

# Everything in the catalogs that could be left behind, by name; flags that only VACUUM resets are hints, not objects.
CATALOG = """
SELECT 'trigger', tgrelid::regclass::text, tgname::text, tgenabled::text || pg_get_triggerdef(oid) FROM pg_trigger
UNION ALL SELECT 'namespace', nspname, nspowner::regrole::text, nspacl::text FROM pg_namespace WHERE nspname !~ '^pg_'
UNION ALL SELECT 'class', oid::regclass::text, relkind::text, concat_ws(' ', relowner, relacl, reloptions, relfilenode,
          relnatts, relchecks, relhasrules, relispartition, relreplident, relrowsecurity)
          FROM pg_class WHERE oid >= 16384
UNION ALL SELECT 'procedure', oid::regprocedure::text, prosrc, proconfig::text FROM pg_proc WHERE oid >= 16384
UNION ALL SELECT 'type', oid::regtype::text, '', '' FROM pg_type WHERE oid >= 16384
UNION ALL SELECT 'comment', objoid::text, classoid::text, description FROM pg_description WHERE objoid >= 16384
UNION ALL SELECT 'depend', classid::regclass::text, objid || ' ' || objsubid,
          concat_ws(' ', refclassid::regclass, refobjid, deptype) FROM pg_depend WHERE objid >= 16384
ORDER BY 1, 2, 3, 4
"""


@pytest.fixture
def source(database_factory: DatabaseFactory) -> str:
    url = database_factory()
    load_shop(url)
    return url


def triggers(url: str) -> list[tuple[Any, ...]]:
    """Our triggers: (table, name, when it fires)."""
    return fetch(
        url,
        "SELECT tgrelid::regclass::text, tgname::text, tgenabled::text FROM pg_trigger "
        "WHERE tgname LIKE '!migrator%' ORDER BY 1, 2",
    )


def test_every_table_and_partition_fires_always(source: str) -> None:
    tables = install(source)
    places = [*(str(table.relation) for table in tables), "events_2024", "events_rest"]
    assert triggers(source) == sorted(
        (place, name, "A") for place in places for name in ("!migrator_capture", "!migrator_capture_truncate")
    )
    with session(Endpoint(source), purpose="test") as connection:
        standing = read_capture(connection)
    assert standing is not None
    assert (standing.run, standing.epoch, standing.tables) == (RUN, "e1", tables)


def test_a_second_call_changes_nothing(source: str) -> None:
    install(source)
    before = fetch(source, CATALOG)
    xmin = "SELECT oid, xmin::text FROM pg_trigger WHERE tgname LIKE '!migrator%' ORDER BY 1"
    created = fetch(source, xmin)
    install(source, epoch="e2")
    assert (fetch(source, CATALOG), fetch(source, xmin)) == (before, created)


@pytest.mark.parametrize("copied_since", [installing.COPIED_SINCE, 990000])
def test_uninstalling_leaves_the_catalog_as_it_was(
    source: str, copied_since: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installing, "COPIED_SINCE", copied_since)
    execute(source, "CREATE TABLE parted (id int, at date) PARTITION BY RANGE (at)",
            "CREATE TABLE parted_a PARTITION OF parted FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')")  # fmt: skip
    before = fetch(source, CATALOG)
    tables = install(source)
    assert fetch(source, CATALOG) != before
    execute(source, "DELETE FROM order_lines", "INSERT INTO units VALUES ('l', 'Litre')")
    assert uninstall(source) >= len(tables)
    assert fetch(source, CATALOG) == before
    assert uninstall(source) == 0


def test_before_copies_could_be_switched_each_partition_has_a_trigger_of_its_own(
    source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installing, "COPIED_SINCE", 990000)
    tables = install(source)
    names = {table for table, name, _ in triggers(source) if name == "!migrator_capture"}
    assert {"events_2024", "events_rest"} < names
    assert "events" not in names
    reader = Reader(source, tables)
    execute(source, "UPDATE events SET at = '2026-02-02' WHERE id = 1")
    assert reader.changed("events") == {("1", "2024-06-02"), ("1", "2026-02-02")}


class Killed(Exception):
    """A process that dies before a statement."""


class Dying(psycopg.Connection[Any]):
    """A session whose statements are counted; the one that would exceed `left` is not reached."""

    left = 0
    total = 0

    def execute(self, *arguments: Any, **keywords: Any) -> Any:
        self.total += 1
        if self.total > self.left:
            self.close()
            raise Killed
        return super().execute(*arguments, **keywords)


def test_broken_off_anywhere_it_goes_on(database_factory: DatabaseFactory) -> None:
    url = database_factory()
    execute(url, "CREATE TABLE a (id int PRIMARY KEY)",
            "CREATE TABLE b (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at)",
            "CREATE TABLE b_all PARTITION OF b DEFAULT")  # fmt: skip
    before = fetch(url, CATALOG)
    tables = every_table(url)

    def attempt(work: Any, left: int) -> bool:
        """Whether it came to its end before it was killed."""
        connection = Dying.connect(url, autocommit=True)
        connection.left = left
        try:
            work(connection)
        except Killed:
            return False
        else:
            return True
        finally:
            connection.close()

    def put(connection: Any) -> None:
        install_capture(connection, tables, lock_wait(url), run=RUN, epoch="e1")

    def take(connection: Any) -> None:
        installing.uninstall_capture(connection, lock_wait(url))

    deaths = 0
    while not attempt(put, deaths):
        deaths += 1
    assert deaths > len(tables)
    whole = triggers(url)
    assert uninstall(url)
    for left in range(deaths):
        attempt(put, left)
        install(url, tables)
        assert triggers(url) == whole
        reader = Reader(url, tables)
        execute(url, "INSERT INTO a VALUES (1)", "INSERT INTO b VALUES (1, '2024-01-01')", "TRUNCATE a, b")
        assert reader.changes() == {"a": {("1",), None}, "b": {("1", "2024-01-01"), None}}
        attempt(take, left)
        uninstall(url)
        assert fetch(url, "SELECT FROM pg_namespace WHERE nspname = 'migrator_follow'") == []
    now = fetch(url, CATALOG)
    assert [row for row in now if row[0] != "class"] == [row for row in before if row[0] != "class"]


def test_one_that_is_being_taken_away_is_put_back_whole_and_begins_anew(source: str) -> None:
    tables = install(source)
    with psycopg.connect(source) as writer:
        writer.execute("UPDATE customers SET name = 'in flight' WHERE id = 1")
        with session(Endpoint(source), purpose="test") as connection, pytest.raises(DatabaseError):
            installing.uninstall_capture(connection, lock_wait(source, patience=0))
    with session(Endpoint(source), purpose="test") as connection:
        standing = read_capture(connection)
    assert standing is not None
    assert standing.epoch == ""
    execute(source, "UPDATE customers SET name = 'missed' WHERE id = 2")
    install(source, tables, epoch="e2")
    with session(Endpoint(source), purpose="test") as connection:
        standing = read_capture(connection)
    assert standing is not None
    assert standing.epoch == "e2"
    reader = Reader(source, tables)
    execute(source, "UPDATE customers SET name = 'seen' WHERE id = 3")
    assert reader.changed("customers") == {("3",)}


def test_scenario_02_it_waits_for_a_writer_names_it_and_lets_the_next_ones_pass(source: str) -> None:
    tables = every_table(source)
    said: list[str] = []
    with psycopg.connect(source) as writer:
        writer.execute("UPDATE customers SET name = 'in flight' WHERE id = 1")
        with pytest.raises(DatabaseError) as caught:
            install(source, tables, said=said, patience=1)
        assert "customers could not be locked" in caught.value.message
        assert f"pid {writer.info.backend_pid}" in caught.value.message
        assert said == [f"waiting for the writers of customers: {caught.value.message.split('held by ')[1][:-1]}"]
        # Nobody queues behind it for longer than an attempt.
        with psycopg.connect(source) as other:
            other.execute("SET lock_timeout = '3s'")
            other.execute("UPDATE customers SET name = 'another' WHERE id = 2")
        reader = Reader(source, tables)
        writer.execute("UPDATE customers SET name = 'still in flight' WHERE id = 3")
    install(source, tables)
    # What was in flight is over before the last trigger stands: whoever looks now sees it, and the log need not say so.
    assert reader.changed("customers") == set()
    reader = Reader(source, tables)
    assert fetch(source, "SELECT name FROM customers WHERE id = 3") == [("still in flight",)]
    execute(source, "UPDATE customers SET name = 'later' WHERE id = 3")
    assert reader.changed("customers") == {("3",)}


def test_scenario_10_a_prepared_transaction_is_named(own_server: Any) -> None:
    url = own_server({"max_prepared_transactions": "4"}).url()
    execute(url, "CREATE TABLE orders (id int PRIMARY KEY)")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("BEGIN; INSERT INTO orders VALUES (1); PREPARE TRANSACTION 'transfer of Ann''s'")
        with pytest.raises(DatabaseError, match="orders could not be locked") as caught:
            install(url, patience=0.5)
        assert "held by prepared transaction 'transfer of Ann''s'" in caught.value.message
        connection.execute("COMMIT PREPARED 'transfer of Ann''s'")
    tables = install(url)
    reader = Reader(url, tables)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("BEGIN; INSERT INTO orders VALUES (2); PREPARE TRANSACTION 'captured'")
        assert reader.changed("orders") == set()
        connection.execute("COMMIT PREPARED 'captured'")
    assert reader.changed("orders") == {("2",)}


def test_what_is_not_ours_is_left_alone(source: str) -> None:
    execute(source, "CREATE SCHEMA migrator_follow")
    with pytest.raises(RefusedError, match="was not made by migrator"):
        install(source)
    assert uninstall(source) == 0
    execute(source, "DROP SCHEMA migrator_follow")
    tables = install(source)
    with session(Endpoint(source), purpose="test") as connection, pytest.raises(RefusedError, match=RUN):
        install_capture(connection, tables, lock_wait(source), run="20200101-000000-0001", epoch="e1")


def test_a_table_that_is_captured_by_other_columns_has_another_number(source: str) -> None:
    tables = install(source)
    before = named(tables, "customers")
    other = CapturedTable(99, before.relation, before.key, ("parent_id",), formatted=False)
    install(source, [other])
    reader = Reader(source, [other])
    execute(source, "UPDATE customers SET name = 'x' WHERE id = 1")
    assert [(entry.number, entry.key, len(entry.route)) for entry in reader.entries()] == [(99, ("1",), 1)]
    with pytest.raises(ValueError, match="the same number"):
        install(source, [CapturedTable(99, before.relation, before.key, (), formatted=False)])


def test_a_table_that_is_gone_is_named(source: str) -> None:
    gone = CapturedTable(1, Relation("public", "gone"), ("id",), ())
    with pytest.raises(RefusedError, match="gone is not there"):
        install(source, [gone])


@pytest.fixture
def owner(source: str, prefix: str) -> Iterator[str]:
    """The URL of the source for a role that owns its tables, may make schemas, and nothing else."""
    role = f"{prefix}_owner"
    with psycopg.connect(source) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'secret'").format(sql.Identifier(role)))
        connection.execute(
            sql.SQL("GRANT CREATE ON DATABASE {} TO {}").format(
                sql.Identifier(connection.info.dbname), sql.Identifier(role)
            )
        )
        for (name,) in connection.execute(
            "SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('r', 'p') "
            "AND relnamespace::regnamespace::text = 'public'"
        ).fetchall():
            connection.execute(sql.SQL("ALTER TABLE {} OWNER TO {}").format(sql.SQL(name), sql.Identifier(role)))
    yield psycopg.conninfo.make_conninfo(source, user=role, password="secret")
    with psycopg.connect(source, autocommit=True) as connection:
        connection.execute(sql.SQL("REASSIGN OWNED BY {} TO CURRENT_USER").format(sql.Identifier(role)))
        connection.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(role)))


def test_a_role_without_superuser_puts_it_and_writers_need_no_right_to_the_log(
    owner: str, source: str, prefix: str
) -> None:
    before = fetch(source, CATALOG)
    tables = install(owner, every_table(source))
    writer = sql.Identifier(f"{prefix}_writer")
    reader = Reader(owner, tables)
    with psycopg.connect(source) as connection:
        connection.execute(sql.SQL("CREATE ROLE {}; GRANT ALL ON units, events TO {}").format(writer, writer))
        connection.execute(sql.SQL("SET ROLE {}").format(writer))
        connection.execute("UPDATE units SET label = 'x' WHERE code = 'm'; TRUNCATE events")
    assert reader.changes() == {"units": {("m",)}, "events": {None}}
    assert len(watch(owner).relations) == len(tables) + 2
    with session(Endpoint(owner), purpose="test") as connection:
        assert read_online_facts(connection).capture == RUN
        assert begin_generation(connection, lock_wait(owner)).name == "log_1"
        assert drop_generations(connection, [reader.position], lock_wait(owner)) == (Relation(SCHEMA, "log_1"),)
    uninstall(owner)
    after = fetch(source, CATALOG)
    kinds = ("class", "depend")  # privileges were granted meanwhile, and a file replaced
    assert [row for row in after if row[0] not in kinds] == [row for row in before if row[0] not in kinds]
