"""How far the copies are: one line for the whole that comes to its end, and the tables that are being read."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

from migrator.core.result.progress import Silent
from migrator.engine.copy_display import WHOLE, CopyDisplay


@dataclass
class Lines(Silent):
    """The lines that are shown, each as (rows, total)."""

    shown: dict[str, tuple[int, int | None]] = field(default_factory=dict)

    def start(self, task: str, *, total: int | None = None, unit: str = "rows") -> None:
        self.shown[task] = 0, total

    def advance(self, task: str, *, rows: int, bytes_: int = 0) -> None:
        self.shown[task] = rows, self.shown[task][1]

    def finish(self, task: str) -> None:
        del self.shown[task]


def journal(*running: tuple[str, str, int]) -> Any:
    """A journal in which these copies run: (table, step, rows)."""
    records = [
        SimpleNamespace(kind="copy", relation=name, step=step, rows=rows, bytes=rows) for name, step, rows in running
    ]
    return cast(Any, SimpleNamespace(running_steps=lambda: records))


def test_the_whole_comes_to_its_end_although_rows_went_elsewhere() -> None:
    lines = Lines()
    display = CopyDisplay(lines, {"orders": 100, "notes": 50}, ["orders", "orders", "notes"])
    display.begin()
    assert lines.shown == {WHOLE: (0, 150)}
    display.show(journal(("orders", "orders#0", 30)))
    assert lines.shown == {WHOLE: (30, 150), "orders": (30, 100)}
    display.complete("orders", "orders#0", 43, 43)
    display.show(journal(("orders", "orders#1", 10), ("notes", "notes#0", 60)))
    assert lines.shown == {WHOLE: (53 + 50, 150), "orders": (53, 100), "notes": (60, 50)}
    # 83 of 100: the rest is in quarantine. Its line makes room, and the whole does not wait for it.
    display.complete("orders", "orders#1", 40, 40)
    display.complete("notes", "notes#0", 60, 60)
    display.show(journal())
    assert lines.shown == {WHOLE: (150, 150)}
    display.close()
    assert lines.shown == {}


def test_where_nobody_has_analysed_rows_are_counted_without_an_end() -> None:
    lines = Lines()
    display = CopyDisplay(lines, {}, ["orders"])
    display.begin()
    display.complete("orders", "orders#0", 7, 7)
    display.show(journal())
    assert lines.shown == {WHOLE: (7, None)}


def test_without_copies_nothing_is_shown() -> None:
    lines = Lines()
    display = CopyDisplay(lines, {"orders": 1}, [])
    display.begin()
    display.show(journal())
    display.close()
    assert lines.shown == {}
