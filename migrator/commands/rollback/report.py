"""Presents a rollback and its validation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import assert_never

from migrator.commands.changes.apply import Carried
from migrator.commands.changes.conflicts import counted, predicted_section
from migrator.commands.clean.report import present as present_restored
from migrator.commands.plan.changes import PlanChanges, change_sections
from migrator.commands.rollback.findings import Findings, foreign_fence, some_of, written_rows
from migrator.commands.rollback.result import (
    ConflictOutlook,
    ConflictsRetried,
    Dropped,
    NoSuchTenantDatabase,
    NothingOpen,
    RollbackOutlook,
    RolledBack,
    TenantRolledBack,
)
from migrator.core.result.outcome import Cell, Outcome, Section
from migrator.core.result.wording import plural

_MOST_DATABASES = 50  # shown; --output json has all
_MOST_CONFLICTS = 50  # shown; the file has all


Result = RollbackOutlook | RolledBack | TenantRolledBack | NothingOpen | NoSuchTenantDatabase | ConflictsRetried


def present(result: Result) -> Outcome:
    """What a rollback would do, or has done; exit code 1 where something of it needs a word."""
    match result:
        case RollbackOutlook():
            return _with_changes(_tenant_outlook(result) if result.tenant else _outlook(result), result.plan_changes)
        case RolledBack():
            return _rolled_back(result)
        case TenantRolledBack():
            return _with_changes(_tenant_taken_back(result), result.plan_changes)
        case NothingOpen():
            return _nothing_open(result)
        case NoSuchTenantDatabase():
            headline = f"Tenant {result.tenant} has no database of run {result.run_id}: there is nothing to take back."
            return Outcome("rollback", "nothing-to-do", run_id=result.run_id, headline=headline)
        case ConflictsRetried():
            return _retried(result)
        case _:
            assert_never(result)


def _with_changes(outcome: Outcome, since: PlanChanges | None) -> Outcome:
    return replace(outcome, sections=(*change_sections(since), *outcome.sections))


def _nothing_open(result: NothingOpen) -> Outcome:
    after = ("migrator rollback --adopt --validate",) if result.may_be_lost else ()
    return Outcome("rollback", "nothing-to-do", run_id=result.run_id, headline=result.why, next=after)


def _outlook(result: RollbackOutlook) -> Outcome:
    """What rolling back would do, and whether it can."""
    findings, outlook = result.findings, result.conflicts
    targets = [database for _, database, mark in findings.databases if mark.role == "target"]
    figures: dict[str, Cell] = {
        "databases_to_drop": len(findings.databases),
        "databases_to_dump_first": len(targets),
        "roles_to_drop": len(findings.roles),
        "fenced_tables": len(findings.fence.fenced) if findings.fence else 0,
        "databases_written_since_migrate": len({database for database, _ in findings.written}),
        "backup": str(result.backup) if result.backup else None,
    }
    sections = [_databases_section(findings)]
    data = {"databases": _database_data(findings)}
    command = f"migrator rollback --confirm {result.run_id}"
    found = Outcome("rollback", "findings", 1, result.run_id, summary=figures, sections=tuple(sections), data=data)
    if findings.lost:
        return replace(
            found,
            headline="Not everything that applications wrote to the targets can be kept: it would be in dumps at most.",
            sections=(*sections, *_lost_sections(findings)),
            next=(f"{command} --discard-writes",),
        )
    if findings.written:
        return _with_writes(found, findings, outlook, command)
    foreign = foreign_fence(result.run_id, findings)
    after = f"the fence is of another run, {foreign}, and stays" if foreign else f"{result.source} takes writes again"
    return Outcome(
        "rollback",
        run_id=result.run_id,
        headline=f"Rollback can go ahead: {len(targets)} databases are dumped, {len(findings.databases)} dropped, "
        f"and {after}.",
        summary=figures,
        sections=tuple(sections),
        data=data,
        next=(command,),
    )


def _lost_sections(findings: Findings) -> list[Section]:
    """What of the applications' writes can neither be saved nor carried back, and why."""
    sections = []
    if findings.gone:
        names = tuple((name,) for name in findings.gone)
        sections.append(Section("Databases that somebody else dropped", ("database",), names, tone="bad"))
    if findings.untold is not None:
        sections.append(Section("Why it cannot be told", text=findings.untold.message, tone="bad"))
    if findings.strays:
        objects = tuple((database, len(oids), some_of(oids)) for database, oids in findings.strays.items())
        columns = ("database", "large objects", "numbers")
        sections.append(Section("Large objects that no row names", columns, objects, tone="bad"))
    if findings.written:
        sections.append(_written_section(findings))
    return sections


