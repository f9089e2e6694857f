"""Waits until the standbys of a server have what was committed there."""

from __future__ import annotations

import time

from migrator.postgres.session.connect import Connection, rows

_PAUSE_SECONDS = 0.02


def await_standbys(connection: Connection, patience: float) -> tuple[str, ...]:
    """Waits until every streaming standby has flushed what is committed by now; returns those that do not in time.

    A role without pg_monitor is not told how far a standby is: such a one is among those that are returned.
    `patience` is seconds.
    """
    ((position,),) = rows(connection, "gate/flushed_position")
    deadline = time.monotonic() + patience
    while behind := tuple(name for (name,) in rows(connection, "gate/standbys_behind", {"position": position})):
        if time.monotonic() > deadline:
            return behind
        time.sleep(_PAUSE_SECONDS)
    return ()
