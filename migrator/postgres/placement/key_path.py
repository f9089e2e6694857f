"""The SQL that computes a row's tenant key: the joins along a key path, and the key at its end."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from psycopg import sql

from migrator.core.placement.key_paths import KeyPath, TenantTree
from migrator.core.placement.model import Placement
from migrator.core.schema.catalog import Catalog, ForeignKey
from migrator.postgres.placement.from_items import ALIAS, from_item, own_rows, qualified

_EQUAL = ("pg_catalog", "=")


def source_of(placement: Placement, catalog: Catalog) -> sql.Composed:
    """The FROM item: the table or query as `t`, LEFT JOINed along its key path and the paths tried after it."""
    return joined_along(from_item(placement, catalog), placement.key_path, placement.tree, catalog)


def joined_along(rows: sql.Composed, path: KeyPath | None, tree: TenantTree | None, catalog: Catalog) -> sql.Composed:
    """The FROM item `rows`, which is called `t`, LEFT JOINed along a key path and the paths tried after it."""
    joins = [rows]
    for (start, hop), alias in aliases(path).items():
        joins.append(
            sql.SQL("LEFT JOIN {} AS {} ON {}").format(
                _referenced_rows(catalog, hop), sql.Identifier(alias), _condition(hop, start, alias)
            )
        )
    if tree is not None and path is not None:
        joins.append(_tops(tree, _node_key(path, path.alternatives)))
    return sql.SQL(" ").join(joins)


def tenant_key(placement: Placement, *, only: KeyPath | None = None) -> sql.Composed:
    """The row's tenant key as text over `source_of`; NULL where a parent or the key is missing.

    Text, never cast to the root's type: '01' is not tenant 1. `only` is one of the path's alternatives, taken alone.
    """
    if placement.key_path is None:
        return sql.SQL("NULL::text").format()
    return key_at_end(placement.key_path, placement.tree, only=only)


def key_at_end(path: KeyPath, tree: TenantTree | None, *, only: KeyPath | None = None) -> sql.Composed:
    """`tenant_key` of a path by itself, over `joined_along` it."""
    node = _node_key(path, (only,) if only is not None else path.alternatives)
    if tree is None:
        return node
    # A key that no tenant has stays what it is: unknown, which is not the same as none.
    return sql.SQL("COALESCE(migrator_tops.top, {})").format(node)


def _node_key(path: KeyPath, alternatives: Sequence[KeyPath]) -> sql.Composed:
    """The key of the tenant that a row's path ends at, as text."""
    known = aliases(path)
    keys = []
    for alternative in alternatives:
        if alternative.column is None:
            keys.append(sql.SQL("{}::text").format(sql.Literal(alternative.constant)))
            continue
        alias = ALIAS
        for hop in alternative.hops:
            alias = known[alias, hop]
        own = text_of(sql.Identifier(alias, alternative.column), alternative.blank)
        if alternative.lookup is not None:
            tenants = sql.Identifier(known[alias, alternative.lookup], alternative.lookup.referenced_columns[0])
            own = sql.SQL('COALESCE({}::text COLLATE "C", {} COLLATE "C")').format(tenants, own)
        keys.append(own)
    return keys[0] if len(keys) == 1 else sql.SQL("COALESCE({})").format(sql.SQL(", ").join(keys))


def aliases(path: KeyPath | None) -> dict[tuple[str, ForeignKey], str]:
    """An alias for each join, by where it starts and the key it follows; paths with the same beginning share it."""
    known: dict[tuple[str, ForeignKey], str] = {}
    for alternative in path.alternatives if path is not None else ():
        alias = ALIAS
        for hop in alternative.joins:
            alias = known.setdefault((alias, hop), f"h{len(known) + 1}")
    return known


def leads_nowhere(path: KeyPath, keys: Iterable[ForeignKey] = ()) -> sql.Composed:
    """Whether no alternative of the path begins at all: a column that it begins with is NULL, or as good as NULL.

    Of a polymorphic pair that `keys` (the table's) say more of than the path does, rows of those types lead to no
    tenant either.
    """
    begun = {alternative.hops[0].when for alternative in path.alternatives if alternative.hops}
    others: dict[str, list[str]] = {}
    for key in keys:
        if key.when is not None and key.when not in begun:
            others.setdefault(key.when[0], []).append(key.when[1])
    begins = (_begins(alternative, others) for alternative in path.alternatives)
    return sql.SQL(" AND ").join(sql.SQL("NOT ({})").format(condition) for condition in begins)


