"""Waits until every transaction has ended that began before something was committed: those that may not know of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from migrator.errors import DatabaseError
from migrator.postgres.session.connect import Connection, rows
from migrator.postgres.session.records import records

_FIRST_PAUSE_SECONDS = 0.02
_LONGEST_PAUSE_SECONDS = 0.5


class _Running(NamedTuple):
    transaction: str
    pid: int
    role: str
    application: str
    doing: str
    older: bool

    def __str__(self) -> str:
        return f"pid {self.pid} ({self.role}, {self.application or 'no application name'}, {self.doing})"


def wait_for_older_transactions(
    connection: Connection,
    committed: int,
    *,
    patience: float,
    say: Callable[[str], None],
    but_for: Collection[int] = (),
) -> float:
    """Waits for the transactions of this database that ran when it was called; returns the seconds that it took.

    `committed` is the number of a transaction (txid_current) that was committed before the call: what it changed is
    known to every transaction afterwards, but for those prepared since. No lock is taken, and nobody is held up.
    `but_for` are the pids of sessions of ours that only read. `say` is told who is waited for, whenever that changes.

    Three sets are waited for, each as it stands when the one before is done with, so that a busy database ends too: all
    transactions; those that were prepared meanwhile; those that work under an older snapshot, which they imported.

    Raises:
        DatabaseError: they did not end within `patience` seconds; says which.
    """
    began = time.monotonic()

    def running() -> Mapping[str, _Running]:
        parameters = {"before": str(committed % 2**32)}
        read = records(connection, "gate/older_transactions", _Running, parameters)
        return {one.transaction: one for one in read if one.pid not in but_for}

    def prepared() -> Mapping[str, str]:
        return {
            gid: f"the prepared transaction {gid!r} ({role}, since {since})"
            for gid, role, since in rows(connection, "gate/prepared_transactions")
        }

    def importing() -> Mapping[str, _Running]:
        return {name: one for name, one in running().items() if one.older}

    for read in (running, prepared, importing):
        _wait(read, began + patience, say)
    return time.monotonic() - began


def _wait(read: Callable[[], Mapping[str, object]], deadline: float, say: Callable[[str], None]) -> None:
    """Waits until nothing is left of what `read` gives now."""
    left = read()
    pause, named = _FIRST_PAUSE_SECONDS, ""
    while left:
        waited_for = "; ".join(map(str, left.values()))
        if time.monotonic() > deadline:
            raise DatabaseError(
                f"Transactions that began before still run: {waited_for}.",
                "End them (pg_terminate_backend(pid), ROLLBACK PREPARED), or wait, then run the same command again.",
            )
        if waited_for != named and pause > _FIRST_PAUSE_SECONDS:
            say(f"waiting for transactions that began before: {waited_for}")
            named = waited_for
        time.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
        now = read()
        left = {name: now[name] for name in left if name in now}
