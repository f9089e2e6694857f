"""Ends one generation of the log and begins the next, and drops those that everybody has read."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import partial

from psycopg import sql

from migrator.core.online.position import Position
from migrator.core.schema.catalog import Relation
from migrator.postgres.capture.functions import SCHEMA
from migrator.postgres.fence.locks import LockWait, on_table
from migrator.postgres.placement.from_items import qualified
from migrator.postgres.session.connect import Connection, query, rows

LOG = Relation(SCHEMA, "log")
# A part of the log that is as long as this is ended: with a row of some 150 bytes, after two million changed rows.
GENERATION_BYTES = 256 << 20
# Every writer of the database waits while this is: an attempt that has to wait longer itself gives up.
ATTEMPT_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Generation:
    """One part of the log: the table, and its size in bytes. The one that is written to is the log itself."""

    relation: Relation
    bytes: int


def read_generations(connection: Connection) -> tuple[Generation, ...]:
    """The parts of the log, the oldest first, the one that is written to last."""
    return tuple(Generation(Relation(SCHEMA, name), size) for name, size in rows(connection, "capture/generations"))


def begin_generation(connection: Connection, wait: LockWait) -> Relation:
    """Writes to a new, empty part of the log from now on; returns the one that nobody writes to any more.

    Reading goes over all parts, so that nobody notices. The log is locked for the moment that it takes, in attempts of
    a twentieth of a second; transactions that have written to it are waited for between them.

    Raises:
        DatabaseError: a writer's transaction lasted longer than the patience; says whose.
    """
    short = replace(wait, lock_timeout=min(wait.lock_timeout, ATTEMPT_SECONDS))

    def change() -> Relation:
        connection.execute(sql.SQL("LOCK TABLE ONLY {} IN ACCESS EXCLUSIVE MODE").format(qualified(LOG)))
        number = 1 + max(
            (int(name.rpartition("_")[2]) for name, _ in rows(connection, "capture/generations") if name != LOG.name),
            default=0,
        )
        ended = Relation(SCHEMA, f"log_{number}")
        connection.execute(
            sql.SQL("ALTER TABLE {} RENAME TO {}; ALTER INDEX {} RENAME TO {}").format(
                qualified(LOG),
                sql.Identifier(ended.name),
                sql.Identifier(SCHEMA, "log_xid"),
                sql.Identifier(f"log_{number}_xid"),
            )
        )
        connection.execute(sql.SQL(query("capture/log_tables")))
        # What it was the parent of belongs to the new one from now on.
        for (name,) in rows(connection, "capture/ended_generations", {"parent": ended.name}):
            connection.execute(
                sql.SQL("ALTER TABLE {0} NO INHERIT {1}; ALTER TABLE {0} INHERIT {2}").format(
                    sql.Identifier(SCHEMA, name), qualified(ended), qualified(LOG)
                )
            )
        connection.execute(sql.SQL("ALTER TABLE {} INHERIT {}").format(qualified(ended), qualified(LOG)))
        return ended

    return on_table(connection, LOG, change, short, wait.deadline(), against="everybody")


def drop_generations(connection: Connection, positions: Collection[Position], wait: LockWait) -> tuple[Relation, ...]:
    """Drops the ended parts of the log of which every one of `positions` has seen all; returns them.

    `positions` are those of everybody who will read the log once more, from there: of databases that are followed, and
    of proofs. Without any nothing is dropped. A part of which one cannot tell stays.

    Raises:
        DatabaseError: somebody reads an old part for longer than the patience.
    """
    if not positions:
        return ()
    # What is before xmin has ended for everybody, whatever ran at the time.
    passed = min(position.xmin for position in positions)
    deadline = wait.deadline()
    dropped = []
    for generation in read_generations(connection)[:-1]:
        relation = generation.relation
        latest = sql.SQL("SELECT pg_catalog.max(xid) FROM ONLY {}").format(qualified(relation))
        ((last,),) = connection.execute(latest).fetchall()
        if last is not None and last >= passed:
            continue
        drop = partial(connection.execute, sql.SQL("DROP TABLE {}").format(qualified(relation)))
        on_table(connection, relation, drop, wait, deadline, against="everybody")
        dropped.append(relation)
    return tuple(dropped)


def trim_log(
    connection: Connection, positions: Collection[Position], wait: LockWait, *, generation_bytes: int = GENERATION_BYTES
) -> tuple[Relation, ...]:
    """Drops the parts of the log that every one of `positions` has passed, and begins a new part after a long one.

    Returns what it dropped. `positions` are as for `drop_generations`.

    Raises:
        DatabaseError: the log was not to be had within the patience; nothing is lost, and the next call tries again.
    """
    dropped = drop_generations(connection, positions, wait)
    if read_generations(connection)[-1].bytes >= generation_bytes:
        begin_generation(connection, wait)
    return dropped