def _with_writes(outcome: Outcome, findings: Findings, outlook: ConflictOutlook | None, command: str) -> Outcome:
    """The same where applications have written to the targets: what they wrote, and what may be typed about it."""
    sections, figures = [_written_section(findings)], dict(outcome.summary)
    options: tuple[str, ...] = ("--discard-writes",)
    fate = "which of them can go back cannot be told, because the source is not fenced by this run"
    if outlook is not None:
        options = outlook.options()
        figures["conflicts"] = len(outlook.conflicts)
        figures["conflicts_settled_by_new_numbers"] = outlook.by_number
        fate = "all of it can be carried back"
        if outlook.conflicts:
            sections.append(predicted_section(outlook.conflicts))
            fate = f"{plural(len(outlook.conflicts), 'change')} of it cannot be carried back as they are"
        if outlook.by_number:
            fate += f", {outlook.by_number} of them because a number is taken"
    return replace(
        outcome,
        headline=f"Applications have written to the targets: {fate}. Rolling back without a word on it is refused.",
        summary=figures,
        sections=(*outcome.sections, *sections),
        next=tuple(f"{command} {option}" for option in options),
    )


def _databases_section(findings: Findings) -> Section:
    rows = [
        (database, mark.role, mark.tenant, "not finished by migrate" if database in findings.unfinished else "")
        for _, database, mark in findings.databases
    ]
    # What is told first is what somebody may not expect.
    rows.sort(key=lambda row: not row[-1])
    text = ""
    if len(rows) > _MOST_DATABASES:
        text = f"{plural(len(rows) - _MOST_DATABASES, 'database')} more; --output json has every one."
    columns = ("database", "role", "tenant", "remark")
    return Section("Databases of this run", columns, tuple(rows[:_MOST_DATABASES]), text)


def _database_data(findings: Findings) -> list[dict[str, object]]:
    return [
        {
            "database": database,
            "role": mark.role,
            "tenant": mark.tenant,
            "finished": database not in findings.unfinished,
        }
        for _, database, mark in findings.databases
    ]


def _written_section(findings: Findings) -> Section:
    return Section(
        "Written since migrate",
        ("database", "table", "inserted", "updated", "deleted", "what"),
        tuple(written_rows(findings)),
        tone="bad",
    )


def dump_section(dropped: Dropped) -> list[Section]:
    """Where the dumps of what was dropped are, and which roles stay."""
    sections = [Section("Dumps of what was dropped", ("database", "dump"), dropped.dumps)] if dropped.dumps else []
    if dropped.used_roles:
        stay = "They have privileges or objects elsewhere: DROP OWNED BY in those databases, then DROP ROLE."
        sections.append(
            Section("Roles that stay", ("role",), tuple((role,) for role in dropped.used_roles), stay, "warning")
        )
    return sections


def conflict_section(carried: Carried | None) -> list[Section]:
    """The changes of the targets that could not be carried back."""
    if carried is None or not carried.conflicts:
        return []
    conflicts = tuple(
        (one.database, str(one.change.relation), one.change.key, one.change.kind, one.reason)
        for one in carried.conflicts[:_MOST_CONFLICTS]
    )
    columns = ("database", "table", "key", "kind", "why")
    return [Section("Changes that wait in a file", columns, conflicts, str(carried.file), tone="bad")]


def _rolled_back(result: RolledBack) -> Outcome:
    """What a rollback did, with what came back from quarantine afterwards."""
    outcome = _with_changes(_done(result), result.plan_changes)
    if result.quarantine is None:
        return outcome
    restored = present_restored(result.quarantine)
    return replace(
        outcome,
        summary={**outcome.summary, "rows_restored_from_quarantine": result.quarantine.rows},
        sections=(*outcome.sections, *restored.sections),
    )


def _done(result: RolledBack) -> Outcome:
    """What a rollback did; exit code 1 where the source is not as it was."""
    source, carried = result.source, result.carried
    sections = _done_sections(result)
    wrong = Outcome("rollback", "findings", 1, result.run_id, summary=_done_figures(result), sections=tuple(sections))
    if not result.unchanged and not result.swapped:
        return replace(
            wrong,
            headline=f"The run is taken back, but {source} is not as it was when migrate read it.",
            next=("migrator rollback --restore-backup", "migrator status"),
        )
    if carried is not None and carried.file is not None:
        return replace(
            wrong,
            headline=f"Run {result.run_id} is taken back with {carried.rows} changes of the targets; "
            f"{carried.kept} could not be carried back and are kept in {carried.file}.",
            sections=(*conflict_section(carried), *sections),
            next=(f"migrator rollback --retry-conflicts {carried.file}", "migrator status"),
        )
    if foreign := result.fenced_by:
        return replace(
            wrong,
            headline=f"Run {result.run_id} is taken back, but {source} stays fenced by run {foreign}, which the "
            "journal does not know.",
            next=(f"migrator rollback --adopt --confirm {foreign}",),
        )
    dropped = plural(len(result.dropped.databases), "database")
    return Outcome(
        "rollback",
        run_id=result.run_id,
        headline=f"Run {result.run_id} is taken back: {dropped} dropped, {_proof(result)}.",
        summary=wrong.summary,
        sections=tuple(sections),
        next=("migrator status", "migrator backup"),
    )


