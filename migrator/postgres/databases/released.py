"""Dropping from a template the foreign keys that migrator.toml lets go."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from psycopg import sql

from migrator.core.plan.transfer import Transfer
from migrator.core.schema.catalog import Catalog, ForeignKey
from migrator.postgres.session.connect import Connection
from migrator.postgres.verify.verify_database import target_name


def release_keys(
    connection: Connection, transfers: Sequence[Transfer], released: Iterable[ForeignKey], catalog: Catalog
) -> None:
    """Drops each released key that the target has, whatever it is called there; `catalog` is the target's own."""
    by_relation = {one.relation: one for one in transfers}
    for key in released:
        child, parent = by_relation.get(key.table), by_relation.get(key.referenced)
        table = catalog.tables.get(child.destination) if child is not None else None
        if child is None or parent is None or table is None:
            continue
        wanted = {
            (target_name(child, here), target_name(parent, there))
            for here, there in zip(key.columns, key.referenced_columns, strict=True)
        }
        for own in table.foreign_keys:
            if own.referenced == parent.destination and wanted == set(
                zip(own.columns, own.referenced_columns, strict=True)
            ):
                connection.execute(
                    sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(
                        sql.Identifier(*child.destination), sql.Identifier(own.name)
                    )
                )
