"""Carrying out a plan's steps: do it, record it. Units of work run on any concurrent.futures.Executor."""

from __future__ import annotations

import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import structlog

from migrator.core.compare import Digest
from migrator.core.plan import CreateDatabase, PrepareTarget
from migrator.core.progress import Progress
from migrator.errors import MigratorError, TargetsFailedError
from migrator.journal import Artefact, Journal
from migrator.postgres.connect import Endpoint, raw_connect, session
from migrator.postgres.copy import CopyResult, CopyUnit, relay
from migrator.postgres.databases import Mark, create_database, drop_database
from migrator.postgres.deferred import FinishUnit, build_bare, finish_database
from migrator.postgres.roles import close_database, give_database, grant_connect
from migrator.postgres.spool import is_spooled
from migrator.workers import here

_POLL_SECONDS = 0.5
_SUBMITTED_AT_ONCE = 32  # databases to finish; waiting for thousands of futures at each of their ends takes its time
_CREATED_AT_ONCE = 4  # databases for one session and two entries in the journal


# -- steps of the coordinator -----------------------------------------------------------------------------------------


def prepare_target(
    step: PrepareTarget,
    *,
    run: str,
    journal: Journal,
    server: Endpoint,
    like: Endpoint,
    trees: Sequence[tuple[Path, str]],
    complete: Callable[[Endpoint], None],
    programs: Path | None,
) -> str:
    """Builds the template and the bare clone of one target; returns the deferred part of its schema as a script.

    `trees` are given with their schemas; `complete` adds to the template what migrator.toml asks for beyond them.
    Both are made anew where an earlier attempt did not finish: an Alembic tree is not resumed half-way.
    """
    # Imported here: this module is the workers' too, and they have no use for Alembic.
    from migrator.revisions import upgrade_together

    started = time.monotonic()
    found = journal.step_records(run).get(step.id)
    if found is not None and found.status == "done":
        return str(journal.recorded(run, f"post-data:{step.target}"))
    journal.start_step(run, step.id)
    with session(server, purpose="prepare") as connection:
        for name, role in ((step.template, "template"), (step.bare, "bare")):
            drop_database(connection, name, run=run)
            journal.artefact(run, "database", name, "intended", target=step.target)
            create_database(connection, name, Mark(run, role, step.target), like=like)
            if step.group:
                close_database(connection, name)
            journal.artefact(run, "database", name, "created", target=step.target)
    template, bare = server.at(step.template), server.at(step.bare)
    upgrade_together(trees, partial(raw_connect, template, "alembic"))
    complete(template)
    with session(template, purpose="prepare") as connection:
        version = connection.info.server_version
    post_data = build_bare(template, bare, server_version=version, programs=programs)
    journal.record(run, f"post-data:{step.target}", post_data)
    journal.finish_step(run, step.id, seconds=time.monotonic() - started)
    return post_data


# -- units: what workers do -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CreateUnit:
    """The making of some databases of one server, each from its bare clone."""

    run: str
    steps: tuple[CreateDatabase, ...]
    server: Endpoint


def _log_as(step: str, target: str, tenant: str = "") -> None:
    """Names the unit in every line that this worker logs, until the next unit."""
    structlog.contextvars.bind_contextvars(step=step, target=target, tenant=tenant)


def run_create(unit: CreateUnit) -> None:
    """Makes databases; what this run made before is left as it is."""
    here().pace(0)
    journal = here().journal
    made = [
        Artefact(kind, name, "intended", step.target, step.tenant)
        for step in unit.steps
        for kind, name in (("database", step.database), *(("role", role) for role in step.own_roles))
    ]
    journal.record_artefacts(unit.run, made)
    # CREATE DATABASE waits for the disk itself; the mark, the name and the grants may follow with the next that does.
    with session(unit.server, purpose="create", settings={"synchronous_commit": "off"}) as connection:
        for step in unit.steps:
            _log_as(step.id, step.target, step.tenant)
            mark = Mark(unit.run, "target", step.target, step.tenant)
            create_database(connection, step.database, mark, template=step.bare)
            if step.roles is not None:
                give_database(connection, step, unit.run)
            grant_connect(connection, step.database, step.readers)
    journal.record_artefacts(unit.run, [replace(one, state="created") for one in made])


