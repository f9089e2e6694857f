"""Reads large objects that applications changed in a target, and applies them to the source.

They keep their numbers. An object whose number is another one's in the source by now is not written over: the row that
names it is a conflict then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal

from psycopg import sql

from migrator.core.changes.row_changes import RowChange, row_key
from migrator.core.plan.transfer import LARGE_OBJECT, Transfer
from migrator.core.schema.catalog import Catalog, Relation
from migrator.postgres.copy.large_objects import blocks, unnamed_objects
from migrator.postgres.placement.from_items import own_rows
from migrator.postgres.session.connect import Connection

_READ_AND_WRITE = 0x60000


@dataclass(frozen=True, slots=True)
class ObjectChange:
    """One large object that a changed row names, and what carrying it back means."""

    oid: int
    relation: Relation
    kind: Literal["made", "changed", "taken"]  # "taken": in the source the number is another object's


@dataclass(frozen=True, slots=True)
class TargetObjects:
    """The large objects of one target database, and the columns of each table that name some."""

    target: Connection
    columns: Mapping[Relation, tuple[str, ...]]

    def changes(self, source: Connection, row: RowChange, catalog: Catalog) -> Iterator[ObjectChange]:
        """The objects that a changed row names and that are not the same in the source, before the row is written."""
        if row.kind == "deleted":
            return
        for column in self.columns.get(row.relation, ()):
            value = row.values[column]
            if value is None or (there := _content(self.target, int(value))) is None:
                continue
            here = _content(source, int(value))
            if here is None:
                yield ObjectChange(int(value), row.relation, "made")
            elif here != there:
                own = row.kind == "updated" and _names(source, row, column, catalog)
                yield ObjectChange(int(value), row.relation, "changed" if own else "taken")

    def carry(self, source: Connection, row: RowChange, catalog: Catalog) -> str:
        """Carries back what the row names, in the open transaction; returns why not, where it cannot be."""
        for change in self.changes(source, row, catalog):
            if change.kind == "taken":
                return f"large object {change.oid} is another one in the source"
            _carry(source, self.target, change)
        return ""


def objects_of(target: Connection, transfers: Iterable[Transfer]) -> TargetObjects:
    """The large objects that these tables of a target may name."""
    naming = {
        transfer.relation: tuple(c.source for c in transfer.columns if c.type == LARGE_OBJECT and c.source)
        for transfer in transfers
    }
    return TargetObjects(target, {relation: columns for relation, columns in naming.items() if columns})


def _names(source: Connection, row: RowChange, column: str, catalog: Catalog) -> bool:
    """Whether the row names the same object in the source, so that it is the row's own to change."""
    key = row_key(row, catalog)
    condition = sql.SQL(" AND ").join(
        sql.SQL("t.{} = {}").format(sql.Identifier(name), sql.Literal(row.values[name])) for name in (*key, column)
    )
    statement = sql.SQL("SELECT FROM {} AS t WHERE {}").format(own_rows(catalog, row.relation), condition)
    return bool(key) and source.execute(statement).fetchone() is not None


def _content(connection: Connection, oid: int) -> bytes | None:
    row = connection.execute(
        "SELECT pg_catalog.sha256(pg_catalog.lo_get(oid)) FROM pg_catalog.pg_largeobject_metadata WHERE oid = %s", [oid]
    ).fetchone()
    return bytes(row[0]) if row is not None else None


def _carry(source: Connection, target: Connection, change: ObjectChange) -> None:
    """Writes one object into the source, within the open transaction; a new one gets the owner of its row's table."""
    if change.kind == "made":
        source.execute("SELECT pg_catalog.lo_create(%s)", [change.oid])
    else:
        source.execute("SELECT pg_catalog.lo_truncate64(pg_catalog.lo_open(%s, %s), 0)", [change.oid, _READ_AND_WRITE])
    for offset, block in blocks(target, change.oid):
        source.execute("SELECT pg_catalog.lo_put(%s, %s, %s)", [change.oid, offset, block], binary=True)
    if change.kind == "made":
        ((owner,),) = source.execute(
            "SELECT pg_catalog.pg_get_userbyid(c.relowner) FROM pg_catalog.pg_class c "
            "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = %s AND c.relname = %s",
            [change.relation.schema, change.relation.name],
        ).fetchall()
        if owner != source.info.user:
            source.execute(
                sql.SQL("ALTER LARGE OBJECT {} OWNER TO {}").format(sql.Literal(change.oid), sql.Identifier(owner))
            )


def stray_objects(
    read_source: Callable[[], AbstractContextManager[Connection]], target: Connection, transfers: Sequence[Transfer]
) -> list[int]:
    """Large objects of a target that no row names in a configured column, and that the source does not hold alike.

    `read_source` opens a session of the source: only where there is something to compare.
    """
    if target.execute("SELECT FROM pg_catalog.pg_largeobject_metadata LIMIT 1").fetchone() is None:
        return []
    columns = (
        (sql.Identifier(*transfer.destination), column.target)
        for transfer in transfers
        for column in transfer.columns
        if column.type == LARGE_OBJECT
    )
    unnamed = list(unnamed_objects(target, columns))
    if not unnamed:
        return []
    with read_source() as source:
        return [oid for oid in unnamed if _content(source, oid) != _content(target, oid)]
