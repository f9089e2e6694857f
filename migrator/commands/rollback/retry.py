"""Conflicts of a rollback, tried again from their file: what has room now is carried into the source."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from migrator.commands.changes.apply import in_order, references_of, renew, settled_by_numbers
from migrator.commands.changes.waiting_files import remember_file, waiting_files
from migrator.commands.rollback.result import ConflictsRetried
from migrator.commands.shared.survey import survey
from migrator.commands.shared.workspace import Workspace
from migrator.core.changes.renumber import renumber
from migrator.core.changes.row_changes import Conflict, DatabaseChanges, RowChange
from migrator.core.plan.survey import Survey
from migrator.core.plan.transfer import Transfer, TransferColumn
from migrator.core.result.progress import Progress
from migrator.core.result.wording import plural
from migrator.core.schema.catalog import Relation
from migrator.errors import ConfigurationError, RefusedError
from migrator.files import write_atomically
from migrator.postgres.changes.apply_changes import Monolith
from migrator.postgres.changes.change_files import conflict_lines, read_conflicts
from migrator.postgres.fence.fence import read_fence
from migrator.postgres.session.connect import session


def retry_conflicts(workspace: Workspace, file: Path, *, with_new_numbers: bool = False) -> ConflictsRetried:
    """Carries the changes of a conflicts file into the source as far as it goes; the rest stays in the file.

    With `with_new_numbers` a row whose number is taken gets another one, and so does what references it in the file.

    Raises:
        RefusedError: the source is fenced by a run: its rows are what that run's targets were made of.
        ConfigurationError: the file cannot be read, or is not one of conflicts.
    """
    waiting = _read(file)
    with workspace.journal.locks.hold(workspace.source_id):
        with workspace.read_source("rollback") as connection:
            fence = read_fence(connection)
        if fence is not None:
            raise RefusedError(
                f"The source is fenced by run {fence.run}: what is written to it now would not be in the targets.",
                "Retry when the run is taken back: migrator rollback --validate.",
            )
        surveyed = survey(workspace)
        with session(workspace.source_rows, purpose="replay") as connection:
            monolith = Monolith(
                connection,
                surveyed.catalog,
                workspace.lock_wait,
                references=references_of(surveyed),
            )
            if with_new_numbers:
                waiting = _renumbered(monolith, surveyed, waiting)
                # Before one of them is in the source: a row that is tried again has the same number then.
                _write(workspace, file, waiting)
            held = tuple(one for one in waiting if one.held)
            left = (*held, *_carry(workspace.progress, monolith, surveyed, [one for one in waiting if not one.held]))
        _write(workspace, file, left)
    return ConflictsRetried(
        str(workspace.source), file, len(waiting) - len(left), left, settled_by_numbers(left, surveyed)
    )


def _read(file: Path) -> tuple[Conflict, ...]:
    try:
        return read_conflicts(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}.", "Name a file of conflicts.") from error
    except ValueError as error:
        raise ConfigurationError(
            f"{file} is not a file of conflicts: {error}.",
            "rollback --replay-writes --accept-conflicts writes one: backups/rollback/RUN/conflicts.N.jsonl.",
        ) from error


def _write(workspace: Workspace, file: Path, conflicts: Sequence[Conflict]) -> None:
    write_atomically(file, conflict_lines(conflicts).encode())
    journal = workspace.journal
    for run in journal.all_runs(workspace.source_id):
        if str(file.absolute()) in waiting_files(journal.of(run.id)):
            remember_file(journal.of(run.id), file, len(conflicts))


def _parts(conflicts: Iterable[Conflict]) -> tuple[DatabaseChanges, ...]:
    rows: dict[tuple[str, str, str], list[RowChange]] = defaultdict(list)
    for one in conflicts:
        rows[one.target, one.tenant, one.database].append(one.change)
    return tuple(DatabaseChanges(*place, tuple(changes)) for place, changes in rows.items())


def _transfers(surveyed: Survey, part: DatabaseChanges) -> Mapping[Relation, Transfer]:
    """What the rows say of how they travelled: the templates that said it are gone."""
    columns: dict[Relation, tuple[TransferColumn, ...]] = {
        row.relation: tuple(TransferColumn(name, name) for name in row.values) for row in part.rows
    }
    return {
        relation: Transfer(surveyed.placements.tables[relation], part.target, bool(part.tenant), names)
        for relation, names in columns.items()
        if relation in surveyed.placements.tables and relation in surveyed.catalog.tables
    }


def _carry(
    progress: Progress, monolith: Monolith, surveyed: Survey, conflicts: Sequence[Conflict]
) -> tuple[Conflict, ...]:
    left: list[Conflict] = []
    for part in in_order(_parts(conflicts)):
        transfers = _transfers(surveyed, part)
        # Carried back by an attempt that died before it could say so in the file.
        rows = tuple(row for row in part.rows if row.relation in transfers and not monolith.holds(row))
        gone = [row for row in part.rows if row.relation not in transfers]
        left += [
            Conflict(part.database, row, "the table is gone", target=part.target, tenant=part.tenant) for row in gone
        ]
        done = monolith.replay(
            rows,
            transfers,
            tenant=part.tenant,
            database=part.database,
            lost=[one.change for one in left],
        )
        left += [replace(one, target=part.target) for one in done.conflicts]
        progress.say(f"{part.database}: {plural(len(done.applied), 'change')} carried back, {len(done.conflicts)} left")
    return tuple(left)


def _renumbered(monolith: Monolith, surveyed: Survey, conflicts: tuple[Conflict, ...]) -> tuple[Conflict, ...]:
    """The conflicts with new numbers for rows whose own is taken, and for what references these rows."""
    movable = tuple(one for one in conflicts if not one.held)
    parts = _parts(movable)
    tried: list[Conflict] = []
    with monolith.connection.transaction(force_rollback=True):
        for part in in_order(parts):
            transfers = _transfers(surveyed, part)
            rows = tuple(row for row in part.rows if row.relation in transfers and not monolith.holds(row))
            tried += monolith.replay(rows, transfers, tenant=part.tenant, database=part.database).conflicts
    numbers = renew(monolith, parts, tried)
    renewed = renumber(parts, numbers, references_of(surveyed), surveyed.catalog)
    return (
        *(one for one in conflicts if one.held),
        *(
            Conflict(part.database, replace(row, origin=""), "tried again", target=part.target, tenant=part.tenant)
            for part in renewed
            for row in part.rows
        ),
    )
