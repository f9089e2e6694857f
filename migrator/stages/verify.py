"""verify: reads both sides again and proves, from the databases themselves, that nothing is lost, changed or leaked."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from migrator.core.catalog import ForeignKey, Relation
from migrator.core.compare import Difference, Digest, RowDifference
from migrator.core.outcome import Outcome, Section
from migrator.core.plan import CreateDatabase, Plan
from migrator.core.transfer import Transfer
from migrator.core.wording import plural
from migrator.errors import RefusedError
from migrator.journal import Run
from migrator.postgres.connect import READ_ONLY, session
from migrator.postgres.counting import count_rows
from migrator.postgres.fence import read_fence
from migrator.postgres.proving import DatabaseFacts, Reference, drill_down, examine, orphans, severed_reference
from migrator.postgres.reading import select_keyed
from migrator.postgres.tenants import read_members
from migrator.stages.drift import drift_section, routed_digests, written_since
from migrator.stages.isolation import access_differences
from migrator.stages.own_objects import OwnObjects
from migrator.stages.proof import Proof, proof_sections, prove
from migrator.stages.recorded import database_counts, given_digests, sequence_values
from migrator.stages.resolve import Resolved, resolve
from migrator.stages.session_settings import TargetSettings
from migrator.stages.survey import Survey, plan_of, survey
from migrator.stages.taken_back import require_standing, standing, taken_back
from migrator.stages.workspace import Workspace

_SOFT_DELETION = ("deleted_at", "deletedat", "date_suppression")
_MOST_DRILLED = 20  # (table, tenant) pairs
_MOST_KEYS = 10  # rows named for each


@dataclass(frozen=True)
class _Verification:
    """Everything that was found."""

    proof: Proof
    facts: tuple[DatabaseFacts, ...]
    changed_since: tuple[Difference, ...]  # in the source, since the snapshot
    rows: tuple[tuple[str, Difference, RowDifference], ...]  # (database, difference, row)
    references: tuple[tuple[str, str, int, str], ...]  # (foreign key, database, orphan keys, samples)
    access: tuple[tuple[str, str], ...] = ()  # (database, who owns it or may connect to it and should not)

    @property
    def holds(self) -> bool:
        clean = all(not (fact.objects or fact.leaks or fact.sequences) for fact in self.facts)
        return self.proof.holds and clean and not self.access and not any(count for _, _, count, _ in self.references)


def verify(workspace: Workspace, *, sample: float | None = None) -> Outcome:
    """Proves the split; exit code 1 where anything disagrees, with the keys of the rows concerned.

    `sample` (percent) examines only that share of the tenants' databases, and says so; AUTH and SHARED always whole.

    Raises:
        RefusedError: nothing has been migrated, a rollback has begun, or the plan is not the one that was carried out.
    """
    with workspace.stage("verify") as (run, summary):
        last = workspace.journal.last(run.id, "migrate")
        if last is None:
            raise RefusedError("There is no completed migrate to verify.", "Run `migrator migrate` first.")
        found = survey(workspace)
        plan = plan_of(workspace, found)
        require_standing(workspace, run, plan)
        if last.status not in ("done", "findings"):
            raise RefusedError("There is no completed migrate to verify.", "Run `migrator migrate` first.")
        if plan.fingerprint != run.fingerprint:
            raise RefusedError(
                "The source's schema, its tenants or the configuration are not those that were migrated.",
                "Undo the change, or `migrator rollback` and start again.",
            )
        result = _Verifier(workspace, run, plan, found, sample).verification()
        return _outcome(run, plan, result, summary, sample, sorted(taken_back(workspace, run.id)))


class _Verifier:
    """The working state of one verification."""

    def __init__(self, workspace: Workspace, run: Run, plan: Plan, found: Survey, sample: float | None) -> None:
        self.workspace = workspace
        self.run = run
        self.plan = plan
        self.survey = found
        self.resolved = resolve(workspace, plan, found)
        self.databases = standing(workspace, run.id, _sampled(plan, sample))
        self.settings = TargetSettings(workspace, plan)
        self.own = OwnObjects(workspace, plan, found)
        with workspace.read_source("verify") as connection:
            self.members = read_members(connection, found.placements.tree)
        recorded = workspace.journal.recorded(run.id, "source objects") or ()
        self.source_objects = {(kind, name): text for kind, name, text in recorded}
        taken = sequence_values(workspace.journal, run.id)
        self.given = taken[1] if taken is not None else {}

    def verification(self) -> _Verification:
        transfers = {name: target.transfers for name, target in self.resolved.items()}
        with self.workspace.read_source("verify") as connection:
            connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            fresh = routed_digests(self.workspace, connection, self.survey, transfers)
            fenced = read_fence(connection) is not None
            counted = count_rows(connection, self.survey.catalog)
        copied = given_digests(self.workspace.journal, self.run.id)
        changed = written_since(copied, fresh, transfers)
        if changed and not fenced:
            # Without a fence the monolith went on: what was read in the snapshot is what the targets must hold.
            fresh, counted = dict(copied), dict(self.workspace.journal.recorded(self.run.id, "source rows"))
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
            quarantined=self.workspace.journal.quarantined(self.run.id),
            databases=database_counts(self.plan),
        )
        return _Verification(
            proof,
            facts,
            () if fenced else changed,
            tuple(self._rows(proof, transfers)),
            tuple(self._references()),
            access_differences(self.workspace, self.databases),
        )

    def _examine(self) -> tuple[DatabaseFacts, ...]:
        task = "examining databases"
        self.workspace.progress.start(task, total=len(self.databases), unit="databases")
        found = []
        with ThreadPoolExecutor(self.workspace.settings.limits.jobs) as pool:
            futures = [pool.submit(self._examine_one, step) for step in self.databases]
            for number, future in enumerate(futures, 1):
                found.append(future.result())
                self.workspace.progress.advance(task, rows=number)
        self.workspace.progress.finish(task)
        return tuple(found)

    def _examine_one(self, step: CreateDatabase) -> DatabaseFacts:
        target = self.resolved[step.target]
        endpoint = self.workspace.server(step.server).at(step.database)
        given = self.given.get(step.target, {})
        return examine(
            endpoint,
            step.target,
            step.tenant,
            target.transfers,
            self.own.expected(step, self.source_objects, target.objects),
            given,
            _soft_deleted(target),
            self.settings.expected(step),
            self.members.get(step.tenant, ()),
        )

    def _rows(
        self, proof: Proof, transfers: Mapping[str, tuple[Transfer, ...]]
    ) -> list[tuple[str, Difference, RowDifference]]:
        """The keys behind the first differences."""
        places = {(step.target, step.tenant): step for step in self.plan.of(CreateDatabase)}
        found = []
        for target, difference in proof.differences[:_MOST_DRILLED]:
            step = places.get((target, difference.tenant))
            transfer = next(one for one in transfers[target] if str_of(one.relation) == difference.relation)
            table = self.survey.catalog.tables.get(transfer.relation)
            if step is None or table is None or not table.primary_key or transfer.placement.query is not None:
                continue
            tenant = step.tenant if transfer.per_tenant else None
            keyed = select_keyed(transfer, self.survey.catalog, table.primary_key, tenant)
            endpoint = self.workspace.server(step.server).at(step.database)
            with (
                self.workspace.read_source("verify") as source,
                session(endpoint, purpose="verify", settings=READ_ONLY) as target_connection,
            ):
                rows = drill_down(source, target_connection, transfer, keyed, table.primary_key, limit=_MOST_KEYS)
            found += [(step.database, difference, row) for row in rows]
        return found

    def _references(self) -> list[tuple[str, str, int, str]]:
        """Every severed foreign key, from each database with referencing rows into the one that it points at."""
        found = []
        for key in self.survey.placements.severed:
            child = self.survey.placements.tables[key.table]
            parent = self.survey.placements.tables[key.referenced]
            reference = self._reference(key, child.home, parent.home)
            parents = [step for step in self.plan.of(CreateDatabase) if step.target == parent.home]
            if reference is None or len(parents) != 1:
                found.append((key.label, "", 0, "not checked: its columns did not travel"))
                continue
            home = self.workspace.server(parents[0].server).at(parents[0].database)
            with session(home, purpose="verify", settings=READ_ONLY) as parent_connection:
                for step in self.databases:
                    if step.target != child.home or child.own not in (None, step.tenant):
                        continue
                    endpoint = self.workspace.server(step.server).at(step.database)
                    with session(endpoint, purpose="verify", settings=READ_ONLY) as child_connection:
                        count, samples = orphans(child_connection, parent_connection, reference)
                    found.append((key.label, step.database, count, "; ".join(samples)))
        return found

    def _reference(self, key: ForeignKey, child_target: str, parent_target: str) -> Reference | None:
        child = next(item for item in self.resolved[child_target].transfers if item.relation == key.table)
        parent = next(item for item in self.resolved[parent_target].transfers if item.relation == key.referenced)
        return severed_reference(key, child, parent)


def str_of(relation: Relation) -> str:
    """A relation as digests name it."""
    return f"{relation.schema}.{relation.name}"


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


def _outcome(
    run: Run,
    plan: Plan,
    result: _Verification,
    summary: dict[str, object],
    sample: float | None,
    gone: Sequence[str],
) -> Outcome:
    databases = sum(1 for _ in plan.of(CreateDatabase))
    figures: dict[str, str | int | float | bool | None] = {
        "databases": databases,
        "databases_examined": len(result.facts),
        **result.proof.figures,
        "differences": len(result.proof.differences),
        "leaked_rows": sum(count for fact in result.facts for _, count in fact.leaks),
        "catalog_differences": sum(len(fact.objects) for fact in result.facts),
        "sequence_collisions": sum(len(fact.sequences) for fact in result.facts),
        "references_checked": len({label for label, _, _, _ in result.references}),
        "cross_database_orphans": sum(count for _, _, count, _ in result.references),
        "source_changes_since_snapshot": len(result.changed_since),
        "access_differences": len(result.access),
    }
    if sample is not None:
        figures["sample_percent"] = sample
    summary.update(figures)
    sections = (*_finding_sections(result), *proof_sections(result.proof), *_figure_sections(result))
    data = {
        "differences": [
            {"target": target, "table": one.relation, "tenant": one.tenant, "kind": one.kind,
             "source_rows": one.source_rows, "target_rows": one.target_rows}
            for target, one in result.proof.differences
        ],
        "rows": [
            {"database": database, "table": one.relation, "key": row.key, "kind": row.kind}
            for database, one, row in result.rows
        ],
        "references": [
            {"foreign_key": label, "database": database, "orphans": count, "samples": samples}
            for label, database, count, samples in result.references
        ],
    }  # fmt: skip
    whole = "" if sample is None else f" (a sample: {len(result.facts)} of {databases} databases)"
    if gone:
        figures["tenants_taken_back"] = len(gone)
        whole += f" (without the tenants that were taken back: {', '.join(gone)})"
    if not result.holds:
        summary["status"] = "findings"
        return Outcome(
            "verify",
            "findings",
            1,
            run.id,
            f"Source and targets do not agree{whole}.",
            figures,
            sections,
            data,
            # Not the rollback itself: the differences may be what applications wrote after a good split.
            ("migrator rollback --validate",),
        )
    proven = "no row is lost, none leaked" if sample is None and not gone else "no row of theirs leaked"
    return Outcome(
        "verify",
        run_id=run.id,
        headline=f"All digests of {plural(len(result.facts), 'database')} agree{whole}; {proven}, "
        "no reference across databases is broken.",
        summary=figures,
        sections=sections,
        data=data,
        next=("migrator status", "migrator rollback --validate"),
    )


def _finding_sections(result: _Verification) -> list[Section]:
    sections = []
    if result.rows:
        rows = tuple((database, one.relation, row.key, row.kind) for database, one, row in result.rows)
        why = (
            "Gone astray, or written by applications since migrate: `migrator rollback --validate` counts such writes."
        )
        sections.append(Section("Rows that differ", ("database", "table", "key", "kind"), rows, why, "bad"))
    objects = tuple((fact.database, *one) for fact in result.facts for one in fact.objects)
    if objects:
        columns = ("database", "kind", "object", "against the template")
        sections.append(Section("Schemas that differ from their template", columns, objects, tone="bad"))
    leaks = tuple((fact.database, *one) for fact in result.facts for one in fact.leaks)
    if leaks:
        sections.append(Section("Rows of another tenant", ("database", "table", "rows"), leaks, tone="bad"))
    if result.access:
        sections.append(Section("Databases that are not closed", ("database", "what"), result.access, tone="bad"))
    sequences = tuple((fact.database, *one) for fact in result.facts for one in fact.sequences)
    if sequences:
        columns = ("database", "sequence", "stands at", "furthest value given")
        sections.append(Section("Sequences that would collide", columns, sequences, tone="bad"))
    broken = tuple(one for one in result.references if one[2])
    if broken:
        columns = ("foreign key", "database", "orphan keys", "some of them")
        sections.append(Section("References broken across databases", columns, broken, tone="bad"))
    if result.changed_since:
        sections.append(drift_section(result.changed_since))
    return sections


def _figure_sections(result: _Verification) -> list[Section]:
    checked: dict[str, list[int]] = {}
    for label, _, count, _ in result.references:
        entry = checked.setdefault(label, [0, 0])
        entry[0] += 1
        entry[1] += count
    live: dict[tuple[str, str], list[int]] = {}
    for fact in result.facts:
        for table, rows, living in fact.live:
            totals = live.setdefault((fact.target, table), [0, 0])
            totals[0] += rows
            totals[1] += living
    sections = (
        Section(
            "References across databases",
            ("foreign key", "databases", "orphan keys"),
            tuple((label, *figures) for label, figures in checked.items()),
        ),
        Section(
            "Counters: rows that are not soft-deleted",
            ("target", "table", "rows", "live rows"),
            tuple((target, table, *figures) for (target, table), figures in sorted(live.items())),
        ),
    )
    return [section for section in sections if section.rows]
