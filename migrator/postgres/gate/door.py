"""The door of a tenant's database: shut while the source has the say, open once the tenant has moved there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import sql

from migrator.core.online.position import Position
from migrator.core.schema.catalog import Relation
from migrator.errors import RefusedError
from migrator.postgres.gate.freeze import Gate
from migrator.postgres.gate.locks import DOOR, shared_lock, snapshot_check
from migrator.postgres.session.connect import Connection, query, translated
from migrator.postgres.session.triggers import trigger_state

_DOOR_CHECK = sql.SQL(
    """
    DECLARE
        migrator_open boolean;
        migrator_returning boolean;
    BEGIN
        SELECT d.open, d.returning INTO migrator_open, migrator_returning FROM migrator_follow.door d;
        IF migrator_open AND migrator_returning THEN
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


def door_check(run: str) -> sql.Composed:
    """A block of PL/pgSQL for the trigger functions of a tenant's own tables, on rows and on TRUNCATE alike."""
    return _DOOR_CHECK.format(
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


def is_open(connection: Connection) -> bool:
    """Whether the application may write in this database."""
    return bool(_state(connection)[0])


def open_door(
    connection: Connection, generation: int, triggers: Sequence[TriggerState], constraints: Sequence[ConstraintFlags]
) -> Position:
    """Gives triggers and constraints their own states, then opens the door, in one transaction.

    Returns from which position on changes are carried back: the snapshot of that very transaction. One taken later
    would miss who wrote in between. Where the door was opened with this generation before, nothing is done.

    Raises:
        RefusedError: it was opened or shut with a later generation.
    """
    with connection.transaction():
        connection.execute("SELECT FROM migrator_follow.door FOR UPDATE")
        is_open, known, opened_at = _state(connection)
        if known > generation:
            raise RefusedError(
                f"The database {connection.info.dbname} knows generation {known} already, not only {generation}.",
                "Another coordinator is at work, or was: migrator status.",
            )
        if is_open and known == generation and opened_at is not None:
            return Position.parse(opened_at)
        for state in constraints:
            connection.execute(_constraint(state))
        for trigger in triggers:
            connection.execute(trigger_state(trigger.table, trigger.name, trigger.enabled))
        row = connection.execute(
            "UPDATE migrator_follow.door SET open = true, returning = false, generation = %s, "
            "opened_at = pg_catalog.txid_current_snapshot()::text RETURNING opened_at",
            [generation],
        ).fetchone()
    assert row is not None
    return Position.parse(row[0])


def begin_return(connection: Connection) -> int:
    """Tells writers that the door is about to be shut; returns the number of the transaction that did.

    Once older transactions have been waited for (`wait_for_older_transactions`), all of them share the door's lock.
    """
    with connection.transaction():
        connection.execute("UPDATE migrator_follow.door SET returning = true WHERE NOT returning")
        row = connection.execute("SELECT pg_catalog.txid_current()").fetchone()
    assert row is not None
    return int(row[0])


def cancel_return(connection: Connection) -> None:
    """Takes `begin_return` back."""
    connection.execute("UPDATE migrator_follow.door SET returning = false WHERE returning")


def shut_door(door: Gate, generation: int) -> None:
    """Shuts, for good, a door whose lock its coordinator holds: writers are refused here too from now on.

    `generation` is the next one, which the decision in the source is about to have.

    Raises:
        DatabaseError: the session has ended; whether the door is shut is read from the database.
    """
    with translated(door.endpoint):
        door.connection.execute(
            "UPDATE migrator_follow.door SET open = false, returning = false, generation = %s", [generation]
        )
        door.connection.execute("COMMIT")


def _state(connection: Connection) -> tuple[bool, int, str | None]:
    row = connection.execute("SELECT open, generation, opened_at FROM migrator_follow.door").fetchone()
    assert row is not None
    return bool(row[0]), int(row[1]), row[2]


def _constraint(state: ConstraintFlags) -> sql.Composed:
    flags = (
        "DEFERRABLE INITIALLY DEFERRED" if state.deferred else "DEFERRABLE" if state.deferrable else "NOT DEFERRABLE"
    )
    return sql.SQL("ALTER TABLE {} ALTER CONSTRAINT {} {}").format(
        sql.Identifier(*state.table), sql.Identifier(state.name), sql.SQL(flags)
    )
