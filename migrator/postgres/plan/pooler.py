"""Telling a pooler in transaction mode from a server: through one nothing that a session holds lasts."""

from __future__ import annotations

from functools import cache

from migrator.errors import RefusedError
from migrator.postgres.session.connect import READ_ONLY, Connection, Endpoint, session

_ATTEMPTS = 3


def is_pooled(endpoint: Endpoint) -> bool:
    """Whether transactions of one connection are carried out by whichever backend is free.

    While one connection's transaction holds a backend, another's first one must not have been on the same backend, and
    its second one must be where its first one was. A pooler may have answered before it takes a backend back, which
    looks like a server then: it is asked more than once.
    """
    with (
        session(endpoint, purpose="pooler", settings=READ_ONLY) as one,
        session(endpoint, purpose="pooler", settings=READ_ONLY) as other,
    ):
        return any(_share_backends(one, other) for _ in range(_ATTEMPTS))


def _share_backends(asking: Connection, holding: Connection) -> bool:
    first = _backend(asking)
    with holding.transaction():
        held = _backend(holding)
        second = _backend(asking)
    return first == held or first != second


@cache
def require_sessions(endpoint: Endpoint) -> None:
    """Refuses an endpoint behind a pooler in transaction mode; one that passed is not asked again in this process.

    Raises:
        RefusedError: locks, snapshots and settings would not last from one transaction to the next.
    """
    if is_pooled(endpoint):
        raise RefusedError(
            f"{endpoint} is behind a pooler in transaction mode: the run's lock, its snapshot and the settings of its "
            "sessions would not last from one transaction to the next.",
            "Connect to the server itself (its own host and port), or to a pool in session mode.",
        )


def _backend(connection: Connection) -> int:
    row = connection.execute("SELECT pg_catalog.pg_backend_pid()").fetchone()
    assert row is not None
    return int(row[0])
