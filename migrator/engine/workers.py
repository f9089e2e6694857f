"""Worker processes: how they start and end, and the connections that each holds.

A unit is picklable, takes no connection and reports through the journal. So any `concurrent.futures.Executor` can
carry units out whose workers were begun with `begin_worker`.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from migrator import logs
from migrator.core.run.facts import THROTTLE, ThrottleState
from migrator.core.run.throttle import Bucket
from migrator.engine.fork_server import WorkerContext, warm_up
from migrator.errors import InterruptedRunError
from migrator.journal import Journal, RunJournal
from migrator.postgres.databases.post_data import TargetWork
from migrator.postgres.session.connect import Endpoint, journal_connect
from migrator.postgres.session.connection_pool import Sessions

_END_SECONDS = 10
_LOOK_SECONDS = 1.0


@dataclass(frozen=True)
class Work:
    """What every unit of a run shares: sent to each worker once."""

    run: str
    control: Endpoint
    sessions: int  # target sessions that one worker may hold
    paced: bool = False  # whether the journal says how fast, and when to wait
    targets: Mapping[str, TargetWork] = field(default_factory=dict)


@dataclass(frozen=True)
class WorkerPools:
    """Who carries out a run's units.

    `readers` copy: each has a session on the source. `builders` make and finish databases, and wait for the target's
    disk meanwhile: with two for each job the processors have something to do.
    """

    readers: Executor
    builders: Executor


class Worker:
    """One process's journal and sessions."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self._control = Journal(self._connect)
        self.journal = self._control.of(work.run)
        self.sessions = Sessions(work.sessions)
        self.throttle: Callable[[int], None] = Throttle(self.journal) if work.paced else lambda size: None
        self._ended = False
        self._journal_sessions: list[Any] = []

    def _connect(self) -> Any:
        if self._ended:  # a unit that was cut off in the middle must not begin anew to tell that it was
            raise InterruptedRunError("This worker's run has ended without it.", "Run `migrator migrate` again.")
        connection = journal_connect(self.work.control)
        self._journal_sessions = [one for one in (*self._journal_sessions, connection) if not one.closed]
        return connection

    def end(self) -> None:
        """Ends its sessions, whatever a unit in another thread is doing with them."""
        self._ended = True
        self.sessions.cut()
        self._control.close()

    def after_unit(self) -> None:
        """Closes what a unit opened, or kept, after the end: to be called in the unit's own thread."""
        if self._ended:
            self.sessions.close()
            # One that was in use when the journal was closed went back to a pool that nobody closes again.
            for one in self._journal_sessions:
                one.close()


class Throttle:
    """Holds its worker back, as the coordinator says in the journal: called with the bytes that are to be sent.

    Raises:
        InterruptedRunError: the run has ended while the worker was waiting.
    """

    def __init__(self, journal: RunJournal) -> None:
        self._journal = journal
        self._bucket = Bucket(time.monotonic())
        self._rate: float | None = None
        self._look_again = 0.0

    def __call__(self, size: int) -> None:
        now = time.monotonic()
        while now >= self._look_again:
            allowed = self._journal.recorded(THROTTLE) or ThrottleState()
            self._rate = allowed.rate
            self._look_again = now + _LOOK_SECONDS
            if allowed.paused:
                time.sleep(_LOOK_SECONDS)
            now = time.monotonic()
        if self._rate is not None and (seconds := self._bucket.take(size, self._rate, now)) > 0:
            time.sleep(seconds)


_worker: Worker | None = None


def begin_worker(work: Work) -> Worker:
    """Makes this process a worker of that run; its units find what it holds with `here`."""
    global _worker
    end_worker()
    _worker = Worker(work)
    return _worker


def end_worker() -> None:
    """Ends what `begin_worker` began in this process; harmless where nothing was."""
    global _worker
    if _worker is not None:
        _worker.end()
        _worker = None


def here() -> Worker:
    """The worker that this process is."""
    assert _worker is not None, "a unit runs in a process that begin_worker initialised"
    return _worker


# -- processes of this machine ----------------------------------------------------------------------------------------


@contextmanager
def processes(work: Work, readers: int, builders: int) -> Iterator[WorkerPools]:
    """That many processes of this machine; they are ended with the block, whatever they are at."""
    warm_up()
    with _pool(work, readers) as reading, _pool(work, builders) as building:
        yield WorkerPools(reading, building)


@contextmanager
def _pool(work: Work, count: int) -> Iterator[Executor]:
    pool = ProcessPoolExecutor(
        count,
        mp_context=WorkerContext(),
        initializer=_begin_process,
        initargs=(work, logs.worker_initializer()),
    )
    try:
        yield pool
    finally:
        _end(pool)


def _begin_process(work: Work, join_log: Callable[[], None]) -> None:
    """Interrupts are the coordinator's to handle."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_coordinator, name="coordinator", daemon=True).start()
    join_log()
    begin_worker(work)


def _end_with_coordinator() -> None:
    """Ends this process and its transactions when the coordinator is gone; it would wait for work for ever."""
    coordinator = multiprocessing.parent_process()
    if coordinator is not None:
        coordinator.join()
        os._exit(1)


def _end(pool: ProcessPoolExecutor) -> None:
    """Ends the workers: an idle one by itself, a busy one (after an error or an interrupt) by a signal."""
    running = list((getattr(pool, "_processes", None) or {}).values())
    pool.shutdown(wait=False, cancel_futures=True)
    for process in running:
        process.terminate()
    for process in running:
        process.join(_END_SECONDS)
