"""Runs units of work on the workers of a Dask cluster.

Only as many units are at the scheduler as may run at once: the others wait here, so that a failed run leaves none
behind. A worker that dies is Dask's to notice: its unit is given to another one, whose receipts tell which databases
had their rows already. The unit's own errors are never retried there; `migrator migrate` again does that.
"""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import distributed
from distributed.scheduler import KilledWorker

from migrator import logs
from migrator.engine.workers import Work, WorkerPools, begin_worker, end_worker, here
from migrator.errors import ConfigurationError, DatabaseError
from migrator.version import __version__

_log = logs.logger(__name__)

_CONNECT_SECONDS = 15
# So long a cluster may be without any worker before its units are given up: it takes a nanny seconds to make one anew.
_DESERTED_SECONDS = 60
_LOOK_SECONDS = 2


@contextmanager
def cluster(address: str, work: Work, jobs: int) -> Iterator[WorkerPools]:
    """`jobs` workers of the cluster whose scheduler is at `address` ("tcp://host:8786"); they are let go at the end.

    Raises:
        DatabaseError: nobody answers there, or the cluster has no workers.
        ConfigurationError: its workers do several things at once, or are of another version than this program.
    """
    try:
        client = distributed.Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise DatabaseError(
            f"No Dask scheduler answers at {address}: {error}",
            "Start one there (dask scheduler), or leave --executor out.",
        ) from error
    with client:
        _check(client, address)
        name = f"migrator {work.run}"
        units = _Units(client, jobs)
        try:
            # Workers that join later are begun likewise. One that an earlier coordinator left behind is ended first.
            client.register_plugin(_Beginning(work), name=name)
            yield WorkerPools(units, units)
        finally:
            units.end()
            with suppress(OSError, TimeoutError):  # the scheduler is gone, and the plugin with it
                client.unregister_worker_plugin(name)


def _check(client: distributed.Client, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=_CONNECT_SECONDS)
    except TimeoutError as error:
        raise DatabaseError(
            f"The cluster at {address} has no workers.",
            f"Start them where migrator is installed: dask worker {address} --nthreads 1 --nworkers N",
        ) from error
    if any(worker["nthreads"] != 1 for worker in client.scheduler_info()["workers"].values()):
        raise ConfigurationError(
            f"Workers of the cluster at {address} run several threads, and a unit of work needs a process of its own.",
            "Start them with one thread each, and more of them: dask worker … --nthreads 1 --nworkers N",
        )
    try:
        versions = set(client.run(_version).values())
    except ImportError as error:
        raise ConfigurationError(
            f"The workers of the cluster at {address} cannot import migrator: {error}",
            f"Install migrator {__version__} with the extra `cluster` where they run.",
        ) from error
    if versions != {__version__}:
        raise ConfigurationError(
            f"The cluster's workers have migrator {', '.join(sorted(versions))}, and this is {__version__}.",
            "Install the same version where they run, and start them again.",
        )


def _version() -> str:
    return __version__


class _Beginning(distributed.WorkerPlugin):  # type: ignore[misc]
    """Makes a process of the cluster one of the run's workers, and lets it go."""

    def __init__(self, work: Work) -> None:
        self.work = work

    def setup(self, worker: distributed.Worker) -> None:
        begin_worker(self.work)

    def teardown(self, worker: distributed.Worker) -> None:
        end_worker()


def _carry_out(fn: Callable[..., Any], /, *arguments: Any, **named: Any) -> Any:
    worker = here()
    try:
        return fn(*arguments, **named)
    finally:
        worker.after_unit()


class _Units(Executor):
    """At most `jobs` units at the scheduler, on as many workers: each keeps sessions, which are budgeted."""

    def __init__(self, client: distributed.Client, jobs: int) -> None:
        self._client = client
        self._jobs = jobs
        self._lock = threading.RLock()
        self._waiting: deque[tuple[Future[Any], Callable[[], Any], str]] = deque()
        self._running: dict[str, tuple[Future[Any], distributed.Future]] = {}
        self._numbers = itertools.count()
        self._chosen: list[str] = []
        self._ended = threading.Event()
        threading.Thread(target=self._watch, name="cluster", daemon=True).start()

    def submit(self, fn: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        # The step's name, so that the scheduler's own pages say what runs where.
        name = str(getattr(arguments[0], "step", fn.__name__)) if arguments else fn.__name__
        with self._lock:
            self._waiting.append((future, partial(_carry_out, fn, *arguments, **named), name))
        self._fill()
        return future

    def end(self) -> None:
        """Gives up what has not ended."""
        self._ended.set()
        self._give_up(BrokenExecutor("the run has ended"))

    def _fill(self) -> None:
        with self._lock:
            while self._waiting and len(self._running) < self._jobs and not self._ended.is_set():
                future, call, name = self._waiting.popleft()
                if not future.set_running_or_notify_cancel():
                    continue
                task = self._client.submit(
                    call,
                    key=f"migrator-{next(self._numbers)} {name}",
                    pure=False,
                    workers=self._choose(),
                    # If all of these die at once, any other one is better than waiting for their return.
                    allow_other_workers=True,
                )
                self._running[task.key] = (future, task)
                task.add_done_callback(self._done)

    def _choose(self) -> list[str]:
        """The workers in use: the same ones as before as long as they live."""
        alive = sorted(self._client.scheduler_info()["workers"])
        kept = [address for address in self._chosen if address in alive]
        self._chosen = [*kept, *(address for address in alive if address not in kept)][: self._jobs]
        return self._chosen

    def _done(self, task: distributed.Future) -> None:
        with self._lock:
            running = self._running.pop(task.key, None)
        if running is None:
            return
        future, _ = running
        try:
            future.set_result(task.result())
        except KilledWorker as error:
            future.set_exception(BrokenExecutor(str(error)))
        except CancelledError:
            future.set_exception(BrokenExecutor("the scheduler has lost the unit"))
        except Exception as error:  # the unit's own, raised where its result is asked for
            future.set_exception(error)
        self._fill()

    def _watch(self) -> None:
        """Ends the waiting for workers of whom none is left."""
        deserted = 0.0
        while not self._ended.wait(_LOOK_SECONDS):
            try:
                workers = self._client.scheduler_info()["workers"]
            except Exception as error:  # whatever it is, the scheduler does not answer
                _log.warning("the scheduler does not answer", error=str(error))
                workers = {}
            deserted = 0.0 if workers else deserted + _LOOK_SECONDS
            if deserted >= _DESERTED_SECONDS:
                self._give_up(BrokenExecutor("no worker of the cluster is left"))
                return

    def _give_up(self, error: Exception) -> None:
        with self._lock:
            waiting, running = [item[0] for item in self._waiting], list(self._running.values())
            self._waiting.clear()
            self._running.clear()
        for future in waiting:
            future.cancel()
        for future, task in running:
            future.set_exception(error)
            with suppress(Exception):  # the scheduler may be gone; then nothing is left to cancel
                task.cancel()
