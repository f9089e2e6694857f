"""Generations of the log: nothing is read twice or missed where one ends, and none is dropped that somebody needs."""

from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest

from migrator.core.online.position import Position
from migrator.errors import DatabaseError
from migrator.postgres.capture.generations import begin_generation, drop_generations, read_generations, trim_log
from migrator.postgres.session.connect import Endpoint, session
from tests.postgres.capture.shop_capture import Reader, execute, install, lock_wait, uninstall
from tests.postgres.shop import load_shop
from tests.postgres.workspaces import fetch
from tests.servers import DatabaseFactory


@pytest.fixture
def source(database_factory: DatabaseFactory) -> str:
    url = database_factory()
    load_shop(url)
    return url


def begin(url: str, *, patience: float = 5) -> str:
    with session(Endpoint(url), purpose="test") as connection:
        return begin_generation(connection, lock_wait(url, patience=patience)).name


def drop(url: str, *positions: Position) -> list[str]:
    with session(Endpoint(url), purpose="test") as connection:
        return [relation.name for relation in drop_generations(connection, positions, lock_wait(url))]


def generations(url: str) -> list[str]:
    with session(Endpoint(url), purpose="test") as connection:
        return [generation.relation.name for generation in read_generations(connection)]


def test_readers_and_writers_go_on_over_the_end_of_a_generation(source: str) -> None:
    reader = Reader(source, install(source))
    before = replace(reader)
    with psycopg.connect(source, autocommit=True) as pooled:
        # Its function has a plan already.
        pooled.execute("UPDATE customers SET name = 'a' WHERE id = 1")
        assert begin(source) == "log_1"
        pooled.execute("UPDATE customers SET name = 'b' WHERE id = 2")
        assert begin(source) == "log_2"
        pooled.execute("UPDATE customers SET name = 'c' WHERE id = 3")
    assert generations(source) == ["log_1", "log_2", "log"]
    assert [fetch(source, f"SELECT key FROM ONLY migrator_follow.{name}") for name in generations(source)] == [  # noqa: S608
        [("1",)], [("2",)], [("3",)],
    ]  # fmt: skip
    assert reader.changed("customers") == {("1",), ("2",), ("3",)}
    assert reader.changed("customers") == set()
    assert before.changed("customers") == {("1",), ("2",), ("3",)}
    uninstall(source)
    assert fetch(source, "SELECT FROM pg_namespace WHERE nspname = 'migrator_follow'") == []


def test_a_transaction_that_began_before_reads_what_it_saw_then(source: str) -> None:
    reader = Reader(source, install(source))
    execute(source, "UPDATE customers SET name = 'a' WHERE id = 1")
    with session(Endpoint(source), purpose="test") as reading, reading.transaction():
        reading.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        reading.execute("SELECT 1")
        begin(source)
        execute(source, "UPDATE customers SET name = 'b' WHERE id = 2")
        keys = reading.execute("SELECT key FROM migrator_follow.log").fetchall()
    assert keys == [("1",)]
    assert reader.changed("customers") == {("1",), ("2",)}


def test_only_what_everybody_has_passed_is_dropped(source: str) -> None:
    tables = install(source)
    first, second = Reader(source, tables), Reader(source, tables)
    with psycopg.connect(source) as late:
        late.execute("SELECT txid_current()")
        execute(source, "UPDATE customers SET name = 'a' WHERE id = 1")
        begin(source)
        first.entries()
        # A transaction that ran at the time could have been among those that were not seen.
        assert drop(source, first.position) == []
        late.execute("SELECT 1")
    execute(source, "UPDATE customers SET name = 'b' WHERE id = 2")
    first.entries()
    assert drop(source) == []
    assert drop(source, first.position, second.position) == []
    assert second.changed("customers") == {("1",), ("2",)}
    assert drop(source, first.position, second.position) == ["log_1"]
    assert generations(source) == ["log"]
    # Not the one that is written to, whatever has been read.
    assert drop(source, first.position) == []
    assert fetch(source, "SELECT key FROM migrator_follow.log") == [("2",)]
    assert begin(source) == "log_1"


def test_a_generation_does_not_end_beside_a_writer_and_nobody_waits_for_it_long(source: str) -> None:
    reader = Reader(source, install(source))
    with psycopg.connect(source) as writer:
        writer.execute("UPDATE customers SET name = 'a' WHERE id = 1")
        with pytest.raises(
            DatabaseError, match=f"log could not be locked: it is held by pid {writer.info.backend_pid}"
        ):
            begin(source, patience=0.5)
        with psycopg.connect(source) as other:
            other.execute("SET lock_timeout = '3s'; UPDATE customers SET name = 'b' WHERE id = 2")
        assert generations(source) == ["log"]
    assert reader.changed("customers") == {("1",), ("2",)}


def test_a_reader_that_holds_a_part_is_named(source: str) -> None:
    reader = Reader(source, install(source))
    execute(source, "UPDATE customers SET name = 'a' WHERE id = 1")
    begin(source)
    reader.entries()
    with psycopg.connect(source) as dump:
        dump.execute("SELECT count(*) FROM migrator_follow.log")
        with (
            session(Endpoint(source), purpose="test") as connection,
            pytest.raises(DatabaseError, match=f"log_1 could not be locked: it is held by pid {dump.info.backend_pid}"),
        ):
            drop_generations(connection, [reader.position], lock_wait(source, patience=0))
    assert drop(source, reader.position) == ["log_1"]


def test_trimming_ends_a_long_part_and_drops_what_everybody_has_passed(source: str) -> None:
    reader = Reader(source, install(source))

    def trim(size: int) -> list[str]:
        with session(Endpoint(source), purpose="test") as connection:
            return [
                one.name for one in trim_log(connection, [reader.position], lock_wait(source), generation_bytes=size)
            ]

    execute(source, "UPDATE customers SET name = 'a' WHERE id = 1")
    assert trim(1 << 20) == []
    assert generations(source) == ["log"]
    assert trim(1) == []
    assert generations(source) == ["log_1", "log"]
    assert trim(1 << 20) == []  # not read yet
    assert reader.changed("customers") == {("1",)}
    execute(source, "UPDATE customers SET name = 'b' WHERE id = 2")
    assert reader.changed("customers") == {("2",)}
    assert trim(1 << 20) == ["log_1"]
    assert generations(source) == ["log"]
