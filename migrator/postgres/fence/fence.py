"""Raises and lifts the fence: triggers that refuse every write to the source, from whatever role."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from psycopg import sql

from migrator.core.schema.catalog import Relation
from migrator.errors import RefusedError
from migrator.postgres.databases.databases import Mark
from migrator.postgres.fence.locks import LockWait, on_table
from migrator.postgres.session.connect import Connection, query, rows

TRIGGER = "migrator_fence"
# Partitions that are made or attached later get copies of a partitioned table's row triggers, not of its statement
# triggers. Before 15 such a copy is the system's: its owner could not switch it off to carry changes back.
ROW_TRIGGER = "migrator_fence_rows"
ROW_TRIGGER_SINCE = 150000
_RUN = re.compile(r"\d{8}-\d{6}-[0-9a-f]{4}")


@dataclass(frozen=True, slots=True)
class FenceState:
    """What stands in the source: whose fence, since which epoch, on which tables.

    `fencing_partitions` are the partitioned tables whose later partitions are fenced as they come.
    """

    run: str
    epoch: str
    fenced: frozenset[Relation]
    fencing_partitions: frozenset[Relation] = frozenset()


def read_fence(connection: Connection) -> FenceState | None:
    """The fence that stands, or None. Read from the source itself, not from the journal.

    Without the mark its triggers tell whose it is: they refuse writes all the same. It has no epoch then.
    """
    state = rows(connection, "fence/fence_state")
    mark = Mark.parse(state[0][0]) if state else None
    if mark is None:
        runs = sorted({run for *_, run in state if run is not None and _RUN.fullmatch(run)})
        if not runs:  # there is none, or the schema of that name is somebody else's
            return None
        mark = Mark(runs[0], "fence")
    by_trigger: dict[str, set[Relation]] = {TRIGGER: set(), ROW_TRIGGER: set()}
    for _, schema, name, trigger, _ in state:
        if name is not None:
            by_trigger[trigger].add(Relation(schema, name))
    return FenceState(mark.run, mark.epoch, frozenset(by_trigger[TRIGGER]), frozenset(by_trigger[ROW_TRIGGER]))


def raise_fence(connection: Connection, tables: Iterable[Relation], wait: LockWait, *, run: str, epoch: str) -> None:
    """Fences every table, one transaction each, so that no queue builds up behind a lock that is waited for.

    Each attempt waits for the writers of a table to finish, then lets them pass and tries again; the patience is that
    for all tables. After it no write is in flight: CREATE TRIGGER conflicts with
    every writer's lock, so it comes after the last one. Tables fenced already by this run are left as they are. A
    partitioned table gets a second trigger last, for partitions that come later: it locks all partitions at once,
    which nobody writes to by then.

    Raises:
        DatabaseError: a table could not be locked within the patience; says who holds it.
        RefusedError: a schema of the fence's name is there that migrator did not make.
    """
    standing = read_fence(connection)
    if standing is None and rows(connection, "fence/fence_state"):
        raise RefusedError(
            "The schema migrator_fence was not made by migrator.", "Rename it, then run the same command again."
        )
    # Together: a fence that does not say whose it is could be neither resumed nor lifted by anybody.
    with connection.transaction():
        connection.execute(sql.SQL(query("fence/fence_function")))
        connection.execute(
            sql.SQL("COMMENT ON SCHEMA migrator_fence IS {}").format(
                sql.Literal(Mark(run, "fence", epoch=standing.epoch if standing else epoch).text)
            )
        )
    deadline = wait.deadline()
    listed = list(tables)
    statements = [
        (table, fence_statement(table, run)) for table in listed if standing is None or table not in standing.fenced
    ] + [
        (table, partition_fence_statement(table, run))
        for table in _holding_partitions(connection, listed)
        if standing is None or table not in standing.fencing_partitions
    ]
    for table, statement in statements:
        on_table(connection, table, partial(connection.execute, statement), wait, deadline)


def lift_fence(connection: Connection, wait: LockWait) -> int:
    """Removes the fence, whoever's it is; returns from how many tables. Nothing is left of it in the source."""
    standing = read_fence(connection)
    deadline = wait.deadline()
    triggers = (
        [(table, ROW_TRIGGER) for table in sorted(standing.fencing_partitions)]
        + [(table, TRIGGER) for table in sorted(standing.fenced)]
        if standing
        else []
    )
    for table, trigger in triggers:
        drop = sql.SQL("DROP TRIGGER IF EXISTS {} ON {}").format(sql.Identifier(trigger), sql.Identifier(*table))
        on_table(connection, table, partial(connection.execute, drop), wait, deadline, against="everybody")
    if standing is None:
        return 0
    connection.execute("DROP SCHEMA migrator_fence CASCADE")
    return len(standing.fenced)


def fence_statement(table: Relation, run: str) -> sql.Composed:
    """Puts the fence on one table; `run` is what its refusals name."""
    # One simple-protocol message: both statements are one transaction.
    return sql.SQL(
        "CREATE TRIGGER {trigger} BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table} FOR EACH STATEMENT "
        "EXECUTE FUNCTION migrator_fence.refuse({run}); "
        "ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}"
    ).format(trigger=sql.Identifier(TRIGGER), table=sql.Identifier(*table), run=sql.Literal(run))


def partition_fence_statement(table: Relation, run: str) -> sql.Composed:
    """Puts the fence on whatever partitions a partitioned table gets later; those of now have the other trigger."""
    return sql.SQL(
        "CREATE TRIGGER {trigger} BEFORE INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW "
        "EXECUTE FUNCTION migrator_fence.refuse({run}); "
        "ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}"
    ).format(trigger=sql.Identifier(ROW_TRIGGER), table=sql.Identifier(*table), run=sql.Literal(run))


def fences_partitions(server_version: int) -> bool:
    """Whether partitions that come later are fenced on a server of that version (as server_version_num)."""
    return server_version >= ROW_TRIGGER_SINCE


def _holding_partitions(connection: Connection, tables: Iterable[Relation]) -> list[Relation]:
    if not fences_partitions(connection.info.server_version):
        return []
    listed = list(tables)
    scope = {"schemas": [table.schema for table in listed], "names": [table.name for table in listed]}
    return [Relation(schema, name) for schema, name in rows(connection, "fence/fence_roots", scope)]
