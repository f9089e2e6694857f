"""Writers that wait at the gate, and coordinators that are processes of their own, for the tests of the gate."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection as Pipe
from typing import Any, cast

import psycopg

from migrator.errors import MigratorError
from migrator.postgres.gate.decision import decide, read_generation
from migrator.postgres.gate.freeze import Entrants, FreezeTimes, Gate
from migrator.postgres.session.connect import Connection, Endpoint, connect
from tests.project import awaited


class InBackground(threading.Thread):
    """Runs something in a thread; `result()` joins it and gives what it returned, or raises what it raised."""

    def __init__(self, work: Callable[[], Any]) -> None:
        super().__init__(daemon=True)
        self._work = work
        self._answer: Any = None
        self._error: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            self._answer = self._work()
        except BaseException as error:
            self._error = error

    def result(self) -> Any:
        self.join(timeout=60)
        assert not self.is_alive(), "it does not end"
        if self._error is not None:
            raise self._error
        return self._answer


def await_waiting(url: str, pid: int) -> None:
    """Waits until the session with that pid waits for a lock."""
    with psycopg.connect(url, autocommit=True) as observer:
        awaited(lambda: observer.execute("SELECT 1 FROM pg_locks WHERE pid = %s AND NOT granted", [pid]).fetchone())


class _Mortal:
    """A session whose process is killed right behind its nth statement."""

    def __init__(self, connection: Connection, statements: int) -> None:
        self._connection = connection
        self._left = statements

    def execute(self, *arguments: Any) -> Any:
        answer = self._connection.execute(*arguments)
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def _coordinate(
    endpoint: Endpoint, times: FreezeTimes, tenants: list[str], entrants: Entrants, dies_after: int, parent: Pipe
) -> None:
    """Shuts the gate of wave 1, says so, waits for an answer, decides, and says how that ended."""
    connection = connect(endpoint, purpose="test")
    generation = read_generation(connection)
    session = cast(Connection, _Mortal(connection, dies_after))
    gate = Gate(session, endpoint, 1, times)
    parent.send(gate.try_shut(entrants))
    parent.recv()
    try:
        parent.send(decide(gate, tenants, generation))
    except MigratorError as error:
        parent.send(error.message)


@contextmanager
def coordinator_process(
    endpoint: Endpoint, times: FreezeTimes, tenants: list[str], entrants: Entrants, *, dies_after: int = 0
) -> Iterator[tuple[multiprocessing.process.BaseProcess, Pipe]]:
    """A process that goes as far as it is let: killed behind its nth statement (0: never)."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_coordinate, args=(endpoint, times, tenants, entrants, dies_after, theirs))
    process.start()
    theirs.close()
    try:
        yield process, ours
    finally:
        process.kill()
        process.join()
        ours.close()
