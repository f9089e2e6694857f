"""Reads the rows of one table at a batch's position, each with the tenant that it belongs to."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from psycopg import sql

from migrator.postgres.copy.libpq_copy import begin_copy, copy_ended, reader
from migrator.postgres.placement.from_items import ALIAS, bare_names
from migrator.postgres.placement.key_path import source_of, tenant_key
from migrator.postgres.placement.row_hash import read_column
from migrator.postgres.placement.select_rows import conjunction, where
from migrator.postgres.session.connect import Connection
from migrator.postgres.sync.flow import Flow, TableFlow
from migrator.postgres.sync.typed_keys import Key, in_parts, same_key, typed_keys

_WANTED = "migrator_wanted"
_NULL = b"\\N"
_ESCAPE = re.compile(rb"\\(.)", re.DOTALL)
_LETTERS = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}


@dataclass
class Share:
    """What one database is to hold of one table, of the rows that are dirty there.

    `lines` are the rows as COPY's text format has them, in the order of the flow's columns, and `kept` their keys.
    `dirty` are the keys of all rows that may have to be written or deleted; None where the whole table is dirty.
    """

    dirty: set[Key] | None = field(default_factory=set)
    lines: list[bytes] = field(default_factory=list)
    kept: set[Key] = field(default_factory=set)

    @property
    def gone(self) -> set[Key]:
        """The dirty keys of which no row is there any more, by their texts."""
        return set() if self.dirty is None else self.dirty - self.kept

    def take(self, flow: TableFlow, line: bytes) -> None:
        """Adds a row."""
        self.lines.append(line)
        self.kept.add(tuple(str(value) for value in fields(line, len(flow.key))))


def fields(line: bytes, number: int = -1) -> list[str | None]:
    """The first values of a line of COPY's text format; all without a number."""
    if number == 0:
        return []
    parts = line.rstrip(b"\n").split(b"\t", number) if number > 0 else line.rstrip(b"\n").split(b"\t")
    return [_value(part) for part in (parts[:number] if number > 0 else parts)]


def _value(part: bytes) -> str | None:
    if part == _NULL:
        return None
    if b"\\" in part:
        part = _ESCAPE.sub(lambda match: _LETTERS.get(match[1], match[1]), part)
    return part.decode()


class RowReader:
    """The rows of one side of a flow, as its open transaction sees them."""

    def __init__(self, connection: Connection, flow: Flow) -> None:
        self._connection = connection
        self._flow = flow

    def by_key(self, table: TableFlow, keys: Iterable[Key]) -> Iterator[tuple[str | None, bytes]]:
        """(tenant key, line) of the rows that have one of the keys, each once."""
        columns = self._flow.read_columns(self._connection, table.relation)
        typed = [columns[name] for name in table.key]
        for part in in_parts(keys):
            # Keys that are equal name one row, however they are written.
            wanted = sql.SQL("{} AS {}").format(typed_keys(typed, part, distinct=table.loose), sql.Identifier(_WANTED))
            source = sql.SQL("{}, {}").format(wanted, source_of(table.transfer.placement, self._flow.catalog))
            yield from self._lines(table, source, conjunction([same_key(typed, ALIAS, _WANTED)]))

    def whole(self, table: TableFlow, tenants: Collection[str]) -> Iterator[tuple[str | None, bytes]]:
        """(tenant key, line) of all rows of these tenants; of all rows where the databases are not per tenant."""
        transfer = table.transfer
        keys = list(tenants) if transfer.per_tenant else None
        with bare_names(self._connection, transfer.placement):
            source = source_of(transfer.placement, self._flow.catalog)
            yield from self._lines(table, source, where(transfer, keys=keys, everyones=transfer.for_everyone))

    def _lines(
        self, table: TableFlow, source: sql.Composed, limits: sql.Composed
    ) -> Iterator[tuple[str | None, bytes]]:
        transfer = table.transfer
        tenant = (
            tenant_key(transfer.placement)
            if transfer.per_tenant or transfer.unowned_only
            else sql.SQL("''::text").format()
        )
        columns = [read_column(column) for column in table.columns] or [sql.SQL("''").format()]
        select = sql.SQL("COPY (SELECT {} FROM {}{}) TO STDOUT").format(
            sql.SQL(", ").join([tenant, *columns]), source, limits
        )
        connection = self._connection
        begin_copy(connection, select.as_string(connection))
        get = connection.pgconn.get_copy_data
        await_more = reader(connection)
        while True:
            count, data = get(1)
            if count < 0:
                break
            if count == 0:
                await_more()
                continue
            key, row = bytes(data).split(b"\t", 1)
            yield _value(key), row
        copy_ended(connection)
