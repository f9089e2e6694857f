"""The SQL that reads a placed table: its rows, each with its tenant key and its hash."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus

from migrator.core.catalog import Catalog, ForeignKey, Relation
from migrator.core.paths import KeyPath, TenantTree
from migrator.core.placement import Placement
from migrator.core.transfer import LARGE_OBJECT, TEXTUAL, Transfer, TransferColumn
from migrator.errors import ConfigurationError
from migrator.postgres.connect import Connection

# The alias of the table (or query) itself; the hops of the key path are h1, h2, …
_ROW = "t"
ROW = sql.Identifier(_ROW)


def qualified(relation: Relation) -> sql.Identifier:
    """The relation's name, quoted."""
    return sql.Identifier(relation.schema, relation.name)


def own_rows(catalog: Catalog, relation: Relation) -> sql.Composed:
    """The table as a FROM item without the rows of tables that inherit from it: those are tables of their own."""
    table = catalog.tables.get(relation)
    only = sql.SQL("") if table is not None and table.kind == "p" else sql.SQL("ONLY ")
    return sql.SQL("{}{}").format(only, qualified(relation))


@contextmanager
def bare_names(connection: Connection, placement: Placement) -> Iterator[None]:
    """The operator's own query finds tables by their bare names; everything else runs with an empty search path."""
    if placement.search_path:
        connection.execute(set_search_path(placement))
    try:
        yield
    finally:
        if placement.search_path and connection.info.transaction_status != TransactionStatus.INERROR:
            connection.execute("SET search_path = ''")


def set_search_path(placement: Placement) -> sql.Composed:
    """The statement that `bare_names` begins with."""
    path = sql.SQL(", ").join(sql.Identifier(schema) for schema in placement.search_path)
    return sql.SQL("SET search_path = {}").format(path)


def query_columns(connection: Connection, placement: Placement) -> tuple[str, ...]:
    """The columns that a placement's query yields, in order.

    Raises:
        ConfigurationError: the query cannot be run; says in the server's words why.
    """
    try:
        with connection.transaction(), bare_names(connection, placement):
            cursor = connection.execute(sql.SQL("SELECT * FROM {} LIMIT 0").format(_base(placement, None)))
    except (psycopg.ProgrammingError, psycopg.DataError) as error:
        if isinstance(error, psycopg.errors.InsufficientPrivilege):
            raise
        raise ConfigurationError(
            f"[tables.{placement.relation}] query cannot be run: {error.diag.message_primary}.",
            "Correct it in migrator.toml; names of other schemas than the source's need their schema.",
        ) from error
    return tuple(column.name for column in cursor.description or ())


def _base(placement: Placement, catalog: Catalog | None) -> sql.Composed:
    if placement.query is not None or catalog is None:
        # The query is the operator's own text, from migrator.toml.
        return sql.SQL("(") + sql.SQL((placement.query or "").strip().rstrip(";")) + sql.SQL("\n) AS t")
    return own_rows(catalog, placement.relation) + sql.SQL(" AS t")


def source_of(placement: Placement, catalog: Catalog) -> sql.Composed:
    """The FROM item: the table or query as `t`, LEFT JOINed along its key path and the paths tried after it."""
    joins = [_base(placement, catalog)]
    for (start, hop), alias in aliases(placement.key_path).items():
        joins.append(
            sql.SQL("LEFT JOIN {} AS {} ON {}").format(
                _referenced_rows(catalog, hop), sql.Identifier(alias), _condition(hop, start, alias)
            )
        )
    if placement.tree is not None and placement.key_path is not None:
        joins.append(_tops(placement.tree, _node_key(placement.key_path, placement.key_path.alternatives)))
    return sql.SQL(" ").join(joins)


def _referenced_rows(catalog: Catalog, hop: ForeignKey) -> sql.Composed:
    """The rows that a hop can lead to, as a FROM item; of several that fit a row only the first is among them."""
    found = own_rows(catalog, hop.referenced)
    if hop.of is None and not hop.first:
        return found
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
    return sql.SQL("(SELECT {}p.* FROM {} AS p WHERE {}{})").format(distinct, found, condition, order)


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


