"""The stage dry-run: checks everything that can be checked without a change, and writes the plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from migrator.commands.audit.targets import server_facts
from migrator.commands.dry_run.rehearsal import carry_out_rehearsal
from migrator.commands.dry_run.report import present
from migrator.commands.dry_run.result import DryRun, DryRunWanted, Look, blocks
from migrator.commands.dry_run.sql import statements
from migrator.commands.dry_run.templates import row_checks, tried_schemas
from migrator.commands.plan.times import times_of
from migrator.commands.shared.roles import role_checks
from migrator.commands.shared.run_tenants import keep_servers
from migrator.commands.shared.survey import plan_of, survey_in
from migrator.commands.shared.workspace import RunContext, Workspace
from migrator.commands.targets.database_parameters import TargetSettings
from migrator.core.audit.facts import Facts, TargetFacts
from migrator.core.audit.review import review
from migrator.core.audit.source_checks import check_foreign_partitions, check_source_facts
from migrator.core.plan.checks import (
    Check,
    Population,
    State,
    check_large_objects,
    check_placements,
    check_policies,
    check_population,
    check_privileges,
    check_roles,
    check_schema_names,
    check_server,
    check_source,
    check_tenant_servers,
    needed_bytes,
)
from migrator.core.plan.database_parameters import check_settings
from migrator.core.plan.steps import CreateDatabase, Plan
from migrator.core.plan.survey import Survey
from migrator.core.result.wording import listed
from migrator.core.run.facts import BACKUP, MEASURED_TIMES
from migrator.core.sequences.room import check_room
from migrator.core.trees.tenant_objects import objects_of_unknown_tenants
from migrator.journal import RunJournal
from migrator.postgres.audit.facts import examine_in
from migrator.postgres.plan.server_facts import missing_grants, read_population
from migrator.postgres.plan.source_facts import read_source_facts
from migrator.postgres.schema.database_parameters import read_readers
from migrator.postgres.schema.sequence_states import source_sequences
from migrator.postgres.session.connect import Connection, rows
from migrator.settings import Settings

_PLAIN = DryRunWanted()

# The audit's verdicts that are dry-run's too, made once: rows without a tenant, rows that reference what will be in
# another database or nowhere, rows that a clean rule would move, and what the target servers lack. On the others that
# block (BLOCKING) dry-run says the same of the same facts, with what the split makes of them.
_RULES = ("S03", "S06", "S07", "S24", "C01", "S13", "S17", "S19", "S20")


def dry_run(workspace: Workspace, wanted: DryRunWanted = _PLAIN) -> DryRun:
    """Looks at everything, changes nothing, and writes down the plan.

    The targets' schemas are built in scratch databases, which are dropped again. Where nothing blocks, more is done as
    `wanted`.
    """
    with workspace.stage("dry-run") as (context, summary):
        with workspace.read_source("dry-run") as connection:
            connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            missing = missing_grants(connection)
            privileges = tuple(check_privileges(missing))
            if any(one.need in ("read", "every row") for one in missing):
                summary["status"] = "findings"
                return DryRun(context.id, privileges)
            found = survey_in(connection, workspace)
            keep_servers(context, found.tenants)
            plan = plan_of(workspace, found)
            source_facts = read_source_facts(connection)
            if elsewhere := tuple(check_foreign_partitions(source_facts, found.placements)):
                summary["status"] = "findings"
                return DryRun(context.id, (*privileges, *elsewhere))
            facts = examine_in(connection, workspace.settings, workspace.progress)
            population = tuple(_populations(workspace, found, connection, facts))
            secured = tuple(_secured_populations(found, connection))
            taken = [schema for (schema,) in rows(connection, "plan/taken_names")]
            standing = source_sequences(connection, tuple(found.catalog.sequences.values()))
        needed = needed_bytes(found.catalog, found.placements, plan)
        with tried_schemas(context, found, plan) as tried:
            schema_checks = [*(one.check for one in tried), *row_checks(workspace, found, tried)]
        checks = (
            *check_placements(found.placements),
            *privileges,
            *check_source(found.catalog),
            *check_source_facts(source_facts, found.placements, workspace.settings.limits.source_jobs),
            *check_schema_names(taken),
            *_tenant_check(workspace.settings, found, "warn" if wanted.no_tenants_yet else "block"),
            *check_large_objects(facts.large_objects),
            *check_room(standing, found.catalog, found.placements, plan),
            *_setting_checks(workspace, plan),
            *_unknown_tenant_checks(workspace.settings, found),
            *check_population(population, found.placements),
            *check_policies(workspace.settings, found.placements, secured),
            *_target_checks(context, facts, found, plan, needed),
            *role_checks(context, plan),
            *schema_checks,
            _backup_check(context.journal),
        )
        context.journal.record_plan(plan, passed=not blocks(checks))
        look = Look(found, plan, population, times_of(context, plan), sum(needed.values()))
        result = DryRun(context.id, checks, look)
        if wanted.sql and not result.blocked:
            result = replace(result, statements=statements(found, plan, tried))
        if wanted.rehearse and not result.blocked:
            result = _rehearsed(context, result, look)
        outcome = present(result)
        summary.update(outcome.summary, status=outcome.status)
        return result


def _rehearsed(context: RunContext, result: DryRun, look: Look) -> DryRun:
    """The same with what carrying the plan out in scratch databases has measured."""
    rehearsal = carry_out_rehearsal(context.workspace)
    times = rehearsal.times_of(look.plan, datetime.now(UTC))
    context.journal.record(MEASURED_TIMES, times)
    return replace(result, rehearsal=rehearsal, look=replace(look, times=times))


def _populations(workspace: Workspace, survey: Survey, connection: Connection, facts: Facts) -> Iterator[Population]:
    """The rows of each table by target; those that the audit's facts have counted by tenant are not counted again."""
    counted = {one.relation: one for one in facts.unowned}
    progress = workspace.progress
    placed = [placement for placement in survey.placements.tables.values() if placement.target]
    progress.start("counting rows", total=len(placed), unit="tables")
    for number, placement in enumerate(placed, 1):
        for target in placement.homes:
            per_tenant = workspace.settings.targets[target].per_tenant
            if per_tenant and placement.relation in counted:
                yield counted[placement.relation].population(target)
                continue
            yield read_population(
                connection, placement, target, survey.catalog, per_tenant=per_tenant, known=survey.known_keys
            )
        progress.advance("counting rows", rows=number)
    progress.finish("counting rows")


