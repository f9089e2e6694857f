"""Counts whether rows that name rows of another table own them."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import sql

from migrator.core.placement.key_paths import KeyPath
from migrator.core.placement.model import Placement
from migrator.core.schema.catalog import Catalog, ForeignKey
from migrator.postgres.init.references import first_blocks
from migrator.postgres.placement.key_path import source_of, tenant_key
from migrator.postgres.session.connect import Connection


@dataclass(frozen=True, slots=True)
class OwnershipEvidence:
    """How many rows are named by rows of a tenant, how many of them by rows of two, and how many tenants there are.

    `naming` counts the rows that name them.
    """

    rows: int
    disputed: int
    tenants: int
    naming: int


def ownership_evidence(
    connection: Connection, catalog: Catalog, key: ForeignKey, path: KeyPath
) -> OwnershipEvidence | None:
    """What rows of `key.table`, whose key path is `path`, name by `key`; None where there are too many to look at."""
    placement = Placement(key.table, "", True, key.table, "", key_path=path)
    if first_blocks(catalog, key.table)[1]:
        return None
    columns = [sql.SQL("t.{}").format(sql.Identifier(name)) for name in key.columns]
    condition = sql.SQL(" AND ").join(sql.SQL("{} IS NOT NULL").format(column) for column in columns)
    if key.when is not None:
        condition += sql.SQL(" AND t.{}::text = {}").format(sql.Identifier(key.when[0]), sql.Literal(key.when[1]))
    statement = sql.SQL(
        "SELECT count(*), count(*) FILTER (WHERE first <> last), count(DISTINCT first), "
        "coalesce(sum(times), 0) FROM ("
        'SELECT min(key COLLATE "C") AS first, max(key COLLATE "C") AS last, count(*) AS times '
        "FROM (SELECT {key} AS key, ROW({columns}) AS named FROM {source} WHERE {condition}) AS item "
        "WHERE key IS NOT NULL GROUP BY named) AS part"
    ).format(
        key=tenant_key(placement),
        columns=sql.SQL(", ").join(columns),
        source=source_of(placement, catalog),
        condition=condition,
    )
    row = connection.execute(statement).fetchone()
    assert row is not None
    return OwnershipEvidence(*(int(count) for count in row))
