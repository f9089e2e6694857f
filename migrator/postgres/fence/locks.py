"""Locks many tables for a piece of work, in short attempts, so that no queue of writers builds up."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import psycopg
from psycopg import sql

from migrator.core.schema.catalog import Catalog, Relation
from migrator.core.schema.names import MAX_IDENTIFIER_BYTES
from migrator.errors import DatabaseError
from migrator.postgres.placement.from_items import own_rows, qualified
from migrator.postgres.session.connect import Connection, Endpoint, database_error, rows

T = TypeVar("T")

# lock not available, deadlock detected: nothing was done, and the same again may succeed.
_AGAIN = frozenset({"55P03", "40P01"})
_PAUSE_SECONDS = 0.25


def under_locks(
    connection: Connection,
    endpoint: Endpoint,
    catalog: Catalog,
    tables: Iterable[Relation],
    work: Callable[[], T],
    *,
    lock_timeout: int,
    patience: int,
    say: Callable[[str], None],
    sequences: Iterable[Relation] = (),
) -> T:
    """Does `work` in a transaction that first locks the tables against writes; readers are not disturbed.

    SHARE ROW EXCLUSIVE waits for the writers in flight and holds off new ones. An attempt waits `lock_timeout` seconds
    for a table, then gives up every lock, lets the writers pass and tries again, for at most `patience` seconds in all.
    `sequences` are those that `work` locks itself: who holds them is told as well.

    Raises:
        DatabaseError: the locks were not to be had within `patience`; says who holds them.
    """
    wanted = sorted(set(tables))
    deadline = time.monotonic() + patience
    told = False
    while True:
        try:
            with connection.transaction():
                connection.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(sql.Literal(f"{lock_timeout}s")))
                if wanted:
                    connection.execute(
                        sql.SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE").format(
                            sql.SQL(", ").join(own_rows(catalog, relation) for relation in wanted)
                        )
                    )
                return work()
        except psycopg.Error as error:
            if error.sqlstate not in _AGAIN:
                raise
            failure = database_error(error, endpoint)
        holders = _holders(connection, [*wanted, *sequences])
        if time.monotonic() > deadline:
            raise DatabaseError(
                f"{failure.message}. Held by: {holders}.",
                "End that session or transaction (pg_terminate_backend(pid), COMMIT PREPARED), then run the same "
                "command again; [limits] fence_patience sets how long is waited.",
            ) from failure
        if not told:
            say(f"waiting for locks: {holders}")
            told = True
        time.sleep(_PAUSE_SECONDS)


def end_sessions(connection: Connection, purpose: str) -> int:
    """Ends this database's other sessions of that purpose; returns how many there were.

    They are those of a migrator that was killed: its server process works on until its statement is done, and keeps
    its locks. The caller holds the source's lock, and the purpose names the run.
    """
    ((ended,),) = rows(connection, "fence/end_sessions", {"application": f"migrator {purpose}"[:MAX_IDENTIFIER_BYTES]})
    return int(ended)


def _holders(connection: Connection, tables: Sequence[Relation]) -> str:
    found = {
        f"{relation} by {holder}": None
        for relation in tables
        for (holder,) in rows(connection, "fence/holders", {"table": qualified(relation).as_string(connection)})
    }
    return "; ".join(found) or "nobody any more"
