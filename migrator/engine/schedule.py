"""Decides which unit begins when: each as soon as what it needs is there."""

from __future__ import annotations

import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

from migrator.core.plan.steps import CreateDatabase, by_server
from migrator.core.result.progress import Progress
from migrator.engine.units import CreateUnit, run_copy, run_create, run_finish
from migrator.engine.workers import WorkerPools
from migrator.errors import MigratorError, TargetsFailedError
from migrator.journal import Journal
from migrator.postgres.copy.relay import CopyResult, CopyUnit
from migrator.postgres.copy.spool import is_spooled
from migrator.postgres.databases.post_data import FinishUnit
from migrator.postgres.session.connect import Endpoint

_POLL_SECONDS = 0.5
_SUBMITTED_AT_ONCE = 32  # databases to finish; waiting for thousands of futures at each of their ends takes its time
_CREATED_AT_ONCE = 4  # databases for one session and two entries in the journal
_CREATING = "databases"  # what their making is called in the progress display


@dataclass
class Carried:
    """What the units came to: failures by database (or by table, where a whole unit failed)."""

    failures: dict[str, str] = field(default_factory=dict)
    quarantined: dict[str, int] = field(default_factory=dict)


def create_units(
    run: str, steps: Iterable[CreateDatabase], server: Callable[[str], Endpoint]
) -> tuple[CreateUnit, ...]:
    """The making of every database, some of one server in each unit; `server` finds a server by its name."""
    return tuple(
        CreateUnit(run, tuple(steps_of_server[start : start + _CREATED_AT_ONCE]), server(name))
        for name, steps_of_server in by_server(steps).items()
        for start in range(0, len(steps_of_server), _CREATED_AT_ONCE)
    )


def carry_out(
    pools: WorkerPools,
    creates: Iterable[CreateUnit],
    copies: Iterable[CopyUnit],
    finishes: Mapping[str, FinishUnit],
    *,
    journal: Journal,
    run: str,
    progress: Progress,
    expected: Mapping[str, int],
    when_created: Callable[[], None],
    after_last_copy: Callable[[], None],
    watch: Callable[[int], None],
) -> Carried:
    """Runs every unit as soon as what it needs is there.

    Copies into files begin at once, copies into databases when all of these are made; a database is finished when its
    last copy is done. `finishes` is by database name; `expected` gives rows by relation for the progress display.
    `when_created` is called once every database is there, before anything is finished; `after_last_copy` once nothing
    is copied any more; `watch` at every turn, with how many copies are left. A database whose copy failed is not
    finished.

    Raises:
        MigratorError: the first error that concerns more than one database (the source, the snapshot, a database that
            could not be made).
    """
    schedule = _Schedule(pools, finishes, journal, run, progress, expected)
    with _lost_workers_reported():
        try:
            schedule.begin(creates, copies)
            while schedule.unfinished:
                if schedule.to_announce_created():
                    when_created()
                    schedule.databases_made()
                if schedule.to_announce_copied():
                    after_last_copy()
                watch(schedule.copies_left)
                schedule.turn()
        finally:
            schedule.end()
    return schedule.done


