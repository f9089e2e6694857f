"""Reads which rows of a target changed since it was made, by key, against the fenced source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from psycopg import sql

from migrator.core.changes.row_changes import ChangeKind, Conflict, DatabaseChanges, RowChange, key_columns, no_way_back
from migrator.core.plan.transfer import Transfer
from migrator.core.schema.catalog import Catalog, Relation
from migrator.core.verify.digests import merge_keys
from migrator.postgres.placement.from_items import ROW, bare_names
from migrator.postgres.placement.key_path import source_of, tenant_key
from migrator.postgres.placement.keyed_rows import KeyedRows
from migrator.postgres.placement.row_hash import source_hash, target_hash
from migrator.postgres.placement.select_rows import conditions, key_text
from migrator.postgres.session.connect import Connection

_KINDS: Mapping[str, ChangeKind] = {"missing": "deleted", "extra": "inserted", "different": "updated"}


class Sides:
    """The rows of one (table, tenant) on both sides, each with key, hash and values in the source's names."""

    def __init__(self, transfer: Transfer, catalog: Catalog, tenant: str) -> None:
        self.transfer = transfer
        self.key = key_columns(transfer, catalog)
        self.columns = tuple(column for column in transfer.columns if column.source is not None)
        self.source = KeyedRows(
            source_of(transfer.placement, catalog),
            conditions(transfer, keys=[tenant] if transfer.per_tenant else None, everyones=transfer.for_everyone),
            self._values(
                [column.source or "" for column in self.columns],
                list(self.key),
                source_hash(transfer),
                tenant_key(transfer.placement) if transfer.per_tenant else sql.SQL("''::text").format(),
            ),
            self.key,
            transfer.relation if transfer.placement.query is None else None,
        )
        there = {column.source: column.target for column in self.columns}
        key = tuple(there[name] for name in self.key)
        only = sql.SQL("" if transfer.partitioned else "ONLY ")
        self.target = KeyedRows(
            sql.SQL("{}{} AS t").format(only, sql.Identifier(*transfer.destination)),
            (),
            self._values(
                [column.target for column in self.columns],
                list(key),
                target_hash(transfer),
                sql.SQL("''::text").format(),
            ),
            key,
            transfer.destination,
        )

    def _values(
        self, columns: Sequence[str], key: Sequence[str], hashed: sql.Composed, tenant: sql.Composed
    ) -> Mapping[str, sql.Composed]:
        """What is read of a row of one side: its key, hash, tenant key and values."""
        values = sql.SQL("ARRAY[{}]::text[]").format(
            sql.SQL(", ").join(sql.SQL("{}.{}::text").format(ROW, sql.Identifier(name)) for name in columns)
        )
        # Rows without a key are told apart by their values, and equal ones by counting them.
        keyed = (
            key_text(key)
            if key
            else sql.SQL("ARRAY[{}::text, row_number() OVER (PARTITION BY {}::text)::text]::text").format(
                values, values
            )
        )
        return {"key": keyed, "hash": hashed, "tenant": tenant, "row": values}

    def named(self, values: Sequence[str | None]) -> dict[str, str | None]:
        """A row's values by the source's column names."""
        return {column.source or "": value for column, value in zip(self.columns, values, strict=True)}


def read_changes(
    source: Connection,
    target: Connection,
    transfers: Sequence[Transfer],
    catalog: Catalog,
    *,
    name: str,
    tenant: str,
    database: str,
) -> DatabaseChanges:
    """The changes of one database, in the tables of `transfers`; both sides are streamed in the key's order."""
    rows: list[RowChange] = []
    held: list[Conflict] = []
    for transfer in transfers:
        sides = Sides(transfer, catalog, tenant)
        with bare_names(source, transfer.placement):
            kinds = dict(differing(source, target, sides))
            there = {key: kind for key, kind in kinds.items() if kind != "deleted"}
            gone = {key: kind for key, kind in kinds.items() if kind == "deleted"}
            changed = [
                *_fetch(target, sides, sides.target, there, transfer.relation),
                *_fetch(source, sides, sides.source, gone, transfer.relation),
            ]
            everyones = _without_tenant(source, sides, [row.key for row in changed]) if transfer.for_everyone else set()
        reason = no_way_back(transfer)
        for row in changed:
            if reason:
                held.append(Conflict(database, row, reason, held=True, target=name, tenant=tenant))
            elif row.key in everyones:
                why = "it is a row of every tenant, changed in this one only"
                held.append(Conflict(database, row, why, held=True, target=name, tenant=tenant))
            else:
                rows.append(row)
    return DatabaseChanges(name, tenant, database, tuple(rows), tuple(held))


def differing(source: Connection, target: Connection, sides: Sides) -> Iterator[tuple[str, ChangeKind]]:
    """(key, how the row changed in the target) of each row that the two sides have differently."""
    ordered = sql.SQL('SELECT key, hash FROM ({}) d ORDER BY key COLLATE "C"')
    with (
        source.transaction(),
        target.transaction(),
        source.cursor(name="migrator_source") as left,
        target.cursor(name="migrator_target") as right,
    ):
        left.execute(ordered.format(sides.source.select("key", "hash")))
        right.execute(ordered.format(sides.target.select("key", "hash")))
        for difference in merge_keys(iter(left), iter(right)):
            yield difference.key, _KINDS[difference.kind]


def _fetch(
    connection: Connection,
    sides: Sides,
    side: KeyedRows,
    kinds: Mapping[str, ChangeKind],
    relation: Relation,
) -> Iterator[RowChange]:
    for key, values in side.of_keys(connection, list(kinds), "row"):
        yield RowChange(relation, key, kinds[key], sides.named(values))


def _without_tenant(source: Connection, sides: Sides, keys: Sequence[str]) -> set[str]:
    """Those of the keys that belong to rows without a tenant in the source: every tenant was given a copy of them."""
    return {key for key, tenant in sides.source.of_keys(source, keys, "tenant") if tenant is None}


def foreign_keys_of(
    source: Connection, transfer: Transfer, catalog: Catalog, tenant: str, keys: Sequence[str]
) -> Mapping[str, str | None]:
    """Those of the keys whose rows in the source belong to another tenant (or to none) now, with that tenant's key."""
    columns = key_columns(transfer, catalog)
    if not transfer.per_tenant or not keys or not columns:
        return {}
    rows = KeyedRows(
        source_of(transfer.placement, catalog),
        (),
        {"key": key_text(columns), "tenant": tenant_key(transfer.placement)},
        columns,
        transfer.relation if transfer.placement.query is None else None,
    )
    return {key: owner for key, owner in rows.of_keys(source, keys, "tenant") if owner != tenant}
