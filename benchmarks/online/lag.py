"""How far a company's own database is behind the monolith: a stamp is written here and read there."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

import psycopg

from benchmarks.online.routing import Map

_INTERVAL_SECONDS = 0.05


class LagProbe:
    """Writes the time into a row that the load leaves alone, and reads it in the company's database, all the time.

    `samples` are seconds: the age of the newest stamp that had arrived. A lag is seen too long by the time between
    two stamps (50 ms), never too short.
    """

    def __init__(self, routes: Map, company: int, companies: int) -> None:
        self._routes = routes
        self._company = company
        # The first of the rows that nobody writes to that is this company's: see monolith.create.
        self._order = -(company - 1 or companies)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="lag", daemon=True)
        self._error: psycopg.Error | None = None
        self.samples: list[float] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        if self._error is not None and error is None:
            raise self._error

    def _watch(self) -> None:
        try:
            with (
                psycopg.connect(self._routes.monolith, autocommit=True) as here,
                psycopg.connect(self._routes.of(self._company).conninfo, autocommit=True) as there,
            ):
                first = self._stamp(here)
                while not self._over.wait(_INTERVAL_SECONDS):
                    row = there.execute(
                        "SELECT extract(epoch FROM placed_at)::float8, "
                        "extract(epoch FROM clock_timestamp() - placed_at)::float8 FROM orders WHERE id = %s",
                        [self._order],
                    ).fetchone()
                    if row is not None and row[0] >= first:
                        self.samples.append(row[1])
                    self._stamp(here)
        except psycopg.Error as error:
            self._error = error

    def _stamp(self, connection: psycopg.Connection) -> float:
        row = connection.execute(
            "UPDATE orders SET placed_at = clock_timestamp() WHERE id = %s "
            "RETURNING extract(epoch FROM placed_at)::float8",
            [self._order],
        ).fetchone()
        assert row is not None, f"the monolith has no order {self._order}"
        return float(row[0])
