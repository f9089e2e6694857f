"""migrate: carries out the plan of the passed dry-run, proves what it did, and resumes where it was stopped."""

from __future__ import annotations

import secrets
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from migrator.core.catalog import Relation
from migrator.core.compare import Difference, Digest, total
from migrator.core.outcome import Outcome
from migrator.core.plan import CopyTable, CreateDatabase, FinishDatabase, Plan, PrepareTarget
from migrator.core.transfer import RECORD_HASH_SINCE, Transfer, base_type, has_own_hash, last_value
from migrator.errors import InterruptedRunError, RefusedError, SnapshotLostError, TargetsFailedError
from migrator.execute import carry_out, create_databases, prepare_target
from migrator.files import private_directory
from migrator.journal import Journal, Run
from migrator.postgres.catalog import read_objects, read_sequences
from migrator.postgres.connect import READ_ONLY, session
from migrator.postgres.copy import CopyUnit, Destination
from migrator.postgres.counting import RowCounts, lock_against_ddl
from migrator.postgres.databases import drop_database
from migrator.postgres.deferred import FinishUnit, TargetWork
from migrator.postgres.fence import lift_fence, raise_fence, read_fence
from migrator.postgres.large_objects import copy_large_objects
from migrator.postgres.roles import make_role, marked_roles
from migrator.postgres.snapshot import Snapshot, release_readers
from migrator.postgres.spool import discard
from migrator.postgres.units import copy_units, loads_of, session_budget
from migrator.stages.backup_restore import jobs_within
from migrator.stages.drift import drift_section, routed_digests, written_since
from migrator.stages.executor import executor
from migrator.stages.isolation import hand_out, make_groups
from migrator.stages.own_objects import OwnObjects
from migrator.stages.pacing import Pacing
from migrator.stages.privileges import require_privileges
from migrator.stages.proof import Proof, proof_sections, prove
from migrator.stages.resolve import Resolved, complete_template, resolve
from migrator.stages.session_settings import TargetSettings
from migrator.stages.survey import Survey, plan_of, survey, survey_in
from migrator.stages.taken_back import all_are_there, require_same_source, taken_back
from migrator.stages.workspace import Workspace
from migrator.workers import Work, warm_up

_MAINTENANCE_MEMORY_KB = 256 * 1024


def migrate(
    workspace: Workspace, *, without_backup: bool = False, fence: bool = True, passwords: bool = True
) -> Outcome:
    """Splits the source as planned, or goes on where an earlier attempt stopped.

    Raises:
        RefusedError: no passed dry-run of this plan, no backup, targets in the way, rows that nobody owns.
        TargetsFailedError: some databases failed; the others are complete, and the same command resumes.
    """
    with workspace.stage("migrate") as (run, summary):
        require_privileges(workspace, "read", "every row", *(("fence",) if fence else ()))
        found = survey(workspace)
        plan = plan_of(workspace, found)
        if not taken_back(workspace, run.id) and (done := _done_before(workspace, run, plan)):
            return done
        require_same_source(workspace, run, found)
        _require_dry_run(workspace, run, plan)
        if not without_backup:
            _require_backup(workspace, run)
        workspace.journal.set_fingerprint(run.id, plan.fingerprint)
        outcome = _Migration(workspace, run, plan, found, fenced=fence).carry_out(summary)
        all_are_there(workspace, run.id)
        if passwords:
            hand_out(workspace, run, plan)
        return outcome


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


def given_digests(journal: Journal, run: str) -> Mapping[str, tuple[Digest, ...]]:
    """What the source gave to each target, as the copies recorded it, parts of a table taken together."""
    copied: dict[str, list[Digest]] = {}
    for moment, digest in journal.digests_by_moment(run, "copied:"):
        copied.setdefault(moment.split(":")[1], []).append(digest)
    return {target: tuple(total(found).values()) for target, found in copied.items()}


def sequence_values(journal: Journal, run: str) -> tuple[str, Mapping[str, Mapping[Relation, int]]] | None:
    """(epoch, target -> sequence -> the value that it goes on behind), as migrate took it from the source."""
    recorded = journal.recorded(run, "sequences")
    if recorded is None:
        return None
    return recorded["epoch"], {
        target: {Relation(schema, name): value for schema, name, value in found}
        for target, found in recorded["values"].items()
    }


def _covered(found: Survey, transfers: Mapping[str, tuple[Transfer, ...]]) -> frozenset[Relation]:
    """Tables whose copies read every row once, with every column in its place: their digests add up to the table's."""
    return frozenset(
        one.relation
        for items in transfers.values()
        for one in items
        if not one.is_replica
        and one.placement.query is None
        and one.placement.unowned != "replicate"
        and _columns(one)
        == [
            (column.name, base_type(column.type) if has_own_hash(column.type) else "")
            for column in found.catalog.tables[one.relation].columns
        ]
        and one.record_hash == (found.catalog.server_version >= RECORD_HASH_SINCE)
    )