def _begins(path: KeyPath, others: Mapping[str, Sequence[str]]) -> sql.Composed:
    """Whether a row holds what the path begins with, and does not name something of the other types."""
    ((columns, blank),) = path.starts
    conditions = [holds(sql.Identifier(ALIAS, column), blank) for column in columns]
    if path.hops and path.hops[0].when is not None and (values := others.get(path.hops[0].when[0])):
        conditions.append(
            sql.SQL("({0}::text = ANY ({1}::text[])) IS NOT TRUE").format(
                sql.Identifier(ALIAS, path.hops[0].when[0]), sql.Literal(list(values))
            )
        )
    return sql.SQL(" AND ").join(conditions)


def ends_in_null(path: KeyPath) -> sql.Composed:
    """Whether every path of the row leads over rows that are there to one whose own key is NULL: to a global row.

    A polymorphic path that is meant for other types says nothing, as long as another one speaks.
    """
    known = aliases(path)
    ends, silent = [], []
    for alternative in path.alternatives:
        alias, there = ALIAS, sql.SQL("true").format()
        breaks, other = [], []
        for hop in alternative.hops:
            breaks.append(sql.SQL("({} AND {})").format(there, _any_null(alias, hop.columns, hop.blank)))
            if hop.when is not None:
                column, value = hop.when
                mismatch = sql.SQL("{}::text IS DISTINCT FROM {}").format(
                    sql.Identifier(alias, column), sql.Literal(value)
                )
                if alias == ALIAS:
                    other.append(mismatch)
                else:  # the row above names something else, which no tenant has
                    breaks.append(sql.SQL("({} AND {})").format(there, mismatch))
            alias = known[alias, hop]
            # The columns that a key references are never NULL in a row that it found.
            there = sql.SQL("{} IS NOT NULL").format(sql.Identifier(alias, hop.referenced_columns[0]))
        if alternative.column is not None:
            breaks.append(
                sql.SQL("({} AND {})").format(there, _any_null(alias, (alternative.column,), alternative.blank))
            )
        ends.append(sql.SQL("({})").format(sql.SQL(" OR ").join(breaks) if breaks else sql.SQL("false")))
        silent.append(sql.SQL("({})").format(sql.SQL(" OR ").join(other) if other else sql.SQL("false")))
    each = [sql.SQL("({} OR {})").format(*pair) for pair in zip(ends, silent, strict=True)]
    return sql.SQL("{} AND ({})").format(sql.SQL(" AND ").join(each), sql.SQL(" OR ").join(ends))


def _any_null(alias: str, columns: Sequence[str], blank: str | None) -> sql.Composed:
    return sql.SQL("NOT ({})").format(
        sql.SQL(" AND ").join(holds(sql.Identifier(alias, column), blank) for column in columns)
    )


def _referenced_rows(catalog: Catalog, hop: ForeignKey) -> sql.Composed:
    """The rows that a hop can lead to, as a FROM item; of several that fit a row only the first is among them."""
    rows = referenced_rows(catalog, hop)
    if hop.of is None and not hop.first:
        return rows
    condition, order = sql.SQL("true").format(), sql.SQL("").format()
    if hop.of is not None:
        condition = sql.SQL("p.{}::text = {}").format(sql.Identifier(hop.of[0]), sql.Literal(hop.of[1]))
    distinct = sql.SQL("").format()
    if hop.first:
        cast = sql.SQL("::text" if hop.as_text else "")
        columns = [sql.SQL("p.{}{}").format(sql.Identifier(name), cast) for name in hop.referenced_columns]
        key = [sql.SQL("p.{}").format(sql.Identifier(name)) for name in catalog.tables[hop.referenced].primary_key]
        distinct = sql.SQL("DISTINCT ON ({}) ").format(sql.SQL(", ").join(columns))
        order = sql.SQL(" ORDER BY {}").format(sql.SQL(", ").join([*columns, *key]))
    return sql.SQL("(SELECT {}p.* FROM {} AS p WHERE {}{})").format(distinct, rows, condition, order)


def referenced_rows(catalog: Catalog, key: ForeignKey) -> sql.Composed:
    """The table that a key references, as a FROM item; the partition, where it is declared to one alone."""
    if key.referenced_partition is not None:
        return sql.SQL("{}").format(qualified(key.referenced_partition))
    return own_rows(catalog, key.referenced)


