"""The sessions of one worker: to the source in the run's snapshot, and to the databases that it fills."""

from __future__ import annotations

import contextlib
import os
import socket

import psycopg

from migrator.errors import InterruptedRunError, SnapshotLostError
from migrator.postgres.session.connect import Connection, Endpoint, connect, database_error

# Room for the hash table of a parent with millions of rows: with the default 4 MB the join would go by disk.
READING = {"work_mem": "256MB"}


class Sessions:
    """The sessions of one worker: one to the source under the snapshot, and those to targets, kept for the next unit.

    At most `limit` target sessions are open; the one used longest ago is closed first.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._targets: dict[str, Connection] = {}
        self._source: tuple[str, Connection] | None = None
        self._cut = False

    def source(self, endpoint: Endpoint, snapshot: str) -> Connection:
        """A session in a transaction under the exported snapshot."""
        self._refuse_if_cut()
        if self._source is not None and self._source[0] == snapshot and not self._source[1].broken:
            return self._source[1]
        if self._source is not None:
            self._source[1].close()
            self._source = None
        connection = connect(endpoint, purpose="copy", settings=READING)
        try:
            join_snapshot(connection, endpoint, snapshot)
        except BaseException:
            connection.close()
            raise
        self._source = (snapshot, connection)
        return connection

    def release_source(self) -> None:
        """Ends the session on the source, so that nothing holds its xmin."""
        if self._source is not None:
            self._source[1].close()
            self._source = None

    def target(self, endpoint: Endpoint, busy: frozenset[str] | set[str] = frozenset()) -> Connection:
        """A session to a target database; those in `busy` (by conninfo) are not closed to make room."""
        self._refuse_if_cut()
        connection = self._targets.pop(endpoint.conninfo, None)
        if connection is None or connection.closed or connection.broken:
            idle = [key for key in self._targets if key not in busy]
            while len(self._targets) >= self._limit and idle:
                self._targets.pop(idle.pop(0)).close()
            connection = connect(endpoint, purpose="copy", settings={"synchronous_commit": "off"})
        self._targets[endpoint.conninfo] = connection
        return connection

    def close(self) -> None:
        """Closes every session."""
        self.release_source()
        for connection in self._targets.values():
            connection.close()
        self._targets.clear()

    def cut(self) -> None:
        """Ends every session, from whichever thread: a unit in the middle of one fails, and its transactions end."""
        self._cut = True
        source = [self._source[1]] if self._source is not None else []
        for connection in (*source, *self._targets.values()):
            # Closing would free what the other thread reads from; its socket may be shut down under it.
            with contextlib.suppress(psycopg.Error, OSError), socket.socket(fileno=os.dup(connection.fileno())) as one:
                one.shutdown(socket.SHUT_RDWR)

    def _refuse_if_cut(self) -> None:
        if self._cut:
            raise InterruptedRunError("This worker's run has ended without it.", "Run `migrator migrate` again.")


def join_snapshot(connection: Connection, endpoint: Endpoint, snapshot: str) -> None:
    """Begins a read-only transaction that sees what the exporting one sees.

    Raises:
        SnapshotLostError: the session that exported it is gone.
    """
    try:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        connection.execute(psycopg.sql.SQL("SET TRANSACTION SNAPSHOT {}").format(psycopg.sql.Literal(snapshot)))
    except psycopg.Error as error:
        if error.sqlstate in {"22023", "55000", "42704"}:
            raise SnapshotLostError(
                f"{endpoint}: the snapshot that this run reads from is gone: the session that exported it has ended.",
                "Run `migrator migrate` again. Under the fence what was copied is kept, otherwise all is copied again.",
            ) from error
        raise database_error(error, endpoint) from error