def run_copy(unit: CopyUnit) -> CopyResult:
    """Copies one unit and records it with the digests of what the source gave."""
    worker = here()
    _log_as(unit.step, unit.target)
    worker.pace(0)
    started = time.monotonic()
    worker.journal.start_step(unit.run, unit.step)
    try:
        result = relay(unit, worker.sessions, partial(worker.journal.progress, unit.run, unit.step), worker.pace)
    except MigratorError as error:
        worker.journal.fail_step(unit.run, unit.step, error.message)
        raise
    if result.failures:
        worker.journal.fail_step(unit.run, unit.step, "; ".join(result.failures.values()))
        return result
    found = [
        (f"copied:{unit.target}:{unit.receipt.rpartition('#')[2]}", Digest(unit.relation, tenant, rows, total))
        for tenant, (rows, total) in result.digests.items()
    ]
    worker.journal.finish_step(
        unit.run, unit.step, seconds=time.monotonic() - started, rows=result.rows, bytes_=result.bytes, found=found,
        detail={"quarantined": result.quarantined},
    )  # fmt: skip
    return result


def run_finish(unit: FinishUnit) -> None:
    """Finishes one database and records its digests."""
    worker = here()
    _log_as(unit.step, unit.target, unit.tenant)
    worker.pace(0)
    started = time.monotonic()
    try:
        digests = finish_database(unit, worker.work.targets[unit.target])
    except MigratorError as error:
        worker.journal.fail_step(unit.run, unit.step, error.message)
        raise
    worker.journal.finish_step(
        unit.run, unit.step, seconds=time.monotonic() - started, rows=sum(digest.rows for digest in digests),
        found=[(f"target:{unit.target}", digest) for digest in digests],
    )  # fmt: skip


# -- the coordinator's loop -------------------------------------------------------------------------------------------


@contextmanager
def _lost_workers_told() -> Iterator[None]:
    try:
        yield
    except BrokenExecutor as error:
        raise TargetsFailedError(
            "A worker process ended without a word: somebody killed it, or the machine ran out of memory.",
            "The kernel's log tells which (dmesg). Then `migrator migrate` again, with a lower --jobs where memory is "
            "short.",
        ) from error


@dataclass
class Carried:
    """What the units came to: failures by database (or by table, where a whole unit failed)."""

    failures: dict[str, str] = field(default_factory=dict)
    quarantined: dict[str, int] = field(default_factory=dict)


@_lost_workers_told()
def create_databases(
    executor: Executor,
    run: str,
    steps: Iterable[CreateDatabase],
    server: Callable[[str], Endpoint],
    progress: Progress,
    watch: Callable[[int], None],
) -> None:
    """Makes every database, some in each unit; the first refusal ends it.

    `server` finds a server by its name; `watch` is told at every turn how many units there are.
    """
    by_server: dict[str, list[CreateDatabase]] = defaultdict(list)
    for step in steps:
        by_server[step.server].append(step)
    units = [
        CreateUnit(run, tuple(found[start : start + _CREATED_AT_ONCE]), server(name))
        for name, found in by_server.items()
        for start in range(0, len(found), _CREATED_AT_ONCE)
    ]
    waiting = {executor.submit(run_create, unit): len(unit.steps) for unit in units}
    task, made = "databases", 0
    progress.start(task, total=sum(waiting.values()), unit="databases")
    try:
        for future, count in waiting.items():
            while not future.done():
                watch(len(waiting))
                wait([future], timeout=_POLL_SECONDS)
            future.result()
            made += count
            progress.advance(task, rows=made)
    finally:
        for future in waiting:
            future.cancel()
        progress.finish(task)


