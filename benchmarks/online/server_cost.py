"""What the load costs its server: processor time and WAL, from one reading to another."""

from __future__ import annotations

import time
from dataclasses import dataclass

import psycopg

from benchmarks.consumption import server_seconds
from migrator import LocalServer


@dataclass(frozen=True, slots=True)
class Reading:
    """How much the server had used at a moment of the monotonic clock: seconds of processor time, bytes of WAL."""

    moment: float
    processor: float
    wal: int


@dataclass(frozen=True, slots=True)
class Cost:
    """What a stretch of the load cost, and how many transactions were acknowledged in it."""

    seconds: float
    processor: float
    wal: int
    transactions: int

    @property
    def milliseconds_each(self) -> float:
        """Processor time of the server for one transaction."""
        return 1000 * self.processor / self.transactions

    @property
    def wal_each(self) -> float:
        """Bytes of WAL for one transaction."""
        return self.wal / self.transactions


def read_server(server: LocalServer) -> Reading:
    """Reads what the server has used; its clock ticks a hundred times a second, so a stretch lasts some seconds."""
    postmaster = int((server.data_dir / "postmaster.pid").read_text().splitlines()[0])
    with psycopg.connect(server.url()) as connection:
        row = connection.execute("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')").fetchone()
    return Reading(time.monotonic(), server_seconds(postmaster), int(row[0]) if row else 0)


def cost(before: Reading, after: Reading, transactions: int) -> Cost:
    """What was used between two readings."""
    return Cost(after.moment - before.moment, after.processor - before.processor, after.wal - before.wal, transactions)
