"""Exports the one snapshot that everything of a run is read in."""

from __future__ import annotations

from migrator.errors import DatabaseError
from migrator.postgres.session.connect import READ_ONLY, Connection, Endpoint, connect, rows, session, translated


def release_readers(source: Endpoint) -> None:
    """Ends the sessions in which workers read under the snapshot: an idle one too would hold the source's xmin.

    For when nothing is left to read: a worker that is at something else cannot be told so.
    """
    with session(source, purpose="release") as connection:
        rows(connection, "session/end_readers")


def snapshot_age(connection: Connection) -> tuple[float, int] | None:
    """(seconds, transactions) for which migrator's oldest snapshot holds back the source's xmin; None without one."""
    ((seconds, transactions),) = rows(connection, "session/snapshot_age")
    return None if seconds is None else (seconds, transactions)


class Snapshot:
    """An exported snapshot: other sessions can join it for as long as this one is open.

    It is exported by a session of its own, which does nothing else, and holds the source's xmin until `close`.
    """

    def __init__(self, source: Endpoint) -> None:
        self._source = source
        self._connection: Connection | None = connect(source, purpose="snapshot", settings=READ_ONLY)
        with translated(source):
            self._connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            row = self._connection.execute("SELECT pg_catalog.pg_export_snapshot()").fetchone()
        assert row is not None
        self.id: str = row[0]

    @property
    def connection(self) -> Connection:
        """The exporting session, itself in the snapshot's transaction.

        Raises:
            DatabaseError: it was closed.
        """
        if self._connection is None:
            raise DatabaseError("The snapshot has been released.", "Run the same command again.")
        return self._connection

    def close(self) -> None:
        """Releases it; harmless when done before."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
