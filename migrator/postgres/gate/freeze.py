"""Shuts a gate for as long as its coordinator lives: the lock that all writers share, taken for itself alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

import psycopg
from psycopg import sql

from migrator.errors import DatabaseError, RefusedError
from migrator.postgres.gate.locks import GATE_CLASS
from migrator.postgres.session.connect import Connection, Endpoint, translated
from migrator.postgres.session.records import records
from migrator.settings import FreezeMode

_NOT_AVAILABLE = "55P03"
_PAUSE_SECONDS = 0.1


class Entrants(Enum):
    """What becomes of writers that come while the coordinator waits for those who are in."""

    WAIT = "wait"
    # One that is in may wait for a row that an entrant holds, who waits at the gate: such a circle only ends so.
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class FreezeTimes:
    """How long a gate is asked for, and how long the server keeps it shut for a coordinator that is silent.

    Writers are held up for the two together at most, whatever becomes of the coordinator. Milliseconds.
    """

    lock_timeout: int = 300
    lease: int = 1_200


def freeze_times(limit: float) -> FreezeTimes:
    """The times of a freeze that lasts at most `limit` seconds: the server waits a little longer than that."""
    return FreezeTimes(lease=round(limit * 1_000) + 200)


def attempts_of(mode: FreezeMode) -> tuple[Entrants, ...]:
    """What becomes of entrants in each attempt."""
    match mode:
        case "auto":
            return (Entrants.WAIT,) * 3 + (Entrants.REFUSE,) * 5
        case "wait":
            return (Entrants.WAIT,) * 8
        case "refuse":
            return (Entrants.REFUSE,) * 8


class Holder(NamedTuple):
    """Who is in at the gate: a session, or a prepared transaction (which has a gid and no pid)."""

    transaction: str
    pid: int | None
    role: str
    application: str | None
    gid: str | None
    doing: str

    def __str__(self) -> str:
        if self.gid is not None:
            return f"the prepared transaction {self.gid!r} ({self.role}, {self.doing})"
        return f"pid {self.pid} ({self.role}, {self.application or 'no application name'}, {self.doing})"


class GateBusyError(DatabaseError):
    """The gate could not be shut, because transactions are in that do not end; nobody was refused for good."""


class Gate:
    """The gate of one wave in a database, for its coordinator.

    `connection` is a session that does nothing else: the gate is shut by a transaction of its own, and whatever ends
    the session opens it. The server itself ends it when nothing is heard from it for the lease.
    """

    def __init__(self, connection: Connection, endpoint: Endpoint, wave: int, times: FreezeTimes) -> None:
        self.connection = connection
        self.endpoint = endpoint
        self.wave = wave
        self.times = times

    def try_shut(self, entrants: Entrants) -> bool:
        """Shuts the gate, if all who are in end within the lock timeout; if not, all is as it was."""
        opening = sql.SQL(
            "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = {}; "
            "SET LOCAL idle_in_transaction_session_timeout = {}"
        ).format(sql.Literal(f"{self.times.lock_timeout}ms"), sql.Literal(f"{self.times.lease}ms"))
        with translated(self.endpoint):
            self.connection.execute(opening)
            try:
                if entrants is Entrants.REFUSE:
                    self._lock(-self.wave)
                self._lock(self.wave)
            except psycopg.Error as error:
                if error.sqlstate != _NOT_AVAILABLE:
                    raise
                self.connection.execute("ROLLBACK")
                return False
        return True

    def require_armed(self, tenants: Collection[str], since: int) -> None:
        """Makes sure, at a gate that is shut, that the tenants are armed as that transaction armed them.

        Raises:
            RefusedError: somebody has disarmed them, or armed them anew: who writes may not have come in at the gate.
        """
        with translated(self.endpoint):
            row = self.connection.execute(
                "SELECT count(*) FROM migrator_follow.armed "
                "WHERE wave = %s AND since = %s AND tenant = ANY (%s::text[])",
                [self.wave, since, list(tenants)],
            ).fetchone()
        if row is None or row[0] != len(set(tenants)):
            raise RefusedError(
                "Another coordinator has armed or disarmed these tenants since; nothing was decided here.",
                "See migrator status, then run the same command again.",
            )

    def open(self) -> None:
        """Opens it again, with nothing decided; writers go on as if nothing had been. Harmless where it is open."""
        with translated(self.endpoint):
            self.connection.execute("ROLLBACK")

    def holders(self) -> tuple[Holder, ...]:
        """Who is in, the oldest first. For when the gate is open."""
        return tuple(records(self.connection, "gate/gate_holders", Holder, {"class": GATE_CLASS, "wave": self.wave}))

    def _lock(self, wave: int) -> None:
        self.connection.execute(
            sql.SQL("SELECT pg_catalog.pg_advisory_xact_lock({}, {})").format(
                sql.Literal(GATE_CLASS), sql.Literal(wave)
            )
        )


@dataclass(frozen=True, slots=True)
class Shutting:
    """How a gate came to be shut: in how many attempts, and how long the last one waited, in seconds.

    `at` is when it was shut, by the monotonic clock.
    """

    attempts: int
    waited: float
    at: float


def shut_gate(
    gate: Gate, attempts: Sequence[Entrants], say: Callable[[str], None], *, end_sessions: bool = False
) -> Shutting:
    """Shuts the gate in one of the attempts; in between all writers pass.

    With `end_sessions` sessions are ended that were in all through two attempts.

    Raises:
        GateBusyError: none succeeded; says who is in.
    """
    before: Collection[str] = ()
    holders: tuple[Holder, ...] = ()
    for number, entrants in enumerate(attempts, 1):
        if number > 1:
            time.sleep(_PAUSE_SECONDS)
        asked = time.monotonic()
        if gate.try_shut(entrants):
            now = time.monotonic()
            return Shutting(number, now - asked, now)
        holders = gate.holders()
        if holders:
            say("still in at the gate: " + "; ".join(map(str, holders)))
        if end_sessions:
            _end(gate, [holder for holder in holders if holder.transaction in before])
        before = {holder.transaction for holder in holders}
    raise GateBusyError(
        "Nothing was decided: transactions that write for these tenants did not end: "
        + ("; ".join(map(str, holders)) or "others came one after the other")
        + ".",
        "End them (pg_terminate_backend(pid), COMMIT PREPARED or ROLLBACK PREPARED), or give --end-sessions, then run "
        "the same command again.",
    )


def _end(gate: Gate, holders: Sequence[Holder]) -> None:
    """Ends those sessions, as far as the connected role may."""
    for holder in holders:
        if holder.pid is not None:
            with translated(gate.endpoint):
                gate.connection.execute("SELECT pg_catalog.pg_terminate_backend(%s)", [holder.pid])