def tenant_key(placement: Placement, *, only: KeyPath | None = None) -> sql.Composed:
    """The row's tenant key as text over `source_of`; NULL where a parent or the key is missing.

    Text, never cast to the root's type: '01' is not tenant 1. `only` is one of the path's alternatives, taken alone.
    """
    if placement.key_path is None:
        return sql.SQL("NULL::text").format()
    node = _node_key(placement.key_path, (only,) if only is not None else placement.key_path.alternatives)
    if placement.tree is None:
        return node
    # A key that no tenant has stays what it is: unknown, which is not the same as none.
    return sql.SQL("COALESCE(migrator_tops.top, {})").format(node)


def _node_key(path: KeyPath, alternatives: Sequence[KeyPath]) -> sql.Composed:
    """The key of the tenant that a row's path ends at, as text."""
    known = aliases(path)
    keys = []
    for one in alternatives:
        if one.column is None:
            keys.append(sql.SQL("{}::text").format(sql.Literal(one.constant)))
            continue
        alias = _ROW
        for hop in one.hops:
            alias = known[alias, hop]
        keys.append(text_of(sql.Identifier(alias, one.column), one.blank))
    return keys[0] if len(keys) == 1 else sql.SQL("COALESCE({})").format(sql.SQL(", ").join(keys))


def text_of(column: sql.Composable, blank: str | None) -> sql.Composed:
    """A key column as text, NULL where it holds the value that stands for none."""
    if blank is None:
        return sql.SQL("{}::text").format(column)
    return sql.SQL("nullif({}::text, {})").format(column, sql.Literal(blank))


def holds(column: sql.Composable, blank: str | None) -> sql.Composed:
    """Whether a key column holds something: neither NULL nor the value that stands for none."""
    return sql.SQL("{} IS NOT NULL").format(column if blank is None else text_of(column, blank))


def leads_nowhere(path: KeyPath) -> sql.Composed:
    """Whether no alternative of the path begins at all: a column that it begins with is NULL, or as good as NULL."""
    return sql.SQL(" AND ").join(
        sql.SQL("NOT ({})").format(
            sql.SQL(" AND ").join(holds(sql.Identifier(_ROW, column), blank) for column in columns)
        )
        for columns, blank in path.starts
    )


def aliases(path: KeyPath | None) -> dict[tuple[str, ForeignKey], str]:
    """An alias for each join, by where it starts and the key it follows; paths with the same beginning share it."""
    found: dict[tuple[str, ForeignKey], str] = {}
    for alternative in path.alternatives if path is not None else ():
        alias = _ROW
        for hop in alternative.hops:
            alias = found.setdefault((alias, hop), f"h{len(found) + 1}")
    return found


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
    return sql.SQL("{} {} {}").format(
        referenced, _operator(*(key.operators[place] if key.operators else _EQUAL)), referencing
    )


_EQUAL = ("pg_catalog", "=")


def _operator(schema: str, symbol: str) -> sql.Composable:
    # An operator cannot be quoted as an identifier; what consists of anything but operator characters is none.
    assert re.fullmatch(r"[-+*/<>=~!@#%^&|`?]+", symbol), symbol
    if (schema, symbol) == _EQUAL:
        return sql.SQL("=")
    return sql.SQL("OPERATOR({}.{})").format(sql.Identifier(schema), sql.SQL(symbol))


_LARGE_OBJECT_TEXT = sql.SQL(
    "pg_catalog.concat_ws(' ', {}, (SELECT pg_catalog.encode(pg_catalog.sha256(pg_catalog.lo_get(m.oid)), 'hex') "
    "FROM pg_catalog.pg_largeobject_metadata m WHERE m.oid = {}))"
)


def row_hash(columns: Sequence[tuple[sql.Composable, str]], *, records: bool) -> sql.Composed:
    """A 64-bit hash of a row, given as (expression, base type) of its columns; equal rows hash alike on every server.

    With `records` (both servers 14 or newer) columns with a type are hashed in their binary form, those without ('')
    as text; COLLATE "C" makes text hash by its bytes, whatever the collation's provider. Otherwise the row's text is.
    """
    # The number names the object; what it holds is compared with it. A number that names none stands for itself.
    columns = [
        (_LARGE_OBJECT_TEXT.format(expression, expression), "text") if type_ == LARGE_OBJECT else (expression, type_)
        for expression, type_ in columns
    ]
    if not records:
        return sql.SQL("pg_catalog.hashtextextended(ROW({})::text, 0)").format(
            sql.SQL(", ").join(expression for expression, _ in columns)
        )
    parts = []
    for expression, type_ in columns:
        if type_ in TEXTUAL:
            parts.append(sql.SQL('{} COLLATE "C"').format(expression))
        elif type_:
            parts.append(sql.SQL("{}").format(expression))
        else:
            parts.append(sql.SQL('{}::text COLLATE "C"').format(expression))
    return sql.SQL("pg_catalog.hash_record_extended(ROW({}), 0)").format(sql.SQL(", ").join(parts))


