"""Batches that are watched: what no trigger saw is in them as a whole table, for each reader from its own position."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
import pytest

from migrator.core.online.position import Position
from migrator.core.online.watch import Missed, Watch
from migrator.errors import RefusedError
from migrator.postgres.capture.watch import note_watch, read_watched_batch, watch_at
from migrator.postgres.session.connect import Endpoint, session
from tests.postgres.capture.shop_capture import Reader, execute, install, named, uninstall
from tests.postgres.shop import load_shop
from tests.postgres.workspaces import fetch
from tests.servers import DatabaseFactory


@pytest.fixture
def source(database_factory: DatabaseFactory) -> str:
    url = database_factory()
    load_shop(url)
    return url


@dataclass
class Watching:
    """One reader that goes from position to position, and notes what it meets."""

    url: str
    position: Position

    def read(self) -> tuple[set[tuple[int, tuple[str, ...] | None]], Missed]:
        def note(position: Position, watch: Watch) -> None:
            with session(Endpoint(self.url), purpose="test") as noting:
                note_watch(noting, position, watch)

        with session(Endpoint(self.url), purpose="test") as connection, connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            self.position, entries, found = read_watched_batch(connection, self.position, note)
        return {(entry.number, entry.key) for entry in entries}, found


def test_a_suspect_table_is_read_as_a_whole_once_by_every_reader(source: str) -> None:
    tables = install(source)
    customers, notes = named(tables, "customers").number, named(tables, "notes").number
    start = Reader(source, tables).position
    fast, slow = Watching(source, start), Watching(source, start)
    assert fast.read() == (set(), Missed())
    execute(source, "ALTER TABLE customers DISABLE TRIGGER ALL", "UPDATE customers SET name = 'unseen'",
            'ALTER TABLE customers ENABLE TRIGGER ALL; ALTER TABLE customers ENABLE ALWAYS TRIGGER "!migrator_capture"',
            'ALTER TABLE customers ENABLE ALWAYS TRIGGER "!migrator_capture_truncate"',
            "UPDATE notes SET body = 'seen' WHERE id = 1")  # fmt: skip
    entries, found = fast.read()
    assert entries == {(customers, None), (notes, ("1",))}
    assert found.numbers == {customers}
    assert fast.read() == (set(), Missed())
    # Whoever stands where the other one stood meets the same, whatever was noted meanwhile.
    assert slow.read()[0] == {(customers, None), (notes, ("1",))}
    assert slow.read() == (set(), Missed())
    # So does one that read and could not write what it read.
    assert Watching(source, start).read()[0] == {(customers, None), (notes, ("1",))}


def test_a_table_that_is_not_captured_any_more_is_read_every_time(source: str) -> None:
    tables = install(source)
    reader = Watching(source, Reader(source, tables).position)
    number = named(tables, "customers").number
    execute(source, "ALTER TABLE customers DISABLE TRIGGER ALL")
    for _ in range(3):
        assert reader.read()[0] == {(number, None)}
    install(source, tables)
    assert reader.read()[0] == {(number, None)}
    assert reader.read()[0] == set()


def test_a_truncated_table_is_no_suspect(source: str) -> None:
    tables = install(source)
    reader = Watching(source, Reader(source, tables).position)
    execute(source, "TRUNCATE notes")
    entries, found = reader.read()
    assert (entries, found) == ({(named(tables, "notes").number, None)}, Missed())
    assert reader.read() == (set(), Missed())


def test_a_position_of_a_capture_that_was_taken_away_is_refused(source: str) -> None:
    tables = install(source)
    reader = Watching(source, Reader(source, tables).position)
    uninstall(source)
    install(source, tables, epoch="e2")
    with pytest.raises(RefusedError, match="Nobody noted"):
        reader.read()
    with psycopg.connect(source) as connection:
        # Even where its notes were still there.
        connection.execute(
            "UPDATE migrator_follow.watched SET snapshot = '1:1:', watch = replace(watch, '\"e2\"', '\"e1\"')"
        )
    with pytest.raises(RefusedError, match="capture was taken away"):
        reader.read()


def test_a_position_has_the_newest_note_that_it_has_passed(source: str) -> None:
    tables = install(source)
    first = Reader(source, tables).position
    with session(Endpoint(source), purpose="test") as connection:
        watch = watch_at(connection, first)
        assert watch is not None
        later = Position(first.xmax + 10, first.xmax + 10)
        note_watch(connection, later, Watch("other", 1, "e1", "", ()))
        assert watch_at(connection, first) == watch
        assert watch_at(connection, Position(1, 1)) is None
        there = watch_at(connection, Position(first.xmax + 20, first.xmax + 20))
        assert there is not None
        assert there.system_identifier == "other"


def test_only_what_has_changed_is_noted(source: str) -> None:
    tables = install(source)
    reader = Watching(source, Reader(source, tables).position)
    execute(source, "UPDATE notes SET body = 'x'")
    reader.read()
    install(source, tables)
    assert fetch(source, "SELECT count(*) FROM migrator_follow.watched") == [(1,)]
