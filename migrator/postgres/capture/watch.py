"""Reads what says whether capture has seen everything: the catalog of captured tables, and the server's identity."""

from __future__ import annotations

from collections.abc import Callable

from migrator.core.online.captured import LogEntry
from migrator.core.online.position import Position
from migrator.core.online.watch import Missed, Watch, WatchedRelation, missed
from migrator.core.schema.catalog import Relation
from migrator.errors import RefusedError
from migrator.postgres.capture.read_log import read_batch
from migrator.postgres.capture.state import read_capture
from migrator.postgres.session.connect import Connection, rows

_BEGIN_ANEW = "Everything has to be copied or compared anew: migrator rollback, then migrator follow start."


def read_watch(connection: Connection) -> Watch:
    """The catalog as the open transaction sees it: in a REPEATABLE READ one, at its position.

    Raises:
        LookupError: no capture is installed.
    """
    capture = read_capture(connection)
    if capture is None:
        raise LookupError("no capture is installed")
    ((system, timeline, started),) = rows(connection, "capture/server")
    relations = tuple(
        WatchedRelation(
            number, Relation(schema, name), oid, file, tuple(parents), columns, trigger, fires, logged, holds_rows
        )
        for number, schema, name, oid, file, parents, columns, trigger, fires, logged, holds_rows in rows(
            connection, "capture/watched"
        )
    )
    return Watch(system, timeline, capture.epoch, started, relations)


def written_anew(connection: Connection) -> tuple[Relation, ...]:
    """Captured tables and partitions whose rows the open transaction cannot read any more as they are at its position.

    A TRUNCATE or a rewriting ALTER TABLE that ended after the transaction's snapshot was taken shows it an empty table.
    Asked after the rows were read, it says whether what was read is what the position has.
    """
    return tuple(Relation(schema, name) for schema, name in rows(connection, "capture/written_anew"))


def note_watch(connection: Connection, position: Position, watch: Watch) -> None:
    """Keeps that the catalog is this one at the position: `watch_at` finds it for every later one."""
    connection.execute(
        "INSERT INTO migrator_follow.watched (snapshot, watch) VALUES (%s, %s)", [str(position), watch.text]
    )


def newest_note(connection: Connection) -> Watch | None:
    """The catalog that was noted last; None where none was."""
    notes = rows(connection, "capture/watch_notes")
    return Watch.parse(notes[0][1]) if notes else None


def watch_at(connection: Connection, position: Position) -> Watch | None:
    """The catalog at a position, by the newest note that is not later than it; None where there is none.

    One that was changed since and noted later is not found: it may be that it was the same already.
    """
    for snapshot, text in rows(connection, "capture/watch_notes"):
        if Position.parse(snapshot).is_at_most(position):
            return Watch.parse(text)
    return None


def read_watched_batch(
    connection: Connection, since: Position, note: Callable[[Position, Watch], None]
) -> tuple[Position, tuple[LogEntry, ...], Missed]:
    """What changed since a position, as `read_batch` gives it, with a whole table's entry for each that is suspect.

    `note` is called where the catalog is another one than at `since`, before anything was done about it; it keeps that
    by `note_watch` in a session of its own, since the one that reads writes nothing.

    Raises:
        RefusedError: the position means nothing any more.
    """
    now, entries = read_batch(connection, since)
    watch, before = read_watch(connection), watch_at(connection, since)
    if before is None:
        raise RefusedError(f"Nobody noted what was captured at the position {since}.", _BEGIN_ANEW)
    found = missed(before, watch, {entry.number for entry in entries if entry.key is None})
    if found.void:
        raise RefusedError(f"What changed since the position {since} is not known: {found.void[0]}.", _BEGIN_ANEW)
    if watch != before:
        note(now, watch)
    return now, (*entries, *(LogEntry(number, None) for number in sorted(found.numbers))), found
