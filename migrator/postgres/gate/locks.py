"""The advisory locks of the gate: writers share a wave's, its coordinator takes it for itself."""

from __future__ import annotations

from psycopg import sql

# "migg" as the first of an advisory lock's two numbers; the second is the wave, from 1. The negative wave is the lock
# whose holder wants entrants to be refused at once instead of waiting.
GATE_CLASS = 0x6D696767
# A tenant's database has one gate, its door.
DOOR = 1

_SHARED_LOCK = sql.SQL(
    """IF NOT pg_catalog.pg_try_advisory_xact_lock_shared({class_}, {wave}) THEN
                    IF NOT (pg_catalog.pg_try_advisory_lock_shared({class_}, -{wave})
                            AND pg_catalog.pg_advisory_unlock_shared({class_}, -{wave})) THEN
                        RAISE EXCEPTION 'the tenant is being moved: who is in may finish, and nobody comes in'
                            USING ERRCODE = 'serialization_failure', HINT = 'Retry the transaction.';
                    END IF;
                    migrator_timeout := pg_catalog.current_setting('lock_timeout');
                    PERFORM pg_catalog.set_config('lock_timeout', '0', true);
                    PERFORM pg_catalog.pg_advisory_xact_lock_shared({class_}, {wave});
                    PERFORM pg_catalog.set_config('lock_timeout', migrator_timeout, true);
                END IF;"""
)

# What a block that holds `shared_lock` has to declare.
TIMEOUT = sql.SQL("migrator_timeout text;")

# A transaction that keeps the snapshot it began with would not see what was decided since. The server tells it: the
# decision changes this row, and one that was changed since the snapshot cannot be locked (40001). FOR SHARE, because
# FOR KEY SHARE locks the old version of a row whose key is the same. The decision itself never waits for it: whoever
# holds it shares the gate's lock, too.
_SNAPSHOT_CHECK = sql.SQL(
    """IF pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
                PERFORM FROM {row} FOR SHARE;
            END IF;"""
)


def shared_lock(wave: sql.Composable) -> sql.Composed:
    """PL/pgSQL by which a writer comes in: it waits while the gate is shut, or is refused with 40001.

    Nothing can interrupt a session between the two functions of one expression. A session's lock that stayed would be
    there for as long as a pool keeps the session. A lock_timeout of the application's own is not meant for the gate,
    which the server opens soon enough by itself. The block declares `TIMEOUT`.
    """
    return _SHARED_LOCK.format(class_=sql.Literal(GATE_CLASS), wave=wave)


def snapshot_check(row: sql.Composed) -> sql.Composed:
    """PL/pgSQL that raises 40001 where that row (a FROM item) was changed since the transaction's snapshot."""
    return _SNAPSHOT_CHECK.format(row=row)
