"""Runs COPY through psycopg.pq: begins it, sends rows, ends it, and reads the server's answer."""

from __future__ import annotations

import select
from collections.abc import Callable

import psycopg
from psycopg import pq

from migrator.errors import DatabaseError
from migrator.postgres.session.connect import Connection


def begin_copy(connection: Connection, statement: str) -> None:
    """Starts a COPY … TO STDOUT or … FROM STDIN.

    Raises:
        psycopg.Error: the server refuses it.
    """
    result = connection.pgconn.exec_(statement.encode())
    if result.status not in (pq.ExecStatus.COPY_IN, pq.ExecStatus.COPY_OUT):
        raise psycopg.errors.error_from_result(result, encoding="utf-8")


def reader(connection: Connection) -> Callable[[], None]:
    """Waits until the server has sent more, and takes it in.

    libpq would wait by itself, but the driver keeps the GIL meanwhile: for as long as a server sorts before its first
    row, no other thread of the worker could tell its cluster that it lives, or see that the run is over.
    """
    poll = select.poll()
    poll.register(connection.pgconn.socket, select.POLLIN)
    consume = connection.pgconn.consume_input

    def await_more() -> None:
        poll.poll()
        consume()

    return await_more


def put(connection: Connection, block: bytes) -> None:
    """Sends a block into a COPY … FROM STDIN.

    Raises:
        psycopg.Error: the connection is lost.
    """
    connection.pgconn.put_copy_data(block)
    send_all(connection)


def send_all(connection: Connection) -> None:
    """Waits until the socket has taken what was put: a slow target slows its source down, and does not fill the memory.

    The driver's connections do not block: what the socket does not take libpq keeps, however much that becomes.
    """
    pgconn = connection.pgconn
    poll = None
    while pgconn.flush():
        if poll is None:
            poll = select.poll()
            poll.register(pgconn.socket, select.POLLIN | select.POLLOUT)
        if any(event & select.POLLIN for _, event in poll.poll()):
            pgconn.consume_input()  # a server that has much to say reads nothing until it is heard


def end_copy(connection: Connection) -> int:
    """Ends a COPY FROM STDIN; returns how many rows the server took."""
    connection.pgconn.put_copy_end()
    result = copy_ended(connection)
    return result.command_tuples or 0


def require_arrived(connection: Connection, relation: str, *, sent: int, arrived: int) -> None:
    """Holds a COPY FROM STDIN to the rows that it was sent.

    Raises:
        DatabaseError: the server took fewer.
    """
    if arrived != sent:
        raise DatabaseError(
            f"{connection.info.dbname}: of {sent} rows of {relation} {arrived} arrived.",
            "A rule or a trigger of the target's schema takes rows away: remove it.",
        )


def copy_ended(connection: Connection) -> pq.abc.PGresult:
    """The result that ends a COPY; libpq's protocol is read up to its end.

    Raises:
        psycopg.Error: the COPY failed, or the connection was lost in the middle of it.
    """
    pgconn = connection.pgconn
    last: pq.abc.PGresult | None = None
    send_all(connection)
    await_more = reader(connection)
    while pgconn.is_busy():
        await_more()
    while (result := pgconn.get_result()) is not None:
        last = result
        if result.status != pq.ExecStatus.COMMAND_OK:
            raise psycopg.errors.error_from_result(result, encoding="utf-8")
    if last is None:
        raise psycopg.OperationalError("the connection was lost in the middle of a COPY")
    return last
