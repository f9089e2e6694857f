"""Roles that we make, and only those: marked like databases, and dropped only where the mark says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import psycopg
from psycopg import sql

from migrator.postgres.connect import Connection, rows
from migrator.postgres.databases import Mark

ROLE = "role"


def marked_roles(connection: Connection) -> Mapping[str, Mark | None]:
    """Every role of the server with its mark (None: not ours)."""
    return {name: Mark.parse(comment) for name, comment in rows(connection, "roles")}


def make_role(connection: Connection, name: str, run: str) -> bool:
    """Makes a role that cannot log in, marked as the run's; False where there is one of that name, which is kept."""
    mark = Mark(run, ROLE)
    existing = marked_roles(connection)
    if name in existing:
        return existing[name] == mark
    with connection.transaction():
        connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(name)))
        connection.execute(sql.SQL("COMMENT ON ROLE {} IS {}").format(sql.Identifier(name), sql.Literal(mark.text)))
    return True


def drop_role(connection: Connection, name: str, run: str) -> bool:
    """Drops a role that the run made; False where it is not the run's, or something of somebody's still uses it."""
    mark = marked_roles(connection).get(name)
    if mark is None or mark.run != run:
        return False
    try:
        connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))
    except psycopg.errors.DependentObjectsStillExist:
        return False
    return True


def grant_reading(connection: Connection, role: str, schemas: Iterable[str]) -> None:
    """Lets the role read every table of these schemas of the connected database, and those that we make there later."""
    name = sql.Identifier(role)
    for schema in map(sql.Identifier, schemas):
        connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, name))
        connection.execute(sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA {} TO {}").format(schema, name))
        connection.execute(
            sql.SQL("ALTER DEFAULT PRIVILEGES IN SCHEMA {} GRANT SELECT ON TABLES TO {}").format(schema, name)
        )


def grant_connect(connection: Connection, database: str, roles: Iterable[str]) -> None:
    """Lets the roles connect to a database of this server: that privilege comes with no template."""
    for role in roles:
        connection.execute(
            sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(database), sql.Identifier(role))
        )