def _done_figures(result: RolledBack) -> Mapping[str, Cell]:
    figures: dict[str, Cell] = {
        "databases_dumped": len(result.dropped.dumps),
        "databases_dropped": len(result.dropped.databases),
        "roles_dropped": len(result.dropped.roles),
        "tables_unfenced": result.lifted,
        "tables_compared": result.compared,
        "tables_changed": len(result.changed),
        "objects_changed": len(result.objects),
        "source_identical": result.identical,
    }
    if result.swapped:
        figures["damaged_source_kept_as"] = result.swapped
    if result.carried is not None:
        figures["changes_carried_back"] = result.carried.rows
        figures["conflicts"] = result.carried.kept
        figures["rows_renumbered"] = result.carried.renumbered
    return figures


def _done_sections(result: RolledBack) -> list[Section]:
    """What was dropped, what had been written to the targets, and what the source has otherwise now."""
    sections = dump_section(result.dropped)
    if result.findings.written:
        sections.append(_written_section(result.findings))
    if result.changed:
        columns = ("table", "rows when migrate read it", "rows now", "kind")
        changed = tuple((one.relation, one.source_rows, one.target_rows, one.kind) for one in result.changed)
        sections.append(Section("Tables of the source that changed", columns, changed, tone="bad"))
    if result.objects:
        sections.append(
            Section("Objects of the source that changed", ("kind", "object", "how"), result.objects, tone="bad")
        )
    return sections


def _proof(result: RolledBack) -> str:
    """How it is known that the source is as it was, or why it is not."""
    source, carried = result.source, result.carried
    if result.swapped:
        return f"the source is the restored backup; the damaged one is kept as {result.swapped}"
    if carried is not None:
        return f"{source} has their {carried.rows} changes, equals what they held, and takes writes again"
    if not result.known:
        return f"and {source} was not compared: the journal does not say what it was"
    if not result.comparable:
        return (
            f"the catalog of {source} is as it was, and no row was written by migrator; its rows were not compared: an "
            "earlier version of migrator had hashed them in another way"
        )
    if result.compared:
        return f"all {result.compared} tables and the catalog of {source} are as they were"
    return "migrate had not read the source to its end; its catalog is as it was, and no row was written by migrator"


def _tenant_outlook(result: RollbackOutlook) -> Outcome:
    outcome = _outlook(result)
    option = f" --tenant {result.tenant}"
    names = ", ".join(name for _, name, _ in result.findings.databases)
    return replace(
        outcome,
        headline=f"Tenant {result.tenant} can be taken back: {names} would be dumped and dropped; the source stays as "
        "it is."
        if result.loses_nothing
        else outcome.headline,
        next=tuple(command.replace("rollback", f"rollback{option}", 1) for command in outcome.next),
    )


def _tenant_taken_back(result: TenantRolledBack) -> Outcome:
    carried = result.carried
    conflicts = len(carried.conflicts) if carried is not None else 0
    kept = f"; {conflicts} changes could not be carried back and are kept in a file" if conflicts else ""
    return Outcome(
        "rollback",
        "findings" if conflicts else "done",
        1 if conflicts else 0,
        result.run_id,
        f"Tenant {result.tenant} is taken back: {_gone(result)}{kept}. Run {result.run_id} stays open"
        + (", and the source fenced." if result.findings.fence is not None else "."),
        {
            "tenant": result.tenant,
            "databases_dumped": len(result.dropped.dumps),
            "databases_dropped": len(result.dropped.databases),
            "roles_dropped": len(result.dropped.roles),
            "changes_carried_back": carried.rows if carried is not None else 0,
            "conflicts": conflicts,
        },
        (*conflict_section(carried), *dump_section(result.dropped)),
        next=("migrator migrate", "migrator verify", "migrator rollback --validate"),
    )


def _gone(result: TenantRolledBack) -> str:
    dropped = result.dropped.databases
    words = [f"{', '.join(dropped)} dumped and dropped"] if dropped else []
    return "; ".join([*words, *(f"{name} was gone" for name in result.findings.gone)]) or (
        "its databases were dropped before"
    )


def _retried(result: ConflictsRetried) -> Outcome:
    """What of a conflicts file is in the source now; exit code 1 where some of it still waits."""
    file, left = result.file, result.left
    figures: dict[str, Cell] = {"changes_carried_back": result.carried, "conflicts": len(left)}
    if not left:
        headline = (
            f"Nothing waits in {file} any more: {plural(result.carried, 'change')} of it went to {result.source}."
        )
        return Outcome("rollback", headline=headline, summary=figures, next=("migrator status",))
    columns = ("database", "tenant", "table", "changes", "why the first")
    return Outcome(
        "rollback",
        "findings",
        1,
        headline=f"{plural(result.carried, 'change')} of {file} went to {result.source}, "
        f"{plural(len(left), 'change')} could not yet.",
        summary=figures,
        sections=(Section("Changes that still wait", columns, counted(left), str(file), "bad"),),
        # What another number would not settle has to be mended first, and is tried again as before.
        next=(
            f"migrator rollback --retry-conflicts {file}{' --renumber' if result.by_number else ''}",
            "migrator status",
        ),
    )
