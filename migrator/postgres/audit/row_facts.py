"""Counts rows without a tenant, without a parent, or with another tenant's parent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from psycopg import sql

from migrator.core.audit.facts import ReferenceRows, UnownedRows
from migrator.core.clean.rules import readable
from migrator.core.placement.key_paths import KeyPath, via
from migrator.core.placement.model import UNOWNED_TARGETS, Placement, Placements
from migrator.core.schema.catalog import Catalog, ForeignKey, Relation
from migrator.postgres.placement.from_items import bare_names, own_rows
from migrator.postgres.placement.key_path import (
    declared_rows,
    ends_in_null,
    holds,
    joined,
    leads_nowhere,
    referenced_rows,
    source_of,
    tenant_key,
)
from migrator.postgres.session.connect import Connection

_SAMPLES = sql.Literal(5)
# Keys of different tables may have different collations, which cannot be compared; as bytes they always can.
_BYTEWISE = sql.SQL('COLLATE pg_catalog."C"')


class RowCounter:
    """Counts in the open transaction of `connection`. Tables in `closed` cannot be read and are passed over."""

    def __init__(
        self, connection: Connection, catalog: Catalog, placements: Placements, closed: Collection[Relation] = ()
    ) -> None:
        self._connection = connection
        self._catalog = catalog
        self._placements = placements
        self._closed = closed

    # -- rows without a tenant ----------------------------------------------------------------------------------------

    def unowned(self, relation: Relation) -> UnownedRows | None:
        """Rows of a tenant table that no tenant owns; None where nobody can tell, or every row is the same tenant's."""
        placement = self._tenant_table(relation)
        if placement is None or placement.key_path is None:
            return None
        with bare_names(self._connection, placement):
            return self._unowned(relation, placement, placement.key_path)

    def _unowned(self, relation: Relation, placement: Placement, path: KeyPath) -> UnownedRows:
        pairs = [key for key in self._placements.foreign_keys if key.table == relation]
        read = sql.SQL(
            "WITH tenant AS MATERIALIZED ({tenants}), "
            "item AS (SELECT {key} AS key, {unset} AS unset, {ends} AS ends, {label} AS label, {position} AS position "
            "FROM {source}) "
        ).format(
            tenants=self._tenants(),
            key=_key(placement),
            unset=leads_nowhere(path, pairs),
            ends=ends_in_null(path),
            label=self._label(relation, placement.query),
            position=self._position(relation, placement.query),
            source=source_of(placement, self._catalog),
        )
        joined = sql.SQL("FROM item i LEFT JOIN tenant o ON o.key = i.key ")
        by_tenant: dict[str, int] = {}
        lost: Counter[str] = Counter()
        for tenant, why, count in self._connection.execute(read + _BY_OWNER + joined + sql.SQL("GROUP BY 1, 2")):
            if tenant is not None:
                by_tenant[tenant] = count
            else:
                lost[why] = count
        unset, beneath, unreachable, unknown = (lost[why] for why in ("unset", "beneath", "unreachable", "unknown"))
        by_intent = placement.unowned in (*UNOWNED_TARGETS, "replicate")
        keys: tuple[str, ...] = ()
        samples: tuple[str, ...] = ()
        if unreachable + unknown + (0 if by_intent else unset + beneath):
            shown = sql.SQL("WHERE o.key IS NULL AND NOT (i.key IS NULL AND (i.unset OR i.ends) AND {}) ").format(
                sql.Literal(by_intent)
            )
            samples = self._texts(read + sql.SQL("SELECT i.label ") + joined + shown + _FIRST_FEW)
        if unknown:
            frequent = sql.SQL(
                "WHERE i.key IS NOT NULL AND o.key IS NULL GROUP BY i.key ORDER BY count(*) DESC, i.key LIMIT {}"
            ).format(_SAMPLES)
            keys = self._texts(read + sql.SQL("SELECT i.key ") + joined + frequent)
        total = sum(by_tenant.values()) + sum(lost.values())
        return UnownedRows(relation, total, unset, beneath, unreachable, unknown, keys, samples, by_tenant)

    # -- rows and their parents ---------------------------------------------------------------------------------------

    def references(self, key: ForeignKey) -> ReferenceRows | None:
        """Rows whose parent is missing or, between tenant tables, belongs elsewhere; None where it cannot be read."""
        if {key.table, key.referenced} & set(self._closed):
            return None
        child, parent = self._tenant_rows(key.table), self._tenant_rows(key.referenced)
        if child is None or parent is None or key.referenced_partition is not None or _agree(key, child, parent):
            return self._orphans(key)
        return self._across_tenants(key, child, parent)

    def _orphans(self, key: ForeignKey) -> ReferenceRows:
        read = sql.SQL(
            "FROM {table} AS t WHERE {complete} AND NOT EXISTS (SELECT FROM {parent} AS p WHERE {matches}) "
        ).format(
            table=own_rows(self._catalog, key.table),
            complete=_complete(key),
            parent=referenced_rows(self._catalog, key),
            matches=joined(key, "p", "t"),
        )
        (orphans,) = self._numbers(sql.SQL("SELECT count(*) ") + read)
        samples: tuple[str, ...] = ()
        if orphans:
            shown = sql.SQL("SELECT {} {} ORDER BY {} LIMIT {}").format(
                self._label(key.table), read, self._position(key.table), _SAMPLES
            )
            samples = self._texts(shown)
        return ReferenceRows(key, orphans, orphan_samples=samples)

    def _across_tenants(self, key: ForeignKey, child: Placement, parent: Placement) -> ReferenceRows:
        # The columns that we add must not be named like a column of the key.
        read = sql.SQL(
            "WITH tenant AS MATERIALIZED ({tenants}), "
            "item AS (SELECT {key} AS migrator_key, {label} AS migrator_label, {position} AS migrator_position, "
            "{columns} FROM {source} WHERE {complete}), "
            "parent AS (SELECT {parent_key} AS migrator_key, true AS migrator_found, {parent_columns} FROM {parent}), "
            "pair AS (SELECT c.migrator_label AS label, c.migrator_position AS position, p.migrator_found AS found, "
            "c.migrator_key AS key, o.key IS NOT NULL AS owned, "
            "p.migrator_key AS parent_key, r.key IS NOT NULL AS parent_owned "
            "FROM item c LEFT JOIN parent p ON {matches} "
            "LEFT JOIN tenant o ON o.key = c.migrator_key LEFT JOIN tenant r ON r.key = p.migrator_key) "
        ).format(
            tenants=self._tenants(),
            key=_key(child),
            label=self._label(key.table),
            position=self._position(key.table),
            columns=_columns(key.columns),
            source=source_of(child, self._catalog),
            complete=_complete(key),
            parent_key=_key(parent),
            parent_columns=_columns(key.referenced_columns),
            parent=source_of(parent, self._catalog),
            matches=joined(key, "p", "c"),
        )
        kinds = (
            sql.SQL("i.found IS NULL"),
            sql.SQL("i.found AND i.owned AND i.parent_owned AND i.key <> i.parent_key"),
            sql.SQL("i.found AND {}").format(_parent_elsewhere(child, parent)),
        )
        counts = self._numbers(
            read
            + sql.SQL("SELECT {} FROM pair i").format(
                sql.SQL(", ").join(sql.SQL("count(*) FILTER (WHERE {})").format(kind) for kind in kinds)
            )
        )
        samples = [
            self._texts(read + sql.SQL("SELECT i.label FROM pair i WHERE {} ").format(kind) + _FIRST_FEW)
            if count
            else ()
            for count, kind in zip(counts, kinds, strict=True)
        ]
        orphans, cross_tenant, parent_elsewhere = counts
        orphan_samples, cross_tenant_samples, parent_elsewhere_samples = samples
        return ReferenceRows(
            key, orphans, cross_tenant, parent_elsewhere, orphan_samples, cross_tenant_samples, parent_elsewhere_samples
        )

    # -- parts of statements ------------------------------------------------------------------------------------------

    def _tenant_table(self, relation: Relation) -> Placement | None:
        """Its placement, where its rows have tenants that can be read."""
        placement = self._placements.tables.get(relation)
        root = self._placements.tenant_root
        if placement is None or not placement.per_tenant or root is None:
            return None
        path = placement.key_path
        if path is None or path.column is None:
            return None
        needed = {root, relation, *(hop.referenced for one in path.alternatives for hop in one.hops)}
        return None if needed & set(self._closed) else placement

    def _tenant_rows(self, relation: Relation) -> Placement | None:
        """The placement by which the table's own rows have tenants, also where the split reads a query instead."""
        placement = self._tenant_table(relation)
        return readable(placement, self._catalog) if placement is not None else None

    def _tenants(self) -> sql.Composed:
        root, key = self._placements.tenant_root, self._placements.root_key
        assert root is not None
        assert key is not None
        return sql.SQL("SELECT {}::text {} AS key FROM {}").format(
            sql.Identifier(key), _BYTEWISE, own_rows(self._catalog, root)
        )

    def _label(self, relation: Relation, query: str | None = None) -> sql.Composed:
        """The row's key for people, "id=42"; its position on disk where it has none, its text where a query made it."""
        table = self._catalog.tables.get(relation)
        if table is None or query is not None:
            return sql.SQL("left(t::text, 80)").format()
        if not table.primary_key:
            return sql.SQL("'ctid=' || t.ctid::text").format()
        return sql.SQL(" || ', ' || ").join(
            sql.SQL("{} || t.{}::text").format(sql.Literal(f"{column}="), sql.Identifier(column))
            for column in table.primary_key
        )

    def _position(self, relation: Relation, query: str | None = None) -> sql.Composed:
        """What samples are ordered by, so that two audits of the same rows show the same ones."""
        table = self._catalog.tables.get(relation)
        if table is None or query is not None:
            return sql.SQL("t::text").format()
        if not table.primary_key:
            return sql.SQL("ROW(t.tableoid, t.ctid)").format()
        columns = sql.SQL(", ").join(sql.SQL("t.{}").format(sql.Identifier(name)) for name in table.primary_key)
        return sql.SQL("ROW({})").format(columns)

    def _numbers(self, statement: sql.Composed) -> tuple[int, ...]:
        row = self._connection.execute(statement).fetchone()
        assert row is not None
        return tuple(row)

    def _texts(self, statement: sql.Composed) -> tuple[str, ...]:
        return tuple(row[0] for row in self._connection.execute(statement))


