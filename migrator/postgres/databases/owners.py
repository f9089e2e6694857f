"""Letting the roles that will own a schema's objects have them, while the schema is built by another role."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from psycopg import sql

from migrator.postgres.session.connect import Connection, Endpoint, rows, session


@contextmanager
def owners_may_create(databases: Sequence[Endpoint], owners: Sequence[str]) -> Iterator[None]:
    """Until the end the owners may create in these databases of ours (of one server), and in their schema public.

    They may in the source, and ALTER ... OWNER TO asks it of the new owner, unless a superuser gives the command; since
    PostgreSQL 15 nobody but a database's owner has it by himself. The first of the `owners` that the connected role may
    act as owns the databases meanwhile, which leaves no trace in their privileges; the others are granted it, and
    revoked again.
    """
    first, *_ = databases
    with session(first, purpose="owners") as connection:
        # Of the server, not of a database: all of these are on one.
        ((superuser, role, able),) = rows(connection, "databases/possible_owners", {"roles": list(owners)})
    acting = [] if superuser else [name for name in owners if name in able]
    if not acting:
        yield
        return
    with ExitStack() as given:
        for database in databases:
            given.enter_context(_owned_by(database, acting, role))
        yield


@contextmanager
def _owned_by(database: Endpoint, acting: Sequence[str], role: str) -> Iterator[None]:
    """Gives the database to the first of the roles, and the others what they need; takes it back at the end."""
    alter, name = sql.SQL("ALTER DATABASE {} OWNER TO {}"), sql.Identifier(database.database)
    # No session is kept meanwhile: several targets are prepared at once, and sessions are counted.
    with session(database, purpose="owners") as connection:
        connection.execute(alter.format(name, sql.Identifier(acting[0])))
        _change(connection, database.database, "GRANT CREATE ON {} TO {}", acting[1:])
    try:
        yield
    finally:
        with session(database, purpose="owners") as connection:
            _change(connection, database.database, "REVOKE CREATE ON {} FROM {}", acting[1:])
            connection.execute(alter.format(name, sql.Identifier(role)))


def _change(connection: Connection, database: str, statement: str, roles: Sequence[str]) -> None:
    for role in roles:
        for what in (sql.SQL("DATABASE {}").format(sql.Identifier(database)), sql.SQL("SCHEMA public")):
            connection.execute(sql.SQL(statement).format(what, sql.Identifier(role)))
