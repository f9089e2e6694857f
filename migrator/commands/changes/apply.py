"""Applies rows that applications wrote into the targets to the source, and proves that both sides are equal."""

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
from migrator.postgres.schema.catalog import read_sequences
from migrator.postgres.schema.sequences import set_sequences
from migrator.postgres.session.connect import READ_ONLY, Connection, session


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
        _continue_sequences(workspace, monolith.connection, writes)
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


def _continue_sequences(workspace: Workspace, connection: Connection, writes: Writes) -> None:
    """Sets the source's sequences past what the targets have drawn: the next number must be nobody's."""
    standing = {one.relation: one for one in read_sequences(connection)}
    furthest = {name: one.last_value for name, one in standing.items()}
    for server, database, mark in writes.finished:
        with session(workspace.server(server).at(database), purpose="replay", settings=READ_ONLY) as target:
            there = {one.relation: one.last_value for one in read_sequences(target)}
        for transfer in writes.resolved[mark.target].sequences:
            drawn = there.get(transfer.sequence)
            for name in transfer.sources:
                if drawn is None or name not in standing:
                    continue
                stands = furthest[name]
                further = max if standing[name].increment > 0 else min
                furthest[name] = drawn if stands is None else further(stands, drawn)
    set_sequences(
        connection,
        [
            (name, value)
            for name, value in furthest.items()
            if value is not None and value != standing[name].last_value and standing[name].minimum <= value
        ],
    )


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