@_lost_workers_told()
def carry_out(
    executor: Executor,
    copies: Iterable[CopyUnit],
    finishes: Mapping[str, FinishUnit],
    *,
    journal: Journal,
    run: str,
    progress: Progress,
    expected: Mapping[str, int],
    after_last_copy: Callable[[], None],
    watch: Callable[[int], None],
) -> Carried:
    """Runs copies, and each database's finishing as soon as its last copy is done; nothing waits for anything else.

    `finishes` is by database name; `expected` gives rows by relation for the progress display. `after_last_copy` is
    called once nothing reads from the source any more; `watch` is told at every turn how many copies are left. A
    database whose copy failed is not finished.

    Raises:
        MigratorError: the first error that concerns more than one database (the source, the snapshot).
    """
    done = Carried()
    records = journal.step_records(run)
    copying: dict[Future[CopyResult], CopyUnit] = {}
    finishing: dict[Future[None], FinishUnit] = {}
    filled: deque[str] = deque()  # databases that can be finished
    outstanding: dict[str, set[str]] = defaultdict(set)
    rows: Counter[str] = Counter()
    display = _Display(progress, expected)

    def is_done(step: str) -> bool:
        found = records.get(step)
        return found is not None and found.status == "done"

    def is_copied(unit: CopyUnit) -> bool:
        # A file may be gone since; databases that are finished do not miss it.
        return is_done(unit.step) and (
            not unit.spool
            or is_spooled(unit.spool)
            or all(is_done(finishes[one.endpoint.database].step) for one in unit.destinations)
        )

    def account(unit: CopyUnit, result: CopyResult) -> None:
        display.count(unit.relation, unit.step, result.rows, result.bytes)
        if result.quarantined:
            done.quarantined[unit.relation] = done.quarantined.get(unit.relation, 0) + result.quarantined

    def copied(unit: CopyUnit, result: CopyResult) -> None:
        account(unit, result)
        ready = []
        for destination in unit.destinations:
            database = destination.endpoint.database
            if destination.tenant in result.failures:
                done.failures.setdefault(database, result.failures[destination.tenant])
            rows[database] += result.digests.get(destination.tenant, (0, 0))[0]
            outstanding[database].discard(unit.step)
            if not outstanding[database]:
                ready.append(database)
        # The largest first: a long one begun last would leave the other workers idle at the end.
        filled.extend(sorted(ready, key=lambda database: -rows[database]))

    def submit_finishes() -> None:
        while filled and len(finishing) < _SUBMITTED_AT_ONCE:
            unit = finishes[filled.popleft()]
            if unit.endpoint.database not in done.failures and not is_done(unit.step):
                finishing[executor.submit(run_finish, unit)] = unit

    for unit in copies:
        if is_copied(unit):
            found = records[unit.step]
            account(unit, CopyResult(found.rows, found.bytes, quarantined=int(found.detail.get("quarantined", 0))))
            continue
        for destination in unit.destinations:
            outstanding[destination.endpoint.database].add(unit.step)
        copying[executor.submit(run_copy, unit)] = unit
    filled.extend(database for database in finishes if not outstanding[database])
    submit_finishes()
    reading, next_look = True, 0.0
    try:
        while copying or finishing or reading:
            if reading and not copying:
                after_last_copy()
                reading = False
            waiting: list[Future[Any]] = [*copying, *finishing]
            watch(len(copying))
            ready, _ = wait(waiting, timeout=_POLL_SECONDS, return_when=FIRST_COMPLETED)
            for future in ready:
                if future in copying:
                    one = cast("Future[CopyResult]", future)
                    copied(copying.pop(one), one.result())
                else:
                    other = cast("Future[None]", future)
                    unit_done = finishing.pop(other)
                    try:
                        other.result()
                    except MigratorError as error:
                        done.failures[unit_done.endpoint.database] = error.message
            submit_finishes()
            if time.monotonic() >= next_look:
                display.show(journal, run)
                next_look = time.monotonic() + _POLL_SECONDS
    finally:
        unfinished: list[Future[Any]] = [*copying, *finishing]
        for left in unfinished:
            left.cancel()
        display.close()
    return done


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
