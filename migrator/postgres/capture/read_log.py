"""Reads which rows changed between two positions of a database."""

from __future__ import annotations

from migrator.core.online.captured import LogEntry
from migrator.core.online.position import Position
from migrator.errors import RefusedError
from migrator.postgres.capture.state import read_tables
from migrator.postgres.session.connect import Connection, rows

_OF_ONE_SNAPSHOT = frozenset({"repeatable read", "serializable"})


def read_position(connection: Connection) -> Position:
    """The position that the open transaction sees the database at.

    Raises:
        ValueError: each of its statements would see another one.
    """
    ((snapshot, isolation),) = rows(connection, "capture/position")
    if isolation not in _OF_ONE_SNAPSHOT:
        raise ValueError(f"a position is one of a whole transaction, not of a statement under {isolation}")
    return Position.parse(snapshot)


def read_batch(connection: Connection, since: Position) -> tuple[Position, tuple[LogEntry, ...]]:
    """The position of the open REPEATABLE READ transaction, and what changed between `since` and it, each entry once.

    It is what the log holds that the transaction sees and `since` did not: of transactions that ran then, and of later
    ones. Whatever order they ended in, each is read once by whoever goes from position to position.

    Raises:
        RefusedError: the database stands before `since`: it lost transactions that were seen then.
    """
    now = read_position(connection)
    if not since.is_at_most(now):
        raise RefusedError(
            f"The database stands at {now}, before the position {since}: transactions that were seen there are gone.",
            "It was restored, or failed over to a standby that lacked them. What was copied has to be compared anew.",
        )
    parameters = {"xmax": since.xmax, "running": sorted(since.running)}
    tables = {table.number: table for table in read_tables(connection)}
    return now, tuple(
        LogEntry.of(tables[number], key, route, more or ())
        for number, key, route, more in rows(connection, "capture/batch", parameters)
    )


def log_size(connection: Connection) -> tuple[int, int]:
    """(entries, bytes) of the log; entries as the server's statistics have them."""
    ((entries, size),) = rows(connection, "capture/log_size")
    return entries, size


def entries_since(connection: Connection, since: Position) -> int:
    """How many entries of the log that position did not see; one row that changed often counts as often."""
    ((count,),) = rows(connection, "capture/entries_since", {"xmax": since.xmax, "running": sorted(since.running)})
    return int(count)
