"""A pooler in transaction mode, as small as it can be: each transaction goes to the backend that is free."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import suppress
from types import TracebackType

import psycopg
from psycopg.conninfo import make_conninfo

_READY = ord("Z")
_IDLE = b"I"


class TransactionPooler:
    """Listens on a port of its own; clients share backends, which they keep for one transaction each.

    It logs in by itself, with psycopg, and passes messages of the protocol between a client and the backend's socket.
    Only what a client sends at once and the answers up to ReadyForQuery are understood: simple and extended queries.
    """

    def __init__(self, server: str) -> None:
        self._server = server
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._free: dict[str, list[psycopg.Connection]] = {}
        self._all: list[psycopg.Connection] = []
        self._lock = threading.Lock()
        with psycopg.connect(server) as connection:
            self._version = connection.info.parameter_status("server_version") or ""

    def url(self, database: str) -> str:
        """The conninfo of a database by way of the pooler."""
        host, port = self._listener.getsockname()
        return make_conninfo(
            self._server, dbname=database, host=host, port=port, sslmode="disable", gssencmode="disable"
        )

    def __enter__(self) -> TransactionPooler:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._listener.close()
        for connection in self._all:
            connection.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError, psycopg.Error, ConnectionError):
            database = self._greet(client)
            backend: psycopg.Connection | None = None
            while True:
                head = _exactly(client, 5)
                body = _exactly(client, struct.unpack("!I", head[1:])[0] - 4)
                if head[:1] == b"X":
                    return
                if backend is None:
                    backend = self._take(database)
                with socket.socket(fileno=backend.fileno()) as wire:
                    try:
                        wire.setblocking(True)
                        wire.sendall(head + body)
                        if head[:1] in (b"Q", b"S") and _answer(wire, client) == _IDLE:
                            self._give_back(database, backend)
                            backend = None
                    finally:
                        wire.detach()

    def _greet(self, client: socket.socket) -> str:
        (length,) = struct.unpack("!I", _exactly(client, 4))
        words = _exactly(client, length - 4)[4:].split(b"\0")
        given = dict(zip(words[::2], words[1::2], strict=False))
        client.sendall(b"R" + struct.pack("!II", 8, 0))
        told = {b"server_version": self._version.encode(), b"client_encoding": b"UTF8", b"server_encoding": b"UTF8"}
        for name, value in told.items():
            text = name + b"\0" + value + b"\0"
            client.sendall(b"S" + struct.pack("!I", 4 + len(text)) + text)
        client.sendall(b"K" + struct.pack("!III", 12, 1, 1) + b"Z" + struct.pack("!I", 5) + _IDLE)
        return given[b"database"].decode()

    def _take(self, database: str) -> psycopg.Connection:
        with self._lock:
            if free := self._free.setdefault(database, []):
                return free.pop()
        connection = psycopg.connect(make_conninfo(self._server, dbname=database), autocommit=True)
        with self._lock:
            self._all.append(connection)
        return connection

    def _give_back(self, database: str, connection: psycopg.Connection) -> None:
        with self._lock:
            self._free[database].append(connection)


def _answer(wire: socket.socket, client: socket.socket) -> bytes:
    """Passes the backend's messages on up to ReadyForQuery, whose status it returns."""
    while True:
        head = _exactly(wire, 5)
        body = _exactly(wire, struct.unpack("!I", head[1:])[0] - 4)
        client.sendall(head + body)
        if head[0] == _READY:
            return body


def _exactly(source: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        part = source.recv(size - len(found))
        if not part:
            raise ConnectionError
        found += part
    return found
