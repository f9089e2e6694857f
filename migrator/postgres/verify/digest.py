"""Computes digests of whole tables, or grouped by tenant."""

from __future__ import annotations

from collections.abc import Iterable

from psycopg import sql

from migrator.core.plan.transfer import Transfer, base_type, has_own_hash
from migrator.core.schema.catalog import Catalog, Table
from migrator.core.verify.digests import HASH_MODULUS, Digest
from migrator.postgres.placement.from_items import ROW, bare_names
from migrator.postgres.placement.row_hash import row_hash, target_hash
from migrator.postgres.placement.select_rows import select_rows
from migrator.postgres.session.connect import Connection

# The sum of bigints is a numeric, which does not overflow; reduced modulo 2**64 here.
_AGGREGATE = sql.SQL("count(*), coalesce(sum(hash), 0)")


def whole_table(connection: Connection, table: Table, *, records: bool = False) -> Digest:
    """The digest of a table as it stands, all columns, partitions included, rows of inheriting tables not.

    By the rows' text, which compares across versions; with `records` as `Transfer.record_hash` has it, on one server.
    """
    columns = [
        (
            sql.SQL("{}.{}").format(ROW, sql.Identifier(column.name)),
            base_type(column.type) if has_own_hash(column.type) else "",
        )
        for column in table.columns
    ]
    statement = sql.SQL("SELECT {} FROM (SELECT {} AS hash FROM {}{} AS t) d").format(
        _AGGREGATE,
        row_hash(columns, records=records),
        sql.SQL("" if table.kind == "p" else "ONLY "),
        sql.Identifier(*table.relation),
    )
    row = connection.execute(statement).fetchone()
    assert row is not None
    name = table.relation.full_name
    return Digest(name, "", row[0], int(row[1]) % HASH_MODULUS)


def source_digests(connection: Connection, transfer: Transfer, catalog: Catalog) -> tuple[Digest, ...]:
    """The source's digests of one transfer, one per tenant key that occurs, in one pass.

    Rows without a key come with the tenant "\\N", as COPY writes NULL.
    """
    rows = select_rows(transfer, catalog)
    statement = sql.SQL("SELECT coalesce(key, '\\N'), {} FROM ({}) d (key, hash{}) GROUP BY 1").format(
        _AGGREGATE,
        rows,
        sql.SQL("").join(sql.SQL(", ") + sql.Identifier(f"c{n}") for n, _ in enumerate(transfer.copied)),
    )
    name = transfer.relation.full_name
    with bare_names(connection, transfer.placement):
        sums = connection.execute(statement).fetchall()
    return tuple(Digest(name, key, count, int(total) % HASH_MODULUS) for key, count, total in sums)


def target_digests(connection: Connection, transfers: Iterable[Transfer], tenant: str) -> tuple[Digest, ...]:
    """The digests of a target database's tables in one statement; `relation` in them is the source's name."""
    parts = []
    for transfer in transfers:
        if not transfer.is_in(tenant):
            continue
        parts.append(
            sql.SQL("SELECT {}::text, {} FROM (SELECT {} AS hash FROM {}{} AS t) d").format(
                sql.Literal(transfer.relation.full_name),
                _AGGREGATE,
                target_hash(transfer),
                sql.SQL("" if transfer.partitioned else "ONLY "),
                sql.Identifier(*transfer.destination),
            )
        )
    if not parts:
        return ()
    sums = connection.execute(sql.SQL(" UNION ALL ").join(parts)).fetchall()
    return tuple(Digest(relation, tenant, rows, int(total) % HASH_MODULUS) for relation, rows, total in sums)
