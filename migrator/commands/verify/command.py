"""The stage verify: reads both sides again and compares them: rows, schemas, leaks, references."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace

from migrator.commands.plan.finished import standing_source
from migrator.commands.plan.stored import stored_plan, survey_as_planned
from migrator.commands.proof.compare_sides import Proof, prove
from migrator.commands.proof.conserved_objects import with_large_objects
from migrator.commands.proof.drift import routed_digests, written_since
from migrator.commands.proof.extension_configuration import with_configuration
from migrator.commands.proof.records import database_counts, given_digests, sequence_values
from migrator.commands.sequences.blocks import RunBlocks, run_blocks
from migrator.commands.shared.dropped_tenants import dropped_tenants, require_databases, require_standing, standing
from migrator.commands.shared.epochs import require_digests
from migrator.commands.shared.roles import access_differences
from migrator.commands.shared.transfers import Resolved, resolve
from migrator.commands.shared.workspace import RunContext, Workspace
from migrator.commands.targets.database_parameters import TargetSettings
from migrator.commands.targets.tenant_objects import OwnObjects
from migrator.commands.verify.kept_templates import kept_templates
from migrator.commands.verify.report import present
from migrator.commands.verify.result import CrossReference, Verified, WrongRow
from migrator.core.placement.model import Placement
from migrator.core.plan.steps import CreateDatabase, Plan
from migrator.core.plan.transfer import Transfer
from migrator.core.run.facts import SOURCE_OBJECTS, SOURCE_ROWS
from migrator.core.schema.catalog import ForeignKey, Relation
from migrator.core.verify.digests import Digest
from migrator.errors import RefusedError
from migrator.journal import Run
from migrator.postgres.copy.row_counts import count_rows
from migrator.postgres.fence.fence import read_fence
from migrator.postgres.fence.gaps import fence_gaps
from migrator.postgres.placement.select_rows import select_keyed
from migrator.postgres.placement.tenants import read_members
from migrator.postgres.session.connect import READ_ONLY, Endpoint, session
from migrator.postgres.verify.verify_database import (
    DatabaseFacts,
    ExpectedDatabase,
    Reference,
    drill_down,
    examine,
    severed_reference,
)

_SOFT_DELETION = ("deleted_at", "deletedat", "date_suppression")
_MOST_DRILLED = 20  # (table, tenant) pairs
_MOST_KEYS = 10  # rows named for each


def verify(workspace: Workspace, *, sample: float | None = None) -> Verified:
    """Proves the split, or reads what disagrees, with the keys of the rows concerned.

    `sample` (percent) examines only that share of the tenants' databases, and says so; AUTH and SHARED always whole.

    Raises:
        RefusedError: nothing has been migrated, a rollback has begun, or the source is not the one that was migrated.
    """
    workspace, ended = standing_source(workspace)
    if ended is not None:
        return verify_finished(workspace, ended, sample)
    with workspace.stage("verify") as (context, summary):
        last = context.journal.last("migrate")
        if last is None:
            raise RefusedError("There is no completed migrate to verify.", "Run `migrator migrate` first.")
        stored = stored_plan(context)
        if stored is None:
            raise RefusedError("There is no completed migrate to verify.", "Run `migrator migrate` first.")
        require_standing(context.journal, stored.plan)
        if last.status not in ("done", "findings"):
            raise RefusedError("There is no completed migrate to verify.", "Run `migrator migrate` first.")
        survey_as_planned(stored)
        require_databases(stored.context, stored.plan)
        result = Verifier(stored.context, stored.plan, sample).verification()
        gone = tuple(sorted(dropped_tenants(context.journal)))
        result = replace(result, dropped_tenants=gone, plan_changes=stored.since)
        summary.update(present(result).recorded)
        return result


def verify_finished(workspace: Workspace, run: Run, sample: float | None) -> Verified:
    """What stays true of a run that was finished, whatever its applications write: schemas, isolation, references."""
    with workspace.stage("verify", run) as (context, summary):
        stored = stored_plan(context)
        if stored is None:
            raise RefusedError(f"Run {context.id} was finished, and the journal has no plan of it.", "Compare by hand.")
        plan, context = stored.plan, stored.context
        kept = kept_templates(context, plan)
        resolved = resolve(context.workspace, plan, plan.survey, kept)
        result = Verifier(context, plan, sample, resolved).structure()
        summary.update(present(result).recorded)
        return result


@dataclass(frozen=True, slots=True)
class _Severed:
    """A foreign key between two databases, with what it is there and the database that it points into.

    None in the place of these where it cannot be checked. One that was let go (`released`) may point into the
    database that it is in.
    """

    label: str
    child: Placement
    lead: tuple[Reference, Endpoint | None] | None
    released: bool = False


class Verifier:
    """The working state of one verification."""

    def __init__(
        self,
        context: RunContext,
        plan: Plan,
        sample: float | None = None,
        resolved: Mapping[str, Resolved] | None = None,
    ) -> None:
        self.context = context
        self.plan = plan
        self.sample = sample
        self.survey = plan.survey
        self.resolved = resolve(context.workspace, plan, self.survey) if resolved is None else resolved
        self.databases = standing(context.journal, _sampled(plan, sample))
        self.settings = TargetSettings(context.workspace, plan)
        self.own = OwnObjects(context.workspace, plan, self.survey)
        self.severed = tuple(self._severed())
        with context.workspace.read_source("verify") as connection:
            self.members = read_members(connection, self.survey.placements.tree)
        self.source_objects = context.journal.recorded(SOURCE_OBJECTS) or {}
        taken = sequence_values(context.journal)
        self.given = taken[1] if taken is not None else {}
        # Of a run that was finished they are lifted, and its sequences have gone on.
        self.blocks = RunBlocks() if context.run.closed_at else run_blocks(context.journal)
        self.given = {} if context.run.closed_at else self.given
        self.rows_too = True

    def verification(self) -> Verified:
        transfers = {name: target.transfers for name, target in self.resolved.items()}
        with self.context.workspace.read_source("verify") as connection:
            connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            fresh = routed_digests(self.context.progress, connection, self.survey, transfers)
            fenced = read_fence(connection) is not None
            gaps = fence_gaps(connection, self.context.settings.source.schemas) if fenced else ()
            counted = count_rows(connection, self.survey.catalog)
        if not fenced:
            require_digests(
                self.context.journal,
                "what the source held then cannot be compared with the databases, and without the fence it may have "
                "changed since.",
                "See what can be taken back: migrator rollback --validate. Then migrate again.",
            )
        copied = given_digests(self.context.journal)
        changed = written_since(copied, fresh, transfers)
        if changed and not fenced:
            # Without a fence the monolith went on: what was read in the snapshot is what the targets must hold.
            fresh, counted = dict(copied), self.context.journal.recorded(SOURCE_ROWS) or {}
        facts = self._examine()
        held: dict[str, list[Digest]] = {name: [] for name in transfers}
        for fact in facts:
            held[fact.target] += fact.digests
        examined = {(fact.target, fact.tenant) for fact in facts}
        partial = len(examined) < sum(1 for _ in self.plan.of(CreateDatabase))
        if partial:
            known = {step.tenant for step in self.plan.of(CreateDatabase)}
            for name in fresh:
                fresh[name] = tuple(
                    one for one in fresh[name] if (name, one.tenant) in examined or one.tenant not in known
                )
        proof = prove(
            fresh,
            held,
            transfers,
            self.survey.placements,
            counted=None if partial else counted,
            quarantined=self.context.journal.quarantined(),
            databases=database_counts(self.plan),
        )
        rows = tuple(self._rows(proof, transfers, facts))
        proof = with_configuration(self.context.workspace, proof, self.databases, conserved=not partial)
        return Verified(
            self.context.id,
            sum(1 for _ in self.plan.of(CreateDatabase)),
            with_large_objects(self.context.workspace, proof, self.survey) if fenced else proof,
            facts,
            () if fenced else changed,
            rows,
            tuple(self._references(facts, released=False)),
            tuple(self._references(facts, released=True)),
            access_differences(self.context.workspace, self.databases),
            gaps,
            sample=self.sample,
        )

    def structure(self) -> Verified:
        """Everything but the rows themselves, which applications write."""
        self.rows_too = False
        facts = self._examine()
        return Verified(
            self.context.id,
            sum(1 for _ in self.plan.of(CreateDatabase)),
            Proof((), (), 0, 0),
            facts,
            (),
            (),
            tuple(self._references(facts, released=False)),
            tuple(self._references(facts, released=True)),
            access_differences(self.context.workspace, self.databases),
            scope="structure",
            sample=self.sample,
        )

    def _examine(self) -> tuple[DatabaseFacts, ...]:
        task = "examining databases"
        self.context.progress.start(task, total=len(self.databases), unit="databases")
        sessions = 2 + len({one.lead[1] for one in self.severed if one.lead is not None})
        facts = []
        with ThreadPoolExecutor(self.context.settings.limits.target_jobs_of(sessions)) as pool:
            futures = [pool.submit(self._examine_one, step) for step in self.databases]
            for number, future in enumerate(futures, 1):
                facts.append(future.result())
                self.context.progress.advance(task, rows=number)
        self.context.progress.finish(task)
        return tuple(facts)

    def _examine_one(self, step: CreateDatabase) -> DatabaseFacts:
        endpoint = self.context.server(step.server).at(step.database)
        leaving = [
            (one.lead[0], one.lead[1] or endpoint)
            for one in self.severed
            if one.lead is not None and one.child.home == step.target and one.child.own in (None, step.tenant)
        ]
        with ExitStack() as stack:
            homes = {
                home: stack.enter_context(session(home, purpose="verify", settings=READ_ONLY))
                for home in {home for _, home in leaving}
            }
            references = [(reference, homes[home]) for reference, home in leaving]
            return examine(endpoint, self._expected(step), references, None if self.rows_too else ())

    def _expected(self, step: CreateDatabase) -> ExpectedDatabase:
        target = self.resolved[step.target]
        return ExpectedDatabase(
            step.target,
            step.tenant,
            target.transfers,
            self.own.expected(step, self.source_objects, target.objects),
            self.given.get(step.target, {}),
            _soft_deleted(target),
            self.settings.expected(step),
            self.members.get(step.tenant, ()),
            self.blocks.of(step.target, step.database),
        )

    def _rows(
        self, proof: Proof, transfers: Mapping[str, tuple[Transfer, ...]], facts: Sequence[DatabaseFacts]
    ) -> list[WrongRow]:
        """The keys behind the first differences."""
        places = {(step.target, step.tenant): step for step in self.plan.of(CreateDatabase)}
        read = {(fact.target, fact.tenant, digest.relation) for fact in facts for digest in fact.digests}
        wrong: list[WrongRow] = []
        for target, difference in proof.differences[:_MOST_DRILLED]:
            step = places.get((target, difference.tenant))
            transfer = next(
                candidate for candidate in transfers[target] if candidate.relation.full_name == difference.relation
            )
            table = self.survey.catalog.tables.get(transfer.relation)
            if step is None or table is None or not table.primary_key or transfer.placement.query is not None:
                continue
            if (target, step.tenant, difference.relation) not in read:
                continue  # the table is not there, or not all of its columns
            tenant = step.tenant if transfer.per_tenant else None
            keyed = select_keyed(transfer, self.survey.catalog, table.primary_key, tenant)
            endpoint = self.context.server(step.server).at(step.database)
            with (
                self.context.workspace.read_source("verify") as source,
                session(endpoint, purpose="verify", settings=READ_ONLY) as target_connection,
            ):
                rows = drill_down(source, target_connection, transfer, keyed, table.primary_key, limit=_MOST_KEYS)
            wrong += [WrongRow(step.database, difference.relation, row.key, row.kind) for row in rows]
        return wrong

    def _references(self, facts: Sequence[DatabaseFacts], *, released: bool) -> Iterator[CrossReference]:
        """What became of every severed foreign key, in each database with referencing rows."""
        for severed in (one for one in self.severed if one.released == released):
            if severed.lead is None:
                yield CrossReference(severed.label, "", 0, "not checked: its columns did not travel")
                continue
            for fact in facts:
                for reference, count, samples in fact.orphans:
                    if reference == severed.lead[0]:
                        yield CrossReference(severed.label, fact.database, count, "; ".join(samples))

    def _severed(self) -> Iterator[_Severed]:
        placements = self.survey.placements
        kept_together = [
            key
            for key, _ in placements.released
            if key not in placements.severed
            and all(one in placements.tables and placements.tables[one].target for one in (key.table, key.referenced))
        ]
        for key in (*placements.severed, *kept_together):
            child = self.survey.placements.tables[key.table]
            parent = self.survey.placements.tables[key.referenced]
            reference = self._reference(key, child.home, parent.home)
            homes = [step for step in self.plan.of(CreateDatabase) if step.target == parent.home]
            lead: tuple[Reference, Endpoint | None] | None = None
            if reference is not None and key in kept_together:
                lead = reference, None
            elif reference is not None and len(homes) == 1:
                lead = reference, self.context.server(homes[0].server).at(homes[0].database)
            yield _Severed(key.label, child, lead, placements.release_reason(key) is not None)

    def _reference(self, key: ForeignKey, child_target: str, parent_target: str) -> Reference | None:
        child = next(item for item in self.resolved[child_target].transfers if item.relation == key.table)
        parent = next(item for item in self.resolved[parent_target].transfers if item.relation == key.referenced)
        return severed_reference(key, child, parent)


def _sampled(plan: Plan, sample: float | None) -> list[CreateDatabase]:
    steps: list[CreateDatabase] = list(plan.of(CreateDatabase))
    if sample is None:
        return steps
    tenants = [step for step in steps if step.tenant]
    # Drawn from the plan's fingerprint: the same command examines the same databases.
    drawn = set(random.Random(plan.fingerprint).sample(tenants, math.ceil(len(tenants) * sample / 100)))
    return [step for step in steps if not step.tenant or step in drawn]


def _soft_deleted(target: Resolved) -> Mapping[Relation, str]:
    return {
        relation: column.name
        for relation, table in target.catalog.tables.items()
        for column in table.columns
        if column.name.lower() in _SOFT_DELETION
    }
