"""Locks many tables for a piece of work, in short attempts, so that no queue of writers builds up."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

import psycopg
from psycopg import sql

from migrator.core.schema.catalog import Catalog, Relation
from migrator.core.schema.names import MAX_IDENTIFIER_BYTES
from migrator.errors import DatabaseError
from migrator.postgres.placement.from_items import own_rows, qualified
from migrator.postgres.session.connect import Connection, Endpoint, database_error, rows, translated

T = TypeVar("T")

# lock not available, deadlock detected: nothing was done, and the same again may succeed.
_AGAIN = frozenset({"55P03", "40P01"})
_PAUSE_SECONDS = 0.25

# Whom a lock has to wait for: CREATE TRIGGER only for writers, DROP TRIGGER for readers as well.
Against = Literal["writers", "everybody"]
_KINDS: Mapping[Against, str] = {"writers": "writers", "everybody": "readers and writers"}


@dataclass(frozen=True, slots=True)
class LockWait:
    """How long is waited for locks on a database, in seconds: `lock_timeout` an attempt, `patience` in all.

    An attempt that gets no lock gives up all that it has, and lets the writers pass.
    """

    endpoint: Endpoint
    lock_timeout: float
    patience: float
    say: Callable[[str], None]

    def deadline(self) -> float:
        """When the patience ends that begins now, by the monotonic clock."""
        return time.monotonic() + self.patience


@dataclass(frozen=True, slots=True)
class Blocked:
    """What is said of a lock that others hold: once while it is waited for, and where it was not to be had."""

    waiting: str
    refusal: str


def in_attempts(
    connection: Connection,
    wait: LockWait,
    work: Callable[[], T],
    blocked: Callable[[DatabaseError], Blocked],
    deadline: float,
) -> T:
    """Does `work` in a transaction whose locks it waits for in short attempts, so that no queue builds up behind them.

    Raises:
        DatabaseError: the locks were not to be had until `deadline`; says who holds them.
    """
    announced = False
    while True:
        try:
            with connection.transaction():
                timeout = sql.Literal(f"{wait.lock_timeout}s")
                connection.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(timeout))
                return work()
        except psycopg.Error as error:
            if error.sqlstate not in _AGAIN:
                raise
            failure = database_error(error, wait.endpoint)
        holders = blocked(failure)
        if time.monotonic() > deadline:
            raise DatabaseError(
                holders.refusal,
                "End that session or transaction (pg_terminate_backend(pid), COMMIT PREPARED), then run the same "
                "command again; [limits] fence_patience sets how long is waited.",
            ) from failure
        if not announced:
            wait.say(holders.waiting)
            announced = True
        time.sleep(_PAUSE_SECONDS)


def on_table(
    connection: Connection,
    table: Relation,
    work: Callable[[], T],
    wait: LockWait,
    deadline: float,
    *,
    against: Against = "writers",
) -> T:
    """Does `work`, which locks the table and its partitions `against` others, in a transaction of its own, in attempts.

    Raises:
        DatabaseError: the table could not be locked until `deadline`; says who holds it.
    """

    def blocked(_: DatabaseError) -> Blocked:
        named = "; ".join(_holders_of(connection, table, against)) or "nobody any more"
        return Blocked(
            f"waiting for the {_KINDS[against]} of {table}: {named}",
            f"{wait.endpoint}: {table} could not be locked: it is held by {named}.",
        )

    with translated(wait.endpoint):
        return in_attempts(connection, wait, work, blocked, deadline)


def under_locks(
    connection: Connection,
    catalog: Catalog,
    tables: Iterable[Relation],
    work: Callable[[], T],
    wait: LockWait,
    *,
    sequences: Iterable[Relation] = (),
) -> T:
    """Does `work` in a transaction that first locks the tables against writes; readers are not disturbed.

    SHARE ROW EXCLUSIVE waits for the writers in flight and holds off new ones. `sequences` are those that `work` locks
    itself: who holds them is said as well.

    Raises:
        DatabaseError: the locks were not to be had within the patience; says who holds them.
    """
    wanted = sorted(set(tables))

    def locked() -> T:
        if wanted:
            connection.execute(
                sql.SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE").format(
                    sql.SQL(", ").join(own_rows(catalog, relation) for relation in wanted)
                )
            )
        return work()

    def blocked(failure: DatabaseError) -> Blocked:
        holders = _holders(connection, [*wanted, *sequences])
        return Blocked(f"waiting for locks: {holders}", f"{failure.message}. Held by: {holders}.")

    return in_attempts(connection, wait, locked, blocked, wait.deadline())


def end_sessions(connection: Connection, purpose: str) -> int:
    """Ends this database's other sessions of that purpose; returns how many there were.

    They are those of a migrator that was killed: its server process works on until its statement is done, and keeps
    its locks. The caller holds the source's lock, and the purpose names the run.
    """
    ((ended,),) = rows(connection, "fence/end_sessions", {"application": f"migrator {purpose}"[:MAX_IDENTIFIER_BYTES]})
    return int(ended)


def _holders(connection: Connection, tables: Sequence[Relation]) -> str:
    holders = {
        f"{relation} by {holder}": None
        for relation in tables
        for holder in _holders_of(connection, relation, "writers")
    }
    return "; ".join(holders) or "nobody any more"


def _holders_of(connection: Connection, relation: Relation, against: Against) -> list[str]:
    """Who holds a lock on the table that is in the way: sessions, and prepared transactions by their names."""
    scope = {"table": qualified(relation).as_string(connection), "readers": against == "everybody"}
    return [holder for (holder,) in rows(connection, "fence/holders", scope)]
