"""The load: writers in several processes that begin transactions at a fixed rate, however long each of them takes."""

from __future__ import annotations

import multiprocessing
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection as Pipe
from types import TracebackType
from typing import Self

from benchmarks.online.ledger import Ledger
from benchmarks.online.routing import Routing
from benchmarks.online.rows import Book
from benchmarks.online.samples import Phase, Samples
from benchmarks.online.workload import Mix
from benchmarks.online.writer import Writer

# Interpreters start in this time on a machine that does much else.
_START_SECONDS = 60.0


class LoadError(Exception):
    """The load did not run as it should: nothing can be said of what it met."""


@dataclass(frozen=True)
class LoadOptions:
    """How much load: transactions a second of all writers together; `writers` is how many each process has."""

    companies: int
    rate: float
    processes: int = 2
    writers: int = 6
    seed: int = 1
    mix: Mix = field(default_factory=Mix)


@dataclass(frozen=True)
class Outcome:
    """What the load met: `unserved` are transactions that were due when it ended and for which no writer was free."""

    ledger: Ledger
    samples: Samples
    phases: tuple[Phase, ...]
    unserved: int

    def stretches(self, name: str) -> tuple[Phase, ...]:
        """The phases of that name: one that comes again is several.

        Raises:
            KeyError: there was none.
        """
        stretches = tuple(phase for phase in self.phases if phase.name == name)
        if not stretches:
            raise KeyError(f"there was no phase {name!r}")
        return stretches


class Tickets:
    """When transactions are due: one after another at a fixed rate, to whichever writer is free."""

    def __init__(self, began: float, interval: float, over: threading.Event) -> None:
        self._due = began
        self._interval = interval
        self._over = over
        self._lock = threading.Lock()

    def draw(self) -> float | None:
        """The next moment, not before it has come; None when the load is over."""
        if self._over.is_set():
            return None
        with self._lock:
            due = self._due
            self._due += self._interval
        # Awakened by the end of the load; whoever is late does not wait at all.
        if (wait := due - time.monotonic()) > 0 and self._over.wait(wait):
            return None
        return due

    def left(self) -> int:
        """How many moments have passed that nobody drew."""
        return max(0, int((time.monotonic() - self._due) / self._interval))


class Load:
    """The load while its block runs; afterwards its `outcome`."""

    def __init__(self, routing: Routing, options: LoadOptions) -> None:
        self._routing = routing
        self._options = options
        self._processes: list[tuple[multiprocessing.process.BaseProcess, Pipe]] = []
        self._marks: list[tuple[str, float]] = []
        self._outcome: Outcome | None = None

    @property
    def outcome(self) -> Outcome:
        """What it met, once it is over."""
        if self._outcome is None:
            raise LoadError("the load is not over")
        return self._outcome

    def mark(self, phase: str) -> None:
        """From now on it is that phase."""
        self._marks.append((phase, time.monotonic()))

    @contextmanager
    def phase(self, name: str, after: str) -> Iterator[None]:
        """It is one phase inside the block, and another after it."""
        self.mark(name)
        try:
            yield
        finally:
            self.mark(after)

    def end(self) -> None:
        """Ends the load before its block does, so that what it met can be looked at inside."""
        if self._outcome is None:
            self._outcome = self._collect(time.monotonic())

    def __enter__(self) -> Self:
        spawn = multiprocessing.get_context("spawn")
        try:
            for number in range(self._options.processes):
                ours, theirs = spawn.Pipe()
                process = spawn.Process(target=_run, args=(theirs, number, self._routing, self._options), daemon=True)
                process.start()
                theirs.close()
                self._processes.append((process, ours))
            for _, pipe in self._processes:
                _receive(pipe, _START_SECONDS)
        except BaseException:
            self._kill()
            raise
        began = time.monotonic() + 0.05
        for _, pipe in self._processes:
            pipe.send(began)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self.end()
        finally:
            self._kill()

    def _collect(self, ended: float) -> Outcome:
        for _, pipe in self._processes:
            # One that has ended before has left its reason in the pipe.
            with suppress(BrokenPipeError):
                pipe.send("over")
        books: list[Book] = []
        samples, unserved = Samples(), 0
        for _, pipe in self._processes:
            theirs, found, left = _receive(pipe, None)
            books += theirs
            samples.extend(found)
            unserved += left
        moments = [moment for _, moment in self._marks[1:]] + [ended]
        phases = tuple(Phase(name, began, until) for (name, began), until in zip(self._marks, moments, strict=False))
        return Outcome(Ledger.of(books, self._options.companies), samples, phases, unserved)

    def _kill(self) -> None:
        for process, pipe in self._processes:
            pipe.close()
            process.join(5)
            if process.is_alive():
                process.kill()
                process.join()


def _receive(pipe: Pipe, seconds: float | None) -> tuple[list[Book], Samples, int]:
    try:
        if seconds is not None and not pipe.poll(seconds):
            raise LoadError(f"a process of the load did not begin within {seconds:.0f} s")
        answer = pipe.recv()
    except EOFError as error:
        raise LoadError("a process of the load has died") from error
    if isinstance(answer, str):
        raise LoadError(answer)
    books, samples, left = answer
    return books, samples, left


# -- in each process ----------------------------------------------------------------------------------------------


def _run(pipe: Pipe, number: int, routing: Routing, options: LoadOptions) -> None:
    """A process of the load: says that it is ready, hears when to begin, and at the end hands over what it has."""
    # Ctrl-C is its parent's, which then closes the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    first = number * options.writers
    try:
        writers = [
            Writer(first + place, options.companies, options.mix, routing, options.seed)
            for place in range(options.writers)
        ]
        for writer in writers:
            writer.connect()
        pipe.send(([], Samples(), 0))
        began = pipe.recv()
    except EOFError:
        return
    except Exception as error:
        pipe.send(f"the load did not begin: {type(error).__name__}: {error}")
        return
    over = threading.Event()
    interval = options.processes / options.rate
    tickets = Tickets(began + number / options.rate, interval, over)
    errors: list[str] = []
    threads = [threading.Thread(target=_serve, args=(writer, tickets, over, errors)) for writer in writers]
    for thread in threads:
        thread.start()
    _wait(pipe, over)
    left = tickets.left()
    for thread in threads:
        thread.join()
    samples = Samples()
    for writer in writers:
        samples.extend(writer.samples)
        writer.close()
    try:
        pipe.send(errors[0] if errors else ([writer.book for writer in writers], samples, left))
    except BrokenPipeError:
        return


def _wait(pipe: Pipe, over: threading.Event) -> None:
    """Waits for the end of the load: its word, or its parent's end, or that of a writer."""
    while not over.is_set():
        if pipe.poll(0.2):
            try:
                pipe.recv()
            except EOFError:
                pass
            finally:
                over.set()


def _serve(writer: Writer, tickets: Tickets, over: threading.Event, errors: list[str]) -> None:
    try:
        while (due := tickets.draw()) is not None:
            writer.serve(due)
    except Exception as error:
        errors.append(f"writer {writer.number}: {type(error).__name__}: {error}")
        over.set()
