"""Starts the process that workers are forked from, in a module that is cheap to import, and the workers themselves."""

from __future__ import annotations

import multiprocessing
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import forkserver, resource_tracker
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.process import BaseProcess
from types import ModuleType
from typing import Any

# What every worker needs: imported once by the process that they are forked from.
_PRELOADED = "migrator.engine.units"
_NO_WARNING = "ignore:resource_tracker"


def warm_up() -> None:
    """Starts the process that workers are forked from, so that it imports their modules while other things are done.

    It has no session to a server, which would not survive a fork. Ctrl-C in the terminal reaches neither it nor the
    workers: the blocked signal is inherited, and is the coordinator's to handle.
    """
    multiprocessing.set_forkserver_preload([_PRELOADED])
    # Its start unblocks SIGINT, so that it must not be the fork server's first act.
    with _quiet_tracker():
        resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _quiet_tracker() -> Iterator[None]:
    """A tracker that is started meanwhile cleans up behind a killed coordinator without a word of Python's on it."""
    # It is started with this process's warning options, and warns of semaphores that nobody closed.
    sys.warnoptions.append(_NO_WARNING)
    try:
        yield
    finally:
        sys.warnoptions.remove(_NO_WARNING)


@contextmanager
def main_hidden() -> Iterator[None]:
    """A process that is started meanwhile does not run this one's main module, of which a worker needs nothing.

    Whoever uses the library calls it from a script; without a guard around it every worker would begin it anew.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


class _Worker(ForkServerProcess):
    @staticmethod
    def _Popen(process_obj: BaseProcess) -> Any:  # multiprocessing's own name for what starts a process
        with main_hidden():
            return ForkServerProcess._Popen(process_obj)


class WorkerContext(ForkServerContext):
    """Where workers are made: forked from the warm process, without the main module."""

    Process = _Worker
