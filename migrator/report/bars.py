"""Shows progress on a terminal: one bar for each running task."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Self

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TaskID
from rich.table import Column
from rich.text import Text

from migrator.core.result.wording import size
from migrator.report.cells import count, span, visible
from migrator.report.lull import Lull
from migrator.report.tally import Tally

# From this width on a bar fits beside the figures.
_WIDE = 110

# So many seconds may pass in which nothing moves before what is waited for is shown.
_PATIENCE = 2.0


class Bars:
    """One bar per running task: rows, bytes, rate, time left. Finished tasks make room and are summed up."""

    def __init__(self, console: Console, lull: Lull | None = None, patience: float = _PATIENCE) -> None:
        self._console = console
        self._lock = threading.RLock()
        self._ids: dict[str, TaskID] = {}
        self._tally = Tally()
        self._bars = _FittingBars(console, self._tally)
        self._lull = lull or Lull()
        self._patience = patience
        self._waiting: TaskID | None = None  # the bar of what is waited for while no task runs
        self._closed = threading.Event()
        self._clock: threading.Thread | None = None

    def start(self, task: str, *, total: int | None = None, unit: str = "rows") -> None:
        """Shows a bar; a second start of the same task begins it anew."""
        with self._lock:
            self._show_no_lull()
            if task in self._ids:
                self._bars.remove_task(self._ids.pop(task))
            self._ids[task] = self._bars.add_task(visible(task), total=total, bytes=0, unit=unit)
            self._bars.start()

    def advance(self, task: str, *, rows: int, bytes_: int = 0) -> None:
        """Moves a bar to `rows` rows and `bytes_` bytes."""
        with self._lock:
            if task not in self._ids:
                self.start(task)
            shown = self._bars.of(self._ids[task])
            # Totals come from statistics: a bar that is full before its task is done says less than a longer one.
            total = None if shown.total is None else max(shown.total, rows)
            self._bars.update(self._ids[task], completed=rows, total=total, bytes=bytes_)

    def finish(self, task: str) -> None:
        """Takes the bar away and counts what it did."""
        with self._lock:
            if (shown := self._ids.pop(task, None)) is None:
                return
            done = self._bars.of(shown)
            self._tally.add(int(done.completed), done.fields["bytes"], done.fields["unit"])
            self._bars.remove_task(shown)
            if not self._ids:
                self._tally.clear()
                self._lull.begin()

    def say(self, text: str) -> None:
        """Prints a line above the bars."""
        with self._lock:
            self._show_no_lull()
            self._lull.begin(text)
        self._console.print(Text(visible(text), overflow="fold"))

    def note(self, text: str) -> None:
        """Shows the text below the bars."""
        self._bars.note = visible(text)

    def pause(self) -> None:
        """Clears the bars, and shows nothing of what is waited for: somebody else is writing."""
        with self._lock:
            self._lull.end()
            self._show_no_lull()
        self._bars.stop()

    def resume(self) -> None:
        """Shows again what is waited for."""
        with self._lock:
            self._lull.begin()

    def __enter__(self) -> Self:
        if self._lull.doing:
            self._clock = threading.Thread(target=self._tick, name="progress", daemon=True)
            self._clock.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed.set()
        if self._clock is not None:
            self._clock.join()
        self._bars.stop()

    def _tick(self) -> None:
        while not self._closed.wait(min(1.0, self._patience)):
            with self._lock:
                if not self._ids and self._lull.lasts(self._patience):
                    self._show_lull()

    def _show_lull(self) -> None:
        shown = visible(self._lull.line())
        if self._waiting is None:
            self._waiting = self._bars.add_task(shown, total=None, bytes=0, unit="")
            self._bars.start()
        else:
            self._bars.update(self._waiting, description=shown)

    def _show_no_lull(self) -> None:
        if self._waiting is not None:
            self._bars.remove_task(self._waiting)
            self._waiting = None


class _FittingBars(Progress):
    """rich's bars, no more of them than the terminal has lines, and a last line with what is finished."""

    def __init__(self, console: Console, tally: Tally) -> None:
        # The base class renders itself once while it is being made, so what rendering needs comes first.
        self._tally = tally
        self.note = ""
        self._terminal = console
        wide = console.width >= _WIDE
        columns: list[ProgressColumn] = [SpinnerColumn(), _Name(table_column=Column(ratio=2, overflow="fold"))]
        if wide:
            columns.append(BarColumn(bar_width=None, table_column=Column(ratio=1, min_width=8)))
        super().__init__(
            *columns,
            _Share(),
            _Rows(_abbreviated if not wide else count),
            _Bytes(),
            _Rate(_abbreviated),
            _Left(),
            console=console,
            transient=True,
            refresh_per_second=5,
            expand=True,
        )

    def of(self, task: TaskID) -> Task:
        """The task of that id."""
        return self._tasks[task]

    def get_renderables(self) -> Iterable[RenderableType]:
        """The bars that fit, how many do not, and the sum of what is finished."""
        tasks = self.tasks
        room = max(1, self._terminal.height - 3)
        yield self.make_tasks_table(tasks[:room])
        remarks = [f"{len(tasks) - room} more running"] if len(tasks) > room else []
        if self._tally.tasks:
            remarks.append(str(self._tally))
        if self.note:
            remarks.append(self.note)
        if remarks:
            yield Text(f"  {'; '.join(remarks)}", style="dim")


class _Name(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(task.description, overflow="fold")


class _Share(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.percentage:.0f} %" if task.total else "", justify="right")


class _Rows(ProgressColumn):
    def __init__(self, written: Callable[[float], str]) -> None:
        self._written = written
        super().__init__()

    def render(self, task: Task) -> Text:
        of = f"/{self._written(task.total)}" if task.total else ""
        return Text(
            f"{self._written(task.completed)}{of} {task.fields['unit']}" if task.completed or of else "",
            justify="right",
        )


class _Bytes(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(size(task.fields["bytes"]) if task.fields["bytes"] else "", justify="right")


class _Rate(_Rows):
    def render(self, task: Task) -> Text:
        return Text(f"{self._written(task.speed)}/s" if task.speed else "", justify="right", style="dim")


class _Left(ProgressColumn):
    def render(self, task: Task) -> Text:
        if task.time_remaining is not None and task.completed:
            return Text(f"{span(task.time_remaining)} left", justify="right")
        # Where nothing is known of the end, how long it has lasted tells a slow task from a hung display.
        return Text(span(task.elapsed or 0), justify="right", style="dim")


def _abbreviated(number: float) -> str:
    """A number of things in few characters: 1.2k, 34k, 5.6M."""
    amount, suffix = number, ""
    for suffix in ("", "k", "M", "G"):
        if amount < 999.5 or suffix == "G":
            break
        amount /= 1000
    return f"{amount:.1f}{suffix}" if suffix and amount < 99.95 else f"{amount:.0f}{suffix}"