class _Schedule:
    """The units that wait, those that run, and what they came to."""

    def __init__(
        self,
        pools: WorkerPools,
        finishes: Mapping[str, FinishUnit],
        journal: Journal,
        run: str,
        progress: Progress,
        expected: Mapping[str, int],
    ) -> None:
        self.done = Carried()
        self._pools = pools
        self._finishes = finishes
        self._journal = journal
        self._run = run
        self._progress = progress
        self._display = _Display(progress, expected)
        self._records = journal.step_records(run)
        self._creating: dict[Future[None], CreateUnit] = {}
        self._copying: dict[Future[CopyResult], CopyUnit] = {}
        self._finishing: dict[Future[None], FinishUnit] = {}
        self._kept_back: list[CopyUnit] = []  # copies into databases that are not made yet
        self._filled: deque[str] = deque()  # databases that can be finished
        self._outstanding: dict[str, set[str]] = defaultdict(set)  # database -> copies that it waits for
        self._rows: Counter[str] = Counter()  # by database
        self._made = 0
        self._created = self._copied = False
        self._next_look = 0.0

    # -- what the loop asks -------------------------------------------------------------------------------------------

    @property
    def copies_left(self) -> int:
        return len(self._copying) + len(self._kept_back)

    @property
    def unfinished(self) -> bool:
        return bool(self._creating or self.copies_left or self._finishing) or not (self._created and self._copied)

    def to_announce_created(self) -> bool:
        """Whether every database is made, and that has not been said yet."""
        return not self._created and not self._creating

    def to_announce_copied(self) -> bool:
        """True once: when nothing is left to copy."""
        announced, self._copied = self._copied, self._copied or not self.copies_left
        return self._copied and not announced

    # -- what it does -------------------------------------------------------------------------------------------------

    def begin(self, creates: Iterable[CreateUnit], copies: Iterable[CopyUnit]) -> None:
        """Submits what needs nothing."""
        for create in creates:
            self._creating[self._pools.builders.submit(run_create, create)] = create
        total = sum(len(create.steps) for create in self._creating.values())
        self._progress.start(_CREATING, total=total, unit="databases")
        for unit in copies:
            if self._is_copied(unit):
                record = self._records[unit.step]
                quarantined = int(record.detail.get("quarantined", 0))
                self._account(unit, CopyResult(record.rows, record.bytes, quarantined=quarantined))
                continue
            for destination in unit.destinations:
                self._outstanding[destination.endpoint.database].add(unit.step)
            if unit.spool:
                self._copying[self._pools.readers.submit(run_copy, unit)] = unit
            else:
                self._kept_back.append(unit)
        self._filled.extend(database for database in self._finishes if not self._outstanding[database])

    def databases_made(self) -> None:
        """Submits what has waited for the databases."""
        self._created = True
        self._progress.finish(_CREATING)
        for unit in self._kept_back:
            self._copying[self._pools.readers.submit(run_copy, unit)] = unit
        self._kept_back.clear()
        self._submit_finishes()

    def turn(self) -> None:
        """Waits until a unit ends, or for a moment, and takes what ended."""
        running: list[Future[Any]] = [*self._creating, *self._copying, *self._finishing]
        ready, _ = wait(running, timeout=_POLL_SECONDS, return_when=FIRST_COMPLETED)
        for future in ready:
            if future in self._copying:
                copied = cast("Future[CopyResult]", future)
                self._take_copied(self._copying.pop(copied), copied.result())
            elif future in self._creating:
                future.result()
                self._made += len(self._creating.pop(future).steps)
                self._progress.advance(_CREATING, rows=self._made)
            else:
                unit = self._finishing.pop(future)
                try:
                    future.result()
                except MigratorError as error:
                    self.done.failures[unit.endpoint.database] = error.message
        if self._created:
            self._submit_finishes()
        if time.monotonic() >= self._next_look:
            self._display.show(self._journal, self._run)
            self._next_look = time.monotonic() + _POLL_SECONDS

    def end(self) -> None:
        """Takes back what has not begun, and ends the display."""
        left: list[Future[Any]] = [*self._creating, *self._copying, *self._finishing]
        for future in left:
            future.cancel()
        if not self._created:
            self._progress.finish(_CREATING)
        self._display.close()

    # -- details ------------------------------------------------------------------------------------------------------

    def _is_done(self, step: str) -> bool:
        record = self._records.get(step)
        return record is not None and record.status == "done"

    def _is_copied(self, unit: CopyUnit) -> bool:
        # A file may be gone since; databases that are finished do not miss it.
        return self._is_done(unit.step) and (
            not unit.spool
            or is_spooled(unit.spool)
            or all(self._is_done(self._finishes[one.endpoint.database].step) for one in unit.destinations)
        )

    def _account(self, unit: CopyUnit, result: CopyResult) -> None:
        self._display.count(unit.relation, unit.step, result.rows, result.bytes)
        if result.quarantined:
            self.done.quarantined[unit.relation] = self.done.quarantined.get(unit.relation, 0) + result.quarantined

    def _take_copied(self, unit: CopyUnit, result: CopyResult) -> None:
        self._account(unit, result)
        ready = []
        for destination in unit.destinations:
            database = destination.endpoint.database
            if destination.tenant in result.failures:
                self.done.failures.setdefault(database, result.failures[destination.tenant])
            self._rows[database] += result.digests.get(destination.tenant, (0, 0))[0]
            self._outstanding[database].discard(unit.step)
            if not self._outstanding[database]:
                ready.append(database)
        # The largest first: a long one begun last would leave the other workers idle at the end.
        self._filled.extend(sorted(ready, key=lambda database: -self._rows[database]))

    def _submit_finishes(self) -> None:
        while self._filled and len(self._finishing) < _SUBMITTED_AT_ONCE:
            unit = self._finishes[self._filled.popleft()]
            if unit.endpoint.database not in self.done.failures and not self._is_done(unit.step):
                self._finishing[self._pools.builders.submit(run_finish, unit)] = unit


@contextmanager
def _lost_workers_reported() -> Iterator[None]:
    try:
        yield
    except BrokenExecutor as error:
        raise TargetsFailedError(
            "A worker process ended without a word: somebody killed it, or the machine ran out of memory.",
            "The kernel's log tells which (dmesg). Then `migrator migrate` again, with a lower --jobs where memory is "
            "short.",
        ) from error


class _Display:
    """Progress by table: what finished units did, plus what the journal says of running ones."""

    def __init__(self, progress: Progress, expected: Mapping[str, int]) -> None:
        self._progress = progress
        self._expected = expected
        self._done: dict[str, dict[str, tuple[int, int]]] = defaultdict(dict)

    def count(self, relation: str, step: str, rows: int, bytes_: int) -> None:
        if relation not in self._done:
            self._progress.start(relation, total=self._expected.get(relation))
        self._done[relation][step] = (rows, bytes_)

    def show(self, journal: Journal, run: str) -> None:
        for record in journal.running_steps(run):
            if record.step.startswith("copy:"):
                self.count(record.step.removeprefix("copy:").rpartition(">")[0], record.step, record.rows, record.bytes)
        for relation, parts in self._done.items():
            self._progress.advance(
                relation, rows=sum(rows for rows, _ in parts.values()), bytes_=sum(size for _, size in parts.values())
            )

    def close(self) -> None:
        for relation in self._done:
            self._progress.finish(relation)
