"""What a tick reads of a database, with what changed past its triggers, in either direction."""

from __future__ import annotations

from collections.abc import Callable

from migrator.core.online.captured import LogEntry
from migrator.core.online.position import Position
from migrator.core.online.watch import Suspect, Watch
from migrator.errors import DatabaseError
from migrator.postgres.capture.watch import note_watch, read_watched_batch, written_anew
from migrator.postgres.session.connect import Connection, Endpoint, session
from migrator.postgres.sync.tick import Batch


def watched_batches(read: Endpoint, tell: Callable[[Suspect], None] | None = None) -> Batch:
    """Reads batches of the database `read`: what its log says, and as a whole each table that may have changed past it.

    `tell` hears of each of these.
    """

    def note(position: Position, watch: Watch) -> None:
        with session(read, purpose="follow") as connection:
            note_watch(connection, position, watch)

    def read_batch(connection: Connection, since: Position) -> tuple[Position, tuple[LogEntry, ...]]:
        position, entries, found = read_watched_batch(connection, since, note)
        for suspect in found.suspects:
            if tell is not None:
                tell(suspect)
        return position, entries

    return read_batch


def require_as_read(connection: Connection) -> None:
    """Makes a tick fail in which a table lost its rows to the snapshot while they were read.

    Raises:
        DatabaseError: the table; the next tick reads it as it is then.
    """
    if gone := written_anew(connection):
        raise DatabaseError(
            f"{gone[0]} was truncated or written anew while it was read.", "The next tick reads it once more."
        )
