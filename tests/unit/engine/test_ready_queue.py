"""The ready queue: tasks begin when what they need is there, whatever kinds of units they are."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrator.engine.ready_queue import COORDINATOR, ReadyQueue, Task
from migrator.errors import DatabaseError, MigratorError


@dataclass(frozen=True)
class RefreshUnit:
    """A kind of unit that the program does not have."""

    view: str


class Log:
    """What was carried out, in its order."""

    def __init__(self) -> None:
        self.units: list[Any] = []

    def __call__(self, unit: Any) -> Any:
        self.units.append(unit)
        return unit

    def failing(self, unit: Any) -> Any:
        self.units.append(unit)
        raise DatabaseError(f"{unit} failed", "Mend it.")


class Inline(Executor):
    """Carries a task out at once, and counts how many were submitted."""

    def __init__(self) -> None:
        self.submitted = 0

    def submit(self, fn: Any, /, *arguments: Any, **named: Any) -> Future[Any]:
        self.submitted += 1
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*arguments, **named))
        except MigratorError as error:
            future.set_exception(error)
        return future


def task(log: Log, unit: Any, needs: Iterable[str] = (), provides: Iterable[str] = (), pool: str = "workers") -> Task:
    return Task(pool, log, unit, frozenset(needs), frozenset(provides))


def run(queue: ReadyQueue) -> list[str]:
    """Runs everything; returns the errors."""
    errors = []
    while queue.unfinished:
        errors += [ended.error.message for ended in queue.turn(1) if ended.error is not None]
    return errors


def test_a_third_kind_of_unit_takes_its_place_by_what_it_needs() -> None:
    log = Log()
    queue = ReadyQueue({"workers": Inline()})
    refresh = RefreshUnit("totals")
    queue.add([
        task(log, refresh, ["rows of a", "rows of b"], ["views of a"]),
        task(log, "finish a", ["rows of a", "views of a"]),
        task(log, "copy 1", (), ["rows of a", "rows of b"]),
        task(log, "copy 2", (), ["rows of a"]),
    ])  # fmt: skip
    run(queue)
    assert log.units == ["copy 1", "copy 2", refresh, "finish a"]


def test_the_coordinator_s_own_work_is_a_task_like_others() -> None:
    log = Log()
    queue = ReadyQueue({"workers": Inline()})
    queue.add([
        task(log, "release", ["read"], pool=COORDINATOR),
        task(log, "copy", ["prepared"], ["read"]),
        task(log, "prepare", (), ["prepared"], pool=COORDINATOR),
    ])  # fmt: skip
    run(queue)
    assert log.units == ["prepare", "copy", "release"]


def test_the_most_urgent_of_those_that_are_ready_begins_first() -> None:
    log = Log()
    queue = ReadyQueue({"workers": Inline()}, urgency=lambda waiting: int(waiting.unit), most={"workers": 1})
    queue.add([task(log, number) for number in (3, 9, 1)])
    run(queue)
    assert log.units == [9, 3, 1]


def test_what_needs_a_withheld_fact_does_not_begin_nor_what_needs_that() -> None:
    log = Log()
    queue = ReadyQueue({"workers": Inline()})
    queue.add([
        Task("workers", log.failing, "copy", provides=frozenset({"rows"})),
        task(log, "finish", ["rows"], ["finished"]),
        task(log, "grant", ["finished"]),
        task(log, "other"),
    ])  # fmt: skip
    while queue.unfinished:
        for ended in queue.turn(1):
            if ended.error is not None:
                queue.withhold("rows")
    assert log.units == ["copy", "other"]
    queue.add([task(log, "later", ["rows"])])
    assert not queue.unfinished


def test_no_more_are_submitted_at_once_than_said() -> None:
    executor = Inline()
    queue = ReadyQueue({"workers": executor}, most={"workers": 2})
    queue.add([task(Log(), number) for number in range(5)])
    assert queue.left("workers") == 5
    list(queue.turn(0))
    assert executor.submitted == 2
    assert queue.left("workers") == 3


def test_a_bug_is_no_error_of_a_unit() -> None:
    queue = ReadyQueue({})
    queue.add([Task(COORDINATOR, lambda _: 1 / 0)])
    with pytest.raises(ZeroDivisionError):
        list(queue.turn(0))


def test_tasks_that_wait_for_each_other_are_no_endless_loop() -> None:
    log = Log()
    queue = ReadyQueue({"workers": Inline()})
    queue.add([task(log, 1, ["b"], ["a"]), task(log, 2, ["a"], ["b"])])
    with pytest.raises(RuntimeError, match="2 tasks wait"):
        run(queue)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sets(st.integers(0, 8)), st.booleans()), min_size=1, max_size=9))
def test_every_task_runs_once_and_after_all_that_it_needs(graph: list[tuple[set[int], bool]]) -> None:
    log = Log()
    with ThreadPoolExecutor(3) as threads:
        queue = ReadyQueue({"workers": threads})
        queue.add([
            task(
                log,
                number,
                [f"{other} is done" for other in others if other < number],
                [f"{number} is done"],
                COORDINATOR if here else "workers",
            )
            for number, (others, here) in enumerate(graph)
        ])  # fmt: skip
        assert run(queue) == []
    assert sorted(log.units) == list(range(len(graph)))
    for number, (others, _) in enumerate(graph):
        for other in others:
            assert other >= number or log.units.index(other) < log.units.index(number)
