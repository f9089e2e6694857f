"""Makes databases read-only before they are dropped or renamed."""

from __future__ import annotations

import time
from collections.abc import Iterable

import psycopg
from psycopg import sql

from migrator.errors import RefusedError
from migrator.postgres.session.connect import Connection, rows

_WAIT_SECONDS = 10.0
_PAUSE_SECONDS = 0.02


def make_read_only(connection: Connection, database: str) -> None:
    """Makes a database read-only for the sessions to come, and ends those that are there.

    An application that asks for a writable transaction in so many words still gets one: only refusing every connection
    would hinder that, and the dump's is one.

    Raises:
        RefusedError: a session cannot be ended by the connected role, or does not end.
    """
    _alter(connection, "SET default_transaction_read_only = on", database)
    end_sessions_in(connection, [database])


def make_writable(connection: Connection, database: str) -> None:
    """Lets the database be written to again."""
    _alter(connection, "RESET default_transaction_read_only", database)


def _alter(connection: Connection, change: str, database: str) -> None:
    connection.execute(sql.SQL("ALTER DATABASE {} {}").format(sql.Identifier(database), sql.SQL(change)))


def end_sessions_in(connection: Connection, databases: Iterable[str]) -> None:
    """Ends the sessions of programs in the databases, but for this one, and waits until they are gone.

    Raises:
        RefusedError: a session cannot be ended by the connected role, or does not end.
    """
    wanted = {"databases": list(databases)}
    deadline = time.monotonic() + _WAIT_SECONDS
    while there := rows(connection, "fence/client_sessions", wanted):
        database, pid, role, application = there[0]
        who = f"{role} is connected to {database} ({application or 'no application name'}, pid {pid})"
        remedy = f"SELECT pg_terminate_backend({pid});"
        if time.monotonic() > deadline:
            raise RefusedError(f"{who}, and the session does not end.", f"End it: {remedy} Then type the same again.")
        try:
            for _, one, *_ in there:
                connection.execute("SELECT pg_catalog.pg_terminate_backend(%s)", [one])
        except psycopg.errors.InsufficientPrivilege as error:
            raise RefusedError(
                f"{who}, and the role {connection.info.user} may not end that session.",
                f"End it: {remedy} or GRANT pg_signal_backend TO the role. Then type the same again.",
            ) from error
        time.sleep(_PAUSE_SECONDS)


def not_owned(connection: Connection, databases: Iterable[str]) -> dict[str, str]:
    """Those of the databases that the connected role may not drop, with their owners."""
    return dict(rows(connection, "fence/not_owned_databases", {"databases": list(databases)}))


def rename_database(connection: Connection, current: str, name: str) -> None:
    """Gives a database another name, once the sessions in it have ended.

    Raises:
        RefusedError: a session cannot be ended by the connected role, or does not end.
    """
    end_sessions_in(connection, [current])
    connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(current), sql.Identifier(name)))


def swap_databases(connection: Connection, current: str, replacement: str, kept_as: str) -> None:
    """Renames `current` to `kept_as` and `replacement` to `current`; whoever is connected to either is disconnected.

    Renaming is transactional: both or neither.

    Raises:
        RefusedError: a session cannot be ended by the connected role, or does not end.
    """
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    end_sessions_in(connection, [current, replacement])
    with connection.transaction():
        connection.execute(rename.format(sql.Identifier(current), sql.Identifier(kept_as)))
        connection.execute(rename.format(sql.Identifier(replacement), sql.Identifier(current)))
