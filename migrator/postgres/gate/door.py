"""The door of a tenant's database: shut while the source has the say, open once the tenant has moved there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from psycopg import sql

from migrator.core.online.position import Position
from migrator.core.schema.catalog import Relation
from migrator.errors import RefusedError
from migrator.postgres.gate.arm import enter
from migrator.postgres.gate.freeze import Gate
from migrator.postgres.gate.locks import DOOR, TIMEOUT, shared_lock, snapshot_check
from migrator.postgres.session.connect import Connection, query, translated
from migrator.postgres.session.triggers import trigger_state

_DOOR_CHECK = sql.SQL(
    """
    DECLARE
        {timeout}
        migrator_open boolean;
        migrator_shutting bigint;
    BEGIN
        SELECT d.open, d.shutting INTO migrator_open, migrator_shutting FROM migrator_follow.door d;
        IF migrator_open AND migrator_shutting IS NOT NULL THEN
            {lock}
            {snapshot}
            SELECT d.open INTO migrator_open FROM migrator_follow.door d;
        END IF;
        IF migrator_open IS NOT TRUE THEN
            RAISE EXCEPTION '%.% takes no writes: the tenant of this database is not here',
                            pg_catalog.quote_ident(TG_TABLE_SCHEMA), pg_catalog.quote_ident(TG_TABLE_NAME)
                USING ERRCODE = 'read_only_sql_transaction', DETAIL = 'migrator run ' || {run},
                      HINT = 'Read the map of tenants again (migrator connections), and retry where it says.';
        END IF;
    END;
    """
)

_REPLICA_CHECK = sql.SQL(
    """
    BEGIN
        RAISE EXCEPTION '%.% takes no writes here: it is a copy of the source''s',
                        pg_catalog.quote_ident(TG_TABLE_SCHEMA), pg_catalog.quote_ident(TG_TABLE_NAME)
            USING ERRCODE = 'read_only_sql_transaction', DETAIL = 'migrator run ' || {run},
                  HINT = 'Write to the source; the change arrives here with the next tick.';
    END;
    """
)


@dataclass(frozen=True, slots=True)
class ConstraintFlags:
    """How a foreign key of a tenant's database is declared when nobody is applying changes there any more."""

    table: Relation
    name: str
    deferrable: bool
    deferred: bool = False


@dataclass(frozen=True, slots=True)
class TriggerState:
    """The state of a trigger (pg_trigger.tgenabled: O, R, A or D) that the application is to find."""

    table: Relation
    name: str
    enabled: str


class DoorState(NamedTuple):
    """Whether applications write here, the last generation of a fence that the door was used for, and since where."""

    open: bool
    generation: int
    opened_at: Position | None


def door_check(run: str) -> sql.Composed:
    """A block of PL/pgSQL for the trigger functions of a tenant's own tables, on rows and on TRUNCATE alike."""
    return _DOOR_CHECK.format(
        timeout=TIMEOUT,
        lock=shared_lock(sql.Literal(DOOR)),
        snapshot=snapshot_check(sql.SQL("migrator_follow.door").format()),
        run=sql.Literal(run),
    )


def replica_check(run: str) -> sql.Composed:
    """The same for tables that the source has the say over for as long as it is followed, whether the door is open."""
    return _REPLICA_CHECK.format(run=sql.Literal(run))


def install_door(connection: Connection) -> None:
    """Makes the door, shut, in the schema that following has made; leaves one that is there as it is."""
    connection.execute(sql.SQL(query("gate/door_table")))


def read_door(connection: Connection) -> DoorState:
    """Whether the door is open, and what it was used for last."""
    row = connection.execute("SELECT open, generation, opened_at FROM migrator_follow.door").fetchone()
    assert row is not None
    return DoorState(row[0], row[1], Position.parse(row[2]) if row[2] is not None else None)


def snapshot_before_opening(connection: Connection) -> Position | None:
    """A snapshot of a database whose door is shut; None where it is open, and a snapshot would be too late."""
    row = connection.execute(
        "SELECT pg_catalog.txid_current_snapshot()::text FROM migrator_follow.door WHERE NOT open"
    ).fetchone()
    return Position.parse(row[0]) if row is not None else None


