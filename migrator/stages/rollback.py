"""rollback: takes a run back. Drops only what it made, dumps it first, lifts the fence, proves the source unchanged."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, replace
from pathlib import Path

from migrator.core.compare import Difference, Digest, differences
from migrator.core.manifest import Manifest
from migrator.core.names import MAX_IDENTIFIER_BYTES
from migrator.core.outcome import Outcome
from migrator.core.transfer import RECORD_HASH_SINCE
from migrator.errors import MigratorError, RefusedError
from migrator.files import file_name, private_directory, sha256
from migrator.journal import Run
from migrator.postgres.catalog import read_catalog, read_objects
from migrator.postgres.connect import READ_ONLY, Connection, session
from migrator.postgres.databases import Mark, drop_database, marks, swap_databases
from migrator.postgres.deferred import FINISH_UNIT
from migrator.postgres.digest import whole_table
from migrator.postgres.dump import dump_directory, read_back
from migrator.postgres.fence import lift_fence, read_fence
from migrator.postgres.proving import object_differences
from migrator.postgres.receipts import read_receipts
from migrator.postgres.roles import drop_role, marked_roles
from migrator.postgres.spool import discard
from migrator.stages.adopt import adopt
from migrator.stages.backup_directory import DUMP, MANIFEST, check_backup, finish_dump, newest, place
from migrator.stages.backup_restore import restore_backup_into
from migrator.stages.clean import clean
from migrator.stages.privileges import require_privileges
from migrator.stages.rollback_outcome import Findings, Taken, done_well, report, validation, written_message
from migrator.stages.tenant_servers import servers_of
from migrator.stages.workspace import Workspace
from migrator.stages.writes import Carried, carried_before, find_writes, replay_writes, require_rows, save_writes


def rollback(
    workspace: Workspace,
    *,
    validate: bool = False,
    confirm: str | None = None,
    discard_writes: bool = False,
    save: Path | None = None,
    replay: bool = False,
    restore_quarantine: bool = False,
    restore_backup: bool = False,
    lost_journal: bool = False,
) -> Outcome:
    """Takes the open run back; with `validate` only says what that would do and whether it can.

    `confirm` is the run's id, typed. Rows that applications wrote to the targets since migrate are kept as files in the
    directory `save`, carried back into the source by `replay`, or given up by `discard_writes` (the dumps have them).
    `restore_quarantine` puts cleaned rows back; `restore_backup` swaps the source for its restored backup.
    `lost_journal` finds the run by what it left on the servers, where the journal does not know it.

    Raises:
        RefusedError: not confirmed, the targets were written to, or the backup is not worth restoring.
    """
    run = workspace.journal.current_run(workspace.source_id)
    if lost_journal:
        run = adopt(workspace, confirm) or run
    if run is None:
        return Outcome("rollback", "nothing-to-do", headline="No run is open: there is nothing to take back.")
    if not validate:
        confirmed(run, confirm)
    with workspace.stage("rollback-validate" if validate else "rollback") as (run, summary):
        found = look(workspace, run)
        if validate:
            outcome = validation(run, found, str(workspace.source), backup=workspace.journal.recorded(run.id, "backup"))
        else:
            if found.written and not (discard_writes or save is not None or replay):
                raise RefusedError(
                    written_message(found),
                    "Nothing was changed. Keep them as files: --save-writes DIR. Carry them back into the source: "
                    "--replay-writes. Give them up: --discard-writes.",
                )
            backup = _checked_backup(workspace, run) if restore_backup else None
            carried = keep_writes(workspace, run, found, save=save, replay=replay)
            done = _take_back(workspace, run, found, backup, carried)
            outcome = report(run, found, done, str(workspace.source))
        summary.update(outcome.summary)
        if outcome.exit_code:
            summary["status"] = "findings"
    if validate or not done_well(outcome):
        return outcome
    if restore_quarantine and not restore_backup:
        restored = clean(workspace, restore=True)
        outcome = replace(
            outcome,
            summary={**outcome.summary, "rows_restored_from_quarantine": restored.summary.get("rows", 0)},
            sections=(*outcome.sections, *restored.sections),
        )
    workspace.journal.close_run(run.id, "rolled back")
    return outcome


def confirmed(run: Run, typed: str | None) -> None:
    """Raises RefusedError unless the run's id was typed."""
    if typed is None:
        raise RefusedError(
            f"Rolling back run {run.id} drops its databases, and has to be confirmed.",
            f"Look first: migrator rollback --validate. Then: migrator rollback --confirm {run.id}",
        )
    if typed != run.id:
        raise RefusedError(f"The open run is {run.id}, not {typed}.", f"Type its id: --confirm {run.id}")


# -- what is there ----------------------------------------------------------------------------------------------------


