"""Keeps partitions of the source from coming and going while it is read, and compares them afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from psycopg import sql

from migrator.core.schema.catalog import Catalog, Relation
from migrator.core.schema.source_tables import table_changes
from migrator.errors import RefusedError
from migrator.postgres.session.connect import READ_ONLY, Connection, Endpoint, session
from migrator.postgres.session.records import records


@dataclass(frozen=True, slots=True)
class _Member:
    """A partitioned table (`root`), or a partition of it at whatever depth."""

    root: Relation
    relation: Relation
    holds_partitions: bool
    lockable: bool


def lock_partitions(connection: Connection, catalog: Catalog) -> None:
    """Keeps partitions from being attached and detached while the transaction lasts, where this role may.

    ATTACH PARTITION passes the ACCESS SHARE of readers; this takes the lock that it takes itself, and which lets
    writers pass. It is on the tables that hold partitions alone, so that their partitions can still be vacuumed. A role
    without any right to write does not get it: `require_same_partitions` is for that.
    """
    for member in _members(connection, catalog):
        if member.holds_partitions and member.lockable:
            connection.execute(
                sql.SQL("LOCK TABLE ONLY {} IN SHARE UPDATE EXCLUSIVE MODE").format(sql.Identifier(*member.relation))
            )


def require_same_partitions(source: Endpoint, catalog: Catalog) -> None:
    """Refuses where partitions came or went since `catalog` was read.

    Raises:
        RefusedError: they are others now.
    """
    partitioned = {relation: table for relation, table in catalog.tables.items() if table.kind == "p"}
    if not partitioned:
        return
    now: dict[str, list[str]] = {relation.full_name: [] for relation in partitioned}
    # In a session of its own: the snapshot's would see what was there when it began.
    with session(source, purpose="partitions", settings=READ_ONLY) as connection:
        for member in _members(connection, catalog):
            if member.relation != member.root:
                now[member.root.full_name].append(member.relation.full_name)
    before = {
        relation.full_name: [partition.full_name for partition in table.partitions]
        for relation, table in partitioned.items()
    }
    if changes := table_changes(before, now, {}):
        raise RefusedError(
            f"Partitions came or went while the source was read: {'; '.join(changes)}.",
            "Run `migrator dry-run` and the same command again. Under the fence, or by a role that may write to the "
            "tables, partitions stay as they are meanwhile.",
        )


class _MemberRow(NamedTuple):
    """partition_trees.sql"""

    root_schema: str
    root_name: str
    schema: str
    name: str
    holds_partitions: bool
    lockable: bool


def _members(connection: Connection, catalog: Catalog) -> Iterator[_Member]:
    roots = [relation for relation, table in catalog.tables.items() if table.kind == "p"]
    scope = {"schemas": [one.schema for one in roots], "names": [one.name for one in roots]}
    for row in records(connection, "schema/partition_trees", _MemberRow, scope):
        root, member = Relation(row.root_schema, row.root_name), Relation(row.schema, row.name)
        yield _Member(root, member, row.holds_partitions, row.lockable)
