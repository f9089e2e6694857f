"""Chooses how progress is shown: bars on a terminal, plain lines elsewhere. Both are thread-safe."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self

from rich.console import Console

from migrator.core.result.progress import Progress
from migrator.report.bars import Bars
from migrator.report.lines import Plain
from migrator.report.lull import Lull


class Display(Progress, Protocol):
    """A progress that occupies the terminal, or a thread, until it is closed."""

    def pause(self) -> None:
        """Leaves the terminal to somebody else until the next task starts, or `resume`."""

    def resume(self) -> None:
        """Takes the terminal back."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def display(console: Console, lull: Lull | None = None) -> Display:
    """The progress that suits where `console` writes to: bars only on a terminal that can move its cursor.

    `lull` says what is told while no task runs; without it nothing is.
    """
    if console.is_terminal and not console.is_dumb_terminal:
        return Bars(console, lull)
    return Plain(console.file, lull=lull)
