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
    conflict_outlook,
    keep_writes,
    nothing_open,
    open_run,
    require_unfinished,
    sealed,
)
from migrator.commands.rollback.drawn_numbers import note_drawn_numbers
from migrator.commands.rollback.drop import dump_and_drop
from migrator.commands.rollback.findings import Findings
from migrator.commands.rollback.leftovers import forget_dropping, look, require_able
from migrator.commands.rollback.report import Taken, conflict_section, dump_section, validation
from migrator.commands.rollback.restore_backup import backup_of
from migrator.commands.rollback.source_unchanged import recorded_source
from migrator.commands.shared.dropped_tenants import BEGUN, DONE, forget_tenant, mark_taken_back, taken_back
from migrator.commands.shared.roles import forget_passwords
from migrator.commands.shared.survey import survey
from migrator.commands.shared.workspace import Workspace
from migrator.core.placement.tenants import Tenant
from migrator.core.plan.transfer import RECORD_HASH_SINCE
from migrator.core.result.outcome import Outcome
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
) -> Outcome:
    """Takes one tenant of the open run back; `tenant` is its key, its slug or the name of its database.

    Rows that its applications wrote are told, saved, carried back or given up as by the rollback of the whole. The
    fence stays, so that migrate can make the tenant again from the very state that the others were made from.

    Raises:
        RefusedError: not confirmed, no such tenant, or its databases were written to.
    """
    require_unfinished(workspace)
    run = open_run(workspace)
    if run is None:
        return nothing_open(workspace)
    if not validate:
        confirmed(run, confirm)
    with workspace.stage("rollback-tenant") as (run, summary):
        stored = readable_plan(workspace, run)
        plan, workspace = (stored.plan, stored.workspace) if stored else (None, workspace)
        key = _key(plan.tenants if plan is not None else survey(workspace).tenants, tenant)
        findings = look(workspace, run, plan, key)
        if not (findings.databases or findings.gone) and taken_back(workspace, run.id).get(key) != BEGUN:
            headline = f"Tenant {tenant} has no database of run {run.id}: there is nothing to take back."
            return Outcome("rollback", "nothing-to-do", run_id=run.id, headline=headline)
        if validate:
            require_able(workspace, run, findings)
            outcome = _outlook(workspace, run, tenant, findings)
        else:
            keep = save is not None or replay
            with sealed(workspace, run, plan, key, keep=keep, discard=discard_writes) as findings:
                carried = keep_writes(workspace, run, findings, save=save, replay=replay, settlement=settlement)
                note_drawn_numbers(workspace, run, findings, keep=not discard_writes)
                outcome = _take_back(workspace, run, key, findings, carried)
        if stored is not None:
            outcome = replace(outcome, sections=(*stored.sections, *outcome.sections))
        summary.update(outcome.summary)
        if outcome.exit_code:
            summary["status"] = "findings"
        return outcome


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


def _take_back(workspace: Workspace, run: Run, key: str, findings: Findings, carried: Carried | None) -> Outcome:
    if carried is not None:
        _note_carried(workspace, run, carried.tables)
    # From here on migrate knows that there is something to do again, whatever happens to this process.
    mark_taken_back(workspace, run.id, key, BEGUN)
    databases = [one for one in workspace.journal.artefacts(run.id, "database") if one.tenant == key]
    forget_tenant(workspace, run.id, key, {one.name: one.target or "" for one in databases})
    done = Taken(carried=carried)
    dump_and_drop(workspace, run, findings, done)
    artefacts = [one for one in workspace.journal.artefacts(run.id) if one.tenant == key]
    forget_passwords(workspace, run.id, [one.name for one in artefacts if one.kind == "role"])
    for artefact in artefacts:
        workspace.journal.artefact(run.id, artefact.kind, artefact.name, "dropped")
    forget_dropping(workspace, run, [one.name for one in databases])
    forget_carried(workspace.journal, run.id)
    mark_taken_back(workspace, run.id, key, DONE)
    conflicts = len(carried.conflicts) if carried is not None else 0
    kept = f"; {conflicts} changes could not be carried back and are kept in a file" if conflicts else ""
    return Outcome(
        "rollback",
        "findings" if conflicts else "done",
        1 if conflicts else 0,
        run.id,
        f"Tenant {key} is taken back: {_told(done, findings)}{kept}. Run {run.id} stays open"
        + (", and the source fenced." if findings.fence is not None else "."),
        {
            "tenant": key,
            "databases_dumped": len(done.dumped),
            "databases_dropped": len(done.dropped),
            "roles_dropped": len(done.roles),
            "changes_carried_back": carried.rows if carried is not None else 0,
            "conflicts": conflicts,
        },
        (*conflict_section(carried), *dump_section(done)),
        next=("migrator migrate", "migrator verify", "migrator rollback --validate"),
    )


def _told(done: Taken, findings: Findings) -> str:
    dropped = [f"{', '.join(done.dropped)} dumped and dropped"] if done.dropped else []
    return "; ".join([*dropped, *(f"{name} was gone" for name in findings.gone)]) or "its databases were dropped before"


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
    workspace.journal.store_digests(run.id, [("source before", one) for one in now])


def _outlook(workspace: Workspace, run: Run, tenant: str, findings: Findings) -> Outcome:
    outcome = validation(
        run,
        findings,
        str(workspace.source),
        backup=backup_of(workspace, run),
        outlook=conflict_outlook(workspace, run, findings),
    )
    option = f" --tenant {tenant}"
    names = ", ".join(name for _, name, _ in findings.databases)
    able = outcome.exit_code == 0
    return replace(
        outcome,
        headline=f"Tenant {tenant} can be taken back: {names} would be dumped and dropped; the source stays as it is."
        if able
        else outcome.headline,
        next=tuple(command.replace("rollback", f"rollback{option}", 1) for command in outcome.next),
    )