def _columns(transfer: Transfer) -> list[tuple[str | None, str]]:
    return [(column.source, column.type) for column in transfer.columns]


def database_counts(plan: Plan) -> Mapping[str, int]:
    """How many databases each target has."""
    return Counter(step.target for step in plan.of(CreateDatabase))


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
        if self.workspace.settings.limits.executor == "processes":
            warm_up()
        post_data = self._prepare_targets()
        # Checked against the templates before the source is fenced.
        resolved = resolve(self.workspace, self.plan, self.survey)
        with self._lifted_on_failure():
            epoch = self._fence()
            self._reset_unless(epoch)
            with self._snapshot() as snapshot:
                proof, failures = self._split(epoch, snapshot, post_data, resolved)
        drift = () if self.fenced or failures else self._drift(resolved)
        return self._outcome(summary, proof, failures, drift)

    # -- before anything is read ----------------------------------------------------------------------------------

    def _prepare_targets(self) -> Mapping[str, str]:
        scripts: dict[str, str] = {}
        self._make_roles()
        for step in self.plan.of(PrepareTarget):
            built = ", ".join(f"{tree.target} (revision {', '.join(tree.heads)})" for tree in step.trees)
            self.workspace.progress.say(f"building the schema of target {built}")
            scripts[step.target] = prepare_target(
                step,
                run=self.run.id,
                journal=self.journal,
                server=self.workspace.server(step.server),
                like=self.workspace.source,
                trees=[(self.workspace.settings.path(Path(tree.path)), tree.schema) for tree in step.trees],
                complete=partial(complete_template, self.workspace, self.survey, step.target),
                programs=self.workspace.programs,
            )
        return scripts

    def _make_roles(self) -> None:
        """The read-only roles that do not exist yet, on every server where they read something."""
        wanted = {(step.server, role) for step in self.plan.of(CreateDatabase) for role in step.readers}
        for server, role in sorted(wanted):
            with session(self.workspace.server(server), purpose="prepare") as connection:
                if role not in marked_roles(connection):
                    self.journal.artefact(self.run.id, "role", role, "intended")
                if make_role(connection, role, self.run.id):
                    self.journal.artefact(self.run.id, "role", role, "created")
        make_groups(self.workspace, self.run, self.plan)

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
                self._lift()
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

    def _lift(self) -> None:
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
        """Gives the monolith back to its users when the attempt fails.

        An interruption and a lost snapshot keep the fence: nothing is wrong then, and what is copied is worth keeping.
        """
        try:
            yield
        except (KeyboardInterrupt, InterruptedRunError, SnapshotLostError):
            raise
        except BaseException:
            if self.fenced and any(one.state != "dropped" for one in self.journal.artefacts(self.run.id, "fence")):
                self._lift()
                self.workspace.progress.say("the fence is lifted: the source takes writes again")
            raise

    def _reset_unless(self, epoch: str) -> None:
        """Drops what was copied from another state of the source: two snapshots are never mixed."""
        before = self.journal.recorded(self.run.id, "epoch")
        # VACUUM FULL and CLUSTER pass the fence and move rows between parts of a table, without writing any.
        files = {str(table.relation): table.file for table in self.survey.catalog.tables.values()}
        moved = before is not None and self.journal.recorded(self.run.id, "files") != files
        if before is not None and (before != epoch or moved):
            copied = [name for name in self.journal.step_records(self.run.id) if name.startswith(("copy:", "finish:"))]
            if copied:
                self.workspace.progress.say(
                    f"the source was writable since the last attempt: {len(copied)} steps are done again"
                )
            discard(self.workspace.spool(self.run.id))
            for step in self.plan.of(CreateDatabase):
                with session(self.workspace.server(step.server), purpose="reset") as connection:
                    drop_database(connection, step.database, run=self.run.id)
            self.journal.forget_copies(self.run.id)
        if before != epoch or moved:
            parts = [[step.id, step.parts] for step in self.plan.of(CopyTable)]
            self.journal.record(self.run.id, "parts", parts)
            self.journal.record(self.run.id, "files", files)
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
        resolved: Mapping[str, Resolved],
    ) -> tuple[Proof, Mapping[str, str]]:
        workspace, settings = self.workspace, self.workspace.settings
        values = self._sequence_values(epoch, resolved)
        transfers = {name: target.transfers for name, target in resolved.items()}
        jobs = jobs_within(settings.limits.jobs, settings.limits.max_source_connections)
        budget = self._session_budget()
        sessions = max(1, (budget - 2 * jobs) // jobs)
        databases: dict[str, list[Destination]] = {name: [] for name in settings.hosted}
        for step in self.plan.of(CreateDatabase):
            databases[step.target].append(Destination(step.tenant, workspace.server(step.server).at(step.database)))
        copies = list(
            copy_units(
                self._copy_steps(),
                transfers,
                databases,
                self.survey.catalog,
                run=self.run.id,
                epoch=epoch,
                snapshot=snapshot.id,
                source=workspace.source,
                control=workspace.control,
                sessions=sessions,
                spool=workspace.spool(self.run.id),
            )
        )
        self._require_room(copies)
        targets = {
            name: TargetWork(post_data[name], target.transfers, tuple(values[name].items()), loads_of(name, copies))
            for name, target in resolved.items()
        }
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
        covered = _covered(self.survey, transfers)
        counts = RowCounts(
            workspace.source, snapshot.id, self.survey.catalog, self.survey.catalog.tables.keys() - covered
        )

        def after_last_copy() -> None:
            counted, digested = counts.result()
            self.journal.record(self.run.id, "source rows", counted)
            self.journal.store_digests(
                self.run.id, [("source before", one) for one in (*digested, *self._whole_tables(covered))]
            )
            snapshot.close()
            release_readers(workspace.source)

        work = Work(self.run.id, workspace.control, sessions, paced=settings.limits.paces, targets=targets)
        pacing = Pacing(workspace, self.run, jobs)
        try:
            pacing(jobs)
            with executor(settings.limits, work, jobs) as units:
                create_databases(
                    units, self.run.id, self.plan.of(CreateDatabase), workspace.server, workspace.progress, pacing
                )
                TargetSettings(workspace, self.plan).apply()
                own = OwnObjects(workspace, self.plan, self.survey)
                own.make(epoch)
                copy_large_objects(
                    workspace.source, snapshot.id, self.survey.catalog, transfers, databases, epoch=epoch, jobs=jobs
                )
                carried = carry_out(
                    units,
                    copies,
                    finishes,
                    journal=self.journal,
                    run=self.run.id,
                    progress=workspace.progress,
                    expected=self._expected_rows(),
                    after_last_copy=after_last_copy,
                    watch=pacing,
                )
                if not carried.failures:
                    own.complete(epoch)
        finally:
            pacing.close()
            counts.close()
        if not carried.failures:
            discard(workspace.spool(self.run.id))
        return self._prove(transfers), carried.failures

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
        for name in sorted({step.server for step in self.plan.of(CreateDatabase)}):
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
        listed = {name: [[*sequence, value] for sequence, value in found.items()] for name, found in values.items()}
        self.journal.record(self.run.id, "sequences", {"epoch": epoch, "values": listed})
        return values

    def _copy_steps(self) -> list[CopyTable]:
        """The copies with their parts as they were when this epoch began: receipts name parts by their number."""
        kept = {step_id: parts for step_id, parts in self.journal.recorded(self.run.id, "parts")}
        return [
            replace(step, parts=tuple(None if part is None else (part[0], part[1]) for part in kept[step.id]))
            for step in self.plan.of(CopyTable)
        ]

    def _prove(self, transfers: Mapping[str, tuple[Transfer, ...]]) -> Proof:
        """From the digests that the copies and the finished databases left in the journal."""
        journal, run = self.journal, self.run.id
        return prove(
            given_digests(journal, run),
            {name: journal.digests(run, f"target:{name}") for name in transfers},
            transfers,
            self.survey.placements,
            counted=journal.recorded(run, "source rows"),
            quarantined=journal.quarantined(run),
            databases=database_counts(self.plan),
        )

    def _whole_tables(self, covered: frozenset[Relation]) -> list[Digest]:
        """The digests of whole source tables, from what the copies gave: what rollback compares the source with."""
        # Where a database failed, not all of a table was recorded; the attempt that completes it records it.
        partly = {
            name.removeprefix("copy:").rpartition(">")[0]
            for name, step in self.journal.step_records(self.run.id).items()
            if name.startswith("copy:") and step.status != "done"
        }
        names = {
            name: self.survey.placements.tables[relation].home
            for relation in covered
            if (name := f"{relation.schema}.{relation.name}") not in partly
        }
        given = given_digests(self.journal, self.run.id)
        none = {name: Digest(name, "", 0, 0) for name in names}
        for target, digests in given.items():
            for one in digests:
                if names.get(one.relation) == target:
                    none[one.relation] = none[one.relation].plus(one)
        return list(none.values())

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
            "source_rows": proof.source_rows,
            "target_rows": proof.target_rows,
            "quarantined_rows": sum(balance.quarantined for balance in proof.balances),
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
            headline=f"{proof.source_rows:,} rows of {self.workspace.source.database} are in {len(made)} databases; "
            "all digests agree." + (" The source is fenced: it takes no writes until rollback." if self.fenced else ""),
            summary=figures,
            sections=sections,
            next=("migrator verify", "migrator status", "migrator rollback"),
        )
