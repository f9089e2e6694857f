"""Handles Ctrl-C, SIGTERM and a closed terminal: the first lets the command finish in order, the second ends it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from rich.console import Console

from migrator.errors import InterruptedRunError

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def interruptible(stderr: Console) -> Iterator[None]:
    """Turns the first of these signals into KeyboardInterrupt and the second into an immediate end (exit code 130)."""
    asked = False

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            # The journal takes an end without a word as an interruption; only the cursor must be given back.
            stderr.show_cursor(True)
            os._exit(InterruptedRunError.exit_code)
        asked = True
        raise KeyboardInterrupt

    # What the caller ignores (nohup) stays ignored.
    previous = {
        number: signal.signal(number, interrupt)
        for number in _SIGNALS
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
