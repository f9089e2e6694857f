"""Reads which tables the server lets nobody delete from: published ones whose rows nothing identifies."""

from __future__ import annotations

from collections.abc import Mapping

from migrator.core.schema.catalog import Catalog, Relation
from migrator.postgres.session.connect import Connection, rows


def undeletable(connection: Connection, catalog: Catalog) -> Mapping[Relation, str]:
    """Each such table with the publication; a partitioned table is one where a partition of it is."""
    published = {
        Relation(schema, name): publication for schema, name, publication in rows(connection, "clean/undeletable")
    }
    refused = {}
    for relation, table in catalog.tables.items():
        member = next((part for part in (relation, *table.partitions) if part in published), None)
        if member is not None:
            refused[relation] = published[member]
    return refused
