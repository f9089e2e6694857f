"""The stage backup: dumps the source in one snapshot, writes a manifest of its rows, and tries a restore."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

from migrator.commands.backup.directory import (
    DUMP,
    MANIFEST,
    check_backup,
    files_below,
    finish_dump,
    keep_verification,
    newest,
    place,
    taking,
    verification_of,
)
from migrator.commands.backup.report import present
from migrator.commands.backup.restore import verify_backup
from migrator.commands.backup.result import BackedUp, Backup
from migrator.commands.shared.privileges import require_privileges
from migrator.commands.shared.workspace import RunContext, Workspace
from migrator.core.backup.manifest import Inventory, Manifest, Verification
from migrator.core.result.progress import Progress
from migrator.core.result.wording import listed
from migrator.core.run.facts import BACKUP, BackupFact
from migrator.errors import ConfigurationError, RefusedError
from migrator.files import sha256, tree_size, write_atomically
from migrator.journal import RunJournal
from migrator.postgres.backup.dump import dump_directory
from migrator.postgres.fence.fence import read_fence
from migrator.postgres.fence.locks import end_sessions
from migrator.postgres.session.connect import session
from migrator.postgres.verify.inventory import (
    exported_snapshot,
    identity,
    read_properties,
    read_whole_catalog,
    take_inventory,
    write_position,
)

_PURPOSE = "backup"


def backup(workspace: Workspace, *, verify: bool = False) -> BackedUp:
    """Backs up the whole source before anything changes it; with `verify`, restores the backup to see that it can be.

    A backup of this run that is undamaged and still equals the source is kept; otherwise another one is taken
    beside it.

    Raises:
        ConfigurationError: no pg_dump fits the server, or the backups' directory cannot be written.
        DatabaseError: the source cannot be read, or pg_dump failed.
        RefusedError: the source is fenced, and there is no backup from before the fence; or it cannot all be read.
    """
    with workspace.stage("backup") as (context, summary):
        require_privileges(workspace, "read", "every row")
        workspace.cipher.require()
        kept = _keep_or_take(context)
        verification = verification_of(kept.directory)
        tried = verify and not (verification and verification.passed)
        if tried:
            if kept.manifest.encryption:
                workspace.cipher.require_decrypting(kept.directory)
            verification = verify_backup(context, kept.directory, kept.manifest)
            keep_verification(kept.directory, verification)
        _record(context.journal, kept, verification)
        result = BackedUp(context.id, kept, verification, tried)
        summary.update(present(result).recorded)
        return result


def _keep_or_take(context: RunContext) -> Backup:
    home = place(context.workspace.backups)
    with context.workspace.read_source("check") as connection:
        fence = read_fence(connection)
    kept = newest(home, context.id)
    why = ""
    if kept is not None:
        try:
            manifest = check_backup(kept, context.workspace.source_id)
        except RefusedError as error:
            why = error.message
        else:
            why = _unfit(context, kept, manifest, fenced=fence is not None)
            if not why:
                return Backup(kept, manifest, taken=False)
        context.progress.say(f"{why} Another backup is taken.")
    if fence is not None:
        raise RefusedError(
            f"The source is fenced by run {fence.run}; a backup taken now would hold the fence. {why}".strip(),
            "Take the run back first: migrator rollback --validate.",
        )
    directory, manifest = _take(context, home)
    return Backup(directory, manifest, taken=True, why=why)


def _unfit(context: RunContext, kept: Path, manifest: Manifest, *, fenced: bool) -> str:
    """Why an undamaged backup is not enough; '' where it is. A fenced source cannot have changed."""
    recorded = context.journal.recorded(BACKUP)
    known = recorded.manifest if recorded and recorded.directory == str(kept) else None
    if manifest.run != context.id or known not in (None, sha256(kept / MANIFEST)):
        return f"The manifest of {kept.name} is not the one that this run took."
    if fenced:
        return ""
    if changes := manifest.inventory.changes(_inventory(context.workspace)):
        return f"The source has changed since {kept.name} was taken: {listed(changes, 3, between='; ')}."
    if context.workspace.cipher.encrypt and not manifest.encryption:
        return f"{kept.name} is not encrypted, and [backup] encrypt is set."
    return ""


def _inventory(workspace: Workspace) -> Inventory:
    """What the source holds now."""
    with exported_snapshot(workspace.source_rows, purpose=_PURPOSE) as (connection, snapshot):
        return take_inventory(
            workspace.source_rows,
            connection,
            snapshot,
            jobs=workspace.settings.limits.source_jobs,
            purpose=_PURPOSE,
            progress=workspace.progress,
        )


def _take(context: RunContext, home: Path) -> tuple[Path, Manifest]:
    try:
        with taking(home, context.id) as (partial, final):
            manifest = _fill(context, partial)
        return final, manifest
    except OSError as error:
        raise ConfigurationError(
            f"The backup cannot be written to {home}: {error.strerror}.",
            "Free space there, or name another directory: [paths] backups.",
        ) from error


def _fill(context: RunContext, partial: Path) -> Manifest:
    """Dumps into `partial` and digests every table under the same snapshot; the manifest comes last."""
    jobs = context.settings.limits.source_jobs
    started, began = datetime.now(UTC), time.monotonic()
    purpose = f"pg_dump {context.id}"
    _end_leftovers(context.workspace, purpose)
    with exported_snapshot(context.workspace.source_rows, purpose=_PURPOSE) as (connection, snapshot):
        lsn = write_position(connection)
        dump = partial / DUMP
        context.progress.start("pg_dump", unit="files")
        program = dump_directory(
            context.source,
            dump,
            jobs=jobs,
            snapshot=snapshot,
            programs=context.workspace.programs,
            cipher=context.workspace.cipher,
            purpose=purpose,
            watch=lambda: _show(context.progress, dump),
        )
        context.progress.finish("pg_dump")
        inventory = take_inventory(
            context.workspace.source_rows, connection, snapshot, jobs=jobs, purpose=_PURPOSE, progress=context.progress
        )
        source, properties = identity(read_whole_catalog(connection)), read_properties(connection)
    finish_dump(context.workspace, dump)
    manifest = Manifest(
        format=1,
        run=context.id,
        source=source,
        program=program,
        lsn=lsn,
        started_at=started,
        finished_at=datetime.now(UTC),
        seconds=round(time.monotonic() - began, 3),
        inventory=inventory,
        properties=properties,
        files=tuple(files_below(partial).values()),
        encryption=context.workspace.cipher.name,
    )
    write_atomically(partial / MANIFEST, manifest.to_json())
    return manifest


def _show(progress: Progress, dump: Path) -> None:
    if dump.is_dir():
        files = sum(1 for _ in dump.iterdir())
        progress.advance("pg_dump", rows=files, bytes_=tree_size(dump))


def _end_leftovers(workspace: Workspace, purpose: str) -> None:
    with session(workspace.source, purpose=_PURPOSE) as connection:
        ended = end_sessions(connection, purpose)
    if ended:
        workspace.progress.say(f"Ended {ended} sessions of a pg_dump that an interrupted backup left running.")


def _record(journal: RunJournal, backup: Backup, verification: Verification | None) -> None:
    """Tells later stages where the backup is and what it is worth."""
    manifest = backup.manifest
    passed = verification is not None and verification.passed
    fact = BackupFact(
        directory=str(backup.directory),
        manifest=sha256(backup.directory / MANIFEST),
        taken_at=manifest.started_at.isoformat(),
        lsn=manifest.lsn,
        tables=len(manifest.inventory.tables),
        rows=manifest.inventory.rows,
        bytes=manifest.size,
        verified=passed,
        verified_at=verification.at.isoformat() if verification is not None and passed else None,
    )
    journal.store_digests(("backup", digest) for digest in manifest.inventory.digests)
    journal.record(BACKUP, fact)
