"""The schedule of a migrate: its units as tasks of a ready queue, and what they came to."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from migrator.core.plan.steps import CreateDatabase, by_server
from migrator.core.result.progress import Progress
from migrator.core.run.step_id import StepId
from migrator.engine.copy_display import CopyDisplay
from migrator.engine.ready_queue import COORDINATOR, Ended, ReadyQueue, Task
from migrator.engine.units import CreateUnit, run_copy, run_create, run_finish
from migrator.engine.workers import WorkerPools
from migrator.errors import TargetsFailedError
from migrator.journal import RunJournal
from migrator.postgres.copy.relay import CopyResult, CopyUnit
from migrator.postgres.copy.spool import is_spooled
from migrator.postgres.databases.post_data import FinishUnit
from migrator.postgres.session.connect import Endpoint

_POLL_SECONDS = 0.5
_FINISHED_AT_ONCE = 32  # waiting for thousands of futures at each of their ends takes its time
_CREATED_AT_ONCE = 4  # databases for one session and two entries in the journal
# What these are called in the progress display.
_CREATING = "making databases"
_FINISHING = "finishing databases"

_READERS, _BUILDERS = "readers", "builders"
# Facts. Each database has one more: that its rows are there.
_MADE = "every database is made"
_PREPARED = "every database can be filled"
_READ = "nothing more is read from the source"


def _filled(database: str) -> str:
    return f"the rows of {database} are there"


@dataclass(frozen=True)
class SplitUnits:
    """The units of a migrate: databases to make, copies, and the finishing of each database by its name."""

    creates: tuple[CreateUnit, ...]
    copies: tuple[CopyUnit, ...]
    finishes: Mapping[str, FinishUnit]


@dataclass(frozen=True)
class CoordinatorWork:
    """What the coordinator does itself in between.

    Attributes:
        prepare_databases: once every database is made, before rows go into any.
        copy_large_objects: after that, where the source has large objects.
        release_source: once nothing more is read from it.
        watch: at every turn, with how many copies are left.
    """

    prepare_databases: Callable[[], None]
    copy_large_objects: Callable[[], object] | None
    release_source: Callable[[], None]
    watch: Callable[[int], None]


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


class Schedule:
    """The units of one migrate in their order: each begins as soon as what it needs is there.

    Copies into files need nothing, copies into databases need all of these; a database is finished when its last copy
    is done. A database whose copy failed is not finished. What an earlier attempt has done is not done again.
    """

    def __init__(self, units: SplitUnits, journal: RunJournal, progress: Progress) -> None:
        self._units = units
        self._journal = journal
        self._progress = progress
        self._records = journal.step_records()
        self._carried = Carried()
        self._rows: Counter[str] = Counter()  # by database
        self._made = self._finished = 0
        self._to_make = sum(len(unit.steps) for unit in units.creates)

    def carry_out(self, pools: WorkerPools, work: CoordinatorWork, expected: Mapping[str, int]) -> Carried:
        """Carries everything out; `expected` gives rows by relation for the progress display.

        Raises:
            MigratorError: the first error that concerns more than one database (the source, the snapshot, a database
                that could not be made).
        """
        queue = ReadyQueue(
            {_READERS: pools.readers, _BUILDERS: pools.builders}, self._urgency, {_BUILDERS: _FINISHED_AT_ONCE}
        )
        display = CopyDisplay(self._progress, expected, (unit.relation for unit in self._units.copies))
        display.begin()
        if self._to_make:
            self._progress.start(_CREATING, total=self._to_make, unit="databases")
        finishing = [unit for unit in self._units.finishes.values() if not self._is_done(unit.step)]
        if finishing:
            self._progress.start(_FINISHING, total=len(finishing), unit="databases")
        next_look = 0.0
        with _lost_workers_reported():
            try:
                queue.add([*self._database_tasks(work), *self._copy_tasks(display), *self._finish_tasks()])
                while queue.unfinished:
                    work.watch(queue.left(_READERS))
                    for ended in queue.turn(_POLL_SECONDS):
                        self._take(ended, queue, display)
                    if time.monotonic() >= next_look:
                        display.show(self._journal)
                        next_look = time.monotonic() + _POLL_SECONDS
            finally:
                queue.cancel()
                if self._made < self._to_make:
                    self._progress.finish(_CREATING)
                if finishing:
                    self._progress.finish(_FINISHING)
                display.close()
        return self._carried

    # -- the tasks ----------------------------------------------------------------------------------------------------

    def _database_tasks(self, work: CoordinatorWork) -> Iterator[Task]:
        made, prepared, read = frozenset({_MADE}), frozenset({_PREPARED}), frozenset({_READ})
        for unit in self._units.creates:
            yield Task(_BUILDERS, run_create, unit, provides=made)
        yield Task(COORDINATOR, _called, work.prepare_databases, needs=made, provides=prepared)
        if work.copy_large_objects is not None:
            yield Task(COORDINATOR, _called, work.copy_large_objects, needs=made, provides=prepared | read)
        yield Task(COORDINATOR, _called, work.release_source, needs=read)

    def _copy_tasks(self, display: CopyDisplay) -> Iterator[Task]:
        for unit in self._units.copies:
            if self._is_copied(unit):
                record = self._records[str(unit.step)]
                quarantined = int(record.detail.get("quarantined", 0))
                self._account(unit, CopyResult(record.rows, record.bytes, quarantined=quarantined), display)
                continue
            filled = {_filled(destination.endpoint.database) for destination in unit.destinations}
            yield Task(
                _READERS,
                run_copy,
                unit,
                needs=frozenset() if unit.spool else frozenset({_PREPARED}),
                provides=frozenset({_READ, *filled}),
            )

    def _finish_tasks(self) -> Iterator[Task]:
        for database, unit in self._units.finishes.items():
            if not self._is_done(unit.step):
                yield Task(_BUILDERS, run_finish, unit, needs=frozenset({_PREPARED, _filled(database)}))

    def _urgency(self, task: Task) -> int:
        # The largest first: a long one begun last would leave the other workers idle at the end.
        return self._rows[task.unit.endpoint.database] if isinstance(task.unit, FinishUnit) else 0

    # -- what they came to --------------------------------------------------------------------------------------------

    def _take(self, ended: Ended, queue: ReadyQueue, display: CopyDisplay) -> None:
        unit = ended.task.unit
        if isinstance(unit, FinishUnit):
            self._finished += 1
            self._progress.advance(_FINISHING, rows=self._finished)
        if ended.error is not None:
            if not isinstance(unit, FinishUnit):
                raise ended.error
            self._carried.failures[unit.endpoint.database] = ended.error.message
        elif isinstance(unit, CreateUnit):
            self._made += len(unit.steps)
            self._progress.advance(_CREATING, rows=self._made)
            if self._made == self._to_make:
                self._progress.finish(_CREATING)
        elif isinstance(unit, CopyUnit):
            self._take_copied(unit, ended.result, queue, display)

    def _take_copied(self, unit: CopyUnit, result: CopyResult, queue: ReadyQueue, display: CopyDisplay) -> None:
        self._account(unit, result, display)
        for destination in unit.destinations:
            database = destination.endpoint.database
            if destination.tenant in result.failures:
                self._carried.failures.setdefault(database, result.failures[destination.tenant])
                queue.withhold(_filled(database))
            self._rows[database] += result.digests.get(destination.tenant, (0, 0))[0]

    def _account(self, unit: CopyUnit, result: CopyResult, display: CopyDisplay) -> None:
        display.complete(unit.relation, str(unit.step), result.rows, result.bytes)
        if result.quarantined:
            quarantined = self._carried.quarantined
            quarantined[unit.relation] = quarantined.get(unit.relation, 0) + result.quarantined

    def _is_done(self, step: StepId) -> bool:
        record = self._records.get(str(step))
        return record is not None and record.status == "done"

    def _is_copied(self, unit: CopyUnit) -> bool:
        # A file may be gone since; databases that are finished do not miss it.
        return self._is_done(unit.step) and (
            not unit.spool
            or is_spooled(unit.spool)
            or all(self._is_done(self._units.finishes[one.endpoint.database].step) for one in unit.destinations)
        )


def _called(work: Callable[[], object]) -> None:
    work()


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
