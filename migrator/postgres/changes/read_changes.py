"""What was changed in a target database since it was made, by key, against the fenced source it was made from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from psycopg import sql

from migrator.core.changes.row_changes import ChangeKind, Conflict, DatabaseChanges, RowChange, key_columns, no_way_back
from migrator.core.plan.transfer import Transfer
from migrator.core.schema.catalog import Catalog, Relation
from migrator.core.verify.digests import merge_keys
from migrator.postgres.placement.from_items import ROW, bare_names
from migrator.postgres.placement.key_path import source_of, tenant_key
from migrator.postgres.placement.row_hash import source_hash, target_hash
from migrator.postgres.placement.select_rows import key_text, where
from migrator.postgres.session.connect import Connection

_KINDS: Mapping[str, ChangeKind] = {"missing": "deleted", "extra": "inserted", "different": "updated"}
_KEYS_A_QUERY = 5_000


class Sides:
    """The rows of one (table, tenant) on both sides, each with key, hash and values in the source's names."""

    def __init__(self, transfer: Transfer, catalog: Catalog, tenant: str) -> None:
        self.transfer = transfer
        self.key = key_columns(transfer, catalog)
        self.columns = tuple(column for column in transfer.columns if column.source is not None)
        limits = where(transfer, keys=[tenant] if transfer.per_tenant else None, everyones=transfer.for_everyone)
        self.source = self._rows(
            [column.source or "" for column in self.columns],
            list(self.key),
            source_hash(transfer),
            source_of(transfer.placement, catalog) + limits,
            tenant_key(transfer.placement) if transfer.per_tenant else sql.SQL("''::text").format(),
        )
        there = {column.source: column.target for column in self.columns}
        only = sql.SQL("" if transfer.partitioned else "ONLY ")
        self.target = self._rows(
            [column.target for column in self.columns],
            [there[name] for name in self.key],
            target_hash(transfer),
            sql.SQL("{}{} AS t").format(only, sql.Identifier(*transfer.destination)),
            sql.SQL("''::text").format(),
        )

    def _rows(
        self,
        columns: Sequence[str],
        key: Sequence[str],
        hashed: sql.Composed,
        source: sql.Composed,
        tenant: sql.Composed,
    ) -> sql.Composed:
        """SELECT of (key, hash, tenant key, values) of the rows of one side."""
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
        return sql.SQL("SELECT {} AS key, {} AS hash, {} AS tenant, {} AS row FROM {}").format(
            keyed, hashed, tenant, values, source
        )

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
            found = list(_differing(source, target, sides))
            changed = [
                *_fetch(target, sides, sides.target, [one for one in found if one[1] != "deleted"], transfer.relation),
                *_fetch(source, sides, sides.source, [one for one in found if one[1] == "deleted"], transfer.relation),
            ]
            everyones = _without_tenant(source, sides, [one.key for one in changed]) if transfer.for_everyone else set()
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


def _differing(source: Connection, target: Connection, sides: Sides) -> Iterator[tuple[str, ChangeKind]]:
    ordered = sql.SQL('SELECT key, hash FROM ({}) d ORDER BY key COLLATE "C"')
    with (
        source.transaction(),
        target.transaction(),
        source.cursor(name="migrator_source") as left,
        target.cursor(name="migrator_target") as right,
    ):
        left.execute(ordered.format(sides.source))
        right.execute(ordered.format(sides.target))
        for difference in merge_keys(iter(left), iter(right)):
            yield difference.key, _KINDS[difference.kind]


def _fetch(
    connection: Connection,
    sides: Sides,
    side: sql.Composed,
    found: Sequence[tuple[str, ChangeKind]],
    relation: Relation,
) -> Iterator[RowChange]:
    kinds = dict(found)
    keys = list(kinds)
    for start in range(0, len(keys), _KEYS_A_QUERY):
        statement = sql.SQL("SELECT key, row FROM ({}) d WHERE key = ANY ({}::text[])").format(
            side, sql.Literal(keys[start : start + _KEYS_A_QUERY])
        )
        for key, values in connection.execute(statement):
            yield RowChange(relation, key, kinds[key], sides.named(values))


def _without_tenant(source: Connection, sides: Sides, keys: Sequence[str]) -> set[str]:
    """Those of the keys that belong to rows without a tenant in the source: every tenant was given a copy of them."""
    statement = sql.SQL("SELECT key FROM ({}) d WHERE tenant IS NULL AND key = ANY ({}::text[])").format(
        sides.source, sql.Literal(list(keys))
    )
    return {key for (key,) in source.execute(statement)}


def foreign_keys_of(
    source: Connection, transfer: Transfer, catalog: Catalog, tenant: str, keys: Sequence[str]
) -> Mapping[str, str | None]:
    """Those of the keys whose rows in the source belong to another tenant (or to none) now, with that tenant's key."""
    if not transfer.per_tenant or not keys:
        return {}
    columns = key_columns(transfer, catalog)
    if not columns:
        return {}
    statement = sql.SQL(
        "SELECT key, tenant FROM (SELECT {} AS key, {} AS tenant FROM {}) d "
        "WHERE key = ANY ({}::text[]) AND tenant IS DISTINCT FROM {}"
    ).format(
        key_text(columns),
        tenant_key(transfer.placement),
        source_of(transfer.placement, catalog),
        sql.Literal(list(keys)),
        sql.Literal(tenant),
    )
    return dict(source.execute(statement).fetchall())
