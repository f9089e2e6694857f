"""Decides in the source that tenants have moved away, or are back; what is decided is read from the source alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from psycopg import sql

from migrator.core.online.position import Position
from migrator.errors import RefusedError
from migrator.postgres.gate.freeze import Gate
from migrator.postgres.gate.locks import GATE_CLASS
from migrator.postgres.session.connect import Connection, translated

# A decision whose answer was lost is under way for as long as its session holds the gate: not longer than its lease.
_READ_TIMEOUT = "30s"


def read_generation(connection: Connection) -> int:
    """How many decisions there were: the generation of the map of tenants."""
    row = connection.execute("SELECT generation FROM migrator_follow.gate").fetchone()
    return int(row[0]) if row is not None else 0


def read_fenced(connection: Connection) -> Mapping[str, int]:
    """The tenants that have moved away, each with the generation of its fence."""
    return dict(connection.execute("SELECT tenant, generation FROM migrator_follow.fenced ORDER BY tenant").fetchall())


def standing_fences(connection: Connection) -> Mapping[str, int]:
    """The same, also where nothing has been installed for a gate: nobody has moved then."""
    row = connection.execute("SELECT pg_catalog.to_regclass('migrator_follow.fenced') IS NOT NULL").fetchone()
    return read_fenced(connection) if row == (True,) else {}


def decide(gate: Gate, tenants: Collection[str], generation: int) -> int:
    """Decides, at a gate that is shut, that the tenants have moved away, and opens it: their writers are refused.

    `generation` is the last one that the coordinator knows, read before it shut the gate. Returns the new one.

    Raises:
        RefusedError: somebody else has decided something since; nothing is decided.
        DatabaseError: the session has ended, or the answer got lost: `read_decision` says whether it is decided.
    """
    with translated(gate.endpoint):
        following = _count_up(gate.connection, generation)
        if following is None:
            gate.connection.execute("ROLLBACK")
            raise _overtaken(generation)
        # Whoever keeps an older snapshot is told by this row: see locks.snapshot_check.
        gate.connection.execute(
            "UPDATE migrator_follow.waves SET generation = %s WHERE wave = %s", [following, gate.wave]
        )
        gate.connection.execute(
            "INSERT INTO migrator_follow.fenced (tenant, generation) SELECT pg_catalog.unnest(%s::text[]), %s",
            [sorted(tenants), following],
        )
        gate.connection.execute("COMMIT")
    return following


def read_decision(connection: Connection, wave: int, tenants: Collection[str]) -> Mapping[str, int]:
    """Those of the tenants whose fence stands, each with its generation, once nobody is deciding about the wave.

    Raises:
        psycopg.Error: the gate is shut for longer than it can be.
    """
    with connection.transaction():
        connection.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(sql.Literal(_READ_TIMEOUT)))
        connection.execute("SELECT pg_catalog.pg_advisory_xact_lock_shared(%s, %s)", [GATE_CLASS, wave])
        # A statement of its own: it sees what was committed before the lock was given.
        fenced = read_fenced(connection)
    return {tenant: fenced[tenant] for tenant in tenants if tenant in fenced}


def replace_fence(connection: Connection, tenant: str, generation: int) -> int | None:
    """Gives a fence that stands another generation, so that the door may open again; returns the new one.

    None where the fence is not the one of `generation` any more: nothing is changed then.
    """
    with connection.transaction():
        row = connection.execute("UPDATE migrator_follow.gate SET generation = generation + 1 RETURNING generation")
        following = int((row.fetchone() or (0,))[0])
        replaced = connection.execute(
            "UPDATE migrator_follow.fenced SET generation = %s, decided = pg_catalog.now() "
            "WHERE tenant = %s AND generation = %s",
            [following, tenant, generation],
        )
    return following if replaced.rowcount else None


def restore_fence(connection: Connection, tenant: str, wave: int, *, above: int, last: int) -> int | None:
    """Raises a fence again that the source has lost to a failover; returns its generation, which exceeds `above`.

    None where the last generation is not `last` any more: somebody has decided something since, and nothing is done.
    """
    with connection.transaction():
        row = connection.execute(
            "UPDATE migrator_follow.gate SET generation = greatest(generation, %s) + 1 WHERE generation = %s "
            "RETURNING generation",
            [above, last],
        ).fetchone()
        if row is None:
            return None
        connection.execute("INSERT INTO migrator_follow.waves (wave) VALUES (%s) ON CONFLICT DO NOTHING", [wave])
        connection.execute(
            "INSERT INTO migrator_follow.armed (tenant, wave) VALUES (%s, %s) ON CONFLICT DO NOTHING", [tenant, wave]
        )
        connection.execute(
            "INSERT INTO migrator_follow.fenced (tenant, generation) VALUES (%s, %s) "
            "ON CONFLICT (tenant) DO UPDATE SET generation = excluded.generation, decided = pg_catalog.now()",
            [tenant, row[0]],
        )
    return int(row[0])


def lift_fence(connection: Connection, fences: Mapping[str, int]) -> int:
    """Decides that the tenants of these fences are back: their rows in the source take writes again.

    The caller has shut the doors of their databases, and brought here what was written there. Nobody is waited for:
    their writers here were refused until now. A fence that has another generation, or is gone, is left alone. Returns
    the new generation, which the map is told with.
    """
    tenants, generations = list(fences), list(fences.values())
    with connection.transaction():
        row = connection.execute("UPDATE migrator_follow.gate SET generation = generation + 1 RETURNING generation")
        following = int((row.fetchone() or (0,))[0])
        connection.execute(
            "WITH lifted AS (DELETE FROM migrator_follow.fenced f "
            "USING unnest(%s::text[], %s::bigint[]) AS l (tenant, generation) "
            "WHERE f.tenant = l.tenant AND f.generation = l.generation RETURNING f.tenant) "
            "DELETE FROM migrator_follow.armed a USING lifted WHERE a.tenant = lifted.tenant",
            [tenants, generations],
        )
    return following


def snapshot_with_fences(connection: Connection) -> tuple[Position, Mapping[str, int]]:
    """A snapshot of the source, and the fences that stand in it with their generations."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        row = connection.execute("SELECT pg_catalog.txid_current_snapshot()::text").fetchone()
        fences = read_fenced(connection)
    assert row is not None
    return Position.parse(row[0]), fences


def _count_up(connection: Connection, generation: int) -> int | None:
    """The next generation; None where the one of the source is another one already."""
    row = connection.execute(
        "UPDATE migrator_follow.gate SET generation = generation + 1 WHERE generation = %s RETURNING generation",
        [generation],
    ).fetchone()
    return int(row[0]) if row is not None else None


def _overtaken(generation: int) -> RefusedError:
    return RefusedError(
        f"Another coordinator has decided something since generation {generation}; nothing was decided here.",
        "See migrator status, then run the same command again.",
    )