def _secured_populations(survey: Survey, connection: Connection) -> Iterator[Population]:
    """The rows of tables that policies will divide, counted as these will."""
    for placement in survey.placements.tables.values():
        if placement.policy_path is not None:
            divided = replace(placement, key_path=placement.policy_path)
            yield read_population(
                connection, divided, placement.home, survey.catalog, per_tenant=True, known=survey.known_keys
            )


def _target_checks(
    context: RunContext, facts: Facts, survey: Survey, plan: Plan, needed: Mapping[str, int]
) -> Iterator[Check]:
    """Whether the servers can take the plan, `needed` bytes on each, and the rows be split as it says."""
    servers = tuple(server_facts(context.workspace, name) for name in context.settings.target_servers)
    targets = TargetFacts(plan, run=context.id, jobs=context.settings.limits.jobs, servers=servers)
    yield from _audit_checks(replace(facts, targets=targets))
    for server in servers:
        yield from check_server(server, survey.catalog, needed[server.name])
        hosts = {step.target for step in plan.of(CreateDatabase) if step.server == server.name}
        yield from check_roles(context.settings, server, hosts)
    yield from check_tenant_servers(servers, {step.server for step in plan.of(CreateDatabase) if step.tenant})


def _tenant_check(settings: Settings, survey: Survey, state: State) -> Iterable[Check]:
    """An empty tenant root is another table than the one that was meant, or there are no customers yet."""
    if not survey.tenants and any(target.per_tenant for target in settings.targets.values()):
        yield Check(
            "tenants",
            state,
            "the tenant root is empty",
            "Name the right table, [tenants] root; or say that there are none yet: --no-tenants-yet.",
        )


def _audit_checks(facts: Facts) -> Iterable[Check]:
    """What audit finds in the way: by the same rules, and whatever [audit] suppress keeps out of its report."""
    for finding in review(facts, only=_RULES).findings:
        state: State = "block" if finding.severity == "E" else "warn"
        yield Check(f"{finding.id} {finding.object}", state, finding.detail, finding.remedy)


def _setting_checks(workspace: Workspace, plan: Plan) -> Iterable[Check]:
    settings = TargetSettings(workspace, plan)
    refused = {one: why for found in settings.refused.values() for one, why in found.items()}
    with workspace.read_source("dry-run") as connection:
        readers = read_readers(connection)
    travelling = [one for one in settings.source if one not in refused]
    return check_settings(travelling, refused, readers, workspace.settings.tenants.settings)


def _unknown_tenant_checks(settings: Settings, survey: Survey) -> Iterable[Check]:
    left = list(objects_of_unknown_tenants(survey.catalog, settings.tenants.per_tenant_objects, set(survey.known_keys)))
    if left:
        yield Check(
            "objects of one tenant",
            "warn",
            f"{listed(left, 5)}: named like a tenant's own, of no tenant that there is",
            "They are left behind; drop them if the tenant is gone.",
        )


def _backup_check(journal: RunJournal) -> Check:
    kept = journal.recorded(BACKUP)
    if kept is None:
        return Check("backup", "warn", "there is none of this run", "migrator backup --verify")
    return Check("backup", "ok", f"recorded in {kept.directory}")
