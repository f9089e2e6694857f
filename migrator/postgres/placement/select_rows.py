"""The SQL that reads a placed table: its rows, each with its tenant key and its hash."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import sql

from migrator.core.plan.transfer import Transfer
from migrator.core.schema.catalog import Catalog
from migrator.postgres.placement.from_items import ROW
from migrator.postgres.placement.key_path import source_of, tenant_key
from migrator.postgres.placement.row_hash import read_column, source_hash


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
    copied = [read_column(column) for column in transfer.copied] or [sql.SQL("''").format()]
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
    limits: list[sql.Composable] = list(conditions(transfer, keys=keys, everyones=everyones))
    if pages is not None:
        first, last = pages
        limits.append(sql.SQL("t.ctid >= {}::tid").format(sql.Literal(f"({first},0)")))
        if last is not None:
            limits.append(sql.SQL("t.ctid < {}::tid").format(sql.Literal(f"({last},0)")))
    return conjunction(limits)


def conditions(
    transfer: Transfer, *, keys: Sequence[str] | None = None, everyones: bool = False
) -> tuple[sql.Composable, ...]:
    """What a row of the transfer fulfils, of those tenants where `keys` names them; see `where`."""
    limits: list[sql.Composable] = []
    if keys is not None:
        key = tenant_key(transfer.placement)
        known = sql.SQL("{} = ANY ({}::text[])").format(key, sql.Literal(list(keys)))
        limits.append(sql.SQL("({} OR {} IS NULL)").format(known, key) if everyones else known)
    if transfer.unowned_only:
        limits.append(sql.SQL("{} IS NULL").format(tenant_key(transfer.placement)))
    return tuple(limits)


def conjunction(limits: Sequence[sql.Composable]) -> sql.Composed:
    """The WHERE clause of conditions that all hold; empty without any."""
    if not limits:
        return sql.SQL("").format()
    return sql.SQL(" WHERE ") + sql.SQL(" AND ").join(limits)
