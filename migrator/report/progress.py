"""Chooses how progress is shown: bars on a terminal, plain lines elsewhere. Both are thread-safe."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self

from rich.console import Console

from migrator.core.result.progress import Progress
from migrator.report.bars import Bars
from migrator.report.lines import Plain


class Display(Progress, Protocol):
    """A progress that occupies the terminal, or a thread, until it is closed."""

    def pause(self) -> None:
        """Leaves the terminal to somebody else until the next task starts."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def display(console: Console) -> Display:
    """The progress that suits where `console` writes to: bars only on a terminal that can move its cursor."""
    if console.is_terminal and not console.is_dumb_terminal:
        return Bars(console)
    return Plain(console.file)
