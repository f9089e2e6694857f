"""Where units of work run: the processes that carry them out, and what each of these holds while it does.

A unit is picklable, takes no connection and reports through the journal. So any `concurrent.futures.Executor` can
carry units out whose workers were begun with `begin_worker`.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import forkserver

from migrator import logs
from migrator.journal import Journal
from migrator.postgres.connect import Endpoint, raw_connect
from migrator.postgres.deferred import TargetWork
from migrator.postgres.sessions import Sessions

# What every worker needs: imported once by the process that they are forked from.
_PRELOADED = "migrator.execute"
_END_SECONDS = 10


@dataclass(frozen=True)
class Work:
    """What every unit of a run shares: sent to each worker once."""

    run: str
    control: Endpoint
    sessions: int  # target sessions that one worker may hold
    targets: Mapping[str, TargetWork] = field(default_factory=dict)


class Worker:
    """One process's journal and sessions."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.journal = Journal(partial(raw_connect, work.control, "journal"))
        self.sessions = Sessions(work.sessions)

    def close(self) -> None:
        """Ends its sessions."""
        self.sessions.close()
        self.journal.close()


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
        _worker.close()
        _worker = None


def here() -> Worker:
    """The worker that this process is."""
    assert _worker is not None, "a unit runs in a process that begin_worker initialised"
    return _worker


# -- processes of this machine ----------------------------------------------------------------------------------------


def warm_up() -> None:
    """Starts the process that workers are forked from, so that it imports their modules while other things are done.

    It has no session to a server, which would not survive a fork. Ctrl-C in the terminal reaches neither it nor the
    workers: the blocked signal is inherited, and is the coordinator's to handle.
    """
    multiprocessing.set_forkserver_preload([_PRELOADED])
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def processes(work: Work, jobs: int) -> Iterator[Executor]:
    """That many processes of this machine; they are ended with the block, whatever they are at."""
    warm_up()
    context = multiprocessing.get_context("forkserver")
    pool = ProcessPoolExecutor(
        jobs, mp_context=context, initializer=_begin_process, initargs=(work, logs.worker_initializer())
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
