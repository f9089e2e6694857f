"""status --watch: shows the same report again and again, until Ctrl-C."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO

import click
from rich.console import Console
from rich.live import Live
from rich.text import Text

from migrator.cli.session import Session
from migrator.core.result.outcome import Outcome
from migrator.report.lines import PLAIN_INTERVAL
from migrator.report.text import render_text, to_text

_REFRESH_SECONDS = 1.0


def watch(session: Session, look: Callable[[], Outcome]) -> Outcome:
    """Shows what `look` returns, over and over, until Ctrl-C; the last one is the command's result.

    On a terminal it is refreshed every second; elsewhere a report that changed is printed every ten seconds.

    Raises:
        click.UsageError: a document was asked for, which would never end.
    """
    if session.options.output != "text":
        raise click.UsageError(f"--watch does not go with --output {session.options.output}.")
    outcome = look()
    session.progress.pause()
    display, seconds = (_screen(session), _REFRESH_SECONDS) if sys.stdout.isatty() else (_lines(), PLAIN_INTERVAL)
    try:
        with display as show:
            while True:
                show(outcome)
                time.sleep(seconds)
                outcome = look()
    except KeyboardInterrupt:
        # How one stops watching; nothing was interrupted.
        return outcome


@contextmanager
def _screen(session: Session) -> Iterator[Callable[[Outcome], None]]:
    console = Console(highlight=False, no_color=True if session.options.no_color else None)
    with Live(console=console, screen=True, auto_refresh=False, vertical_overflow="crop") as live:

        def show(outcome: Outcome) -> None:
            page = Console(
                file=StringIO(), width=console.width, force_terminal=True, no_color=console.no_color, highlight=False
            )
            with page.capture() as captured:
                render_text(outcome, page)
            live.update(Text.from_ansi(captured.get()), refresh=True)

        yield show


@contextmanager
def _lines() -> Iterator[Callable[[Outcome], None]]:
    shown = ""

    def show(outcome: Outcome) -> None:
        nonlocal shown
        if (text := to_text(outcome)) != shown:
            print(text, flush=True)
            shown = text

    yield show
