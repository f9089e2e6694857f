"""Reads who waits for whose locks, as far as migrator is one of the two."""

from __future__ import annotations

from migrator.core.run.lock_wait import LockWait
from migrator.postgres.session.connect import Connection, rows


def read_lock_waits(connection: Connection) -> tuple[LockWait, ...]:
    """Every wait of a session of ours, and every session that waits for one of ours, the longest first."""
    return tuple(LockWait(*row) for row in rows(connection, "session/lock_waits"))
