"""Carries a plan out step by step: those of one kind side by side, in one state of the source."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import assert_never

from migrator.commands.migrate.frozen_source import FrozenSource
from migrator.commands.migrate.templates import Templates
from migrator.commands.migrate.throttle import Pacing
from migrator.commands.migrate.units import DatabaseSteps, UnitMaker, target_work
from migrator.commands.migrate.worker_pools import worker_pools
from migrator.commands.proof.compare_sides import Proof, prove
from migrator.commands.proof.conserved_objects import with_large_objects
from migrator.commands.proof.drift import routed_digests, written_since
from migrator.commands.proof.extension_configuration import with_configuration
from migrator.commands.proof.records import (
    covered_tables,
    database_counts,
    given_digests,
    sequence_values,
    whole_tables,
)
from migrator.commands.sequences.blocks import RunBlocks, forget_blocks, reserve_blocks, without_blocks
from migrator.commands.shared.transfers import Resolved, resolve
from migrator.commands.shared.workspace import RunContext
from migrator.commands.targets.database_parameters import TargetSettings
from migrator.commands.targets.tenant_objects import OwnObjects
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
from migrator.core.run.facts import PLANNED_STEPS, SEQUENCES, SOURCE_ROWS, SequenceValues
from migrator.core.run.moments import held_by
from migrator.core.run.session_budget import share_sessions
from migrator.core.run.source_hold import SourceHold
from migrator.core.schema.catalog import Relation
from migrator.core.verify.digests import Difference, Digest
from migrator.engine.schedule import CoordinatorWork, Schedule, SplitUnits, create_units
from migrator.engine.workers import Work
from migrator.postgres.copy.extension_configuration import configure
from migrator.postgres.copy.large_objects import copy_large_objects
from migrator.postgres.copy.row_counts import RowCounts
from migrator.postgres.copy.spool import discard
from migrator.postgres.plan.row_estimates import row_estimates
from migrator.postgres.schema.catalog import read_sequences
from migrator.postgres.schema.partitions import require_same_partitions
from migrator.postgres.session.connect import READ_ONLY, session
from migrator.postgres.session.snapshot import Snapshot, release_readers

_MAINTENANCE_MEMORY_KB = 256 * 1024


@dataclass(frozen=True)
class Attempt:
    """What an attempt came to: the proof, the databases that failed, and what the source got in the meantime."""

    proof: Proof
    failures: Mapping[str, str]  # by database
    held: Mapping[str, Sequence[Digest]]  # the digests taken in the databases, by target
    drift: tuple[Difference, ...] = ()


@dataclass(frozen=True)
class _Frozen:
    """The source as the copies read it, and what travels."""

    epoch: str
    snapshot: Snapshot
    resolved: Mapping[str, Resolved]
    scripts: Mapping[str, str]  # by target: what is built once the rows are there
    values: Mapping[str, Mapping[Relation, int]]  # by target: behind which value its sequences go on
    blocks: RunBlocks

    @property
    def transfers(self) -> Mapping[str, tuple[Transfer, ...]]:
        return {name: target.transfers for name, target in self.resolved.items()}


class Execution:
    """One attempt at carrying a plan out."""

    def __init__(self, context: RunContext, plan: Plan, surveyed: Survey, hold: SourceHold) -> None:
        self.context = context
        self.journal = context.journal
        self.plan = plan
        self.survey = surveyed
        self.hold = hold
        self._templates = Templates(context, plan, surveyed)
        self._contexts = ExitStack()
        self._steps = DatabaseSteps()
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
        if self.hold is not SourceHold.NOTHING or self._attempt.failures:
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
                self._steps.creates.append(step)
            case RaiseFence():
                self._frozen = self._freeze(self._templates.scripts())
            case CopyTable():
                self._steps.copies.append(step)
            case FinishDatabase():
                self._steps.finishes.append(step)
            case Compare():
                assert self._frozen is not None
                self._attempt = self._compare(self._frozen)
            case _:
                assert_never(step)

    # -- the source ---------------------------------------------------------------------------------------------------

    def _freeze(self, scripts: Mapping[str, str]) -> _Frozen:
        """Holds the source in one state until the attempt ends; its users get it back where the attempt fails."""
        # Checked against the templates before the source is fenced.
        resolved = resolve(self.context.workspace, self.plan, self.survey)
        source = FrozenSource(self.context, self.plan, self.survey, self.hold)
        self._contexts.enter_context(source.lifted_on_failure())
        epoch = source.freeze()
        source.forget_unless(epoch)
        # Before the snapshot, whose transaction would hold what is locked here.
        values, blocks = self._sequence_values(epoch, resolved), self._blocks(epoch, resolved)
        snapshot = self._contexts.enter_context(source.snapshot())
        return _Frozen(epoch, snapshot, resolved, scripts, values, blocks)

    # -- the databases ------------------------------------------------------------------------------------------------

    def _compare(self, frozen: _Frozen) -> Attempt:
        """Makes, fills and finishes the databases, and compares what the source gave with what they hold."""
        self._configure(frozen.snapshot)
        failures = self._make_databases(frozen)
        held = {name: self.journal.digests(held_by(name)) for name in frozen.transfers}
        proof = self._prove(frozen.transfers, held)
        if not failures:
            proof = with_configuration(self.context.workspace, proof, self.plan.of(CreateDatabase), conserved=True)
            proof = (
                with_large_objects(self.context.workspace, proof, self.survey)
                if self.hold is SourceHold.FENCE
                else proof
            )
        return Attempt(proof, failures, held)

    def _configure(self, snapshot: Snapshot) -> None:
        """Puts the rows of extensions' configuration tables into what the databases are made from."""
        made_from = [
            self.context.server(step.server).at(name)
            for step in self.plan.of(PrepareTarget)
            for name in (step.template, step.bare)
        ]
        configure(snapshot.connection, made_from)

    def _make_databases(self, frozen: _Frozen) -> Mapping[str, str]:
        """Carries the units out side by side; returns the failures by database."""
        workspace, limits = self.context.workspace, self.context.settings.limits
        transfers, snapshot, epoch = frozen.transfers, frozen.snapshot, frozen.epoch
        maker = UnitMaker(self.context, self._steps, self.survey, epoch)
        share = share_sessions(limits.source_jobs, maker.session_budget())
        copies = maker.copies(snapshot, transfers, share.sessions)
        maker.require_room(copies)
        units = SplitUnits(
            create_units(self.context.id, self._steps.creates, workspace.server),
            copies,
            maker.finishes(
                _MAINTENANCE_MEMORY_KB * limits.source_jobs // max(limits.source_jobs, share.builders), frozen.blocks
            ),
        )
        prepared = sum(1 for _ in self.plan.of(PrepareTarget))
        steps = {"prepare": prepared, "copy": len(copies), "finish": len(self._steps.finishes)}
        self.journal.record(PLANNED_STEPS, steps)
        targets = target_work(frozen.scripts, frozen.resolved, frozen.values, frozen.blocks, copies)
        work = Work(self.context.id, workspace.control, share.sessions, paced=limits.throttles, targets=targets)
        tables_of_nobody = self.survey.catalog.tables.keys() - covered_tables(self.survey, transfers)
        counts = RowCounts(workspace.source_rows, snapshot.id, self.survey.catalog, tables_of_nobody)
        own = OwnObjects(workspace, self.plan, self.survey)
        throttle = Pacing(self.context, limits.source_jobs)
        try:
            throttle(limits.source_jobs)
            with worker_pools(limits, work, share.readers, share.builders) as pools:
                carried = Schedule(units, self.journal, workspace.progress).carry_out(
                    pools,
                    CoordinatorWork(
                        partial(self._prepare_databases, own, epoch),
                        self._large_objects(snapshot, transfers, maker),
                        partial(self._release_source, counts, snapshot, transfers),
                        throttle,
                    ),
                    self._expected_rows(),
                )
                if not carried.failures:
                    own.complete(epoch)
        finally:
            throttle.close()
            counts.close()
        if not carried.failures:
            discard(self.context.spool)
        return carried.failures

    # -- what the coordinator does while units run --------------------------------------------------------------------

    def _prepare_databases(self, own: OwnObjects, epoch: str) -> None:
        TargetSettings(self.context.workspace, self.plan).apply()
        own.make(epoch)

    def _large_objects(
        self, snapshot: Snapshot, transfers: Mapping[str, tuple[Transfer, ...]], maker: UnitMaker
    ) -> Callable[[], object] | None:
        if not self.survey.catalog.large_objects:
            return None
        return partial(
            copy_large_objects,
            self.context.workspace.source_rows,
            snapshot.id,
            self.survey.catalog,
            transfers,
            maker.destinations(),
            epoch=maker.epoch,
            jobs=self.context.settings.limits.source_jobs,
        )

    def _release_source(
        self, counts: RowCounts, snapshot: Snapshot, transfers: Mapping[str, tuple[Transfer, ...]]
    ) -> None:
        """Lets the source go: nothing more is read in the snapshot."""
        counted, digested = counts.result()
        require_same_partitions(self.context.source, self.survey.catalog)
        self.journal.record(SOURCE_ROWS, dict(counted))
        covered = covered_tables(self.survey, transfers)
        whole = whole_tables(self.journal, self.survey.placements, covered)
        self.journal.store_digests([("source before", digest) for digest in (*digested, *whole)])
        snapshot.close()
        release_readers(self.context.source)

    # -- before and after ---------------------------------------------------------------------------------------------

    def _sequence_values(self, epoch: str, resolved: Mapping[str, Resolved]) -> Mapping[str, Mapping[Relation, int]]:
        """Behind which value each target's sequences go on; what verify holds them to.

        Read after the fence, because sequences stand outside of every snapshot, and once an epoch, because
        applications go on drawing numbers that the fence keeps them from using.
        """
        known = sequence_values(self.journal)
        if known is not None and known[0] == epoch:
            return known[1]
        schemas = self.context.settings.source.schemas
        with session(self.context.workspace.source_rows, purpose="sequences", settings=READ_ONLY) as connection:
            standing = {one.relation: one for one in read_sequences(connection, schemas)}
        values = {
            name: {
                item.sequence: value for item in target.sequences if (value := last_value(item, standing)) is not None
            }
            for name, target in resolved.items()
        }
        self.journal.record(SEQUENCES, SequenceValues(epoch, values))
        return values

    def _blocks(self, epoch: str, resolved: Mapping[str, Resolved]) -> RunBlocks:
        """The numbers that are each database's own, where the fence makes sure that rows can go back."""
        if self.hold is not SourceHold.FENCE:
            forget_blocks(self.journal)
            return RunBlocks()
        databases: dict[str, list[str]] = {name: [] for name in resolved}
        for step in self._steps.creates:
            databases[step.target].append(step.database)
        blocks = reserve_blocks(self.context, epoch, resolved, databases)
        for target, sequence, why in without_blocks(self.journal):
            self.context.progress.say(f"{target}: {sequence} gets no block of numbers: {why}")
        return blocks

    def _prove(self, transfers: Mapping[str, tuple[Transfer, ...]], held: Mapping[str, Sequence[Digest]]) -> Proof:
        """From the digests that the copies and the finished databases left in the journal."""
        return prove(
            given_digests(self.journal),
            held,
            transfers,
            self.survey.placements,
            counted=self.journal.recorded(SOURCE_ROWS),
            quarantined=self.journal.quarantined(),
            databases=database_counts(self.plan),
        )

    def _expected_rows(self) -> Mapping[str, int]:
        """Rows by table: of the statistics, or, where nobody has analysed it, what the planner makes of its size."""
        tables = self.survey.catalog.tables
        known = {relation: table.rows for relation, table in tables.items() if table.rows >= 0}
        # A foreign table's server is not asked for the sake of a display.
        unknown = [relation for relation in tables.keys() - known.keys() if tables[relation].kind in ("r", "p")]
        if unknown:
            with self.context.workspace.read_source("progress") as connection:
                known |= row_estimates(connection, unknown)
        return {relation.full_name: rows for relation, rows in known.items()}

    def _drift(self, transfers: Mapping[str, tuple[Transfer, ...]]) -> tuple[Difference, ...]:
        """What was written to the unfenced source since the snapshot, and is in no target."""
        with self.context.workspace.read_source("drift") as connection:
            connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            now = routed_digests(self.context.progress, connection, self.survey, transfers)
        return written_since(given_digests(self.journal), now, transfers)
