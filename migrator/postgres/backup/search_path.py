"""Lets functions find others by a search_path while pg_restore, which has none, fills and indexes the tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg import sql

from migrator.postgres.session.connect import Connection, rows


@contextmanager
def found_by_path(connection: Connection, search_path: str) -> Iterator[None]:
    """Gives every function that has no path of its own this one, as SET takes it, until the end of the block.

    pg_restore empties the path of its sessions, where a generated column, a check or an index calls a function that
    names another without its schema. What a function is afterwards is what it was before.
    """
    routines = [sql.SQL(routine) for (routine,) in rows(connection, "backup/routines_without_path")]
    with connection.transaction():
        for routine in routines:
            path = sql.SQL(search_path)  # quoted by the server that said it
            connection.execute(sql.SQL("ALTER {} SET search_path = {}").format(routine, path))
    yield
    with connection.transaction():
        for routine in routines:
            connection.execute(sql.SQL("ALTER {} RESET search_path").format(routine))
