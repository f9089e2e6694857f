"""Starts the process that workers are forked from, in a module that is cheap to import."""

from __future__ import annotations

import multiprocessing
import signal
from multiprocessing import forkserver, resource_tracker

# What every worker needs: imported once by the process that they are forked from.
_PRELOADED = "migrator.engine.units"


def warm_up() -> None:
    """Starts the process that workers are forked from, so that it imports their modules while other things are done.

    It has no session to a server, which would not survive a fork. Ctrl-C in the terminal reaches neither it nor the
    workers: the blocked signal is inherited, and is the coordinator's to handle.
    """
    multiprocessing.set_forkserver_preload([_PRELOADED])
    # Its start unblocks SIGINT, so that it must not be the fork server's first act.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
