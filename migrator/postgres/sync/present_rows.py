"""Reads, at a batch's position, the rows that routing asks for: parents by their names, children by their parents."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from psycopg import sql

from migrator.core.online.routing import Key, Version
from migrator.core.schema.catalog import ForeignKey, Relation
from migrator.postgres.placement.from_items import own_rows
from migrator.postgres.placement.key_path import joined
from migrator.postgres.session.connect import Connection
from migrator.postgres.sync.flow import Flow
from migrator.postgres.sync.typed_keys import KeyColumn, in_parts, missing_keys, same_key, typed_keys

_WANTED = "migrator_wanted"


class SourceRows:
    """The rows of a database as its open transaction sees them, each as the columns that the log holds of it."""

    def __init__(self, connection: Connection, flow: Flow) -> None:
        self._connection = connection
        self._flow = flow
        self._captured = {table.relation: table for table in flow.captured}

    def rows(self, relation: Relation, columns: tuple[str, ...], values: Collection[Key]) -> Iterator[Version]:
        """The rows of a captured table whose `columns` hold one of the values."""
        typed = self._typed(relation, columns)
        condition = same_key(typed, "t", _WANTED)
        for part in in_parts(values):
            yield from self._versions(relation, typed, part, condition)

    def missing(self, relation: Relation, columns: tuple[str, ...], values: Collection[Key]) -> Iterator[Key]:
        """Those of the values that no row of a captured table holds in its `columns`, as they are given."""
        typed = self._typed(relation, columns)
        present = own_rows(self._flow.catalog, relation)
        for part in in_parts(values):
            for key in self._connection.execute(missing_keys(typed, part, present)):
                yield tuple(key)

    def referencing(self, hop: ForeignKey, values: Collection[Key]) -> Iterator[Version]:
        """The rows that reference, by that key, a row whose referenced columns hold one of the values."""
        typed = self._typed(hop.referenced, hop.referenced_columns)
        condition = joined(hop, _WANTED, "t")
        if hop.when is not None:
            condition += sql.SQL(" AND {}::text = {}").format(
                sql.Identifier("t", hop.when[0]), sql.Literal(hop.when[1])
            )
        for part in in_parts(values):
            yield from self._versions(hop.table, typed, part, condition)

    def _versions(
        self, relation: Relation, typed: Sequence[KeyColumn], keys: Sequence[Key], condition: sql.Composable
    ) -> Iterator[Mapping[str, str | None]]:
        names = self._captured[relation].columns
        read = sql.SQL(", ").join(sql.SQL("t.{}::text").format(sql.Identifier(name)) for name in names)
        statement = sql.SQL("SELECT {} FROM {} AS {}, {} AS t WHERE {}").format(
            read, typed_keys(typed, keys), sql.Identifier(_WANTED), own_rows(self._flow.catalog, relation), condition
        )
        for row in self._connection.execute(statement):
            yield dict(zip(names, row, strict=True))

    def _typed(self, relation: Relation, names: Sequence[str]) -> list[KeyColumn]:
        columns = self._flow.read_columns(self._connection, relation)
        return [columns[name] for name in names]
