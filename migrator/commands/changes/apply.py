"""What applications wrote to the targets since migrate, carried back into the monolith."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from migrator.commands.changes.find import Writes, objects_in, rows_of
from migrator.commands.shared.workspace import Workspace
from migrator.core.changes.row_changes import Conflict, DatabaseChanges, RowChange
from migrator.errors import DatabaseError
from migrator.files import private_directory, write_atomically
from migrator.journal import Journal, Run
from migrator.postgres.changes.apply_changes import Monolith
from migrator.postgres.changes.change_files import conflict_lines
from migrator.postgres.session.connect import session


@dataclass(frozen=True)
class Carried:
    """What became of the changes."""

    rows: int
    conflicts: tuple[Conflict, ...]
    file: Path | None  # of the conflicts
    tables: tuple[str, ...]  # that hold changes now, compared with the targets row by row
    kept: int  # changes in the file


def carried_before(journal: Journal, run: str) -> Carried | None:
    """What an attempt carried back that was stopped before the run was taken back; None where none did."""
    recorded = journal.recorded(run, "carried back")
    if recorded is None:
        return None
    file = Path(recorded["file"]) if recorded["file"] else None
    return Carried(recorded["rows"], (), file, tuple(recorded["tables"]), recorded["kept"])


def forget_carried(journal: Journal, run: str) -> None:
    """What was carried back has become a part of what the source is compared with."""
    journal.record(run, "carrying back", [])
    journal.record(run, "carried back", None)


def replay_writes(workspace: Workspace, run: Run, changes: Sequence[DatabaseChanges], writes: Writes) -> Carried:
    """Carries the changes into the source, tables of all tenants first, and proves that it then equals the targets.

    Conflicts go into a file first, so that none is lost whatever happens next.

    Raises:
        DatabaseError: the source failed, or does not equal the targets afterwards; nothing has been dropped then.
    """
    conflicts: list[Conflict] = [conflict for one in changes for conflict in one.held]
    applied = 0
    # An attempt that dies half-way leaves rows in the source that the next one does not find changed any more.
    before = workspace.journal.recorded(run.id, "carrying back") or []
    tables = sorted({*before, *(one.full_name for part in changes for one in part.counts())})
    workspace.journal.record(run.id, "carrying back", tables)
    with _monolith(workspace, writes) as monolith:
        for part in _in_order(changes):
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
            conflicts += done.conflicts
            workspace.progress.say(
                f"{part.database}: {len(done.applied)} changes carried back, {len(done.conflicts)} conflicts"
            )
    file = None
    if conflicts:
        file = _new_file(private_directory(workspace.backups / "rollback" / run.id))
        write_atomically(file, conflict_lines(conflicts).encode())
    _require_equal(workspace, writes, conflicts)
    document = {"rows": applied, "file": str(file) if file else None, "tables": tables, "kept": len(conflicts)}
    workspace.journal.record(run.id, "carried back", document)
    return Carried(applied, tuple(conflicts), file, tuple(tables), len(conflicts))


@contextmanager
def _monolith(workspace: Workspace, writes: Writes) -> Iterator[Monolith]:
    limits = workspace.settings.limits
    with session(workspace.source, purpose="replay") as connection:
        yield Monolith(
            connection,
            workspace.source,
            writes.survey.catalog,
            limits.lock_timeout,
            limits.fence_patience,
            workspace.progress.say,
        )


def _in_order(changes: Sequence[DatabaseChanges]) -> list[DatabaseChanges]:
    """Tables that every tenant may reference come first, and lose rows last."""

    def only(one: DatabaseChanges, *, deleted: bool) -> DatabaseChanges:
        rows = tuple(row for row in one.rows if (row.kind == "deleted") == deleted)
        return DatabaseChanges(one.target, one.tenant, one.database, rows)

    common = [one for one in changes if not one.tenant]
    return [
        *(only(one, deleted=False) for one in common),
        *(one for one in changes if one.tenant),
        *(only(one, deleted=True) for one in reversed(common)),
    ]


def _require_equal(workspace: Workspace, writes: Writes, conflicts: Sequence[Conflict]) -> None:
    """Reads both sides again: what still differs has to be exactly the conflicts."""

    def named(database: str, row: RowChange) -> tuple[str, str, str]:
        return database, str(row.relation), row.key

    wanted = {named(one.database, one.change) for one in conflicts}
    left = {named(one.database, row) for one in rows_of(workspace, writes) for row in one.rows}
    if wrong := left - wanted:
        database, table, key = sorted(wrong)[0]
        raise DatabaseError(
            f"{len(wrong)} rows of the source do not equal the targets' after the replay, the first {table} {key} of "
            f"{database}.",
            "Nothing was dropped. Keep the changes as files (--save-writes), and look at that row on both sides.",
        )


def _new_file(directory: Path) -> Path:
    number = 1
    while (file := directory / f"conflicts.{number}.jsonl").exists():
        number += 1
    return file
