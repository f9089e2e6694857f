"""Runs tasks as soon as what they need is there: one queue for whatever kinds of units there are.

A task needs facts and provides facts. A fact holds once every task that provides it has ended; one that no task
provides holds from the start. The queue knows nothing else of a task: a further kind of unit needs no change here.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from migrator.errors import MigratorError

# The pool of tasks that the coordinator carries out itself, one after the other.
COORDINATOR = "coordinator"


@dataclass(frozen=True, eq=False)
class Task:
    """A piece of work: who carries out what, what must hold before, and what holds afterwards.

    Attributes:
        pool: the name of its executor, or COORDINATOR.
        carry_out: called with `unit`; in an executor both are pickled.
    """

    pool: str
    carry_out: Callable[[Any], Any]
    unit: Any = None
    needs: frozenset[str] = frozenset()
    provides: frozenset[str] = frozenset()


@dataclass(frozen=True, eq=False)
class Ended:
    """A task that has ended: with what it returned, or with the error that it failed with."""

    task: Task
    result: Any = None
    error: MigratorError | None = None


@dataclass
class ReadyQueue:
    """The tasks that wait for facts, those that are ready, and those that run.

    Attributes:
        pools: executors by the name of their pool.
        urgency: of a task at the moment when it is ready; among ready ones the highest begins first.
        most: how many tasks of a pool are submitted at once; a pool that is not named takes all.
    """

    pools: Mapping[str, Executor]
    urgency: Callable[[Task], int] = field(default=lambda _: 0)
    most: Mapping[str, int] = field(default_factory=dict)
    _outstanding: Counter[str] = field(default_factory=Counter, init=False)  # fact -> tasks that still provide it
    _waiting: dict[Task, set[str]] = field(default_factory=dict, init=False)  # task -> facts that do not hold yet
    _for: defaultdict[str, list[Task]] = field(default_factory=lambda: defaultdict(list), init=False)
    _ready: defaultdict[str, list[tuple[int, int, Task]]] = field(default_factory=lambda: defaultdict(list), init=False)
    _running: dict[Future[Any], Task] = field(default_factory=dict, init=False)
    _numbers: int = field(default=0, init=False)
    _withheld: set[str] = field(default_factory=set, init=False)

    def add(self, tasks: Iterable[Task]) -> None:
        """Takes tasks over, all of those that provide a fact before any of them ends."""
        added = list(tasks)
        for task in added:
            self._outstanding.update(task.provides)
        for task in added:
            missing = {fact for fact in task.needs if self._outstanding[fact]}
            if task.needs & self._withheld:
                self._drop(task)
            elif missing:
                self._waiting[task] = missing
                for fact in missing:
                    self._for[fact].append(task)
            else:
                self._push(task)

    @property
    def unfinished(self) -> bool:
        """Whether a task waits, is ready or runs."""
        return bool(self._waiting or self._running or any(self._ready.values()))

    def left(self, pool: str) -> int:
        """How many tasks of that pool have not ended."""
        return (
            sum(1 for task in self._waiting if task.pool == pool)
            + len(self._ready[pool])
            + sum(1 for task in self._running.values() if task.pool == pool)
        )

    def withhold(self, fact: str) -> None:
        """Says that a fact will never hold: whatever needs it does not begin, nor what needs that in turn."""
        self._withheld.add(fact)
        for task in self._for.pop(fact, ()):
            if self._waiting.pop(task, None) is not None:
                self._drop(task)

    def turn(self, seconds: float) -> Iterator[Ended]:
        """Begins what is ready, waits until a task ends, `seconds` at most, and yields those that ended.

        A fact holds only after its last provider's `Ended` has been taken, so that the caller may withhold it before.
        An error of another kind than MigratorError is raised.
        """
        while ready := self._ready[COORDINATOR]:
            _, _, task = heapq.heappop(ready)
            yield from self._ended(task, partial(task.carry_out, task.unit))
        for name, executor in self.pools.items():
            self._submit(name, executor)
        if self._waiting and not self._running:
            raise RuntimeError(f"{len(self._waiting)} tasks wait for facts that no task provides any more")
        done, _ = wait(self._running, timeout=seconds, return_when=FIRST_COMPLETED)
        for future in done:
            yield from self._ended(self._running.pop(future), future.result)

    def cancel(self) -> None:
        """Takes back what has not begun."""
        for future in self._running:
            future.cancel()

    # -- details ------------------------------------------------------------------------------------------------------

    def _submit(self, name: str, executor: Executor) -> None:
        free = self.most.get(name, len(self._ready[name])) - (
            sum(1 for task in self._running.values() if task.pool == name) if name in self.most else 0
        )
        for _ in range(min(free, len(self._ready[name]))):
            _, _, task = heapq.heappop(self._ready[name])
            self._running[executor.submit(task.carry_out, task.unit)] = task

    def _ended(self, task: Task, outcome: Callable[[], Any]) -> Iterator[Ended]:
        try:
            ended = Ended(task, outcome())
        except MigratorError as error:
            ended = Ended(task, error=error)
        yield ended
        self._settle(task)

    def _settle(self, task: Task) -> None:
        for fact in task.provides:
            self._outstanding[fact] -= 1
            if self._outstanding[fact]:
                continue
            for waiting in self._for.pop(fact, ()):
                missing = self._waiting.get(waiting)
                if missing is None:
                    continue
                missing.discard(fact)
                if not missing:
                    del self._waiting[waiting]
                    self._push(waiting)

    def _push(self, task: Task) -> None:
        self._numbers += 1
        heapq.heappush(self._ready[task.pool], (-self.urgency(task), self._numbers, task))

    def _drop(self, task: Task) -> None:
        for fact in task.provides:
            self._outstanding[fact] -= 1
            self.withhold(fact)
