"""The interface by which a stage reports its progress."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, TypeVar

T = TypeVar("T")


class Progress(Protocol):
    """Receives the progress of named tasks. Counts are absolute: rows, bytes."""

    def start(self, task: str, *, total: int | None = None, unit: str = "rows") -> None:
        """A task begins; `total` is its expected number of rows, None where that is unknown.

        A task that counts other things than rows (tables, databases) says so in `unit`.
        """

    def advance(self, task: str, *, rows: int, bytes_: int = 0) -> None:
        """A task has done `rows` rows and `bytes_` bytes so far."""

    def finish(self, task: str) -> None:
        """A task is complete."""

    def say(self, text: str) -> None:
        """A sentence worth a line of its own."""

    def note(self, text: str) -> None:
        """What is true of the whole while tasks run, until the next note; '' ends it."""


class Silent:
    """Progress for nobody."""

    def start(self, task: str, *, total: int | None = None, unit: str = "rows") -> None:
        """Nothing to show."""

    def advance(self, task: str, *, rows: int, bytes_: int = 0) -> None:
        """Nothing to show."""

    def finish(self, task: str) -> None:
        """Nothing to show."""

    def say(self, text: str) -> None:
        """Nothing to show."""

    def note(self, text: str) -> None:
        """Nothing to show."""


def each(progress: Progress, task: str, items: Sequence[T], unit: str) -> Iterator[T]:
    """The items one by one, as a task that says how many are done: whatever takes long must not do it in silence."""
    progress.start(task, total=len(items), unit=unit)
    try:
        for number, item in enumerate(items, 1):
            yield item
            progress.advance(task, rows=number)
    finally:
        progress.finish(task)
