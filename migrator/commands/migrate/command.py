"""The stage migrate: carries out the plan of the last dry-run, proves the result, and resumes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from migrator.commands.migrate.choose_plan import ChosenPlan, begin_anew, choose_plan, require_approved
from migrator.commands.migrate.frozen_source import FrozenSource
from migrator.commands.migrate.templates import prepare_targets
from migrator.commands.migrate.throttle import Pacing
from migrator.commands.migrate.units import UnitMaker, target_work
from migrator.commands.migrate.worker_pools import crew
from migrator.commands.plan.stored import stored_plan, survey_as_planned
from migrator.commands.proof.compare_sides import Proof, proof_sections, prove
from migrator.commands.proof.drift import drift_section, routed_digests, written_since
from migrator.commands.proof.extension_configuration import with_configuration
from migrator.commands.proof.records import (
    covered_tables,
    database_counts,
    given_digests,
    sequence_values,
    whole_tables,
)
from migrator.commands.sequences.blocks import RunBlocks, forget_blocks, reserve_blocks, without_blocks
from migrator.commands.shared.database_parameters import TargetSettings
from migrator.commands.shared.dropped_tenants import (
    all_are_there,
    require_databases,
    require_same_source,
    require_standing,
    taken_back,
)
from migrator.commands.shared.privileges import require_privileges
from migrator.commands.shared.roles import hand_out
from migrator.commands.shared.tenant_objects import OwnObjects
from migrator.commands.shared.transfers import Resolved, resolve
from migrator.commands.shared.workspace import Workspace
from migrator.core.plan.session_budget import allot
from migrator.core.plan.steps import CreateDatabase, Plan, PrepareTarget
from migrator.core.plan.transfer import Transfer, last_value
from migrator.core.result.outcome import Outcome
from migrator.core.schema.catalog import Relation
from migrator.core.verify.digests import Difference
from migrator.engine.schedule import CoordinatorWork, Schedule, SplitUnits, create_units
from migrator.engine.workers import Work
from migrator.errors import RefusedError, TargetsFailedError
from migrator.journal import REFUSED, Run
from migrator.postgres.copy.extension_configuration import configure
from migrator.postgres.copy.large_objects import copy_large_objects
from migrator.postgres.copy.row_counts import RowCounts
from migrator.postgres.copy.spool import discard
from migrator.postgres.schema.catalog import read_sequences
from migrator.postgres.schema.partitions import require_same_partitions
from migrator.postgres.session.connect import READ_ONLY, session
from migrator.postgres.session.snapshot import Snapshot, release_readers

_MAINTENANCE_MEMORY_KB = 256 * 1024


def migrate(
    workspace: Workspace,
    *,
    approved: str | None = None,
    without_backup: bool = False,
    fence: bool = True,
    passwords: bool = True,
) -> Outcome:
    """Splits the source as planned, or goes on where an earlier attempt stopped.

    `approved` is the fingerprint, or its beginning, of the only plan that may be carried out.

    Raises:
        RefusedError: no passed dry-run of this plan, another plan than the approved one, no backup, targets in the way,
            rows that nobody owns.
        TargetsFailedError: some databases failed; the others are complete, and the same command resumes.
    """
    with workspace.stage("migrate") as (run, summary):
        summary[REFUSED] = True
        require_privileges(workspace, "read", "every row", *(("fence",) if fence else ()))
        if not taken_back(workspace, run.id) and (done := _done_before(workspace, run, approved)):
            del summary[REFUSED]
            return done
        chosen = choose_plan(workspace, run, approved)
        workspace = chosen.stored.workspace
        require_same_source(workspace, run, chosen.survey)
        if not without_backup:
            _require_backup(workspace, run)
        del summary[REFUSED]
        if chosen.replaces:
            begin_anew(workspace, run)
        workspace.journal.begin_plan(run.id, chosen.stored.plan)
        plan = workspace.journal.plan(run.id)
        assert plan is not None
        outcome = _Migration(workspace, run, plan, chosen, fenced=fence).carry_out(summary)
        all_are_there(workspace, run.id)
        if passwords:
            hand_out(workspace, run, plan)
        return replace(outcome, sections=(*chosen.stored.sections, *outcome.sections))


def _done_before(workspace: Workspace, run: Run, approved: str | None) -> Outcome | None:
    previous = workspace.journal.attempts(run.id, "migrate")[:-1]  # the last one is this
    stored = stored_plan(workspace, run) if any(record.status == "done" for record in previous) else None
    if stored is None:
        return None
    require_standing(workspace, run, stored.plan)
    if previous[-1].status != "done":
        return None
    require_approved(stored.plan.fingerprint, approved)
    try:
        survey_as_planned(stored, run)
    except RefusedError as error:
        raise RefusedError(
            f"This run has been migrated, and the source has changed since. {error.message}",
            "Take it back first: migrator rollback.",
        ) from error
    require_databases(stored.workspace, run, stored.plan)
    return Outcome(
        "migrate",
        status="nothing-to-do",
        run_id=run.id,
        headline="This plan has been carried out already.",
        summary=dict(previous[-1].summary),
        sections=stored.sections,
        next=("migrator verify", "migrator rollback"),
    )


def _require_backup(workspace: Workspace, run: Run) -> None:
    if workspace.journal.recorded(run.id, "backup") is None:
        raise RefusedError(
            "There is no backup of this run.",
            "Run `migrator backup --verify` first; `--without-backup` goes on without one.",
        )


class _Migration:
    """One attempt at carrying a plan out."""

    def __init__(self, workspace: Workspace, run: Run, plan: Plan, chosen: ChosenPlan, *, fenced: bool) -> None:
        self.workspace = workspace
        self.journal = workspace.journal
        self.run = run
        self.plan = plan
        self.survey = chosen.survey
        self.fenced = fenced

    def carry_out(self, summary: dict[str, object]) -> Outcome:
        post_data = prepare_targets(self.workspace, self.run, self.plan, self.survey)
        # Checked against the templates before the source is fenced.
        resolved = resolve(self.workspace, self.plan, self.survey)
        source = FrozenSource(self.workspace, self.run, self.plan, self.survey, fenced=self.fenced)
        with source.lifted_on_failure():
            epoch = source.freeze()
            source.forget_unless(epoch)
            # Before the snapshot, whose transaction would hold what is locked here.
            values, blocks = self._sequence_values(epoch, resolved), self._blocks(epoch, resolved)
            with source.snapshot() as snapshot:
                proof, failures = self._split(epoch, snapshot, post_data, resolved, values, blocks)
        drift = () if self.fenced or failures else self._drift(resolved)
        return self._outcome(summary, proof, failures, drift)

    # -- the split ------------------------------------------------------------------------------------------------

    def _split(
        self,
        epoch: str,
        snapshot: Snapshot,
        post_data: Mapping[str, str],
        resolved: Mapping[str, Resolved],
        values: Mapping[str, Mapping[Relation, int]],
        blocks: RunBlocks,
    ) -> tuple[Proof, Mapping[str, str]]:
        workspace, limits = self.workspace, self.workspace.settings.limits
        self._configure(snapshot)
        transfers = {name: target.transfers for name, target in resolved.items()}
        maker = UnitMaker(workspace, self.run, self.plan, self.survey, epoch)
        share = allot(limits.source_jobs, maker.session_budget())
        copies = maker.copies(snapshot, transfers, share.sessions)
        maker.require_room(copies)
        units = SplitUnits(
            create_units(self.run.id, self.plan.of(CreateDatabase), workspace.server),
            copies,
            maker.finishes(
                _MAINTENANCE_MEMORY_KB * limits.source_jobs // max(limits.source_jobs, share.builders), blocks
            ),
        )
        targets = target_work(post_data, resolved, values, blocks, copies)
        work = Work(self.run.id, workspace.control, share.sessions, paced=limits.paces, targets=targets)
        tables_of_nobody = self.survey.catalog.tables.keys() - covered_tables(self.survey, transfers)
        counts = RowCounts(workspace.source, snapshot.id, self.survey.catalog, tables_of_nobody)
        own = OwnObjects(workspace, self.plan, self.survey)
        throttle = Pacing(workspace, self.run, limits.source_jobs)
        try:
            throttle(limits.source_jobs)
            with crew(limits, work, share.readers, share.builders) as pools:
                carried = Schedule(units, self.journal, self.run.id, workspace.progress).carry_out(
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
            discard(workspace.spool(self.run.id))
        return self._prove(transfers, carried.failures), carried.failures

    def _configure(self, snapshot: Snapshot) -> None:
        """Puts the rows of extensions' configuration tables into what the databases are made from."""
        made_from = [
            self.workspace.server(step.server).at(name)
            for step in self.plan.of(PrepareTarget)
            for name in (step.template, step.bare)
        ]
        configure(snapshot.connection, made_from)

    # -- what the coordinator does while units run --------------------------------------------------------------------

    def _prepare_databases(self, own: OwnObjects, epoch: str) -> None:
        TargetSettings(self.workspace, self.plan).apply()
        own.make(epoch)

    def _large_objects(
        self, snapshot: Snapshot, transfers: Mapping[str, tuple[Transfer, ...]], maker: UnitMaker
    ) -> Callable[[], object] | None:
        if not self.survey.catalog.large_objects:
            return None
        return partial(
            copy_large_objects,
            self.workspace.source,
            snapshot.id,
            self.survey.catalog,
            transfers,
            maker.destinations(),
            epoch=maker.epoch,
            jobs=self.workspace.settings.limits.source_jobs,
        )

    def _release_source(
        self, counts: RowCounts, snapshot: Snapshot, transfers: Mapping[str, tuple[Transfer, ...]]
    ) -> None:
        """Lets the source go: nothing more is read in the snapshot."""
        counted, digested = counts.result()
        require_same_partitions(self.workspace.source, self.survey.catalog)
        self.journal.record(self.run.id, "source rows", counted)
        covered = covered_tables(self.survey, transfers)
        whole = whole_tables(self.journal, self.run.id, self.survey.placements, covered)
        self.journal.store_digests(self.run.id, [("source before", digest) for digest in (*digested, *whole)])
        snapshot.close()
        release_readers(self.workspace.source)

    # -- before and after ---------------------------------------------------------------------------------------------

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
        listed = {name: [[*sequence, value] for sequence, value in found.items()] for name, found in values.items()}
        self.journal.record(self.run.id, "sequences", {"epoch": epoch, "values": listed})
        return values

    def _blocks(self, epoch: str, resolved: Mapping[str, Resolved]) -> RunBlocks:
        """The numbers that are each database's own, where the fence makes sure that rows can go back."""
        if not self.fenced:
            forget_blocks(self.journal, self.run.id)
            return RunBlocks()
        databases: dict[str, list[str]] = {name: [] for name in resolved}
        for step in self.plan.of(CreateDatabase):
            databases[step.target].append(step.database)
        blocks = reserve_blocks(self.workspace, self.run, epoch, resolved, databases)
        for target, sequence, why in without_blocks(self.journal, self.run.id):
            self.workspace.progress.say(f"{target}: {sequence} gets no block of numbers: {why}")
        return blocks

    def _prove(self, transfers: Mapping[str, tuple[Transfer, ...]], failed: Mapping[str, str]) -> Proof:
        """From the digests that the copies and the finished databases left in the journal."""
        journal, run = self.journal, self.run.id
        proof = prove(
            given_digests(journal, run),
            {name: journal.digests(run, f"target:{name}") for name in transfers},
            transfers,
            self.survey.placements,
            counted=journal.recorded(run, "source rows"),
            quarantined=journal.quarantined(run),
            databases=database_counts(self.plan),
        )
        return (
            proof if failed else with_configuration(self.workspace, proof, self.plan.of(CreateDatabase), conserved=True)
        )

    def _expected_rows(self) -> Mapping[str, int]:
        return {
            f"{table.relation.schema}.{table.relation.name}": table.rows
            for table in self.survey.catalog.tables.values()
            if table.rows >= 0
        }

    def _drift(self, resolved: Mapping[str, Resolved]) -> tuple[Difference, ...]:
        """What was written to the unfenced source since the snapshot, and is in no target."""
        transfers = {name: target.transfers for name, target in resolved.items()}
        with self.workspace.read_source("drift") as connection:
            connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            now = routed_digests(self.workspace, connection, self.survey, transfers)
        return written_since(given_digests(self.journal, self.run.id), now, transfers)

    def _outcome(
        self,
        summary: dict[str, object],
        proof: Proof,
        failures: Mapping[str, str],
        drift: tuple[Difference, ...],
    ) -> Outcome:
        made = list(self.plan.of(CreateDatabase))
        figures: dict[str, str | int | float | bool | None] = {
            "databases": len(made),
            "tenants": len(self.plan.tenants),
            "tables": len(self.survey.placements.tables),
            **proof.figures,
            "differences": len(proof.differences),
            "fenced": self.fenced,
            "source_changes_since_snapshot": len(drift),
        }
        summary.update(figures)
        if failures:
            lines = "\n".join(f"  {database}: {message}" for database, message in sorted(failures.items()))
            raise TargetsFailedError(
                f"{len(failures)} of {len(made)} databases failed; the others are complete:\n{lines}",
                "The source stays fenced. Mend the cause and run `migrator migrate` again, or `migrator rollback`.",
            )
        sections = (*((drift_section(drift),) if drift else ()), *proof_sections(proof))
        if not proof.holds:
            summary["status"] = "findings"
            return Outcome(
                "migrate",
                "findings",
                1,
                self.run.id,
                "The databases are made, but source and targets do not agree.",
                figures,
                sections,
                next=("migrator verify", "migrator rollback"),
            )
        return Outcome(
            "migrate",
            run_id=self.run.id,
            headline=f"{proof.told(self.workspace.source.database, len(made))}; all digests agree."
            + (" The source is fenced: it takes no writes until rollback." if self.fenced else ""),
            summary=figures,
            sections=sections,
            next=("migrator verify", "migrator status", "migrator rollback"),
        )
