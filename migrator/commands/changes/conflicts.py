"""Conflicts: predicted by asking the source, settled by new numbers, or accepted and kept in a file for later."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from migrator.commands.changes.waiting_files import remember_file
from migrator.core.changes.row_changes import Conflict
from migrator.core.result.outcome import Section
from migrator.core.result.wording import plural
from migrator.errors import RefusedError
from migrator.files import private_directory, write_atomically
from migrator.journal import RunJournal
from migrator.postgres.changes.change_files import conflict_lines

_MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class Settlement:
    """What the operator has said about conflicts: keep them in a file, give rows new numbers, or neither."""

    accept: bool = False
    renumber: bool = False


REFUSE = Settlement()


class ConflictCount(NamedTuple):
    """The conflicts of one table of one database, with the reason of the first."""

    database: str
    tenant: str
    table: str
    conflicts: int
    reason: str


def counted(conflicts: Sequence[Conflict]) -> tuple[ConflictCount, ...]:
    """The conflicts by database and table, the most first."""
    refusals: Counter[tuple[str, str, str]] = Counter()
    reasons: dict[tuple[str, str, str], str] = {}
    for one in conflicts:
        place = one.database, one.tenant, str(one.change.relation)
        refusals[place] += 1
        reasons.setdefault(place, one.reason)
    return tuple(ConflictCount(*place, count, reasons[place]) for place, count in refusals.most_common())


def predicted_section(conflicts: Sequence[Conflict]) -> Section:
    """The conflicts that carrying the changes back would meet, by table and tenant."""
    columns = ("database", "tenant", "table", "changes", "why the first")
    text = "Tried in the source, in a transaction that was aborted."
    return Section("Changes that conflict with the source", columns, counted(conflicts), text, "bad")


def require_settled(conflicts: Sequence[Conflict], by_number: int, settlement: Settlement, run: str) -> None:
    """Refuses where changes conflict and nobody has said what is to become of them; new numbers settle `by_number`.

    Raises:
        RefusedError: nothing has been carried back or dropped then.
    """
    if not conflicts or settlement.accept:
        return
    lines = [
        f"  {one.database}: {one.table}: {one.conflicts}, the first: {one.reason}"
        for one in counted(conflicts)[:_MOST_NAMED]
    ]
    confirm = f"migrator rollback --confirm {run} --replay-writes"
    renumber = f"{plural(by_number, 'row')} can get new numbers: {confirm} --renumber. " if by_number else ""
    keep = "--renumber --accept-conflicts" if settlement.renumber else "--accept-conflicts"
    raise RefusedError(
        f"{plural(len(conflicts), 'change')} of the targets cannot be carried back as they are:\n" + "\n".join(lines),
        f"Nothing was changed. {renumber}The others wait in a file, for rollback --retry-conflicts: {confirm} {keep}.",
    )


def keep_in_file(directory: Path, journal: RunJournal, conflicts: Sequence[Conflict]) -> Path:
    """Writes the conflicts into a new file, for the owner only, and lets the journal remember it."""
    private_directory(directory)
    number = 1
    while (file := directory / f"conflicts.{number}.jsonl").exists():
        number += 1
    write_atomically(file, conflict_lines(conflicts).encode())
    remember_file(journal, file, len(conflicts))
    return file
