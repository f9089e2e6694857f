"""Copies what extensions declared to be a database's own configuration: rows that no tenant has and no tree makes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from psycopg import sql

from migrator.core.schema.catalog import Relation
from migrator.core.verify.digests import HASH_MODULUS, Digest
from migrator.postgres.session.connect import Connection, Endpoint, session
from migrator.postgres.session.records import records


@dataclass(frozen=True, slots=True)
class ConfigurationTable:
    """A table (or sequence) of an extension, and the extension's own condition on the rows that are the database's."""

    extension: str
    relation: Relation
    is_sequence: bool
    condition: str  # " WHERE …" as the extension wrote it, or ''
    columns: tuple[str, ...]

    @property
    def place(self) -> tuple[str, str]:
        """What it is in another database, where the extension may be in another schema."""
        return self.extension, self.relation.name


class _ConfigurationRow(NamedTuple):
    """extension_configuration.sql"""

    extension: str
    schema: str
    name: str
    kind: str
    condition: str
    columns: Sequence[str]


def read_configuration(connection: Connection) -> Mapping[tuple[str, str], ConfigurationTable]:
    """Every configuration table of the database's extensions, by extension and name, in the extensions' order."""
    return {
        table.place: table
        for table in (
            ConfigurationTable(
                row.extension, Relation(row.schema, row.name), row.kind == "S", row.condition, tuple(row.columns)
            )
            for row in records(connection, "schema/extension_configuration", _ConfigurationRow)
        )
    }


def configure(source: Connection, targets: Iterable[Endpoint]) -> None:
    """Gives the databases the source's configuration of each extension that they have, in place of their own.

    `source` is in the snapshot that everything is read in. Done twice it does the same once.

    Raises:
        DatabaseError: a row does not fit the version of the extension that the target has.
    """
    tables = read_configuration(source)
    wanted = {place: table for place, table in tables.items() if table.is_sequence or _count(source, table)}
    if not wanted:
        return
    for target in targets:
        with session(target, purpose="copy") as connection, connection.transaction():
            here = read_configuration(connection)
            shared = [(wanted[place], here[place]) for place in wanted if place in here]
            for _, own in reversed(shared):
                if not own.is_sequence:
                    connection.execute(sql.SQL("DELETE FROM ONLY {}").format(_rows_of(own, own.condition)))
            for theirs, own in shared:
                if own.is_sequence:
                    _set_sequence(source, theirs, connection, own)
                else:
                    _copy(source, theirs, connection, own)


def configuration_digests(
    connection: Connection, tables: Mapping[tuple[str, str], ConfigurationTable], tenant: str = ""
) -> tuple[Digest, ...]:
    """The digests of those of the tables' own rows that the database has; `tables` are the source's."""
    here = read_configuration(connection)
    digests = []
    for place, table in tables.items():
        own = here.get(place)
        if own is None or table.is_sequence:
            continue
        columns = sql.SQL(", ").join(sql.Identifier(name) for name in table.columns)
        row = connection.execute(
            sql.SQL(
                "SELECT count(*), coalesce(sum(pg_catalog.hashtextextended(ROW({})::text, 0)), 0) FROM ONLY {}"
            ).format(columns, _rows_of(own, table.condition))
        ).fetchone()
        assert row is not None
        digests.append(Digest(table.relation.full_name, tenant, row[0], int(row[1]) % HASH_MODULUS))
    return tuple(digests)


def _rows_of(table: ConfigurationTable, condition: str) -> sql.Composed:
    # The condition is the extension's own text, which pg_dump appends in the same way.
    return sql.SQL("{} {}").format(sql.Identifier(*table.relation), sql.SQL(condition))


def _count(source: Connection, table: ConfigurationTable) -> int:
    row = source.execute(sql.SQL("SELECT count(*) FROM ONLY {}").format(_rows_of(table, table.condition))).fetchone()
    assert row is not None
    return int(row[0])


def _copy(source: Connection, theirs: ConfigurationTable, target: Connection, own: ConfigurationTable) -> None:
    columns = sql.SQL(", ").join(sql.Identifier(name) for name in theirs.columns)
    read = sql.SQL("COPY (SELECT {} FROM ONLY {}) TO STDOUT").format(columns, _rows_of(theirs, theirs.condition))
    write = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(*own.relation), columns)
    with source.cursor() as reader, target.cursor() as writer, reader.copy(read) as out, writer.copy(write) as into:
        for block in out:
            into.write(block)


def _set_sequence(source: Connection, theirs: ConfigurationTable, target: Connection, own: ConfigurationTable) -> None:
    row = source.execute(
        sql.SQL("SELECT last_value, is_called FROM {}").format(sql.Identifier(*theirs.relation))
    ).fetchone()
    assert row is not None
    name = sql.Identifier(*own.relation).as_string(target)
    target.execute("SELECT pg_catalog.setval(%s::regclass, %s, %s)", [name, *row])


def target_digests_of(
    endpoint: Endpoint, tables: Mapping[tuple[str, str], ConfigurationTable], tenant: str
) -> Sequence[Digest]:
    """`configuration_digests` of one target database, in a session of its own."""
    with session(endpoint, purpose="verify", settings={"default_transaction_read_only": "on"}) as connection:
        return configuration_digests(connection, tables, tenant)
