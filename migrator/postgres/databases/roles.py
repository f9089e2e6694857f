"""Creates marked roles, and drops only those whose mark says so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import psycopg
from psycopg import sql

from migrator.core.plan.steps import CreateDatabase
from migrator.errors import RefusedError
from migrator.postgres.databases.databases import Mark
from migrator.postgres.session.connect import Connection, rows

ROLE = "role"


def marked_roles(connection: Connection) -> Mapping[str, Mark | None]:
    """Every role of the server with its mark (None: not ours)."""
    return {name: Mark.parse(comment) for name, comment in rows(connection, "databases/roles")}


def make_role(connection: Connection, name: str, run: str, target: str = "", tenant: str = "") -> bool:
    """Makes a role that cannot log in, marked as the run's; False where there is one of that name, which is kept."""
    mark = Mark(run, ROLE, target, tenant)
    existing = marked_roles(connection)
    if name in existing:
        return existing[name] == mark
    with connection.transaction():
        connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(name)))
        connection.execute(sql.SQL("COMMENT ON ROLE {} IS {}").format(sql.Identifier(name), sql.Literal(mark.text)))
    return True


def make_own_role(connection: Connection, name: str, run: str, target: str, tenant: str = "") -> None:
    """Makes a role that is this run's alone, and lets the connected role act for it.

    Raises:
        RefusedError: there is a role of that name that is not this run's.
    """
    if not make_role(connection, name, run, target, tenant):
        raise RefusedError(
            f"The role {name!r} exists already and was not made by this run.",
            "Rename or drop it yourself, or choose another [source] prefix.",
        )
    # Who makes a role is not a member of it. A superuser need not be one to own, drop or disconnect in its name.
    ((_, _, _, _, superuser),) = rows(connection, "databases/server_role")
    if not superuser:
        connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(name)))


def grant_use(connection: Connection, group: str, schemas: Iterable[str]) -> None:
    """Lets the group read and write the rows of every table of these schemas, and of those that we make there later."""
    name = sql.Identifier(group)
    for schema in map(sql.Identifier, schemas):
        for statement in (
            "GRANT USAGE ON SCHEMA {schema} TO {name}",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {name}",
            "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {name}",
            "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {name}",
            "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT USAGE, SELECT ON SEQUENCES TO {name}",
        ):
            connection.execute(sql.SQL(statement).format(schema=schema, name=name))


def close_database(connection: Connection, database: str) -> None:
    """Lets nobody connect to a database but its owner and whom it is granted to."""
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(database)))


def give_database(connection: Connection, step: CreateDatabase, run: str) -> None:
    """Makes a database's own roles, one its owner, the other a user of it by the group, and keeps out everybody else.

    Raises:
        RefusedError: a role of one of the names is not this run's.
    """
    for role in step.own_roles:
        make_own_role(connection, role, run, step.target, step.tenant)
    for statement in giving(step):
        connection.execute(statement)


def giving(step: CreateDatabase) -> Iterator[sql.Composed]:
    """The statements that give a database to its roles; dry-run shows them."""
    if step.roles is None:
        return
    database, owner = sql.Identifier(step.database), sql.Identifier(step.roles.owner)
    application, group = sql.Identifier(step.roles.application), sql.Identifier(step.roles.group)
    yield sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database)
    yield sql.SQL("GRANT {} TO {}").format(group, application)
    yield sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(database, application)
    yield sql.SQL("ALTER DATABASE {} OWNER TO {}").format(database, owner)


def set_password(connection: Connection, role: str, password: str) -> None:
    """Lets a role log in with a password, which only its verifier leaves this process of: servers log statements."""
    verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
    connection.execute(
        sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(role), sql.Literal(verifier.decode()))
    )


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
