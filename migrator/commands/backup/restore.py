"""Restores a backup: into a scratch database to test it, or into a new one for rollback."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from migrator.commands.backup.directory import DUMP, MANIFEST
from migrator.commands.shared.scratch import drop_scratch, scratch_database
from migrator.commands.shared.workspace import RunContext, Workspace
from migrator.core.backup.manifest import Manifest, Verification
from migrator.core.result.progress import Progress
from migrator.core.verify.digests import differences
from migrator.errors import DatabaseError, RefusedError
from migrator.files import sha256, tree_size
from migrator.postgres.backup.dump import Ownership, restore
from migrator.postgres.databases.databases import Mark, create_database, exists
from migrator.postgres.session.connect import Endpoint, session
from migrator.postgres.verify.inventory import apply_properties, exported_snapshot, take_inventory

# Roles belong to a server, not to a database: a trial restore elsewhere may lack them, and no row depends on them.
_MISSING_ROLE = 'role "'


def verify_backup(context: RunContext, directory: Path, manifest: Manifest) -> Verification:
    """Restores a backup into a scratch database, compares every table's digest, and drops it again.

    Raises:
        DatabaseError: the restore could not be carried out at all.
        RefusedError: a database of the scratch name exists that is not of this run.
    """
    began, jobs = time.monotonic(), context.settings.limits.target_jobs
    with scratch_database(context) as endpoint:
        failed = _restore(context.workspace, endpoint, directory, "drop", jobs)
        wrong = _compare(context.progress, endpoint, manifest, jobs)
    notes = tuple(error for error in failed if _MISSING_ROLE in error and "does not exist" in error)
    return Verification(
        manifest=sha256(directory / MANIFEST),
        at=datetime.now(UTC),
        seconds=round(time.monotonic() - began, 3),
        tables=len(manifest.inventory.tables),
        rows=manifest.inventory.rows,
        differences=wrong,
        errors=tuple(error for error in failed if error not in notes),
        notes=notes,
    )


def restore_backup_into(context: RunContext, directory: Path, manifest: Manifest, database: str) -> Endpoint:
    """Restores a backup, with owners, privileges and settings, into a new database on the source's server.

    The caller has checked the backup (`check_backup`). The database bears a mark of the role "restored" and is in the
    journal; it is dropped again where the restore fails or its rows are not those of the manifest.

    Raises:
        RefusedError: the database exists already.
        DatabaseError: the restore failed, or the restored rows differ from those that were backed up.
    """
    server = context.source.at("postgres")
    mark = Mark(context.id, "restored")
    if exists(server, database):
        raise RefusedError(f"The database {database!r} exists already.", "Drop or rename it first.")
    context.journal.artefact("database", database, "intended", target="restored")
    with session(server, purpose="restore") as connection:
        create_database(connection, database, mark, like=context.source)
    try:
        context.journal.artefact("database", database, "created", target="restored")
        endpoint = replace(server.at(database), search_path=_search_path(context.workspace))
        jobs = context.settings.limits.source_jobs
        failed = _restore(context.workspace, endpoint, directory, "keep", jobs)
        wrong = _compare(context.progress, endpoint, manifest, jobs)
        if failed or wrong:
            raise DatabaseError(
                f"The backup in {directory} was not restored exactly: {'; '.join((*wrong, *failed)[:5])}.",
                "Nothing was swapped. Try another backup, or restore this one by hand: pg_restore "
                f"--dbname=… {directory / DUMP}",
            )
        with session(server, purpose="restore") as connection:
            apply_properties(connection, database, manifest.properties)
    except BaseException:
        drop_scratch(context.journal, server, [database])
        raise
    return endpoint


def _search_path(workspace: Workspace) -> str:
    """What the source's functions find others by; '' where the source cannot say it any more."""
    try:
        return workspace.search_path
    except DatabaseError:
        return ""


def _restore(
    workspace: Workspace, endpoint: Endpoint, directory: Path, ownership: Ownership, jobs: int
) -> tuple[str, ...]:
    task = f"restore into {endpoint.database}"
    total = tree_size(directory / DUMP)
    workspace.progress.say(f"Restoring {total:,} bytes into {endpoint.database}.")
    workspace.progress.start(task)
    failed = restore(
        endpoint,
        directory / DUMP,
        jobs=jobs,
        ownership=ownership,
        programs=workspace.programs,
        cipher=workspace.cipher,
    )
    workspace.progress.finish(task)
    return failed


def _compare(progress: Progress, endpoint: Endpoint, manifest: Manifest, jobs: int) -> tuple[str, ...]:
    """Where the restored database differs from what the manifest says, each in a few words."""
    with exported_snapshot(endpoint, purpose="verify backup") as (connection, snapshot):
        restored = take_inventory(
            endpoint,
            connection,
            snapshot,
            jobs=jobs,
            purpose="verify backup",
            progress=progress,
        )
    wrong = [
        f"{difference.relation}: {difference.kind} rows ({difference.source_rows} backed up, "
        f"{difference.target_rows} restored)"
        for difference in differences(manifest.inventory.digests, restored.digests)
    ]
    for what, wanted, restored_names in (
        (
            "table",
            {(t.schema, t.name) for t in manifest.inventory.tables},
            {(t.schema, t.name) for t in restored.tables},
        ),
        (
            "sequence",
            {(s.schema, s.name) for s in manifest.inventory.sequences},
            {(s.schema, s.name) for s in restored.sequences},
        ),
    ):
        wrong += [f"{what} {schema}.{name} is missing" for schema, name in sorted(wanted - restored_names)]
    if restored.large_objects != manifest.inventory.large_objects:
        wrong.append(f"large objects: {manifest.inventory.large_objects} backed up, {restored.large_objects} restored")
    return tuple(wrong)
