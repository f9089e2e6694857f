"""Reads what a database holds, in one snapshot by several sessions: digests, sequences, objects."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from queue import SimpleQueue

import psycopg
from psycopg import sql

from migrator.core.backup.manifest import (
    DatabaseGrant,
    DatabaseProperties,
    Inventory,
    SequenceState,
    SourceIdentity,
    TableState,
)
from migrator.core.result.progress import Progress
from migrator.core.schema.catalog import Catalog, Table
from migrator.postgres.schema.catalog import read_catalog, read_objects
from migrator.postgres.schema.database_parameters import apply_settings, read_settings
from migrator.postgres.session.connect import READ_ONLY, Connection, Endpoint, database_error, rows, session
from migrator.postgres.session.connection_pool import join_snapshot
from migrator.postgres.verify.digest import whole_table

_CANCEL_SECONDS = 5


@contextmanager
def exported_snapshot(endpoint: Endpoint, *, purpose: str) -> Iterator[tuple[Connection, str]]:
    """A read-only transaction and the id of its snapshot, which others can join while this block lasts."""
    with session(endpoint, purpose=purpose, settings=READ_ONLY) as connection:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        row = connection.execute("SELECT pg_catalog.pg_export_snapshot()").fetchone()
        assert row is not None
        yield connection, row[0]
        connection.execute("ROLLBACK")


def write_position(connection: Connection) -> str:
    """How far the server's write-ahead log is, as an LSN."""
    ((position,),) = rows(connection, "verify/write_position")
    return str(position)


def identity(catalog: Catalog) -> SourceIdentity:
    """Which database a catalog was read from."""
    return SourceIdentity(catalog.system_identifier, catalog.database, catalog.server_version, catalog.encoding)


def read_whole_catalog(connection: Connection) -> Catalog:
    """The catalog of every schema that is not the system's, schemas of ours included."""
    return read_catalog(connection, [name for (name,) in rows(connection, "schema/user_schemas")])


def take_inventory(
    endpoint: Endpoint, connection: Connection, snapshot: str, *, jobs: int, purpose: str, progress: Progress
) -> Inventory:
    """Digests every table under the snapshot, with `jobs` sessions beside `connection`, which exported it.

    Raises:
        DatabaseError: a table cannot be read; the other sessions' statements are cancelled then.
    """
    catalog = read_whole_catalog(connection)
    tables = sorted(catalog.tables.values(), key=lambda table: -table.bytes)
    states = _digest(endpoint, tables, snapshot, jobs, purpose, progress)
    objects = read_objects(connection)
    fingerprint = hashlib.sha256()
    for kind, name in sorted(objects):
        fingerprint.update(f"{kind}\0{name}\0{objects[kind, name]}\0".encode())
    return Inventory(
        tables=tuple(sorted(states, key=lambda state: (state.schema, state.name))),
        sequences=tuple(SequenceState.of(sequence) for _, sequence in sorted(catalog.sequences.items())),
        objects=fingerprint.hexdigest(),
        large_objects=catalog.large_objects,
    )


def _digest(
    endpoint: Endpoint, tables: Sequence[Table], snapshot: str, jobs: int, purpose: str, progress: Progress
) -> list[TableState]:
    idle: SimpleQueue[Connection] = SimpleQueue()
    task = f"{purpose}: digests"

    def digest(table: Table) -> TableState:
        connection = idle.get()
        try:
            table_digest = whole_table(connection, table)
        except psycopg.Error as error:
            raise database_error(error, endpoint) from error
        finally:
            idle.put(connection)
        return TableState.of(table_digest, table.relation.schema, table.relation.name)

    with ExitStack() as stack:
        connections = []
        for _ in range(max(1, min(jobs, len(tables)))):
            connection = stack.enter_context(session(endpoint, purpose=purpose))
            join_snapshot(connection, endpoint, snapshot)
            connections.append(connection)
            idle.put(connection)
        progress.start(task, total=sum(max(table.rows, 0) for table in tables) or None)
        pool = stack.enter_context(ThreadPoolExecutor(len(connections), thread_name_prefix="digest"))
        states: list[TableState] = []
        try:
            for state in pool.map(digest, tables):
                states.append(state)
                progress.advance(task, rows=sum(state.rows for state in states))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for connection in connections:
                connection.cancel_safe(timeout=_CANCEL_SECONDS)
            raise
        progress.finish(task)
    return states


def read_properties(connection: Connection) -> DatabaseProperties:
    """What belongs to the connected database as a whole."""
    ((owner, limit, comment, grants),) = rows(connection, "verify/database_properties")
    return DatabaseProperties(
        owner=owner,
        connection_limit=limit,
        comment=comment,
        settings=read_settings(connection),
        grants=None if grants is None else tuple(DatabaseGrant(*grant) for grant in grants),
    )


def apply_properties(connection: Connection, database: str, properties: DatabaseProperties) -> None:
    """Gives a database the owner, limit, settings and privileges of another; its comment stays as it is."""
    name = sql.Identifier(database)
    connection.execute(
        sql.SQL("ALTER DATABASE {} CONNECTION LIMIT {}").format(name, sql.Literal(properties.connection_limit))
    )
    apply_settings(connection, database, properties.settings)
    if properties.grants is not None:
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
        for grant in properties.grants:
            connection.execute(
                sql.SQL("GRANT {} ON DATABASE {} TO {}{}").format(
                    sql.SQL(grant.privilege),
                    name,
                    sql.Identifier(grant.grantee) if grant.grantee else sql.SQL("PUBLIC"),
                    sql.SQL(" WITH GRANT OPTION" if grant.grantable else ""),
                )
            )
    connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(name, sql.Identifier(properties.owner)))
