"""rollback --tenant: dumps and drops one tenant's databases; the others, the fence and the run stay."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from migrator.commands.changes.apply import Carried, forget_carried
from migrator.commands.changes.conflicts import REFUSE, Settlement
from migrator.commands.plan.stored import readable_plan
from migrator.commands.rollback.command import (
    confirmed,
    keep_writes,
    nothing_open,
    open_run,
    outlook,
    read_only_targets,
    require_unfinished,
)
from migrator.commands.rollback.drawn_numbers import note_drawn_numbers
from migrator.commands.rollback.drop import dump_and_drop
from migrator.commands.rollback.findings import Findings
from migrator.commands.rollback.leftovers import forget_dropping, look, require_able
from migrator.commands.rollback.report import present
from migrator.commands.rollback.result import NoSuchTenantDatabase, NothingOpen, RollbackOutlook, TenantTakenBack
from migrator.commands.rollback.source_unchanged import recorded_source
from migrator.commands.shared.dropped_tenants import BEGUN, DONE, dropped_tenants, forget_tenant, mark_dropped
from migrator.commands.shared.roles import forget_passwords
from migrator.commands.shared.survey import survey
from migrator.commands.shared.workspace import RunContext, Workspace
from migrator.core.placement.tenants import Tenant
from migrator.core.plan.transfer import RECORD_HASH_SINCE
from migrator.errors import RefusedError
from migrator.postgres.schema.catalog import read_catalog
from migrator.postgres.verify.digest import whole_table


def rollback_tenant(
    workspace: Workspace,
    tenant: str,
    *,
    validate: bool = False,
    confirm: str | None = None,
    discard_writes: bool = False,
    save: Path | None = None,
    replay: bool = False,
    settlement: Settlement = REFUSE,
) -> RollbackOutlook | TenantTakenBack | NoSuchTenantDatabase | NothingOpen:
    """Takes one tenant of the open run back; `tenant` is its key, its slug or the name of its database.

    Rows that its applications wrote are told, saved, carried back or given up as by the rollback of the whole. The
    fence stays, so that migrate can make the tenant again from the very state that the others were made from.

    Raises:
        RefusedError: not confirmed, no such tenant, or its databases were written to.
    """
    require_unfinished(workspace)
    run = open_run(workspace)
    if run is None:
        return nothing_open(workspace, confirm)
    if not validate:
        confirmed(run, confirm)
    with workspace.stage("rollback-tenant") as (context, summary):
        stored = readable_plan(context)
        plan, context = (stored.plan, stored.context) if stored else (None, context)
        key = _key(plan.tenants if plan is not None else survey(context.workspace).tenants, tenant)
        findings = look(context, plan, key)
        if not (findings.databases or findings.gone) and dropped_tenants(context.journal).get(key) != BEGUN:
            return NoSuchTenantDatabase(context.id, tenant)
        result: RollbackOutlook | TenantTakenBack
        if validate:
            require_able(context, findings)
            result = outlook(context, findings, tenant)
        else:
            keep = save is not None or replay
            with read_only_targets(context, plan, key, keep=keep, discard=discard_writes) as findings:
                carried = keep_writes(context, findings, save=save, replay=replay, settlement=settlement)
                note_drawn_numbers(context, findings, keep=not discard_writes)
                result = _take_back(context, key, findings, carried)
        result = replace(result, plan_changes=stored.since if stored is not None else None)
        summary.update(present(result).recorded)
        return result


def _key(tenants: Sequence[Tenant], wanted: str) -> str:
    """The key of the tenant that was named."""
    by_key = [one.key for one in tenants if one.key == wanted]
    named = by_key or sorted({one.key for one in tenants if wanted in (one.slug, one.database)})
    if len(named) == 1:
        return named[0]
    known = ", ".join(f"{one.key} ({one.database})" for one in tenants[:10])
    raise RefusedError(
        f"{'Several tenants are' if named else 'There is no tenant'} called {wanted!r}.",
        f"Name its key or its database: {known}{', …' if len(tenants) > 10 else ''}.",
    )


def _take_back(context: RunContext, key: str, findings: Findings, carried: Carried | None) -> TenantTakenBack:
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
    return TenantTakenBack(context.id, key, findings, dropped, carried)


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