def _condition(hop: ForeignKey, start: str, alias: str) -> sql.Composed:
    """When a row of `hop.table` (as `start`) references one of `hop.referenced` (as `alias`)."""
    condition = joined(hop, alias, start)
    if hop.when is None:
        return condition
    column, value = hop.when
    return condition + sql.SQL(" AND {}::text = {}").format(sql.Identifier(start, column), sql.Literal(value))


def joined(key: ForeignKey, parent: str, child: str) -> sql.Composed:
    """The condition that a row of alias `child` references the row of alias `parent`, as the server compares them."""
    return sql.SQL(" AND ").join(
        equal(key, place, sql.Identifier(parent, there), sql.Identifier(child, here))
        for place, (here, there) in enumerate(zip(key.columns, key.referenced_columns, strict=True))
    )


def equal(key: ForeignKey, place: int, referenced: sql.Composable, referencing: sql.Composable) -> sql.Composed:
    """The comparison of the key's columns at one place."""
    if key.as_text:
        return sql.SQL("{}::text = {}::text").format(referenced, referencing)
    collation = key.collations[place] if key.collations else None
    return sql.SQL("{} {} {}{}").format(
        referenced,
        _operator(*(key.operators[place] if key.operators else _EQUAL)),
        referencing,
        sql.SQL(" COLLATE {}").format(sql.Identifier(*collation)) if collation is not None else sql.SQL(""),
    )


def _operator(schema: str, symbol: str) -> sql.Composable:
    # An operator cannot be quoted as an identifier; what consists of anything but operator characters is none.
    assert re.fullmatch(r"[-+*/<>=~!@#%^&|`?]+", symbol), symbol
    if (schema, symbol) == _EQUAL:
        return sql.SQL("=")
    return sql.SQL("OPERATOR({}.{})").format(sql.Identifier(schema), sql.SQL(symbol))


def declared_rows(key: ForeignKey, alias: str = ALIAS) -> sql.Composed:
    """Whether the key is declared for the row of that alias: one of a partition is for its rows alone."""
    if key.partition is None:
        return sql.SQL("true").format()
    name = qualified(key.partition).as_string(None)
    return sql.SQL("{}.tableoid IN (SELECT relid FROM pg_catalog.pg_partition_tree({}::regclass))").format(
        sql.Identifier(alias), sql.Literal(name)
    )


def text_of(column: sql.Composable, blank: str | None) -> sql.Composed:
    """A key column as text, NULL where it holds the value that stands for none."""
    if blank is None:
        return sql.SQL("{}::text").format(column)
    return sql.SQL("nullif({}::text, {})").format(column, sql.Literal(blank))


def holds(column: sql.Composable, blank: str | None) -> sql.Composed:
    """Whether a key column holds something: neither NULL nor the value that stands for none."""
    return sql.SQL("{} IS NOT NULL").format(column if blank is None else text_of(column, blank))


def _tops(tree: TenantTree, node: sql.Composed) -> sql.Composed:
    """The join from the tenant that a row's key path ends at to the one at the top of its tree."""
    return sql.SQL('LEFT JOIN ({}) AS migrator_tops ON migrator_tops.node COLLATE "C" = ({}) COLLATE "C"').format(
        tops_of(tree), node
    )


def tops_of(tree: TenantTree) -> sql.Composed:
    """SELECT of (node, top): each row of the tenant root and the topmost row above it, by their keys as text.

    Rows that stand in a circle have no top and are not among them.
    """
    (parent,), (referenced,) = tree.above.columns, tree.above.referenced_columns
    return sql.SQL(
        "WITH RECURSIVE tops (node, here, top) AS ("
        "SELECT r.{key}::text, r.{referenced}, r.{key}::text FROM ONLY {root} r WHERE {is_top} "
        "UNION ALL SELECT r.{key}::text, r.{referenced}, a.top FROM ONLY {root} r JOIN tops a ON {above}"
        ") SELECT node, top FROM tops"
    ).format(
        key=sql.Identifier(tree.key),
        referenced=sql.Identifier(referenced),
        root=qualified(tree.root),
        is_top=is_top(tree),
        above=equal(tree.above, 0, sql.Identifier("a", "here"), sql.Identifier("r", parent)),
    )


def is_top(tree: TenantTree) -> sql.Composed:
    """Whether a row `r` of the tenant root has none above it."""
    return sql.SQL("NOT ({})").format(holds(sql.Identifier("r", tree.above.columns[0]), tree.above.blank))
