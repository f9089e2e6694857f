"""COPY on the wire, through psycopg.pq: its beginning, its end, and what the server says of it."""

from __future__ import annotations

import psycopg
from psycopg import pq

from migrator.postgres.connect import Connection


def begin_copy(connection: Connection, statement: str) -> None:
    """Starts a COPY … TO STDOUT or … FROM STDIN.

    Raises:
        psycopg.Error: the server refuses it.
    """
    result = connection.pgconn.exec_(statement.encode())
    if result.status not in (pq.ExecStatus.COPY_IN, pq.ExecStatus.COPY_OUT):
        raise psycopg.errors.error_from_result(result, encoding="utf-8")


def end_copy(connection: Connection) -> int:
    """Ends a COPY FROM STDIN; returns how many rows the server took."""
    connection.pgconn.put_copy_end()
    result = copy_ended(connection)
    return result.command_tuples or 0


def copy_ended(connection: Connection) -> pq.abc.PGresult:
    """The result that ends a COPY; libpq's protocol is read up to its end.

    Raises:
        psycopg.Error: the COPY failed, or the connection was lost in the middle of it.
    """
    pgconn = connection.pgconn
    last: pq.abc.PGresult | None = None
    while (result := pgconn.get_result()) is not None:
        last = result
        if result.status != pq.ExecStatus.COMMAND_OK:
            raise psycopg.errors.error_from_result(result, encoding="utf-8")
    if last is None:
        raise psycopg.OperationalError("the connection was lost in the middle of a COPY")
    return last
