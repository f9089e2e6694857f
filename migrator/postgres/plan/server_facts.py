"""Reads facts of source and target servers for dry-run, in read-only sessions."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import psycopg
from psycopg import sql

from migrator.core.placement.model import Placement
from migrator.core.plan.checks import Missing, Population, ServerFacts
from migrator.core.schema.catalog import Catalog
from migrator.postgres.copy.units import session_budget
from migrator.postgres.databases.databases import marks
from migrator.postgres.placement.from_items import bare_names
from migrator.postgres.placement.key_path import source_of, tenant_key
from migrator.postgres.session.connect import READ_ONLY, Connection, Endpoint, rows, session, system_identifier


def missing_grants(connection: Connection) -> tuple[Missing, ...]:
    """What the connected role lacks in the source, each with the statement that gives it."""
    return tuple(Missing(*row) for row in rows(connection, "plan/missing_grants"))


def read_server_facts(
    name: str, endpoint: Endpoint, configured_sessions: int | None, configured_bytes: int | None
) -> ServerFacts:
    """What one target server offers. No SQL tells the free disk: it is configured, or looked at on this machine."""
    with session(endpoint, purpose="dry-run", settings=READ_ONLY) as connection:
        ((role, may_create, may_make_roles, passes, _),) = rows(connection, "databases/server_role")
        return ServerFacts(
            name,
            connection.info.server_version,
            may_create,
            {extension: version for extension, version in rows(connection, "plan/available_extensions")},
            {database: mark.run if mark else None for database, mark in marks(connection).items()},
            session_budget(connection, configured_sessions),
            frozenset(row[0] for row in connection.execute("SELECT rolname FROM pg_catalog.pg_roles")),
            configured_bytes if configured_bytes is not None else free_bytes(connection),
            role,
            system_identifier(connection),
            may_make_roles,
            passes,
        )


def free_bytes(connection: Connection) -> int | None:
    """The free disk below the server's data, or None where the server is not proven to be on this machine.

    A loopback address or a socket proves nothing: a tunnel or a container may be behind it. That the directory of that
    name was last changed here at the very moment that the server says does.
    """
    try:
        ((directory, changed),) = rows(connection, "plan/data_directory")
    except psycopg.errors.InsufficientPrivilege:
        return None
    try:
        if int(Path(directory).stat().st_mtime) != changed:
            return None
        return shutil.disk_usage(directory).free
    except OSError:
        return None


def read_population(
    connection: Connection,
    placement: Placement,
    target: str,
    catalog: Catalog,
    *,
    per_tenant: bool,
    known: Sequence[str],
) -> Population:
    """Counts a placed table's rows by tenant key, in one pass over the key path."""
    source = source_of(placement, catalog)
    with bare_names(connection, placement):
        if not per_tenant:
            row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(source)).fetchone()
            assert row is not None
            return Population(placement.relation, target, {"": row[0]})
        statement = sql.SQL("SELECT {} AS key, count(*) FROM {} GROUP BY 1").format(tenant_key(placement), source)
        counted = {key: count for key, count in connection.execute(statement)}
    tenants = set(known)
    if placement.key_path is None:
        everyone = counted.get(None, 0)
        return Population(placement.relation, target, dict.fromkeys(known, everyone), for_everyone=everyone)
    return Population(
        placement.relation,
        target,
        {key: count for key, count in counted.items() if key in tenants},
        without_key=counted.get(None, 0),
        unknown_key=sum(count for key, count in counted.items() if key is not None and key not in tenants),
    )
