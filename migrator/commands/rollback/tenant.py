"""rollback --tenant: dumps and drops one tenant's databases; the others, the fence and the run stay."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from migrator.commands.changes.apply import Carried, forget_carried
from migrator.commands.changes.way_back import LaterWrites
from migrator.commands.plan.changes import PlanChanges
from migrator.commands.plan.stored import readable_plan
from migrator.commands.rollback.command import (
    confirmed,
    keep_writes,
    nothing_open,
    outlook,
    read_only_targets,
    require_unfinished,
)
from migrator.commands.rollback.drawn_numbers import note_drawn_numbers
from migrator.commands.rollback.drop import dump_and_drop
from migrator.commands.rollback.findings import Findings
from migrator.commands.rollback.leftovers import forget_dropping, look, require_able
from migrator.commands.rollback.report import present
from migrator.commands.rollback.result import NoSuchTenantDatabase, NothingOpen, RollbackOutlook, TenantRolledBack
from migrator.commands.rollback.source_unchanged import recorded_source
from migrator.commands.shared.dropped_tenants import BEGUN, DONE, dropped_tenants, forget_tenant, mark_dropped
from migrator.commands.shared.following import require_not_followed
from migrator.commands.shared.roles import forget_passwords
from migrator.commands.shared.survey import survey
from migrator.commands.shared.workspace import RunContext, Workspace
from migrator.core.placement.tenants import Tenant, keys_called
from migrator.core.plan.steps import Plan
from migrator.core.plan.transfer import RECORD_HASH_SINCE
from migrator.errors import RefusedError
from migrator.postgres.schema.catalog import read_catalog
from migrator.postgres.verify.digest import whole_table

_REFUSED = LaterWrites()


def validate_tenant_rollback(
    workspace: Workspace, tenant: str, *, confirm: str | None = None
) -> RollbackOutlook | NoSuchTenantDatabase | NothingOpen:
    """What taking one tenant of the open run back would do, and whether it can be; changes nothing.

    Raises:
        RefusedError: no such tenant, or the role may not take it back.
    """
    require_unfinished(workspace)
    if workspace.current_run() is None:
        return nothing_open(workspace, confirm)
    with workspace.stage("rollback-tenant") as (context, summary):
        require_not_followed(context)
        part = _found(context, tenant)
        if part is None:
            return NoSuchTenantDatabase(context.id, tenant)
        require_able(part.context, part.findings)
        result = replace(outlook(part.context, part.findings, tenant), plan_changes=part.since)
        summary.update(present(result).recorded)
        return result


def rollback_tenant(
    workspace: Workspace, tenant: str, later: LaterWrites = _REFUSED, *, confirm: str | None
) -> TenantRolledBack | NoSuchTenantDatabase | NothingOpen:
    """Takes one tenant of the open run back; `tenant` is its key, its slug or the name of its database.

    Rows that its applications wrote are told, saved, carried back or given up as by the rollback of the whole. The
    fence stays, so that migrate can make the tenant again from the very state that the others were made from.

    Raises:
        RefusedError: not confirmed, no such tenant, or its databases were written to.
    """
    require_unfinished(workspace)
    run = workspace.current_run()
    if run is None:
        return nothing_open(workspace, confirm)
    confirmed(run, confirm)
    with workspace.stage("rollback-tenant") as (context, summary):
        require_not_followed(context)
        part = _found(context, tenant)
        if part is None:
            return NoSuchTenantDatabase(context.id, tenant)
        context = part.context
        with read_only_targets(context, part.plan, later, part.key) as findings:
            carried = keep_writes(context, findings, later)
            note_drawn_numbers(context, findings, later)
            result = _take_back(context, part.key, findings, carried)
        result = replace(result, plan_changes=part.since)
        summary.update(present(result).recorded)
        return result


@dataclass(frozen=True)
class _Part:
    """What a run has of one tenant, by the plan that it was carried out by, as far as that is known."""

    context: RunContext
    plan: Plan | None
    since: PlanChanges | None
    key: str
    findings: Findings


def _found(context: RunContext, tenant: str) -> _Part | None:
    """What there is of the tenant that was named; None where the run has no database of it."""
    stored = readable_plan(context)
    plan, context = (stored.plan, stored.context) if stored else (None, context)
    key = _key(plan.tenants if plan is not None else survey(context.workspace).tenants, tenant)
    findings = look(context, plan, key)
    if not (findings.databases or findings.gone) and dropped_tenants(context.journal).get(key) != BEGUN:
        return None
    return _Part(context, plan, stored.since if stored else None, key, findings)


def _key(tenants: Sequence[Tenant], wanted: str) -> str:
    """The key of the tenant that was named."""
    named = keys_called(tenants, wanted)
    if len(named) == 1:
        return named[0]
    known = ", ".join(f"{one.key} ({one.database})" for one in tenants[:10])
    raise RefusedError(
        f"{'Several tenants are' if named else 'There is no tenant'} called {wanted!r}.",
        f"Name its key or its database: {known}{', …' if len(tenants) > 10 else ''}.",
    )


def _take_back(context: RunContext, key: str, findings: Findings, carried: Carried | None) -> TenantRolledBack:
    if carried is not None:
        _note_carried(context, carried.tables)
    # From here on migrate knows that there is something to do again, whatever happens to this process.
    mark_dropped(context.journal, key, BEGUN)
    databases = [one for one in context.journal.artefacts("database") if one.tenant == key]
    forget_tenant(context.journal, key, {one.name: one.target or "" for one in databases})
    dropped = dump_and_drop(context, findings)
    artefacts = [one for one in context.journal.artefacts() if one.tenant == key]
    forget_passwords(context.journal, [one.name for one in artefacts if one.kind == "role"])
    for artefact in artefacts:
        context.journal.artefact(artefact.kind, artefact.name, "dropped")
    forget_dropping(context.journal, [one.name for one in databases])
    forget_carried(context.journal)
    mark_dropped(context.journal, key, DONE)
    return TenantRolledBack(context.id, key, findings, dropped, carried)


def _note_carried(context: RunContext, tables: Collection[str]) -> None:
    """Keeps the digests that rollback will compare the source with in step with what was carried back."""
    before = recorded_source(context.journal)
    with context.workspace.read_source("rollback") as connection:
        catalog = read_catalog(connection, context.settings.source.schemas)
        records = catalog.server_version >= RECORD_HASH_SINCE
        now = [
            whole_table(connection, table, records=records)
            for table in catalog.tables.values()
            if (name := table.relation.full_name) in tables and name in before
        ]
    context.journal.store_digests([("source before", one) for one in now])
