"""Presents a rollback and its validation."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from migrator.commands.changes.apply import Carried
from migrator.commands.changes.conflicts import predicted_section
from migrator.commands.rollback.findings import Findings, foreign_fence, some_of, written_rows
from migrator.core.changes.row_changes import Conflict
from migrator.core.result.outcome import Outcome, Section
from migrator.core.result.wording import plural
from migrator.core.verify.digests import Difference
from migrator.journal import Run

_MOST_DATABASES = 50  # shown; --output json has all
_MOST_CONFLICTS = 50  # shown; the file has all


@dataclass
class Taken:
    """What a rollback did."""

    dumped: list[tuple[str, str]] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)  # dropped
    used: list[str] = field(default_factory=list)  # roles that stay, because something of somebody's uses them
    lifted: int = 0
    compared: int = 0
    known: bool = True  # whether the journal says what the source was
    comparable: bool = True  # whether its digests are of the form in which rows are hashed now
    changed: tuple[Difference, ...] = ()
    objects: tuple[tuple[str, str, str], ...] = ()
    swapped: str = ""  # the damaged source's new name
    carried: Carried | None = None  # what became of the targets' changes


def done_well(outcome: Outcome) -> bool:
    """Whether the run can be closed: the source is as it has to be, even if some changes wait in a file."""
    return outcome.exit_code == 0 or outcome.summary.get("source_identical") is not False


@dataclass(frozen=True)
class ConflictOutlook:
    """The conflicts that carrying the writes back would meet, and how many of them a new number settles."""

    conflicts: tuple[Conflict, ...]
    by_number: int

    def options(self) -> tuple[str, ...]:
        """What may be typed behind the confirmation, those that lose nothing first."""
        if not self.conflicts:
            return ("--replay-writes", "--save-writes DIR", "--discard-writes")
        keep = "--save-writes DIR --replay-writes --accept-conflicts"
        if not self.by_number:
            return (keep, "--replay-writes --accept-conflicts", "--save-writes DIR", "--discard-writes")
        # Whether new numbers settle all of it is only known when it is done; where they do not, it is refused.
        return ("--replay-writes --renumber", keep, "--save-writes DIR", "--discard-writes")


def validation(
    run: Run, findings: Findings, source: str, *, backup: Path | None, outlook: ConflictOutlook | None = None
) -> Outcome:
    """What rolling back would do, and whether it can."""
    targets = [database for _, database, mark in findings.databases if mark.role == "target"]
    figures: dict[str, str | int | float | bool | None] = {
        "databases_to_drop": len(findings.databases),
        "databases_to_dump_first": len(targets),
        "roles_to_drop": len(findings.roles),
        "fenced_tables": len(findings.fence.fenced) if findings.fence else 0,
        "databases_written_since_migrate": len({database for database, _ in findings.written}),
        "backup": str(backup) if backup else None,
    }
    sections = [_databases_section(findings)]
    data = {"databases": _database_data(findings)}
    command = f"migrator rollback --confirm {run.id}"
    if findings.lost:
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
        return Outcome(
            "rollback",
            "findings",
            1,
            run.id,
            "Not everything that applications wrote to the targets can be kept: it would be in dumps at most.",
            figures,
            tuple(sections),
            data=data,
            next=(f"{command} --discard-writes",),
        )
    if findings.written:
        sections.append(_written_section(findings))
        options: tuple[str, ...] = ("--discard-writes",)
        told = "which of them can go back cannot be told, because the source is not fenced by this run"
        if outlook is not None:
            options = outlook.options()
            figures["conflicts"] = len(outlook.conflicts)
            figures["conflicts_settled_by_new_numbers"] = outlook.by_number
            told = "all of it can be carried back"
            if outlook.conflicts:
                sections.append(predicted_section(outlook.conflicts))
                told = f"{plural(len(outlook.conflicts), 'change')} of it cannot be carried back as they are"
            if outlook.by_number:
                told += f", {outlook.by_number} of them because a number is taken"
        return Outcome(
            "rollback",
            "findings",
            1,
            run.id,
            f"Applications have written to the targets: {told}. Rolling back without a word on it is refused.",
            figures,
            tuple(sections),
            data=data,
            next=tuple(f"{command} {option}" for option in options),
        )
    if foreign_fence(run, findings) is not None:
        after = f"the fence is of another run, {foreign_fence(run, findings)}, and stays"
    else:
        after = f"{source} takes writes again"
    return Outcome(
        "rollback",
        run_id=run.id,
        headline=f"Rollback can go ahead: {len(targets)} databases are dumped, {len(findings.databases)} dropped, "
        f"and {after}.",
        summary=figures,
        sections=tuple(sections),
        data=data,
        next=(command,),
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


def dump_section(done: Taken) -> list[Section]:
    """Where the dumps of what was dropped are, and which roles stay."""
    sections = [Section("Dumps of what was dropped", ("database", "dump"), tuple(done.dumped))] if done.dumped else []
    if done.used:
        stay = "They have privileges or objects elsewhere: DROP OWNED BY in those databases, then DROP ROLE."
        sections.append(Section("Roles that stay", ("role",), tuple((role,) for role in done.used), stay, "warning"))
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


def report(run: Run, findings: Findings, done: Taken, source: str) -> Outcome:
    """What a rollback did; exit code 1 where the source is not as it was."""
    identical = not done.changed and not done.objects
    figures: dict[str, str | int | float | bool | None] = {
        "databases_dumped": len(done.dumped),
        "databases_dropped": len(done.dropped),
        "roles_dropped": len(done.roles),
        "tables_unfenced": done.lifted,
        "tables_compared": done.compared,
        "tables_changed": len(done.changed),
        "objects_changed": len(done.objects),
        "source_identical": identical if done.known and (done.comparable or not identical) else None,
    }
    if done.swapped:
        figures["damaged_source_kept_as"] = done.swapped
    if done.carried is not None:
        figures["changes_carried_back"] = done.carried.rows
        figures["conflicts"] = done.carried.kept
        figures["rows_renumbered"] = done.carried.renumbered
    sections = dump_section(done)
    if findings.written:
        sections.append(_written_section(findings))
    if done.changed:
        columns = ("table", "rows when migrate read it", "rows now", "kind")
        changed = tuple((one.relation, one.source_rows, one.target_rows, one.kind) for one in done.changed)
        sections.append(Section("Tables of the source that changed", columns, changed, tone="bad"))
    if done.objects:
        sections.append(
            Section("Objects of the source that changed", ("kind", "object", "how"), done.objects, tone="bad")
        )
    if not identical and not done.swapped:
        return Outcome(
            "rollback",
            "findings",
            1,
            run.id,
            f"The run is taken back, but {source} is not as it was when migrate read it.",
            figures,
            tuple(sections),
            next=("migrator rollback --restore-backup", "migrator status"),
        )
    if done.carried is not None and done.carried.file is not None:
        return Outcome(
            "rollback",
            "findings",
            1,
            run.id,
            f"Run {run.id} is taken back with {done.carried.rows} changes of the targets; "
            f"{done.carried.kept} could not be carried back and are kept in {done.carried.file}.",
            figures,
            (*conflict_section(done.carried), *sections),
            next=(f"migrator rollback --retry-conflicts {done.carried.file}", "migrator status"),
        )
    if done.swapped:
        proof = f"the source is the restored backup; the damaged one is kept as {done.swapped}"
    elif done.carried is not None:
        proof = f"{source} has their {done.carried.rows} changes, equals what they held, and takes writes again"
    elif not done.known:
        proof = f"and {source} was not compared: the journal does not say what it was"
    elif not done.comparable:
        proof = (
            f"the catalog of {source} is as it was, and no row was written by migrator; its rows were not compared: an "
            "earlier version of migrator had hashed them in another way"
        )
    elif done.compared:
        proof = f"all {done.compared} tables and the catalog of {source} are as they were"
    else:
        proof = (
            "migrate had not read the source to its end; its catalog is as it was, and no row was written by migrator"
        )
    if (foreign := foreign_fence(run, findings)) is not None:
        return Outcome(
            "rollback",
            "findings",
            1,
            run.id,
            f"Run {run.id} is taken back, but {source} stays fenced by run {foreign}, which the journal does not know.",
            figures,
            tuple(sections),
            next=(f"migrator rollback --adopt --confirm {foreign}",),
        )
    return Outcome(
        "rollback",
        run_id=run.id,
        headline=f"Run {run.id} is taken back: {len(done.dropped)} databases dropped, {proof}.",
        summary=figures,
        sections=tuple(sections),
        next=("migrator status", "migrator backup"),
    )
