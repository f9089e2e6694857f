"""Reads who waits for whose locks, as far as migrator is one of the two."""

from __future__ import annotations

from dataclasses import dataclass

from migrator.postgres.session.connect import Connection, rows


@dataclass(frozen=True, slots=True)
class LockWait:
    """One session that waits for another; an application's name is what the session gave, which may be ''."""

    pid: int
    application: str
    database: str | None
    seconds: float | None  # since its statement began
    blocking_pid: int
    blocking_application: str
    blocking_role: str | None
    blocking_seconds: float | None  # since its transaction began


def read_lock_waits(connection: Connection) -> tuple[LockWait, ...]:
    """Every wait of a session of ours, and every session that waits for one of ours, the longest first."""
    return tuple(LockWait(*row) for row in rows(connection, "session/lock_waits"))
