"""The fence: durable triggers that refuse every write to the source, from whatever role, until they are lifted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import psycopg
from psycopg import sql

from migrator.core.schema.catalog import Relation
from migrator.errors import DatabaseError
from migrator.postgres.session.connect import Connection, Endpoint, database_error, query, rows

TRIGGER = "migrator_fence"
_LOCK_NOT_AVAILABLE = "55P03"
_PAUSE_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class FenceState:
    """What stands in the source: whose fence, since which epoch, on which tables."""

    run: str
    epoch: str
    fenced: frozenset[Relation]


def read_fence(connection: Connection) -> FenceState | None:
    """The fence that stands, or None. Read from the source itself, not from the journal."""
    found = rows(connection, "fence/fence_state")
    if not found:
        return None
    run, _, epoch = str(found[0][0] or "").partition(" ")
    return FenceState(run, epoch, frozenset(Relation(schema, name) for _, schema, name in found if name is not None))


def raise_fence(
    connection: Connection,
    endpoint: Endpoint,
    tables: Iterable[Relation],
    *,
    run: str,
    epoch: str,
    lock_timeout: int,
    patience: int,
    say: Callable[[str], None],
) -> None:
    """Fences every table, one transaction each, so that no queue builds up behind a lock that is waited for.

    Each attempt waits `lock_timeout` seconds for the writers of a table to finish, then lets them pass and tries
    again, for at most `patience` seconds in all. After it no write is in flight: CREATE TRIGGER conflicts with
    every writer's lock, so it comes after the last one. Tables fenced already by this run are left as they are.

    Raises:
        DatabaseError: a table could not be locked within `patience`; says who holds it.
    """
    standing = read_fence(connection)
    # Together: a fence that does not say whose it is could be neither resumed nor lifted by anybody.
    with connection.transaction():
        connection.execute(sql.SQL(query("fence/fence_function")))
        connection.execute(
            sql.SQL("COMMENT ON SCHEMA migrator_fence IS {}").format(
                sql.Literal(f"{run} {standing.epoch if standing else epoch}")
            )
        )
    deadline = time.monotonic() + patience
    for table in tables:
        if standing is not None and table in standing.fenced:
            continue
        _with_patience(
            connection,
            endpoint,
            table,
            fence_statement(table, run),
            lock_timeout=lock_timeout,
            deadline=deadline,
            say=say,
        )


def lift_fence(
    connection: Connection, endpoint: Endpoint, *, lock_timeout: int, patience: int, say: Callable[[str], None]
) -> int:
    """Removes the fence, whoever's it is; returns from how many tables. Nothing is left of it in the source."""
    standing = read_fence(connection)
    deadline = time.monotonic() + patience
    for table in sorted(standing.fenced) if standing else ():
        drop = sql.SQL("DROP TRIGGER IF EXISTS {} ON {}").format(sql.Identifier(TRIGGER), sql.Identifier(*table))
        _with_patience(connection, endpoint, table, drop, lock_timeout=lock_timeout, deadline=deadline, say=say)
    connection.execute("DROP SCHEMA IF EXISTS migrator_fence CASCADE")
    return len(standing.fenced) if standing else 0


def fence_statement(table: Relation, run: str) -> sql.Composed:
    """Puts the fence on one table; `run` is what its refusals name."""
    # One simple-protocol message: both statements are one transaction.
    return sql.SQL(
        "CREATE TRIGGER {trigger} BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table} FOR EACH STATEMENT "
        "EXECUTE FUNCTION migrator_fence.refuse({run}); "
        "ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}"
    ).format(trigger=sql.Identifier(TRIGGER), table=sql.Identifier(*table), run=sql.Literal(run))


def _with_patience(
    connection: Connection,
    endpoint: Endpoint,
    table: Relation,
    statement: sql.Composed,
    *,
    lock_timeout: int,
    deadline: float,
    say: Callable[[str], None],
) -> None:
    told = False
    while True:
        try:
            with connection.transaction():
                connection.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(sql.Literal(f"{lock_timeout}s")))
                connection.execute(statement)
            return
        except psycopg.Error as error:
            if error.sqlstate != _LOCK_NOT_AVAILABLE:
                raise database_error(error, endpoint) from error
        holders = "; ".join(holder for (holder,) in rows(connection, "fence/holders", {"table": _regclass(table)}))
        if time.monotonic() > deadline:
            raise DatabaseError(
                f"{endpoint}: {table} could not be locked: it is held by {holders or 'a prepared transaction'}.",
                "End that session or transaction (pg_terminate_backend(pid), COMMIT PREPARED), then run the same "
                "command again; [limits] fence_patience sets how long is waited.",
            )
        if not told:
            say(f"waiting for the writers of {table}: {holders or 'a prepared transaction'}")
            told = True
        time.sleep(_PAUSE_SECONDS)


def _regclass(table: Relation) -> str:
    return ".".join('"' + part.replace('"', '""') + '"' for part in table)
