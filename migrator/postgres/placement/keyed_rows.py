"""Reads the rows of one side of a transfer, all of them or those of some keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from migrator.core.schema.catalog import Relation
from migrator.postgres.placement.column_types import column_types
from migrator.postgres.placement.from_items import ROW
from migrator.postgres.placement.select_rows import conjunction, key_text
from migrator.postgres.session.connect import Connection

_KEYS_A_QUERY = 5_000
_WANTED = sql.SQL("unnest({}::text[]) AS migrator_wanted (key)")


@dataclass(frozen=True)
class KeyedRows:
    """The rows of a FROM item (`source`, with `t` in it) that fulfil `conditions`, each known by a text, its key.

    `values` are what can be read of a row, by name; "key" is among them. `key` names the columns of `t` that the text
    is made of; () where it is made otherwise. `relation` is the table that `t` is; None where it is a query.
    """

    source: sql.Composed
    conditions: tuple[sql.Composable, ...]
    values: Mapping[str, sql.Composed]
    key: tuple[str, ...]
    relation: Relation | None

    def select(self, *names: str) -> sql.Composed:
        """SELECT of the named values of every row."""
        return self._select(names, self.source, self.conditions)

    def of_keys(self, connection: Connection, keys: Sequence[str], *names: str) -> Iterator[tuple[Any, ...]]:
        """(key, named values …) of the rows that have one of the keys.

        Where `key` names columns they are unique, and rows are found by them alone: what else a row of these keys
        fulfils is the caller's to know.
        """
        indexed = self.key and self.relation is not None and keys
        types = column_types(connection, self.relation, self.key) if indexed and self.relation is not None else []
        for start in range(0, len(keys), _KEYS_A_QUERY):
            wanted = keys[start : start + _KEYS_A_QUERY]
            if types:
                rows = self._rows_by_index(connection, wanted, types, names)
                yield from rows
                # No index finds NULL, nor a text that its type does not read back as the same value.
                there = {row[0] for row in rows}
                wanted = [key for key in wanted if key not in there]
            if wanted:
                statement = sql.SQL("SELECT * FROM ({}) d WHERE key = ANY ({}::text[])").format(
                    self.select("key", *names), sql.Literal(wanted)
                )
                yield from connection.execute(statement)

    def _rows_by_index(
        self, connection: Connection, keys: Sequence[str], types: Sequence[str], names: Sequence[str]
    ) -> list[tuple[Any, ...]]:
        """The rows that are found so; none where a key is no value of the type, or the type has no equality here."""
        try:
            with connection.transaction():
                return connection.execute(self.by_index(keys, types, *names)).fetchall()
        except (psycopg.DataError, psycopg.errors.UndefinedFunction):
            return []

    def by_index(self, keys: Sequence[str], types: Sequence[str], *names: str) -> sql.Composed:
        """SELECT of the same where each part of a key is compared as a value of its column's type, as an index is.

        The whole key is compared as text too: values that are equal may be written differently (citext, numeric). The
        `conditions` are left out: by what the planner thinks of them it would begin elsewhere, with a scan.
        """
        parts = [
            # The type's name comes from the catalog, spelt by format_type, quoted where it needs to be.
            sql.SQL("{}.{} = CAST((migrator_wanted.key::text[])[{}] AS {})").format(
                ROW, sql.Identifier(column), sql.Literal(place), sql.SQL(type_)
            )
            for place, (column, type_) in enumerate(zip(self.key, types, strict=True), 1)
        ]
        same = sql.SQL("{} = migrator_wanted.key").format(key_text(self.key))
        source = sql.SQL("{}, {}").format(_WANTED.format(sql.Literal(list(keys))), self.source)
        return self._select(("key", *names), source, (*parts, same))

    def _select(self, names: Sequence[str], source: sql.Composed, conditions: Sequence[sql.Composable]) -> sql.Composed:
        read = sql.SQL(", ").join(sql.SQL("{} AS {}").format(self.values[name], sql.Identifier(name)) for name in names)
        return sql.SQL("SELECT {} FROM {}{}").format(read, source, conjunction(conditions))
