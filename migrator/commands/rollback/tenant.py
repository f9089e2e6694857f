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
from migrator.commands.shared.workspace import Workspace
from migrator.core.placement.tenants import Tenant
from migrator.core.plan.transfer import RECORD_HASH_SINCE
from migrator.errors import RefusedError
from migrator.journal import Run
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
    with workspace.stage("rollback-tenant") as (run, summary):
        stored = readable_plan(workspace, run)
        plan, workspace = (stored.plan, stored.workspace) if stored else (None, workspace)
        key = _key(plan.tenants if plan is not None else survey(workspace).tenants, tenant)
        findings = look(workspace, run, plan, key)
        if not (findings.databases or findings.gone) and dropped_tenants(workspace, run.id).get(key) != BEGUN:
            return NoSuchTenantDatabase(run.id, tenant)
        result: RollbackOutlook | TenantTakenBack
        if validate:
            require_able(workspace, run, findings)
            result = outlook(workspace, run, findings, tenant)
        else:
            keep = save is not None or replay
            with read_only_targets(workspace, run, plan, key, keep=keep, discard=discard_writes) as findings:
                carried = keep_writes(workspace, run, findings, save=save, replay=replay, settlement=settlement)
                note_drawn_numbers(workspace, run, findings, keep=not discard_writes)
                result = _take_back(workspace, run, key, findings, carried)
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


def _take_back(
    workspace: Workspace, run: Run, key: str, findings: Findings, carried: Carried | None
) -> TenantTakenBack:
    if carried is not None:
        _note_carried(workspace, run, carried.tables)
    # From here on migrate knows that there is something to do again, whatever happens to this process.
    mark_dropped(workspace, run.id, key, BEGUN)
    databases = [one for one in workspace.journal.of(run.id).artefacts("database") if one.tenant == key]
    forget_tenant(workspace, run.id, key, {one.name: one.target or "" for one in databases})
    dropped = dump_and_drop(workspace, run, findings)
    artefacts = [one for one in workspace.journal.of(run.id).artefacts() if one.tenant == key]
    forget_passwords(workspace, run.id, [one.name for one in artefacts if one.kind == "role"])
    for artefact in artefacts:
        workspace.journal.of(run.id).artefact(artefact.kind, artefact.name, "dropped")
    forget_dropping(workspace, run, [one.name for one in databases])
    forget_carried(workspace.journal, run.id)
    mark_dropped(workspace, run.id, key, DONE)
    return TenantTakenBack(run.id, key, findings, dropped, carried)


def _note_carried(workspace: Workspace, run: Run, tables: Collection[str]) -> None:
    """Keeps the digests that rollback will compare the source with in step with what was carried back."""
    before = recorded_source(workspace, run)
    with workspace.read_source("rollback") as connection:
        catalog = read_catalog(connection, workspace.settings.source.schemas)
        records = catalog.server_version >= RECORD_HASH_SINCE
        now = [
            whole_table(connection, table, records=records)
            for table in catalog.tables.values()
            if (name := table.relation.full_name) in tables and name in before
        ]
    workspace.journal.of(run.id).store_digests([("source before", one) for one in now])
