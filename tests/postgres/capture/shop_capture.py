"""What the tests of capture share: the shop's monolith, captured, and what its log says."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import psycopg

from migrator.core.online.captured import CapturedTable, LogEntry, captured_tables
from migrator.core.online.position import Position
from migrator.core.online.watch import Watch
from migrator.core.placement.place import place
from migrator.core.schema.catalog import Relation
from migrator.postgres.capture.install import install_capture, uninstall_capture
from migrator.postgres.capture.read_log import read_batch, read_position
from migrator.postgres.capture.watch import read_watch
from migrator.postgres.fence.locks import LockWait
from migrator.postgres.schema.catalog import read_catalog
from migrator.postgres.session.connect import Connection, Endpoint, session
from migrator.settings import Settings

RUN = "20200101-000000-0000"
# Every entry of the log that anybody may ask for.
START = Position(1, 1)


def lock_wait(url: str, said: list[str] | None = None, *, patience: float = 5) -> LockWait:
    return LockWait(Endpoint(url), 1, patience, (said if said is not None else []).append)


def every_table(url: str) -> tuple[CapturedTable, ...]:
    """All tables of a database, with their primary keys, and no routes but for the columns that end in _id."""
    with session(Endpoint(url), purpose="test") as connection:
        catalog = read_catalog(connection)
    found = []
    for number, (relation, table) in enumerate(sorted(catalog.tables.items()), 1):
        route = tuple(name for name in table.column_names if name.endswith("_id") and name not in table.primary_key)
        found.append(CapturedTable(number, relation, table.primary_key, route))
    return tuple(found)


def configured_tables(url: str, settings: Settings) -> tuple[CapturedTable, ...]:
    """The tables that a split with these settings captures."""
    with session(Endpoint(url), purpose="test") as connection:
        catalog = read_catalog(connection)
    return captured_tables(catalog, place(catalog, settings))


def install(
    url: str, tables: Sequence[CapturedTable] | None = None, *, said: list[str] | None = None, patience: float = 5,
    epoch: str = "e1",
) -> tuple[CapturedTable, ...]:  # fmt: skip
    """Captures the tables, or every one; returns them."""
    captured = tuple(every_table(url) if tables is None else tables)
    with session(Endpoint(url), purpose="test") as connection:
        install_capture(connection, captured, lock_wait(url, said, patience=patience), run=RUN, epoch=epoch)
    return captured


def uninstall(url: str) -> int:
    with session(Endpoint(url), purpose="test") as connection:
        return uninstall_capture(connection, lock_wait(url))


def batch(connection: Connection, since: Position = START) -> tuple[Position, tuple[LogEntry, ...]]:
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        return read_batch(connection, since)


@dataclass
class Reader:
    """Reads the log of one database from position to position, as whoever follows it does."""

    url: str
    tables: Sequence[CapturedTable]
    position: Position = field(init=False)

    def __post_init__(self) -> None:
        with session(Endpoint(self.url), purpose="test") as connection, connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            self.position = read_position(connection)

    def entries(self) -> list[LogEntry]:
        """What changed since the last call, each entry once."""
        with session(Endpoint(self.url), purpose="test") as connection:
            self.position, entries = batch(connection, self.position)
        return list(entries)

    def changed(self, table: str) -> set[tuple[str, ...] | None]:
        """The keys of that table's rows that changed since the last call; None where it is all of them."""
        (number,) = (one.number for one in self.tables if str(one.relation) == table)
        return {entry.key for entry in self.entries() if entry.number == number}

    def changes(self) -> dict[str, set[tuple[str, ...] | None]]:
        """The keys of rows that changed since the last call, by table."""
        names = {one.number: str(one.relation) for one in self.tables}
        found: dict[str, set[tuple[str, ...] | None]] = {}
        for entry in self.entries():
            found.setdefault(names[entry.number], set()).add(entry.key)
        return found


def execute(url: str, *statements: str) -> None:
    """Each statement in a transaction of its own."""
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def named(tables: Collection[CapturedTable], name: str) -> CapturedTable:
    return next(table for table in tables if table.relation == Relation("public", name))


def watch(url: str) -> Watch:
    """The catalog as a transaction of one snapshot sees it."""
    with session(Endpoint(url), purpose="test") as connection, connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        return read_watch(connection)
