"""Carries a plan out step by step: those of one kind side by side, in one state of the source."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import assert_never

from migrator.commands.migrate.frozen_source import FrozenSource
from migrator.commands.migrate.source_reading import SourceReading
from migrator.commands.migrate.templates import Templates
from migrator.commands.migrate.throttle import Pacing
from migrator.commands.migrate.worker_pools import crew
from migrator.commands.proof.compare_sides import Proof, prove
from migrator.commands.proof.drift import routed_digests, written_since
from migrator.commands.proof.records import (
    copy_steps,
    database_counts,
    given_digests,
    sequence_values,
)
from migrator.commands.shared.database_parameters import TargetSettings
from migrator.commands.shared.tenant_objects import OwnObjects
from migrator.commands.shared.transfers import Resolved, resolve
from migrator.commands.shared.workspace import Workspace
from migrator.core.plan.session_budget import allot
from migrator.core.plan.steps import (
    Compare,
    CopyTable,
    CreateDatabase,
    FinishDatabase,
    Plan,
    PrepareTarget,
    RaiseFence,
    Step,
)
from migrator.core.plan.survey import Survey
from migrator.core.plan.transfer import Transfer, last_value
from migrator.core.run.facts import SEQUENCES, SOURCE_ROWS, SequenceValues
from migrator.core.run.moments import held_by
from migrator.core.schema.catalog import Relation
from migrator.core.verify.digests import Difference
from migrator.engine.schedule import carry_out, create_units
from migrator.engine.workers import Work
from migrator.errors import RefusedError
from migrator.files import private_directory
from migrator.journal import Run
from migrator.postgres.copy.large_objects import copy_large_objects
from migrator.postgres.copy.relay import CopyUnit, Destination
from migrator.postgres.copy.spool import discard
from migrator.postgres.copy.units import copy_units, loads_of, session_budget
from migrator.postgres.databases.post_data import FinishUnit, TargetWork
from migrator.postgres.schema.catalog import read_sequences
from migrator.postgres.session.connect import READ_ONLY, session
from migrator.postgres.session.snapshot import Snapshot

_MAINTENANCE_MEMORY_KB = 256 * 1024


@dataclass(frozen=True)
class Attempt:
    """What an attempt came to: the proof, the databases that failed, and what the source got in the meantime."""

    proof: Proof
    failures: Mapping[str, str]  # by database
    drift: tuple[Difference, ...] = ()


@dataclass(frozen=True)
class _Frozen:
    """The source as the copies read it, and what travels."""

    epoch: str
    snapshot: Snapshot
    resolved: Mapping[str, Resolved]
    scripts: Mapping[str, str]  # by target: what is built once the rows are there

    @property
    def transfers(self) -> Mapping[str, tuple[Transfer, ...]]:
        return {name: target.transfers for name, target in self.resolved.items()}


class Execution:
    """One attempt at carrying a plan out."""

    def __init__(self, workspace: Workspace, run: Run, plan: Plan, surveyed: Survey, *, fenced: bool) -> None:
        self.workspace = workspace
        self.journal = workspace.journal
        self.run = run
        self.plan = plan
        self.survey = surveyed
        self.fenced = fenced
        self._templates = Templates(workspace, run, plan, surveyed)
        self._contexts = ExitStack()
        self._databases: list[CreateDatabase] = []
        self._copies: list[CopyTable] = []
        self._finishes: list[FinishDatabase] = []
        self._frozen: _Frozen | None = None
        self._attempt: Attempt | None = None

    def carry_out(self) -> Attempt:
        """Executes every step.

        Raises:
            DatabaseError: a tree does not upgrade, or a server failed.
            RefusedError: something in the way is not of this run, or the source changed meanwhile.
        """
        with self._contexts:
            self._contexts.enter_context(self._templates)
            for step in self.plan.steps:
                self.execute(step)
        assert self._attempt is not None
        assert self._frozen is not None
        if self.fenced or self._attempt.failures:
            return self._attempt
        return replace(self._attempt, drift=self._drift(self._frozen.transfers))

    def execute(self, step: Step) -> None:
        """Carries one step out, after those that stand before it in the plan.

        Steps of one kind run side by side, so they are begun here or handed to the workers, and waited for by the step
        that needs them: the fence by having every template, the comparison by having every database.
        """
        match step:
            case PrepareTarget():
                self._templates.begin(step)
            case CreateDatabase():
                self._databases.append(step)
            case RaiseFence():
                self._frozen = self._freeze(self._templates.scripts())
            case CopyTable():
                self._copies.append(step)
            case FinishDatabase():
                self._finishes.append(step)
            case Compare():
                assert self._frozen is not None
                self._attempt = self._compare(self._frozen)
            case _:
                assert_never(step)

    # -- the source ---------------------------------------------------------------------------------------------------

    def _freeze(self, scripts: Mapping[str, str]) -> _Frozen:
        """Holds the source in one state until the attempt ends; its users get it back where the attempt fails."""
        # Checked against the templates before the source is fenced.
        resolved = resolve(self.workspace, self.plan, self.survey)
        source = FrozenSource(self.workspace, self.run, self.plan, self.survey, fenced=self.fenced)
        self._contexts.enter_context(source.lifted_on_failure())
        epoch = source.freeze()
        source.forget_unless(epoch)
        return _Frozen(epoch, self._contexts.enter_context(source.snapshot()), resolved, scripts)

    # -- the databases ------------------------------------------------------------------------------------------------

    def _compare(self, frozen: _Frozen) -> Attempt:
        """Makes, fills and finishes the databases, and compares what the source gave with what they hold."""
        failures = self._make_databases(frozen)
        return Attempt(self._prove(frozen.transfers), failures)

    def _make_databases(self, frozen: _Frozen) -> Mapping[str, str]:
        """Carries the units out side by side; returns the failures by database."""
        workspace, limits = self.workspace, self.workspace.settings.limits
        jobs = limits.source_jobs
        share = allot(jobs, self._session_budget())
        databases = self._destinations()
        copies = self._copy_units(frozen, databases, share.sessions)
        self._require_room(copies)
        finishes = self._finish_units(frozen.epoch, _MAINTENANCE_MEMORY_KB * jobs // max(jobs, share.builders))
        work = Work(
            self.run.id,
            workspace.control,
            share.sessions,
            paced=limits.paces,
            targets=self._target_work(frozen, copies),
        )
        own = OwnObjects(workspace, self.plan, self.survey)
        reading = SourceReading(workspace, self.run, self.survey, frozen.snapshot, frozen.transfers)

        def when_created() -> None:
            TargetSettings(workspace, self.plan).apply()
            own.make(frozen.epoch)
            if reading.awaits("large objects"):
                copy_large_objects(
                    workspace.source, frozen.snapshot.id, self.survey.catalog, frozen.transfers, databases,
                    epoch=frozen.epoch, jobs=jobs,
                )  # fmt: skip
                reading.has_read("large objects")

        pacing = Pacing(workspace, self.run, jobs)
        try:
            pacing(jobs)
            with crew(limits, work, share.readers, share.builders) as workers:
                done = carry_out(
                    workers,
                    create_units(self.run.id, self._databases, workspace.server),
                    copies,
                    finishes,
                    journal=self.journal,
                    run=self.run.id,
                    progress=workspace.progress,
                    expected=self._expected_rows(),
                    when_created=when_created,
                    after_last_copy=partial(reading.has_read, "copies"),
                    watch=pacing,
                )
                if not done.failures:
                    own.complete(frozen.epoch)
        finally:
            pacing.close()
            reading.close()
        if not done.failures:
            discard(workspace.spool(self.run.id))
        return done.failures

    def _destinations(self) -> Mapping[str, list[Destination]]:
        """The databases of each target."""
        databases: dict[str, list[Destination]] = {name: [] for name in self.workspace.settings.hosted}
        for step in self._databases:
            endpoint = self.workspace.server(step.server).at(step.database)
            databases[step.target].append(Destination(step.tenant, endpoint))
        return databases

    def _copy_units(
        self, frozen: _Frozen, databases: Mapping[str, list[Destination]], sessions: int
    ) -> Sequence[CopyUnit]:
        units = copy_units(
            copy_steps(self.journal, self.run.id, self._copies),
            frozen.transfers,
            databases,
            self.survey.catalog,
            run=self.run.id,
            epoch=frozen.epoch,
            snapshot=frozen.snapshot.id,
            source=self.workspace.source,
            control=self.workspace.control,
            sessions=sessions,
            spool=self.workspace.spool(self.run.id),
        )
        return list(units)

    def _target_work(self, frozen: _Frozen, copies: Sequence[CopyUnit]) -> Mapping[str, TargetWork]:
        """What is the same for all databases of a target."""
        values = self._sequence_values(frozen.epoch, frozen.resolved)
        return {
            name: TargetWork(
                frozen.scripts[name],
                target.transfers,
                tuple(values[name].items()),
                tuple(target.catalog.sequences.values()),
                loads_of(name, copies),
            )
            for name, target in frozen.resolved.items()
        }

    def _finish_units(self, epoch: str, memory_kb: int) -> Mapping[str, FinishUnit]:
        return {
            step.database: FinishUnit(
                self.run.id,
                step.step,
                epoch,
                step.target,
                step.tenant,
                self.workspace.server(step.server).at(step.database),
                memory_kb,
            )
            for step in self._finishes
        }

    def _require_room(self, copies: Sequence[CopyUnit]) -> None:
        """What is read into files has to fit on the disk: a table's text takes about what its heap does."""
        spooled = {unit.relation for unit in copies if unit.spool}
        if not spooled:
            return
        tables = self.survey.catalog.tables.values()
        needed = sum(one.bytes for one in tables if f"{one.relation.schema}.{one.relation.name}" in spooled)
        directory = private_directory(self.workspace.spool(self.run.id))
        free = shutil.disk_usage(directory).free
        if needed > free:
            raise RefusedError(
                f"There are more databases than sessions to them, so {len(spooled)} tables go through files: about "
                f"{needed:,} bytes, and {directory} has {free:,} free.",
                "Name a larger disk ([paths] spool), or allow more sessions (--max-target-connections).",
            )
        self.workspace.progress.say(f"reading {len(spooled)} tables into files first: more databases than sessions")

    def _session_budget(self) -> int:
        """How many sessions to targets may be open at once: what the tightest server bears.

        A group of databases may be all on one server.
        """
        budgets = []
        for name in sorted({step.server for step in self._databases}):
            with session(self.workspace.server(name), purpose="capacity", settings=READ_ONLY) as connection:
                budgets.append(session_budget(connection, self.workspace.settings.limits.max_target_connections))
        return min(budgets)

    def _sequence_values(self, epoch: str, resolved: Mapping[str, Resolved]) -> Mapping[str, Mapping[Relation, int]]:
        """Behind which value each target's sequences go on; what verify holds them to.

        Read after the fence, because sequences stand outside of every snapshot, and once an epoch, because
        applications go on drawing numbers that the fence keeps them from using.
        """
        known = sequence_values(self.journal, self.run.id)
        if known is not None and known[0] == epoch:
            return known[1]
        schemas = self.workspace.settings.source.schemas
        with session(self.workspace.source, purpose="sequences", settings=READ_ONLY) as connection:
            standing = {one.relation: one for one in read_sequences(connection, schemas)}
        values = {
            name: {
                item.sequence: value for item in target.sequences if (value := last_value(item, standing)) is not None
            }
            for name, target in resolved.items()
        }
        self.journal.record(self.run.id, SEQUENCES, SequenceValues(epoch, values))
        return values

    def _prove(self, transfers: Mapping[str, tuple[Transfer, ...]]) -> Proof:
        """From the digests that the copies and the finished databases left in the journal."""
        journal, run = self.journal, self.run.id
        return prove(
            given_digests(journal, run),
            {name: journal.digests(run, held_by(name)) for name in transfers},
            transfers,
            self.survey.placements,
            counted=journal.recorded(run, SOURCE_ROWS),
            quarantined=journal.quarantined(run),
            databases=database_counts(self.plan),
        )

    def _expected_rows(self) -> Mapping[str, int]:
        return {
            f"{table.relation.schema}.{table.relation.name}": table.rows
            for table in self.survey.catalog.tables.values()
            if table.rows >= 0
        }

    def _drift(self, transfers: Mapping[str, tuple[Transfer, ...]]) -> tuple[Difference, ...]:
        """What was written to the unfenced source since the snapshot, and is in no target."""
        with self.workspace.read_source("drift") as connection:
            connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            now = routed_digests(self.workspace, connection, self.survey, transfers)
        return written_since(given_digests(self.journal, self.run.id), now, transfers)