def source_hash(transfer: Transfer) -> sql.Composed:
    """`row_hash` of a transfer's rows in the source."""
    return row_hash([(_read(column), column.type) for column in transfer.columns], records=transfer.record_hash)


def target_hash(transfer: Transfer) -> sql.Composed:
    """`row_hash` of a transfer's rows in the target, whose table is `t` there too."""
    columns = [(sql.SQL("t.{}").format(sql.Identifier(column.target)), column.type) for column in transfer.columns]
    return row_hash(columns, records=transfer.record_hash)


def _read(column: TransferColumn) -> sql.Composed:
    if column.source is None:
        return sql.SQL("{}").format(sql.Literal(column.constant))
    return sql.SQL("{}.{}").format(ROW, sql.Identifier(column.source))


def select_rows(transfer: Transfer, catalog: Catalog, *, pages: tuple[int, int | None] | None = None) -> sql.Composed:
    """SELECT of (tenant key, row hash, copied columns …) for one transfer.

    `pages` limits it to the heap blocks [first, last), which the planner reads by a TID range scan (14 and newer)
    instead of a full one.
    """
    key = (
        tenant_key(transfer.placement) if transfer.per_tenant or transfer.unowned_only else sql.SQL("''::text").format()
    )
    hashed = source_hash(transfer)
    # COPY's line for a row of no columns is an empty one, which an empty text is too.
    copied = [_read(column) for column in transfer.copied] or [sql.SQL("''").format()]
    return sql.SQL("SELECT {} FROM {}").format(
        sql.SQL(", ").join([key, hashed, *copied]), source_of(transfer.placement, catalog)
    ) + where(transfer, pages=pages)


def select_keyed(transfer: Transfer, catalog: Catalog, key: Sequence[str], tenant: str | None) -> sql.Composed:
    """SELECT of (primary key as text, row hash) of one tenant's rows (None: all), in the key's byte order.

    Rows that every tenant gets a copy of are among them.
    """
    hashed = source_hash(transfer)
    limits = where(transfer, keys=None if tenant is None else [tenant], everyones=transfer.for_everyone)
    source = source_of(transfer.placement, catalog)
    return sql.SQL("SELECT {} AS key, {} AS hash FROM {}").format(key_text(key), hashed, source) + limits + by_key(key)


def key_text(key: Sequence[str]) -> sql.Composed:
    """The values of the named columns of `t` as one text: an array's, which is unambiguous."""
    parts = sql.SQL(", ").join(sql.SQL("{}.{}::text").format(ROW, sql.Identifier(name)) for name in key)
    return sql.SQL("ARRAY[{}]::text").format(parts)


def by_key(key: Sequence[str]) -> sql.Composed:
    """The ORDER BY in which two servers agree, whatever their locales: the bytes of `key_text`."""
    # The expression again: ORDER BY takes an output column's name or number only bare, without a COLLATE.
    return sql.SQL(' ORDER BY ({}) COLLATE "C"').format(key_text(key))


def where(
    transfer: Transfer,
    *,
    keys: Sequence[str] | None = None,
    pages: tuple[int, int | None] | None = None,
    everyones: bool = False,
) -> sql.Composed:
    """The WHERE clause; empty without any limit.

    `keys` limits it to those tenants' rows, to which `everyones` adds the rows without a key; `pages` to heap blocks.
    """
    conditions: list[sql.Composable] = []
    if keys is not None:
        key = tenant_key(transfer.placement)
        known = sql.SQL("{} = ANY ({}::text[])").format(key, sql.Literal(list(keys)))
        conditions.append(sql.SQL("({} OR {} IS NULL)").format(known, key) if everyones else known)
    if transfer.unowned_only:
        conditions.append(sql.SQL("{} IS NULL").format(tenant_key(transfer.placement)))
    if pages is not None:
        first, last = pages
        conditions.append(sql.SQL("t.ctid >= {}::tid").format(sql.Literal(f"({first},0)")))
        if last is not None:
            conditions.append(sql.SQL("t.ctid < {}::tid").format(sql.Literal(f"({last},0)")))
    if not conditions:
        return sql.SQL("").format()
    return sql.SQL(" WHERE ") + sql.SQL(" AND ").join(conditions)
