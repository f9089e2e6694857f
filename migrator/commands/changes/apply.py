"""Applies rows that applications wrote into the targets to the source, and proves that both sides are equal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from migrator.commands.changes.conflicts import Settlement, keep_in_file, require_settled
from migrator.commands.changes.find import Writes, objects_in, rows_of
from migrator.commands.shared.workspace import RunContext, Workspace
from migrator.core.changes.renumber import NewNumber, renumber, to_renumber
from migrator.core.changes.row_changes import ChangeKind, Conflict, DatabaseChanges, RowChange
from migrator.core.plan.survey import Survey
from migrator.core.result.wording import plural
from migrator.core.run.facts import CARRIED_BACK, CARRYING_BACK, NEW_NUMBERS, CarriedBack
from migrator.core.schema.catalog import ForeignKey, Relation
from migrator.errors import DatabaseError
from migrator.journal import RunJournal
from migrator.postgres.changes.apply_changes import Monolith
from migrator.postgres.session.connect import session

# A new number may be another row's again, as where a key holds a second column that is taken.
_MOST_ATTEMPTS = 5


@dataclass(frozen=True)
class Carried:
    """What became of the changes."""

    rows: int
    conflicts: tuple[Conflict, ...]
    file: Path | None  # of the conflicts
    tables: tuple[str, ...]  # that hold changes now, compared with the targets row by row
    kept: int  # changes in the file
    renumbered: int = 0  # rows that got new numbers


def carried_before(journal: RunJournal) -> Carried | None:
    """What an attempt carried back that was stopped before the run was taken back; None where none did."""
    recorded = journal.recorded(CARRIED_BACK)
    if recorded is None:
        return None
    file = Path(recorded.file) if recorded.file else None
    return Carried(recorded.rows, (), file, tuple(recorded.tables), recorded.kept, recorded.renumbered)


def forget_carried(journal: RunJournal) -> None:
    """What was carried back has become a part of what the source is compared with."""
    journal.record(CARRYING_BACK, [])
    journal.record(CARRIED_BACK, None)


def references_of(survey: Survey) -> tuple[ForeignKey, ...]:
    """The keys by which rows reference each other: declared, virtual, and polymorphic ones."""
    return (*survey.catalog.foreign_keys, *survey.placements.virtual_keys)


def settled_by_numbers(conflicts: Sequence[Conflict], survey: Survey) -> int:
    """How many of the conflicts another number for the row settles; what hangs on these rows is not counted."""
    return len(to_renumber(conflicts, references_of(survey), survey.catalog))


def predict_conflicts(context: RunContext, changes: Sequence[DatabaseChanges], writes: Writes) -> tuple[Conflict, ...]:
    """What carrying the changes back would meet: done in the source in one transaction, which is aborted."""
    with _monolith(context.workspace, writes) as monolith:
        return _tried(context.workspace, monolith, renumbered(context.journal, changes, writes.survey), writes)


def settle_conflicts(
    context: RunContext, changes: Sequence[DatabaseChanges], writes: Writes, settlement: Settlement
) -> None:
    """Tries the changes in the source, and gives new numbers to rows where that was asked for.

    Raises:
        RefusedError: there are conflicts, and `settlement` does not say what is to become of them.
    """
    with _monolith(context.workspace, writes) as monolith:
        wanted = renumbered(context.journal, changes, writes.survey)
        if settlement.renumber:
            wanted = _with_new_numbers(context, monolith, changes, writes)
        if not settlement.accept:
            tried = _tried(context.workspace, monolith, wanted, writes)
            require_settled(tried, settled_by_numbers(tried, writes.survey), settlement, context.id)


def replay_writes(context: RunContext, changes: Sequence[DatabaseChanges], writes: Writes) -> Carried:
    """Carries the changes into the source, tables of all tenants first, and proves that it then equals the targets.

    Conflicts go into a file, before anything is dropped.

    Raises:
        DatabaseError: the source failed, or does not equal the targets afterwards; nothing has been dropped then.
    """
    with _monolith(context.workspace, writes) as monolith:
        wanted = renumbered(context.journal, changes, writes.survey)
        # An attempt that dies half-way leaves rows in the source that the next one does not find changed any more.
        before = context.journal.recorded(CARRYING_BACK) or []
        tables = sorted({*before, *(one.full_name for part in changes for one in part.counts())})
        context.journal.record(CARRYING_BACK, tables)
        applied, conflicts = _carry(context.workspace, monolith, wanted, writes, aloud=True)
    file = (
        keep_in_file(context.workspace.backups / "rollback" / context.id, context.journal, conflicts)
        if conflicts
        else None
    )
    _require_equal(context, writes, conflicts)
    numbers = len(new_numbers(context.journal))
    fact = CarriedBack(applied, str(file) if file else None, tables, len(conflicts), numbers)
    context.journal.record(CARRIED_BACK, fact)
    return Carried(applied, tuple(conflicts), file, tuple(tables), len(conflicts), numbers)


def new_numbers(journal: RunJournal) -> tuple[NewNumber, ...]:
    """The numbers that rows of a run's targets have been given for the source."""
    return tuple(map(NewNumber.from_document, journal.recorded(NEW_NUMBERS) or ()))


def renumbered(journal: RunJournal, changes: Sequence[DatabaseChanges], survey: Survey) -> tuple[DatabaseChanges, ...]:
    """The changes with the numbers that were given before."""
    return renumber(changes, new_numbers(journal), references_of(survey), survey.catalog)