def look(workspace: Workspace, run: Run, tenant: str | None = None) -> Findings:
    """What the run left on the servers, or only what it left of one tenant (its key).

    Raises:
        RefusedError: whether applications wrote to the targets cannot be told.
    """
    databases = []
    roles: list[tuple[str, str]] = []
    for name in servers_of(workspace, run.id):
        with session(workspace.server(name), purpose="rollback", settings=READ_ONLY) as connection:
            databases += [
                (name, database, mark)
                for database, mark in sorted(marks(connection).items())
                if mark is not None
                and mark.run == run.id
                and mark.role != "restored"
                and (tenant is None or mark.tenant == tenant)
            ]
            roles += [
                (name, role)
                for role, mark in marked_roles(connection).items()
                if mark and mark.run == run.id and (tenant is None or mark.tenant == tenant)
            ]
    with workspace.read_source("rollback") as connection:
        fence = read_fence(connection)
    targets = [(server, database, mark) for server, database, mark in databases if mark.role == "target"]
    finished: list[tuple[str, str, Mark]] = []
    unfinished: list[tuple[str, str, Mark]] = []
    for server, database, mark in targets:
        with session(workspace.server(server).at(database), purpose="rollback", settings=READ_ONLY) as connection:
            (finished if FINISH_UNIT in read_receipts(connection) else unfinished).append((server, database, mark))
    writes = None
    if finished:
        fenced = fence is not None and fence.run == run.id
        try:
            writes = find_writes(workspace, run, finished, fenced=fenced)
        except MigratorError as error:
            raise RefusedError(
                f"Whether applications wrote to the targets cannot be told: {error.message}", error.hint
            ) from error
    unfinished_names = tuple(database for _, database, _ in unfinished)
    return Findings(tuple(databases), fence, writes, unfinished_names, tuple(roles))


# -- taking back ------------------------------------------------------------------------------------------------------


def keep_writes(workspace: Workspace, run: Run, found: Findings, *, save: Path | None, replay: bool) -> Carried | None:
    """Saves what applications wrote to the targets, and carries it back, as was asked for."""
    if found.writes is None or not found.written:
        return carried_before(workspace.journal, run.id)
    if save is not None:
        save_writes(save, require_rows(found.writes), found.writes)
        workspace.progress.say(f"the changes of {len(require_rows(found.writes))} databases are saved in {save}")
    return replay_writes(workspace, run, require_rows(found.writes), found.writes) if replay else None


def _take_back(
    workspace: Workspace,
    run: Run,
    found: Findings,
    backup: tuple[Path, Manifest] | None,
    carried: Carried | None,
) -> Taken:
    done = Taken(carried=carried)
    dump_and_drop(workspace, run, found, done)
    with session(workspace.source, purpose="rollback") as connection:
        done.changed, done.compared = _compared_under_fence(workspace, run, found, connection)
        if carried is not None:
            done.changed = tuple(one for one in done.changed if one.relation not in carried.tables)
        if found.fence is not None and found.fence.run == run.id:
            limits = workspace.settings.limits
            done.lifted = lift_fence(
                connection,
                workspace.source,
                lock_timeout=limits.lock_timeout,
                patience=limits.fence_patience,
                say=workspace.progress.say,
            )
        done.objects = _object_changes(workspace, run, connection)
    if any(one.kind == "fence" for one in workspace.journal.artefacts(run.id)):
        workspace.journal.artefact(run.id, "fence", "source", "dropped")
    discard(workspace.spool(run.id))
    if backup is not None:
        done.swapped = _swap_for_backup(workspace, run, *backup)
    return done


def dump_and_drop(workspace: Workspace, run: Run, found: Findings, done: Taken) -> None:
    """Drops the databases and the roles that were found, each target after a dump of it that was read back."""
    _dump(workspace, run, found, done)
    for server, database, _ in sorted(found.databases, key=lambda item: item[2].role != "target"):
        with session(workspace.server(server), purpose="rollback") as connection:
            drop_database(connection, database, run=run.id)
        workspace.journal.artefact(run.id, "database", database, "dropped")
        done.dropped.append(database)
    for server, role in found.roles:
        with session(workspace.server(server), purpose="rollback") as connection:
            dropped = drop_role(connection, role, run.id)
        (done.roles if dropped else done.used).append(role)
        if dropped:
            workspace.journal.artefact(run.id, "role", role, "dropped")


def _dump(workspace: Workspace, run: Run, found: Findings, done: Taken) -> None:
    """Dumps every target database that is about to be dropped, and reads each dump back."""
    home = workspace.backups / "rollback" / run.id
    targets = [(server, database) for server, database, mark in found.databases if mark.role == "target"]
    if not targets:
        return
    private_directory(home)
    progress, task = workspace.progress, "dumping databases"
    progress.start(task, total=len(targets), unit="databases")

    def dump(item: tuple[str, str]) -> tuple[str, str]:
        server, database = item
        directory = _free_name(home, database)
        endpoint = workspace.server(server).at(database)
        dump_directory(endpoint, directory, programs=workspace.programs, cipher=workspace.cipher, purpose="rollback")
        finish_dump(workspace, directory)
        return database, str(directory)

    with ThreadPoolExecutor(workspace.settings.limits.jobs) as pool:
        for number, dumped in enumerate(pool.map(dump, targets), 1):
            done.dumped.append(dumped)
            progress.advance(task, rows=number)
    progress.finish(task)


