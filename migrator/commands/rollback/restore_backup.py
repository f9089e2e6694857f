"""rollback --restore-backup: restores the backup beside the damaged source and swaps the two by name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from migrator.commands.backup.directory import DUMP, MANIFEST, check_backup, newest, place
from migrator.commands.backup.restore import restore_backup_into
from migrator.commands.shared.privileges import require_privileges
from migrator.commands.shared.scratch import drop_scratch
from migrator.commands.shared.workspace import RunContext
from migrator.core.backup.manifest import Manifest
from migrator.core.run.facts import BACKUP, RESTORED
from migrator.core.schema.names import MAX_IDENTIFIER_BYTES
from migrator.errors import RefusedError
from migrator.files import sha256
from migrator.postgres.backup.dump import read_back
from migrator.postgres.databases.databases import Mark, exists, marks
from migrator.postgres.fence.fence import lift_fence
from migrator.postgres.fence.read_only import swap_databases
from migrator.postgres.session.connect import session


def backup_of(context: RunContext) -> Path | None:
    """The directory of the run's backup, or None; a journal that was lost does not know of it, its own name does."""
    recorded = context.journal.recorded(BACKUP)
    return Path(recorded.directory) if recorded else newest(place(context.workspace.backups), context.id)


def checked_backup(context: RunContext) -> tuple[Path, Manifest]:
    """The run's backup, every file of it checked before anything is touched.

    Raises:
        RefusedError: it is missing, damaged, of another run, or cannot be decrypted here.
    """
    directory = backup_of(context)
    if directory is None:
        raise RefusedError("There is no backup of this run to restore.", "Roll back without --restore-backup.")
    require_privileges(
        context.workspace, "fence", "restore"
    )  # its tables get their owners back, and it is swapped by name
    remedy = f"Put an undamaged copy into {directory}, or roll back without --restore-backup."
    try:
        manifest = check_backup(directory, context.workspace.source_id)
    except RefusedError as error:
        raise RefusedError(error.message, f"Nothing was changed. {remedy}") from error
    recorded = context.journal.recorded(BACKUP)
    if manifest.run != context.id or (recorded and recorded.manifest != sha256(directory / MANIFEST)):
        raise RefusedError(
            f"The backup in {directory} is not the one that this run took: it is of run {manifest.run}.", remedy
        )
    if manifest.encryption:
        # Whole files do not say that the key is at hand.
        read_back(directory / DUMP, programs=context.workspace.programs, cipher=context.workspace.cipher)
    return directory, manifest


def restore_beside(context: RunContext, directory: Path, manifest: Manifest) -> None:
    """Restores the backup into a database beside the source, unless an attempt before did, or had swapped the two.

    Raises:
        DatabaseError: the restore failed, or its rows are not those of the backup; nothing else is touched.
    """
    restored, kept = _names(context)
    server = context.source.at("postgres")
    if exists(server, kept):
        return
    if exists(server, restored):
        if context.journal.recorded(RESTORED) == restored:
            return
        drop_scratch(context.journal, server, [restored])  # an attempt died in the middle of it
    restore_backup_into(context, directory, manifest, restored)
    context.journal.record(RESTORED, restored)


def swap_for_restored(context: RunContext) -> str:
    """Swaps the source and its restored backup, once; returns the damaged one's new name. Its fence is lifted there.

    Raises:
        RefusedError: somebody is connected to one of the two and cannot be disconnected.
    """
    restored, kept = _names(context)
    server = context.source.at("postgres")
    if not exists(server, kept):
        with session(server, purpose="rollback") as connection:
            swap_databases(connection, context.source.database, restored, kept)
    context.journal.artefact("database", restored, "dropped")
    damaged = context.source.at(kept)
    with session(damaged, purpose="rollback") as connection:
        lift_fence(connection, replace(context.workspace.lock_wait, endpoint=damaged))
    return kept


def drop_restored(context: RunContext) -> None:
    """Drops what an attempt with --restore-backup left that died before it had swapped."""
    restored, _ = _names(context)
    server = context.source.at("postgres")
    with session(server, purpose="rollback") as connection:
        left = marks(connection, [restored]).get(restored) == Mark(context.id, "restored")
    if left:
        drop_scratch(context.journal, server, [restored])


def _names(context: RunContext) -> tuple[str, str]:
    """What the restored backup is called until it is swapped, and the damaged source afterwards."""
    source, tail = context.source.database, context.id.replace("-", "_")
    return _cut(source, f"_restored_{tail}"), _cut(source, f"_damaged_{tail}")


def _cut(name: str, tail: str) -> str:
    return name.encode()[: MAX_IDENTIFIER_BYTES - len(tail)].decode(errors="ignore") + tail