def _with_new_numbers(
    context: RunContext, monolith: Monolith, changes: Sequence[DatabaseChanges], writes: Writes
) -> tuple[DatabaseChanges, ...]:
    """The changes with new numbers for rows whose key is taken; written down before one of them is in the source."""
    survey = writes.survey
    numbers = {(one.database, one.relation, one.key): one for one in new_numbers(context.journal)}
    for _ in range(_MOST_ATTEMPTS):
        wanted = renumber(changes, numbers.values(), references_of(survey), survey.catalog)
        fresh = renew(monolith, (*changes, *wanted), _tried(context.workspace, monolith, wanted, writes))
        if not fresh:
            break
        numbers.update({(one.database, one.relation, one.key): one for one in fresh})
        context.journal.record(NEW_NUMBERS, [one.to_document() for one in numbers.values()])
    return renumber(changes, numbers.values(), references_of(survey), survey.catalog)


def renew(
    monolith: Monolith,
    changes: Sequence[DatabaseChanges],
    conflicts: Sequence[Conflict],
) -> list[NewNumber]:
    """New numbers for the rows of conflicts that these settle; none is a number of `changes`."""
    used: dict[tuple[Relation, str], set[str]] = {}
    fresh = []
    for one, column in to_renumber(conflicts, monolith.references, monolith.catalog):
        relation = one.change.relation
        if (relation, column) not in used:
            values = (row.values.get(column) for part in changes for row in part.rows if row.relation == relation)
            used[relation, column] = {value for value in values if value is not None}
        number = monolith.next_number(relation, column, used[relation, column])
        used[relation, column].add(number)
        fresh.append(NewNumber(one.database, relation, one.change.origin or one.change.key, column, number))
    return fresh


def _tried(
    workspace: Workspace, monolith: Monolith, changes: Sequence[DatabaseChanges], writes: Writes
) -> tuple[Conflict, ...]:
    with monolith.connection.transaction(force_rollback=True):
        _, conflicts = _carry(workspace, monolith, changes, writes, aloud=False)
    return tuple(conflicts)


def _carry(
    workspace: Workspace, monolith: Monolith, changes: Sequence[DatabaseChanges], writes: Writes, *, aloud: bool
) -> tuple[int, list[Conflict]]:
    """Writes the changes, one transaction a database; returns how many, and the conflicts."""
    conflicts: list[Conflict] = [conflict for one in changes for conflict in one.held]
    applied = 0
    for part in in_order(changes):
        transfers = {one.relation: one for one in writes.resolved[part.target].transfers}
        with objects_in(workspace, writes, part) as objects:
            done = replace(monolith, objects=objects).replay(
                part.rows,
                transfers,
                tenant=part.tenant,
                database=part.database,
                lost=[conflict.change for conflict in conflicts],
            )
        applied += len(done.applied)
        conflicts += [replace(one, target=part.target) for one in done.conflicts]
        if aloud:
            workspace.progress.say(
                f"{part.database}: {plural(len(done.applied), 'change')} carried back, "
                f"{plural(len(done.conflicts), 'conflict')}"
            )
    return applied, conflicts


@contextmanager
def _monolith(workspace: Workspace, writes: Writes) -> Iterator[Monolith]:
    with session(workspace.source_rows, purpose="replay") as connection:
        yield Monolith(
            connection,
            writes.survey.catalog,
            workspace.lock_wait,
            references=references_of(writes.survey),
        )


def in_order(changes: Sequence[DatabaseChanges]) -> list[DatabaseChanges]:
    """Tables that every tenant may reference come first, and lose rows last."""

    common = [part for part in changes if not part.tenant]
    return [
        *(_limited_to(part, ("inserted", "updated")) for part in common),
        *(part for part in changes if part.tenant),
        *(_limited_to(part, ("deleted",)) for part in reversed(common)),
    ]


def _limited_to(part: DatabaseChanges, kinds: Sequence[ChangeKind]) -> DatabaseChanges:
    """The rows of those kinds alone, without what is held back."""
    rows = tuple(row for row in part.rows if row.kind in kinds)
    return DatabaseChanges(part.target, part.tenant, part.database, rows)


def _require_equal(context: RunContext, writes: Writes, conflicts: Sequence[Conflict]) -> None:
    """Reads both sides again: what still differs has to be exactly the conflicts."""

    def named(database: str, row: RowChange) -> tuple[str, str, str]:
        return database, str(row.relation), row.key

    wanted = {named(one.database, one.change) for one in conflicts}
    changes = renumbered(context.journal, rows_of(context.workspace, writes), writes.survey)
    left = {named(one.database, row): row for one in changes for row in one.rows}
    wrong = {place: row for place, row in left.items() if place not in wanted}
    if wrong and new_numbers(context.journal):
        # A row that references a new number differs from the target's, and is right.
        with _monolith(context.workspace, writes) as monolith:
            wrong = {place: row for place, row in wrong.items() if not monolith.holds(row)}
    if wrong:
        database, table, key = sorted(wrong)[0]
        raise DatabaseError(
            f"{len(wrong)} rows of the source do not equal the targets' after the replay, the first {table} {key} of "
            f"{database}.",
            "Nothing was dropped. Keep the changes as files (--save-writes), and look at that row on both sides.",
        )
