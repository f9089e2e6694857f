"""Arms the gate for the tenants of a wave: from then on their writers share its lock."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from psycopg import sql

from migrator.postgres.gate.locks import GATE_CLASS
from migrator.postgres.session.connect import Connection, query


def install_gate(connection: Connection) -> None:
    """Makes what the gate rests on, in the schema that following has made; leaves what is there."""
    connection.execute(sql.SQL(query("gate/gate_tables")))


def enter(connection: Connection, wave: int) -> None:
    """Comes in at the gate as writers do, one coordinator at a time: who is armed does not change while it is shut."""
    connection.execute("SELECT pg_catalog.pg_advisory_xact_lock(%s, 0)", [GATE_CLASS])
    connection.execute("SELECT pg_catalog.pg_advisory_xact_lock_shared(%s, %s)", [GATE_CLASS, wave])


def arm(connection: Connection, wave: int, tenants: Collection[str], functions: Iterable[sql.Composed] = ()) -> int:
    """Arms the gate for the tenants; returns the number of the transaction that did, for `wait_for_older_transactions`.

    Only when that has been waited for is every writer of theirs known to take the lock. `functions` are the captured
    tables' trigger functions in their armed form (CREATE OR REPLACE FUNCTION); no table is locked. A tenant that is
    armed already is armed anew, and whoever armed it before cannot decide about it any more.
    """
    with connection.transaction():
        install_gate(connection)
        enter(connection, wave)
        connection.execute("INSERT INTO migrator_follow.waves (wave) VALUES (%s) ON CONFLICT DO NOTHING", [wave])
        connection.execute(
            "INSERT INTO migrator_follow.armed (tenant, wave) SELECT pg_catalog.unnest(%s::text[]), %s "
            "ON CONFLICT (tenant) DO UPDATE SET wave = excluded.wave, since = excluded.since",
            [list(tenants), wave],
        )
        for function in functions:
            connection.execute(function)
        row = connection.execute("SELECT pg_catalog.txid_current()").fetchone()
    assert row is not None
    return int(row[0])


def disarm(connection: Connection, wave: int, tenants: Collection[str], functions: Iterable[sql.Composed] = ()) -> bool:
    """Lets tenants of the wave go, unless they have moved away; returns whether any tenant at all is armed still.

    Where none is, the trigger functions are put back to `functions`, their form without the check. Nobody is waited
    for: who took the lock keeps it to the end of the transaction, and nothing asks for it any more.
    """
    with connection.transaction():
        enter(connection, wave)
        _forget(connection, wave, tenants)
        row = connection.execute("SELECT EXISTS (SELECT FROM migrator_follow.armed)").fetchone()
        assert row is not None
        if not row[0]:
            for function in functions:
                connection.execute(function)
    return bool(row[0])


def _forget(connection: Connection, wave: int, tenants: Collection[str]) -> None:
    connection.execute(
        "DELETE FROM migrator_follow.armed a WHERE a.wave = %s AND a.tenant = ANY (%s::text[]) "
        "AND NOT EXISTS (SELECT FROM migrator_follow.fenced f WHERE f.tenant = a.tenant)",
        [wave, list(tenants)],
    )
