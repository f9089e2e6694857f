"""The contract with a migration under load: on 25006 read the map again and try once more, on 40001 try again."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from psycopg import Connection
from psycopg.conninfo import make_conninfo

T = TypeVar("T")

# What is refused when a tenant has moved, and what is asked to be done again.
MOVED = psycopg.errors.ReadOnlySqlTransaction  # 25006
AGAIN = (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected)  # 40001, 40P01

_ATTEMPTS = 20


class TenantDatabases:
    """Runs transactions in the database that serves a tenant now, as the map file says.

    The file is what `migrator connections --format json --write FILE` writes. While it is not there, or does not name
    a tenant, the tenant's rows are in the monolith. What the map leaves open of a connection, and the password, are as
    in the monolith's conninfo.
    """

    def __init__(self, map_file: Path, monolith: str, patience: float = 10.0) -> None:
        self._map_file = map_file
        self._monolith = monolith
        self._patience = patience  # seconds that a wave may take until the map names the new place
        self._lock = threading.Lock()
        self._idle: dict[str, list[Connection[Any]]] = {}
        self._read_at = -1
        self._places: dict[str, dict[str, str]] = {}

    def transaction(self, tenant: str, work: Callable[[Connection[Any]], T]) -> T:
        """Runs `work` in a transaction of its own and returns what it returns, once it is committed.

        `work` may run more than once, each time in a transaction that begins anew: it must not send e-mails, and must
        read again what it decides by.

        Raises:
            psycopg.Error: what the database refused for other reasons, or the tenant's move took too long.
        """
        moved = attempts = 0
        while True:
            # What is only read is refused nowhere: a look at the file finds out that it is read elsewhere now.
            self._read()
            place = self._place(tenant)
            try:
                with self._connection(place) as connection, connection.transaction():
                    return work(connection)
            except MOVED:
                moved += 1
                if moved > 1:
                    raise
                self._wait_until_moved(tenant, place)
            except AGAIN:
                attempts += 1
                if attempts > _ATTEMPTS:
                    raise
                # Whoever came in between gets out of the way meanwhile.
                time.sleep(random.random() * 0.002 * attempts)

    def _wait_until_moved(self, tenant: str, before: str) -> None:
        """Reads the map until it has another place for the tenant that takes writes; gives up after the patience."""
        deadline = time.monotonic() + self._patience
        while True:
            self._read()
            if time.monotonic() > deadline or (self._place(tenant) != before and not self._is_frozen(tenant)):
                return
            time.sleep(0.01)

    # -- the map --------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        """Reads the map, if it is another one than was read last."""
        try:
            written_at = self._map_file.stat().st_mtime_ns
            if written_at == self._read_at:
                return
            document = json.loads(self._map_file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return
        # In this order: a writer in between is seen with the next look.
        self._read_at, self._places = written_at, document["tenants"]

    def _is_frozen(self, tenant: str) -> bool:
        return self._places.get(tenant, {}).get("state") == "frozen"

    def _place(self, tenant: str) -> str:
        entry = self._places.get(tenant, {})
        if entry.get("state") != "live":
            return self._monolith
        given = {name: entry[name] for name in ("host", "port", "user") if entry.get(name)}
        return make_conninfo(self._monolith, **given, dbname=entry["database"])

    # -- connections ----------------------------------------------------------------------------------------------

    @contextmanager
    def _connection(self, conninfo: str) -> Iterator[Connection[Any]]:
        """A connection to that database that nobody else uses meanwhile; psycopg_pool does the same, and more."""
        with self._lock:
            idle = self._idle.setdefault(conninfo, [])
            connection = idle.pop() if idle else None
        if connection is None:
            connection = psycopg.connect(conninfo, autocommit=True)
        try:
            yield connection
        finally:
            if not connection.closed:
                with self._lock:
                    idle.append(connection)

    def close(self) -> None:
        """Ends all connections that nobody uses."""
        with self._lock:
            for connection in (one for idle in self._idle.values() for one in idle):
                connection.close()
            self._idle.clear()
