"""Decides in the source that tenants have moved away, or are back; what is decided is read from the source alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from psycopg import sql

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
    """The tenants that have moved away, each with the generation that it did with."""
    return dict(connection.execute("SELECT tenant, generation FROM migrator_follow.fenced ORDER BY tenant").fetchall())


def decide(gate: Gate, tenants: Collection[str], generation: int) -> int:
    """Decides, at a gate that is shut, that the tenants have moved away, and opens it: their writers are refused.

    `generation` is the one that the coordinator knows, read before it shut the gate. Returns the new one.

    Raises:
        RefusedError: somebody else has decided something since; nothing is decided.
        DatabaseError: the session has ended, or the answer got lost: `read_decision` says whether it is decided.
    """
    with translated(gate.endpoint):
        following = _count_up(gate.connection, generation)
        if following is None:
            gate.connection.execute("ROLLBACK")
            raise _overtaken(generation)
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
    """Those of the tenants that have moved away, each with its generation, once nobody is deciding about the wave.

    Raises:
        psycopg.Error: the gate is shut for longer than it can be.
    """
    with connection.transaction():
        connection.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(sql.Literal(_READ_TIMEOUT)))
        connection.execute("SELECT pg_catalog.pg_advisory_xact_lock_shared(%s, %s)", [GATE_CLASS, wave])
        # A statement of its own: it sees what was committed before the lock was given.
        fenced = read_fenced(connection)
    return {tenant: fenced[tenant] for tenant in tenants if tenant in fenced}


def lift_gate(connection: Connection, tenants: Collection[str], generation: int) -> int:
    """Decides that the tenants are back: their rows in the source take writes again. Returns the new generation.

    The caller has shut the doors of their databases, and brought here what was written there. Nobody is waited for:
    their writers here were refused until now.

    Raises:
        RefusedError: somebody else has decided something since `generation`; nothing is decided.
    """
    with connection.transaction():
        following = _count_up(connection, generation)
        if following is None:
            raise _overtaken(generation)
        connection.execute("DELETE FROM migrator_follow.fenced WHERE tenant = ANY (%s::text[])", [list(tenants)])
        connection.execute("DELETE FROM migrator_follow.armed WHERE tenant = ANY (%s::text[])", [list(tenants)])
    return following


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
