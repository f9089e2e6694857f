"""A session that keeps a transaction open for long, as reports and forgotten consoles do."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

import psycopg


class IdleTransaction:
    """Opens one transaction after another while its block runs, each for so many seconds, with an old snapshot."""

    def __init__(self, conninfo: str, seconds: float) -> None:
        self._conninfo = conninfo
        self._seconds = seconds
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._idle, name="idle transaction", daemon=True)
        self.ended = 0  # transactions

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _idle(self) -> None:
        with psycopg.connect(self._conninfo) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            while not self._over.is_set():
                connection.execute("SELECT count(*) FROM companies")
                self._over.wait(self._seconds)
                connection.rollback()
                self.ended += 1
