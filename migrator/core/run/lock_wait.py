"""A session that waits for another's lock, as a value."""

from __future__ import annotations

from dataclasses import dataclass


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
