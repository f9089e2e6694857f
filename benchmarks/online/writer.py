"""A writer: one session that carries out one transaction after another, as an application would, and keeps a book."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass

import psycopg
from psycopg import Connection, IsolationLevel, sql

from benchmarks.online.operations import Operation, WrongAnswer, involved
from benchmarks.online.routing import Routing, newer
from benchmarks.online.rows import Book, Change, Witness
from benchmarks.online.samples import Failure, Samples
from benchmarks.online.workload import Mix, Workload

# Attempts after 40001, with a pause that grows: a row that everybody wants makes some.
_ATTEMPTS = 30
# How long a writer waits for a map that names another place, a server that comes up again, a session that ends.
_PATIENCE_SECONDS = 20.0
# What a server that is going down, or has, says: the transaction is lost, unless it was its COMMIT.
_GONE = ("57P", "08")


class Unresolved(Exception):
    """Whether a transaction took place cannot be told: the ledger would be a guess."""


class _InDoubt(Exception):
    """The connection was lost at COMMIT."""

    def __init__(self, change: Change) -> None:
        super().__init__()
        self.change = change


@dataclass
class _Attempts:
    """How often one transaction was refused, tried again, and begun on a new connection."""

    refused: int = 0
    retried: int = 0
    lost: int = 0


class Writer:
    """Owns its rows: nobody else writes to them, so that its book says what they are."""

    def __init__(self, number: int, companies: int, mix: Mix, routing: Routing, seed: int) -> None:
        self.number = number
        self.book = Book()
        self.samples = Samples()
        self._draw = random.Random(f"{seed}/{number}")
        self._mix = mix
        self._workload = Workload(number, companies, mix, self._draw)
        self._routing = routing
        self._map = routing.read()
        self._connections: dict[str, Connection] = {}
        self._names: dict[str, str] = {}  # of these sessions: no two bear the same
        self._opened = 0

    def connect(self) -> None:
        """Opens the session on the monolith, so that no transaction is late for it.

        Raises:
            psycopg.OperationalError: it does not answer.
        """
        self._open(self._map.monolith)

    def close(self) -> None:
        """Ends its sessions."""
        for connection in self._connections.values():
            connection.close()

    def serve(self, due: float) -> None:
        """Carries out a transaction that was due at that moment of the monotonic clock, and notes what became of it.

        Raises:
            Unresolved: it is not known, and cannot be found out.
        """
        company = self._workload.company()
        attempts = _Attempts()
        change = None
        try:
            change = self._carry_out(company, attempts)
        except (psycopg.Error, WrongAnswer) as error:
            sqlstate = (error.sqlstate or "connection") if isinstance(error, psycopg.Error) else "wrong answer"
            message = str(error).partition("\n")[0]
            self.samples.failures.append(Failure(due, company or 0, sqlstate, message))
        if change is not None:
            self.book.apply(change)
        rows = 0 if change is None else change.rows
        latency = time.monotonic() - due
        self.samples.note(due, latency, company, rows=rows, refused=attempts.refused, retried=attempts.retried)

    def _carry_out(self, company: int | None, attempts: _Attempts) -> Change:
        """The contract for applications: on 25006 read the map again and try once more, on 40001 try again."""
        operation = self._plan(company)
        while True:
            place = self._map.of(company).conninfo
            try:
                return self._transact(self._connection(place), operation)
            except psycopg.errors.ReadOnlySqlTransaction:
                attempts.refused += 1
                if attempts.refused > 1:
                    raise
                self._map = newer(self._routing, self._map, involved(operation), _PATIENCE_SECONDS)
                operation = self._plan(company)
            except psycopg.errors.SerializationFailure:
                attempts.retried += 1
                if attempts.retried > _ATTEMPTS:
                    raise
                time.sleep(self._draw.random() * 0.002 * attempts.retried)
            except _InDoubt as doubt:
                self.samples.doubts += 1
                if self._took_place(place, doubt.change.witness):
                    return doubt.change
            except psycopg.OperationalError as error:
                attempts.lost += 1
                lost = self._connections.get(place)
                if not _is_gone(error, lost) or attempts.lost > 3:
                    raise
                if lost is not None:
                    lost.close()
                self.samples.reconnected += 1

    def _plan(self, company: int | None) -> Operation:
        monolith = self._map.monolith

        def beside(other: int) -> bool:
            return self._map.of(company).conninfo == self._map.of(other).conninfo == monolith

        return self._workload.next(company, self.book, beside)

    def _transact(self, connection: Connection, operation: Operation) -> Change:
        repeatable = self._draw.random() < self._mix.repeatable
        connection.isolation_level = IsolationLevel.REPEATABLE_READ if repeatable else IsolationLevel.READ_COMMITTED
        try:
            if repeatable:
                # The snapshot of an application that looks before it writes.
                connection.execute("SELECT count(*) FROM counters WHERE company_id = %s", [operation.company])
            change = self._in_savepoint(connection, operation)
        except BaseException:
            if not connection.closed:
                connection.rollback()
            raise
        try:
            connection.commit()
        except psycopg.Error as error:
            if _is_gone(error, connection):
                raise _InDoubt(change) from error
            connection.rollback()
            raise
        return change

    def _in_savepoint(self, connection: Connection, operation: Operation) -> Change:
        """The operation, in a share of transactions after a savepoint that is gone back to, or inside one."""
        share = self._draw.random()
        if share >= self._mix.savepoints:
            return operation.execute(connection)
        connection.execute("SAVEPOINT before")
        if share < self._mix.savepoints / 2:
            statement = "INSERT INTO settings (company_id, name, value) VALUES (%s, 'never', 0)"
            connection.execute(statement, [operation.company])
            connection.execute("ROLLBACK TO SAVEPOINT before")
        change = operation.execute(connection)
        connection.execute("RELEASE SAVEPOINT before")
        return change

    # -- sessions -------------------------------------------------------------------------------------------------

    def _connection(self, conninfo: str) -> Connection:
        """The session on that database, a new one where it was lost; waits for a server that comes up again."""
        known = self._connections.get(conninfo)
        if known is not None and not known.closed:
            return known
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                return self._open(conninfo)
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def _open(self, conninfo: str) -> Connection:
        self._opened += 1
        name = f"load {self.number}.{self._opened}"
        connection = psycopg.connect(conninfo, application_name=name)
        self._connections[conninfo], self._names[conninfo] = connection, name
        return connection

    def _took_place(self, conninfo: str, witness: Witness) -> bool:
        """Whether the transaction took place that was lost at its COMMIT.

        Raises:
            Unresolved: its session does not end, or the row is neither as before nor as after.
        """
        name = self._names[conninfo]
        query = sql.SQL("SELECT {} FROM {} WHERE id = %s").format(
            sql.Identifier(witness.column), sql.Identifier(witness.table)
        )
        self._connections[conninfo].close()
        deadline = time.monotonic() + _PATIENCE_SECONDS
        connection = self._connection(conninfo)
        connection.isolation_level = IsolationLevel.READ_COMMITTED
        # As long as its session is there, it may still commit.
        while connection.execute("SELECT FROM pg_stat_activity WHERE application_name = %s", [name]).fetchone():
            connection.rollback()
            if time.monotonic() > deadline:
                raise Unresolved(f"the session {name!r} does not end")
            time.sleep(0.02)
        row = connection.execute(query, [witness.key]).fetchone()
        connection.rollback()
        value = None if row is None else row[0]
        if value not in (witness.before, witness.after):
            raise Unresolved(f"{witness} is {value!r}")
        return bool(value == witness.after)


def _is_gone(error: psycopg.Error, connection: Connection | None) -> bool:
    return connection is None or connection.closed or (error.sqlstate or "").startswith(_GONE)