def open_door(
    connection: Connection, generation: int, triggers: Sequence[TriggerState], constraints: Sequence[ConstraintFlags]
) -> Position | None:
    """Gives triggers and constraints their own states, then opens the door for a fence, in one transaction.

    Returns from which position on changes are carried back: the snapshot of that very transaction. One taken later
    would miss who wrote in between. A door opens once for the fence of a generation: one that is open already, or was
    for this generation or a later one, stays as it is. None where it is shut.
    """
    with connection.transaction():
        connection.execute("SELECT FROM migrator_follow.door FOR UPDATE")
        is_open, known, opened_at = read_door(connection)
        if is_open:
            connection.execute(
                "UPDATE migrator_follow.door SET generation = %s WHERE generation < %s", [generation, generation]
            )
            assert opened_at is not None
            return opened_at
        if known >= generation:
            return None
        for state in constraints:
            connection.execute(_constraint(state))
        for trigger in triggers:
            connection.execute(trigger_state(trigger.table, trigger.name, trigger.enabled))
        row = connection.execute(
            "UPDATE migrator_follow.door SET open = true, shutting = NULL, generation = %s, "
            "opened_at = pg_catalog.txid_current_snapshot()::text RETURNING opened_at",
            [generation],
        ).fetchone()
    assert row is not None
    return Position.parse(row[0])


def void_door(connection: Connection, generation: int) -> bool:
    """Lets a door that is shut never open for the fence of that generation; False where it is open."""
    with connection.transaction():
        connection.execute("SELECT FROM migrator_follow.door FOR UPDATE")
        if read_door(connection).open:
            return False
        connection.execute(
            "UPDATE migrator_follow.door SET generation = %s WHERE generation < %s", [generation, generation]
        )
    return True


def begin_return(connection: Connection) -> int:
    """Tells writers that the door is about to be shut; returns the number of the transaction that did.

    Once older transactions have been waited for (`wait_for_older_transactions`), all of them share the door's lock.
    Whoever began a return before cannot shut the door any more.
    """
    with connection.transaction():
        enter(connection, DOOR)
        row = connection.execute(
            "UPDATE migrator_follow.door SET shutting = pg_catalog.txid_current() RETURNING shutting"
        ).fetchone()
    assert row is not None
    return int(row[0])


def cancel_return(connection: Connection) -> None:
    """Takes `begin_return` back."""
    with connection.transaction():
        enter(connection, DOOR)
        connection.execute("UPDATE migrator_follow.door SET shutting = NULL")


def require_shutting(door: Gate, since: int) -> None:
    """Makes sure, at a door whose lock its coordinator holds, that its return is the one that is under way.

    Raises:
        RefusedError: somebody has taken it back, or begun another: who writes may not have come in at the door.
    """
    with translated(door.endpoint):
        row = door.connection.execute("SELECT shutting FROM migrator_follow.door").fetchone()
    if row is None or row[0] != since:
        raise RefusedError(
            "Another coordinator has ordered this tenant's return, or taken the order back; nothing was decided here.",
            "See migrator status, then run the same command again.",
        )


def shut_door(door: Gate, generation: int) -> bool:
    """Shuts, for good, a door whose lock its coordinator holds: writers are refused here too from now on.

    `generation` is that of the fence which the door was opened for; False where it is not open for that one: then
    nothing is done, and the lock is given back.

    Raises:
        DatabaseError: the session has ended, or the answer got lost: `read_door` says whether it is shut.
    """
    with translated(door.endpoint):
        shut = door.connection.execute(
            "UPDATE migrator_follow.door SET open = false, shutting = NULL WHERE open AND generation = %s",
            [generation],
        )
        door.connection.execute("COMMIT")
    return bool(shut.rowcount)


def _constraint(state: ConstraintFlags) -> sql.Composed:
    flags = (
        "DEFERRABLE INITIALLY DEFERRED" if state.deferred else "DEFERRABLE" if state.deferrable else "NOT DEFERRABLE"
    )
    return sql.SQL("ALTER TABLE {} ALTER CONSTRAINT {} {}").format(
        sql.Identifier(*state.table), sql.Identifier(state.name), sql.SQL(flags)
    )
