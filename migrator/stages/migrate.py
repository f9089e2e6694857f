"""migrate: carries out the plan of the passed dry-run, proves what it did, and resumes where it was stopped."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from migrator.core.compare import Balance, Difference, Digest, balances, differences, total
from migrator.core.outcome import Outcome, Section
from migrator.core.plan import CopyTable, CreateDatabase, FinishDatabase, Plan, PrepareTarget
from migrator.core.transfer import SequenceTransfer, Transfer, last_value, sequence_transfers, transfers_into
from migrator.errors import ConfigurationError, InterruptedRunError, MigratorError, RefusedError, TargetsFailedError
from migrator.execute import CreateUnit, Work, carry_out, create_databases, prepare_target, process_pool
from migrator.journal import Run
from migrator.postgres.catalog import read_catalog, read_objects, read_sequences
from migrator.postgres.connect import READ_ONLY, session
from migrator.postgres.copy import Destination
from migrator.postgres.counting import RowCounts, lock_against_ddl
from migrator.postgres.databases import drop_database
from migrator.postgres.deferred import FinishUnit, TargetWork, seeded_tables
from migrator.postgres.fence import lift_fence, raise_fence, read_fence
from migrator.postgres.snapshot import Snapshot
from migrator.postgres.units import copy_units, session_budget
from migrator.stages.survey import Survey, plan_of, survey, survey_in
from migrator.stages.workspace import Workspace

_MAINTENANCE_MEMORY_KB = 256 * 1024


def migrate(workspace: Workspace, *, without_backup: bool = False, fence: bool = True) -> Outcome:
    """Splits the source as planned, or goes on where an earlier attempt stopped.

    Raises:
        RefusedError: no passed dry-run of this plan, no backup, targets in the way, rows that nobody owns.
        TargetsFailedError: some databases failed; the others are complete, and the same command resumes.
    """
    with workspace.stage("migrate") as (run, summary):
        found = survey(workspace)
        plan = plan_of(workspace, found)
        if done := _done_before(workspace, run, plan):
            return done
        _require_dry_run(workspace, run, plan)
        if not without_backup:
            _require_backup(workspace, run)
        workspace.journal.set_fingerprint(run.id, plan.fingerprint)
        return _Migration(workspace, run, plan, found, fenced=fence).carry_out(summary)


def _done_before(workspace: Workspace, run: Run, plan: Plan) -> Outcome | None:
    last = workspace.journal.last(run.id, "migrate")
    previous = [record for record in workspace.journal.stage_records(run.id) if record.stage == "migrate"][:-1]
    if not previous or previous[-1].status != "done":
        return None
    if run.fingerprint != plan.fingerprint:
        raise RefusedError(
            "This run has been migrated, and source or configuration have changed since.",
            "Take it back first: migrator rollback.",
        )
    assert last is not None
    return Outcome(
        "migrate",
        status="nothing-to-do",
        run_id=run.id,
        headline="This plan has been carried out already.",
        summary=dict(previous[-1].summary),
        next=("migrator verify", "migrator rollback"),
    )


def _require_dry_run(workspace: Workspace, run: Run, plan: Plan) -> None:
    last = workspace.journal.last_plan(run.id)
    if last is None:
        raise RefusedError("There has been no dry-run in this run.", "Run `migrator dry-run` first.")
    fingerprint, passed, _ = last
    if fingerprint != plan.fingerprint:
        raise RefusedError(
            "The plan of the last dry-run is stale: the source's schema, its tenants, the trees or the configuration "
            "have changed since.",
            "Run `migrator dry-run` again.",
        )
    if not passed:
        raise RefusedError(
            "The last dry-run found something that blocks.", "Resolve it and run `migrator dry-run` again."
        )


def _require_backup(workspace: Workspace, run: Run) -> None:
    if workspace.journal.recorded(run.id, "backup") is None:
        raise RefusedError(
            "There is no backup of this run.",
            "Run `migrator backup --verify` first; `--without-backup` goes on without one.",
        )


@dataclass(frozen=True)
class Proof:
    """What migrate and verify have to show for themselves."""

    differences: tuple[tuple[str, Difference], ...]
    balances: tuple[Balance, ...]
    source_rows: int
    target_rows: int

    @property
    def holds(self) -> bool:
        return not self.differences and not any(balance.lost for balance in self.balances)


class _Migration:
    """One attempt at carrying a plan out."""

    def __init__(self, workspace: Workspace, run: Run, plan: Plan, found: Survey, *, fenced: bool) -> None:
        self.workspace = workspace
        self.journal = workspace.journal
        self.run = run
        self.plan = plan
        self.survey = found
        self.fenced = fenced

    def carry_out(self, summary: dict[str, object]) -> Outcome:
        post_data = self._prepare_targets()
        transfers, sequences = self._resolve()
        with self._lifted_on_failure():
            epoch = self._fence()
            self._reset_unless(epoch)
            with self._snapshot() as snapshot:
                proof, failures = self._split(epoch, snapshot, post_data, transfers, sequences)
        return self._outcome(summary, proof, failures)

    # -- before anything is read ----------------------------------------------------------------------------------

    def _prepare_targets(self) -> Mapping[str, str]:
        scripts: dict[str, str] = {}
        for step in self.plan.of(PrepareTarget):
            self.workspace.progress.say(
                f"building the schema of target {step.target} (revision {', '.join(step.heads)})"
            )
            scripts[step.target] = prepare_target(
                step,
                run=self.run.id,
                journal=self.journal,
                server=self.workspace.server(step.server),
                like=self.workspace.source,
                tree=self.workspace.settings.path(self.workspace.settings.targets[step.target].migrations),
                programs=self.workspace.programs,
            )
        return scripts

    def _resolve(self) -> tuple[Mapping[str, tuple[Transfer, ...]], Mapping[str, tuple[SequenceTransfer, ...]]]:
        """Which columns and sequences travel, checked against the templates before the source is fenced."""
        transfers: dict[str, tuple[Transfer, ...]] = {}
        sequences: dict[str, tuple[SequenceTransfer, ...]] = {}
        for step in self.plan.of(PrepareTarget):
            endpoint = self.workspace.server(step.server).at(step.template)
            with session(endpoint, purpose="resolve", settings=READ_ONLY) as connection:
                target_catalog = read_catalog(connection)
                found = transfers_into(
                    step.target,
                    self.survey.placements,
                    self.survey.catalog,
                    target_catalog,
                    self.workspace.settings,
                    dict(self.survey.query_columns),
                )
                if seeded := seeded_tables(connection, found):
                    raise ConfigurationError(
                        f"The tree of target {step.target!r} puts rows of its own into {', '.join(map(str, seeded))}, "
                        "where the source's rows go.",
                        "Remove them from the revision; rows that the source lacks belong in a later one.",
                    )
            transfers[step.target] = found
            sequences[step.target] = sequence_transfers(self.survey.catalog, target_catalog, found)
        return transfers, sequences

    # -- the fence and the snapshot -------------------------------------------------------------------------------

    def _fence(self) -> str:
        """Raises the fence, or finds this run's standing; returns the epoch: the name of the source's frozen state."""
        fresh = f"{self.run.id}-{secrets.token_hex(4)}"
        if not self.fenced:
            return fresh
        limits = self.workspace.settings.limits
        tables = [
            relation
            for table in self.survey.catalog.tables.values()
            for relation in (table.relation, *table.partitions)
        ]
        with session(self.workspace.source, purpose="fence") as connection:
            standing = read_fence(connection)
            if standing is not None and standing.run != self.run.id:
                raise RefusedError(
                    f"The source is fenced by run {standing.run}.", "Finish or take back that run: migrator rollback."
                )
            known = self.journal.artefacts(self.run.id, "fence")
            complete = any(artefact.state == "created" for artefact in known)
            if standing is not None and complete and not set(tables) <= standing.fenced:
                # Somebody took a part of it away: what was read before may have changed since.
                self._lift(connection)
                standing = None
            if standing is None or not complete:
                self.journal.artefact(self.run.id, "fence", "source", "intended")
                self.workspace.progress.say(f"fencing {len(tables)} tables of the source against writes")
                raise_fence(
                    connection,
                    self.workspace.source,
                    tables,
                    run=self.run.id,
                    epoch=fresh,
                    lock_timeout=limits.lock_timeout,
                    patience=limits.fence_patience,
                    say=self.workspace.progress.say,
                )
                self.journal.artefact(self.run.id, "fence", "source", "created")
                standing = read_fence(connection)
        assert standing is not None
        return standing.epoch

    def _lift(self, connection: object = None) -> None:
        limits = self.workspace.settings.limits
        with session(self.workspace.source, purpose="fence") as own:
            lift_fence(
                own,
                self.workspace.source,
                lock_timeout=limits.lock_timeout,
                patience=limits.fence_patience,
                say=self.workspace.progress.say,
            )
        self.journal.artefact(self.run.id, "fence", "source", "dropped")

    @contextmanager
    def _lifted_on_failure(self) -> Iterator[None]:
        """Gives the monolith back to its users when the attempt fails; an interruption keeps the fence, to resume."""
        try:
            yield
        except (KeyboardInterrupt, InterruptedRunError):
            raise
        except BaseException:
            if self.fenced and any(one.state != "dropped" for one in self.journal.artefacts(self.run.id, "fence")):
                self._lift()
                self.workspace.progress.say("the fence is lifted: the source takes writes again")
            raise

    def _reset_unless(self, epoch: str) -> None:
        """Drops what was copied from another state of the source: two snapshots are never mixed."""
        before = self.journal.recorded(self.run.id, "epoch")
        if before is not None and before != epoch:
            copied = [name for name in self.journal.step_records(self.run.id) if name.startswith(("copy:", "finish:"))]
            if copied:
                self.workspace.progress.say(
                    f"the source was writable since the last attempt: {len(copied)} steps are done again"
                )
            for step in self.plan.of(CreateDatabase):
                with session(self.workspace.server(step.server), purpose="reset") as connection:
                    drop_database(connection, step.database, run=self.run.id)
            self.journal.forget_copies(self.run.id)
        self.journal.record(self.run.id, "epoch", epoch)

    @contextmanager
    def _snapshot(self) -> Iterator[Snapshot]:
        snapshot = Snapshot(self.workspace.source)
        try:
            lock_against_ddl(snapshot.connection, self.survey.catalog)
            seen = survey_in(snapshot.connection, self.workspace)
            if plan_of(self.workspace, seen).fingerprint != self.plan.fingerprint:
                raise RefusedError(
                    "The source's schema or its tenants changed while migrate was starting.",
                    "Run `migrator dry-run` again.",
                )
            if self.journal.recorded(self.run.id, "source objects") is None:
                objects = [[kind, name, text] for (kind, name), text in read_objects(snapshot.connection).items()]
                self.journal.record(self.run.id, "source objects", objects)
            yield snapshot
        finally:
            snapshot.close()

    # -- the split ------------------------------------------------------------------------------------------------

    def _split(
        self,
        epoch: str,
        snapshot: Snapshot,
        post_data: Mapping[str, str],
        transfers: Mapping[str, tuple[Transfer, ...]],
        sequences: Mapping[str, tuple[SequenceTransfer, ...]],
    ) -> tuple[Proof, Mapping[str, str]]:
        workspace, settings = self.workspace, self.workspace.settings
        with session(workspace.source, purpose="sequences", settings=READ_ONLY) as connection:
            # Read after the fence: sequences stand outside of every snapshot.
            standing = {one.relation: one for one in read_sequences(connection, settings.source.schemas)}
        targets = {
            name: TargetWork(
                post_data[name],
                transfers[name],
                tuple(
                    (item.sequence, value)
                    for item in sequences[name]
                    if (value := last_value(item, standing)) is not None
                ),
            )
            for name in transfers
        }
        jobs = settings.limits.jobs
        with session(workspace.server(), purpose="capacity", settings=READ_ONLY) as connection:
            budget = session_budget(connection, settings.limits.max_target_connections)
        group = max(1, (budget - 2 * jobs) // jobs)
        databases: dict[str, list[Destination]] = {name: [] for name in settings.targets}
        for step in self.plan.of(CreateDatabase):
            databases[step.target].append(Destination(step.tenant, workspace.server(step.server).at(step.database)))
        copies = copy_units(
            list(self.plan.of(CopyTable)),
            transfers,
            databases,
            self.survey.catalog,
            run=self.run.id,
            epoch=epoch,
            snapshot=snapshot.id,
            source=workspace.source,
            control=workspace.control,
            group=group,
        )
        finishes = {
            step.database: FinishUnit(
                self.run.id,
                step.id,
                epoch,
                step.target,
                step.tenant,
                workspace.server(step.server).at(step.database),
                _MAINTENANCE_MEMORY_KB,
            )
            for step in self.plan.of(FinishDatabase)
        }
        counts = RowCounts(workspace.source, snapshot.id, self.survey.catalog)

        def after_last_copy() -> None:
            self.journal.record(self.run.id, "source rows", counts.result())
            snapshot.close()

        pool = process_pool(Work(self.run.id, workspace.control, group, targets), jobs)
        try:
            create_databases(
                pool,
                [CreateUnit(self.run.id, step, workspace.server(step.server)) for step in self.plan.of(CreateDatabase)],
                workspace.progress,
            )
            carried = carry_out(
                pool,
                copies,
                finishes,
                journal=self.journal,
                run=self.run.id,
                progress=workspace.progress,
                expected=self._expected_rows(),
                after_last_copy=after_last_copy,
            )
        finally:
            _end(pool)
            counts.close()
        return prove(workspace, self.run, self.plan, self.survey, transfers), carried.failures

    def _expected_rows(self) -> Mapping[str, int]:
        return {
            f"{table.relation.schema}.{table.relation.name}": table.rows
            for table in self.survey.catalog.tables.values()
            if table.rows >= 0
        }

    def _outcome(self, summary: dict[str, object], proof: Proof, failures: Mapping[str, str]) -> Outcome:
        made = list(self.plan.of(CreateDatabase))
        figures: dict[str, str | int | float | bool | None] = {
            "databases": len(made),
            "tenants": len(self.plan.tenants),
            "tables": len(self.survey.placements.tables),
            "source_rows": proof.source_rows,
            "target_rows": proof.target_rows,
            "quarantined_rows": sum(balance.quarantined for balance in proof.balances),
            "differences": len(proof.differences),
            "fenced": self.fenced,
        }
        summary.update(figures)
        if failures:
            lines = "\n".join(f"  {database}: {message}" for database, message in sorted(failures.items()))
            raise TargetsFailedError(
                f"{len(failures)} of {len(made)} databases failed; the others are complete:\n{lines}",
                "The source stays fenced. Mend the cause and run `migrator migrate` again, or `migrator rollback`.",
            )
        sections = proof_sections(proof)
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
            headline=f"{proof.source_rows:,} rows of {self.workspace.source.database} are in {len(made)} databases; "
            "all digests agree." + (" The source is fenced: it takes no writes until rollback." if self.fenced else ""),
            summary=figures,
            sections=sections,
            next=("migrator verify", "migrator status", "migrator rollback"),
        )


def _end(pool: ProcessPoolExecutor) -> None:
    """Ends the workers: an idle one by itself, a busy one (after an error or an interrupt) by a signal."""
    processes = list((getattr(pool, "_processes", None) or {}).values())
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.terminate()
    for process in processes:
        process.join(10)


def prove(
    workspace: Workspace, run: Run, plan: Plan, found: Survey, transfers: Mapping[str, Sequence[Transfer]]
) -> Proof:
    """Compares what the source gave with what the targets hold, from the digests in the journal."""
    journal = workspace.journal
    copied: dict[str, list[Digest]] = {}
    for moment, digest in journal.digests_by_moment(run.id, "copied:"):
        copied.setdefault(moment.split(":")[1], []).append(digest)
    per_target = {name: total(copied.get(name, [])) for name in transfers}
    unequal: list[tuple[str, Difference]] = []
    target_rows = 0
    for name, items in transfers.items():
        only_unowned = {f"{item.relation.schema}.{item.relation.name}" for item in items if item.unowned_only}
        given = [
            digest
            for (relation, tenant), digest in per_target[name].items()
            if tenant != "\\N" or relation in only_unowned
        ]
        # A single database's global rows of a mixed table are digested under '' there, and were read under NULL.
        given = [Digest(one.relation, "" if one.tenant == "\\N" else one.tenant, one.rows, one.hash) for one in given]
        held = journal.digests(run.id, f"target:{name}")
        target_rows += sum(digest.rows for digest in held)
        unequal += [(name, difference) for difference in differences(given, held)]
    counted = journal.recorded(run.id, "source rows") or {}
    databases = {name: sum(1 for step in plan.of(CreateDatabase) if step.target == name) for name in transfers}
    found_balances = balances(
        counted,
        {name: list(digests.values()) for name, digests in per_target.items()},
        found.placements.tables.values(),
        journal.quarantined(run.id),
        databases,
    )
    return Proof(tuple(unequal), found_balances, sum(counted.values()), target_rows)


def proof_sections(proof: Proof) -> tuple[Section, ...]:
    """The proof as a report shows it."""
    conservation = Section(
        "Conservation: every row of the source, once",
        ("table", "source rows", "placed rows", "global rows", "quarantined rows", "ignored rows", "lost rows"),
        tuple(
            (one.relation, one.total, one.placed, one.shared, one.quarantined, one.ignored, one.lost)
            for one in proof.balances
        ),
        tone="bad" if any(one.lost for one in proof.balances) else "good",
    )
    if not proof.differences:
        return (conservation,)
    unequal = Section(
        "Differences",
        ("target", "table", "tenant", "kind", "source rows", "target rows"),
        tuple(
            (target, one.relation, one.tenant, one.kind, one.source_rows, one.target_rows)
            for target, one in proof.differences
        ),
        tone="bad",
    )
    return (unequal, conservation)


__all__ = ["MigratorError", "Proof", "migrate", "proof_sections", "prove"]
