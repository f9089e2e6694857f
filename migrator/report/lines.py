"""Shows progress as a plain line every ten seconds, where nothing can move a cursor."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from time import monotonic
from types import TracebackType
from typing import IO, Self

from migrator.core.result.wording import size
from migrator.report.cells import count, span, visible
from migrator.report.lull import Lull
from migrator.report.tally import Tally

PLAIN_INTERVAL = 10.0

# A line names at most so many tasks; the rest is counted.
_NAMED_TASKS = 4


@dataclass
class _Running:
    """One task of the plain display."""

    started: float
    total: int | None
    unit: str = "rows"
    rows: int = 0
    bytes: int = 0

    def line(self, name: str, now: float) -> str:
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
            parts.append(f"about {span(elapsed * (self.total - self.rows) / self.rows)} left")
        else:
            parts.append(f"{span(elapsed)} so far")
        return f"{visible(name)}: {', '.join(parts)}"


class Plain:
    """A line every ten seconds, also where nothing advances and where no task runs: then it says what it waits for."""

    def __init__(self, stream: IO[str], interval: float = PLAIN_INTERVAL, lull: Lull | None = None) -> None:
        self._stream = stream
        self._interval = interval
        self._lull = lull or Lull()
        self._lock = threading.Lock()
        self._running: dict[str, _Running] = {}
        self._tally = Tally()
        self._note = ""
        self._closed = threading.Event()
        self._clock: threading.Thread | None = None

    def start(self, task: str, *, total: int | None = None, unit: str = "rows") -> None:
        """Notes that a task runs."""
        with self._lock:
            self._running[task] = _Running(monotonic(), total, unit)
            self._run_clock()

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
                self._lull.begin()

    def say(self, text: str) -> None:
        """Writes the line at once."""
        with self._lock:
            self._lull.begin(text)
            self._write(visible(text))

    def note(self, text: str) -> None:
        """Ends each line with the text."""
        with self._lock:
            self._note = visible(text)

    def pause(self) -> None:
        """Says nothing more of what is waited for: somebody else is writing."""
        with self._lock:
            self._lull.end()

    def resume(self) -> None:
        """Says again what is waited for."""
        with self._lock:
            self._lull.begin()

    def __enter__(self) -> Self:
        if self._lull.doing:
            self._run_clock()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed.set()
        if self._clock is not None:
            self._clock.join()

    def _run_clock(self) -> None:
        if self._clock is None:
            self._clock = threading.Thread(target=self._tick, name="progress", daemon=True)
            self._clock.start()

    def _tick(self) -> None:
        while not self._closed.wait(self._interval):
            with self._lock:
                if self._running:
                    self._write(self._line())
                elif self._lull.lasts(self._interval / 2):
                    self._write(visible(self._lull.line()))

    def _line(self) -> str:
        now = monotonic()
        lines = [task.line(name, now) for name, task in list(self._running.items())[:_NAMED_TASKS]]
        if (unnamed := len(self._running) - len(lines)) > 0:
            lines.append(f"{unnamed} more running")
        if self._tally.tasks:
            lines.append(str(self._tally))
        if self._note:
            lines.append(self._note)
        return "; ".join(lines)

    def _write(self, line: str) -> None:
        try:
            print(line, file=self._stream, flush=True)
        except BrokenPipeError:
            # Nobody reads any more; the work goes on.
            self._closed.set()