def _free_name(home: Path, database: str) -> Path:
    number = 1
    while (place := home / f"{file_name(database)}.{number}").exists():
        number += 1
    return place


def _compared_under_fence(
    workspace: Workspace, run: Run, found: Findings, connection: Connection
) -> tuple[tuple[Difference, ...], int]:
    """What changed in the source while it was fenced: an attempt that died after lifting the fence has told already."""
    standing = found.fence is not None and found.fence.run == run.id
    if not standing and (recorded := workspace.journal.recorded(run.id, "compared")) is not None:
        return tuple(Difference(*one) for one in recorded["changed"]), recorded["tables"]
    changed, tables = _source_changes(workspace, run, connection)
    if standing:
        # Afterwards the monolith's users write again.
        document = {"changed": [astuple(one) for one in changed], "tables": tables}
        workspace.journal.record(run.id, "compared", document)
    return changed, tables


def _source_changes(workspace: Workspace, run: Run, connection: Connection) -> tuple[tuple[Difference, ...], int]:
    """The source's tables now, against what migrate read; only where it had read all of them."""
    before = recorded_source(workspace, run)
    if not before:
        return (), 0
    catalog = read_catalog(connection, workspace.settings.source.schemas)
    tables = [table for table in catalog.tables.values() if f"{table.relation.schema}.{table.relation.name}" in before]
    task = "comparing the source"
    workspace.progress.start(task, total=len(tables), unit="tables")
    now = []
    for number, table in enumerate(tables, 1):
        now.append(whole_table(connection, table, records=catalog.server_version >= RECORD_HASH_SINCE))
        workspace.progress.advance(task, rows=number)
    workspace.progress.finish(task)
    return differences(before.values(), now), len(now)


def recorded_source(workspace: Workspace, run: Run) -> Mapping[str, Digest]:
    """Each source table's digest as migrate read it, {} where it did not come to read all of them."""
    recorded = workspace.journal.digests(run.id, "source before")
    return {digest.relation: digest for digest in recorded}


def _object_changes(workspace: Workspace, run: Run, connection: Connection) -> tuple[tuple[str, str, str], ...]:
    recorded = workspace.journal.recorded(run.id, "source objects")
    if recorded is None:
        return ()
    return object_differences({(kind, name): text for kind, name, text in recorded}, read_objects(connection))


def _checked_backup(workspace: Workspace, run: Run) -> tuple[Path, Manifest]:
    """The run's backup, every file of it checked before anything is touched."""
    recorded = workspace.journal.recorded(run.id, "backup")
    # A journal that was lost does not know of it; its place and its manifest say whose it is.
    directory = Path(recorded["directory"]) if recorded else newest(place(workspace.backups), run.id)
    if directory is None:
        raise RefusedError("There is no backup of this run to restore.", "Roll back without --restore-backup.")
    require_privileges(workspace, "fence", "restore")  # its tables get their owners back, and it is swapped by name
    manifest = check_backup(directory, workspace.source_id)
    if manifest.run != run.id or (recorded and recorded["manifest"] != sha256(directory / MANIFEST)):
        raise RefusedError(
            f"The backup in {directory} is not the one that this run took: it is of run {manifest.run}.",
            "Put that one back, or roll back without --restore-backup.",
        )
    if manifest.encryption:
        # Whole files do not say that the key is at hand.
        read_back(directory / DUMP, programs=workspace.programs, cipher=workspace.cipher)
    return directory, manifest


def _swap_for_backup(workspace: Workspace, run: Run, directory: Path, manifest: Manifest) -> str:
    """Restores the backup beside the source and swaps the two by rename; returns the damaged one's new name."""
    source = workspace.source.database
    tail = run.id.replace("-", "_")
    restored, kept = _cut(source, f"_restored_{tail}"), _cut(source, f"_damaged_{tail}")
    restore_backup_into(workspace, run.id, directory, manifest, restored)
    with session(workspace.source.at("postgres"), purpose="rollback") as connection:
        swap_databases(connection, source, restored, kept)
    workspace.journal.artefact(run.id, "database", restored, "dropped")
    return kept


def _cut(name: str, tail: str) -> str:
    return name.encode()[: MAX_IDENTIFIER_BYTES - len(tail)].decode(errors="ignore") + tail


def drop_run(workspace: Workspace) -> None:
    """Drops whatever the open run made on the servers, without dumps: for rehearsals."""
    run = workspace.journal.current_run(workspace.source_id)
    if run is None:
        return
    for name in servers_of(workspace, run.id):
        with session(workspace.server(name), purpose="rollback") as connection:
            for database, mark in marks(connection).items():
                if mark is not None and mark.run == run.id:
                    drop_database(connection, database, run=run.id)
            for role in marked_roles(connection):
                drop_role(connection, role, run.id)
    workspace.journal.close_run(run.id, "rehearsed")
