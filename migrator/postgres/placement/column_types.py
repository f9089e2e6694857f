"""Spells the types of a table's columns so that a value's text can be cast to them."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import sql

from migrator.core.schema.catalog import Relation
from migrator.postgres.session.connect import Connection


def column_types(connection: Connection, relation: Relation, columns: Sequence[str]) -> list[str]:
    """The columns' types as format_type spells them, with length and schema, quoted where they need to be."""
    types: dict[str, str] = dict(
        connection.execute(
            "SELECT attname, format_type(atttypid, atttypmod) FROM pg_catalog.pg_attribute "
            "WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
            [sql.Identifier(*relation).as_string(connection)],
        ).fetchall()
    )
    return [types[name] for name in columns]