_BY_OWNER = sql.SQL(
    "SELECT o.key, CASE WHEN o.key IS NOT NULL THEN '' WHEN i.key IS NOT NULL THEN 'unknown' "
    "WHEN i.unset THEN 'unset' WHEN i.ends THEN 'beneath' ELSE 'unreachable' END, count(*) "
)
_FIRST_FEW = sql.SQL("ORDER BY i.position LIMIT {}").format(_SAMPLES)


def _key(placement: Placement) -> sql.Composed:
    return sql.SQL("({}) {}").format(tenant_key(placement), _BYTEWISE)


def _complete(key: ForeignKey) -> sql.Composed:
    """The rows that the key speaks of: with MATCH FULL also those that are NULL in part, which then match nothing."""
    word = sql.SQL(" OR " if key.match == "f" else " AND ")
    complete = sql.SQL("({})").format(
        word.join(holds(sql.Identifier("t", column), key.blank) for column in key.columns)
    )
    if key.partition is not None:
        complete += sql.SQL(" AND ") + declared_rows(key)
    if key.when is None:
        return complete
    column, value = key.when
    return complete + sql.SQL(" AND t.{}::text = {}").format(sql.Identifier(column), sql.Literal(value))


def _columns(names: tuple[str, ...]) -> sql.Composed:
    return sql.SQL(", ").join(sql.SQL("t.{0} AS {0}").format(sql.Identifier(name)) for name in dict.fromkeys(names))


def _agree(key: ForeignKey, child: Placement, parent: Placement) -> bool:
    """Whether both ends have the same tenant whatever the rows are: the key leads there, or carries the tenant key."""
    here, there = child.key_path, parent.key_path
    if here is None or there is None:
        return False
    if here == via(key, there):
        return True
    carried = set(zip(key.columns, key.referenced_columns, strict=True))
    return not here.hops and not there.hops and (here.column, there.column) in carried


def _parent_elsewhere(child: Placement, parent: Placement) -> sql.Composed:
    """Rows that land in a tenant's database while the parent does not; where the parent's rows block, S03 says so."""
    everywhere = sql.SQL("(i.parent_key IS NULL AND {})").format(sql.Literal(parent.unowned == "replicate"))
    parent_absent = sql.SQL("(NOT i.parent_owned AND NOT {} AND {})").format(
        everywhere, sql.Literal(parent.unowned != "block")
    )
    return sql.SQL("(i.owned AND {} OR i.key IS NULL AND {} AND (i.parent_owned OR {}))").format(
        parent_absent, sql.Literal(child.unowned == "replicate"), parent_absent
    )
