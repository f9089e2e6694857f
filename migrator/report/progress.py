"""Progress for people: bars on a terminal, a plain line every ten seconds everywhere else. Both are thread-safe."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import monotonic
from types import TracebackType
from typing import IO, Protocol, Self

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TaskID
from rich.table import Column
from rich.text import Text

from migrator.core.progress import Progress as ProgressProtocol
from migrator.core.wording import size
from migrator.report.cells import count, duration, visible

PLAIN_INTERVAL = 10.0

# A line names at most so many tasks; the rest is counted.
_NAMED_TASKS = 4
# From this width on a bar fits beside the figures.
_WIDE = 110


class Display(ProgressProtocol, Protocol):
    """A progress that occupies the terminal, or a thread, until it is closed."""

    def pause(self) -> None:
        """Leaves the terminal to somebody else until the next task starts."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


@dataclass
class _Tally:
    """What tasks have done together that finished while others ran; it begins anew when nothing runs."""

    tasks: int = 0
    rows: int = 0
    bytes: int = 0

    def add(self, rows: int, bytes_: int, unit: str) -> None:
        self.tasks += 1
        self.rows += rows if unit == "rows" else 0
        self.bytes += bytes_

    def clear(self) -> None:
        self.tasks = self.rows = self.bytes = 0

    def __str__(self) -> str:
        bytes_ = f", {size(self.bytes)}" if self.bytes else ""
        return f"{self.tasks} finished: {count(self.rows)} rows{bytes_}"


class Bars:
    """One bar per running task: rows, bytes, rate, time left. Finished tasks make room and are summed up."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lock = threading.RLock()
        self._ids: dict[str, TaskID] = {}
        self._tally = _Tally()
        self._bars = _FittingBars(console, self._tally)

    def start(self, task: str, *, total: int | None = None, unit: str = "rows") -> None:
        """Shows a bar; a second start of the same task begins it anew."""
        with self._lock:
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

    def say(self, text: str) -> None:
        """Prints a line above the bars."""
        self._console.print(Text(visible(text), overflow="fold"))

    def note(self, text: str) -> None:
        """Shows the text below the bars."""
        self._bars.note = visible(text)

    def pause(self) -> None:
        """Clears the bars."""
        self._bars.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()


class _FittingBars(Progress):
    """rich's bars, no more of them than the terminal has lines, and a last line with what is finished."""

    def __init__(self, console: Console, tally: _Tally) -> None:
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
        told = [f"{len(tasks) - room} more running"] if len(tasks) > room else []
        if self._tally.tasks:
            told.append(str(self._tally))
        if self.note:
            told.append(self.note)
        if told:
            yield Text(f"  {'; '.join(told)}", style="dim")


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
            return Text(f"{_span(task.time_remaining)} left", justify="right")
        # Where nothing is known of the end, how long it has lasted tells a slow task from a hung display.
        return Text(_span(task.elapsed or 0), justify="right", style="dim")


def _abbreviated(number: float) -> str:
    """A number of things in few characters: 1.2k, 34k, 5.6M."""
    amount, suffix = number, ""
    for suffix in ("", "k", "M", "G"):
        if amount < 999.5 or suffix == "G":
            break
        amount /= 1000
    return f"{amount:.1f}{suffix}" if suffix and amount < 99.95 else f"{amount:.0f}{suffix}"


def _span(seconds: float) -> str:
    """A time that is an estimate, or still running: no fractions."""
    return f"{seconds:.0f} s" if seconds < 59.5 else duration(seconds)


@dataclass
class _Running:
    """One task of the plain display."""

    started: float
    total: int | None
    unit: str = "rows"
    rows: int = 0
    bytes: int = 0

    def told(self, name: str, now: float) -> str:
        elapsed = now - self.started
        parts = []
        if self.total:
            parts.append(
                f"{count(self.rows)} of {count(self.total)} {self.unit} ({100 * self.rows / self.total:.0f} %)"
            )
        elif self.rows:
            parts.append(f"{count(self.rows)} {self.unit}")
        if self.bytes:
            parts.append(size(self.bytes))
        if self.rows and elapsed > 0 and self.unit == "rows":
            parts.append(f"{count(self.rows / elapsed)} {self.unit}/s")
        if self.total and 0 < self.rows <= self.total:
            parts.append(f"about {_span(elapsed * (self.total - self.rows) / self.rows)} left")
        else:
            parts.append(f"{_span(elapsed)} so far")
        return f"{visible(name)}: {', '.join(parts)}"


class Plain:
    """A line every ten seconds while something runs, also where nothing advances: then it says what it waits for."""

    def __init__(self, stream: IO[str], interval: float = PLAIN_INTERVAL) -> None:
        self._stream = stream
        self._interval = interval
        self._lock = threading.Lock()
        self._running: dict[str, _Running] = {}
        self._tally = _Tally()
        self._note = ""
        self._closed = threading.Event()
        self._clock: threading.Thread | None = None

    def start(self, task: str, *, total: int | None = None, unit: str = "rows") -> None:
        """Notes that a task runs."""
        with self._lock:
            self._running[task] = _Running(monotonic(), total, unit)
            if self._clock is None:
                self._clock = threading.Thread(target=self._tick, name="progress", daemon=True)
                self._clock.start()

    def advance(self, task: str, *, rows: int, bytes_: int = 0) -> None:
        """Notes how far a task is."""
        with self._lock:
            running = self._running.setdefault(task, _Running(monotonic(), None))
            running.rows, running.bytes = rows, bytes_

    def finish(self, task: str) -> None:
        """Counts what the task did."""
        with self._lock:
            if (done := self._running.pop(task, None)) is not None:
                self._tally.add(done.rows, done.bytes, done.unit)
            if not self._running:
                self._tally.clear()

    def say(self, text: str) -> None:
        """Writes the line at once."""
        with self._lock:
            self._write(visible(text))

    def note(self, text: str) -> None:
        """Ends each line with the text."""
        with self._lock:
            self._note = visible(text)

    def pause(self) -> None:
        """Nothing stands in the way."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed.set()
        if self._clock is not None:
            self._clock.join()

    def _tick(self) -> None:
        while not self._closed.wait(self._interval):
            with self._lock:
                if self._running:
                    self._write(self._line())

    def _line(self) -> str:
        now = monotonic()
        told = [task.told(name, now) for name, task in list(self._running.items())[:_NAMED_TASKS]]
        if (unnamed := len(self._running) - len(told)) > 0:
            told.append(f"{unnamed} more running")
        if self._tally.tasks:
            told.append(str(self._tally))
        if self._note:
            told.append(self._note)
        return "; ".join(told)

    def _write(self, line: str) -> None:
        try:
            print(line, file=self._stream, flush=True)
        except BrokenPipeError:
            # Nobody reads any more; the work goes on.
            self._closed.set()


def display(console: Console) -> Display:
    """The progress that suits where `console` writes to: bars only on a terminal that can move its cursor."""
    if console.is_terminal and not console.is_dumb_terminal:
        return Bars(console)
    return Plain(console.file)
