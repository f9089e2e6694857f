"""Writes a monolith into an empty database: always the same rows, however many, in constant memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

import psycopg
from psycopg import sql

from migrator.core.schema.catalog import Catalog, Table
from migrator.postgres.schema.catalog import read_catalog

from .monolith import Monolith
from .table_rows import Rows

_LINES_PER_WRITE = 500
_LABELS = """
SELECT enumtypid::bigint, array_agg(enumlabel::text ORDER BY enumsortorder) FROM pg_catalog.pg_enum GROUP BY enumtypid
"""

_Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Counts:
    """What was written: rows per table, and the bad ones among them by kind and column."""

    rows: Mapping[str, int]
    flaws: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.rows.values())

    def document(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        return {"total": self.total, **asdict(self)}


def load(url: str, monolith: Monolith, *, scale: float, seed: int = 1) -> Counts:
    """Makes the monolith's schema in an existing, empty database and fills it, in one transaction.

    The same arguments give the same rows, to the byte. `scale` 1 is 38,000 to 48,000 rows.

    Raises:
        ValueError: the scale is not positive.
        psycopg.Error: the database cannot be reached, or it is not empty.
    """
    if scale <= 0:
        raise ValueError("a monolith needs a positive scale")
    with psycopg.connect(url, autocommit=True, client_encoding="utf8") as connection:
        with connection.transaction():
            connection.execute("SET LOCAL datestyle = 'ISO, YMD'")
            # Foreign keys say what the rows must look like, and come after the rows: read them, and take them back.
            with connection.transaction(force_rollback=True):
                _run(connection, monolith, "monolith.sql")
                _run(connection, monolith, "monolith_after_load.sql")
                catalog = read_catalog(connection)
                labels = {oid: tuple(found) for oid, found in connection.execute(_LABELS).fetchall()}
            rows = Rows(monolith, catalog, labels, scale, seed)
            _run(connection, monolith, "monolith.sql")
            written = {table.relation.name: _copy(connection, table, rows) for table in catalog.tables.values()}
            _run(connection, monolith, "monolith_after_load.sql")
            _set_sequences(connection, catalog)
        connection.execute("ANALYZE")
    return Counts(written, {flaw.name: rows.flawed(flaw) for flaw in monolith.flaws})


def _run(connection: _Connection, monolith: Monolith, name: str) -> None:
    # Bytes, not a literal: the script is a file of this package, never input.
    connection.execute(monolith.script(name).encode())


def _copy(connection: _Connection, table: Table, rows: Rows) -> int:
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(*table.relation), sql.SQL(", ").join(map(sql.Identifier, rows.columns(table)))
    )
    lines = rows.lines(table)
    with connection.cursor() as cursor:
        with cursor.copy(statement) as copy:
            while batch := "".join(islice(lines, _LINES_PER_WRITE)):
                copy.write(batch)
        return cursor.rowcount


def _set_sequences(connection: _Connection, catalog: Catalog) -> None:
    for table in catalog.tables.values():
        for column in table.columns:
            if column.sequence is not None:
                connection.execute(
                    sql.SQL("SELECT setval({}::regclass, max({})) FROM {}").format(
                        sql.Literal(sql.Identifier(*column.sequence).as_string(connection)),
                        sql.Identifier(column.name),
                        sql.Identifier(*table.relation),
                    )
                )
