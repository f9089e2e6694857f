"""Drops the databases and roles of a run, each database only after a dump of it was read back."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path

from migrator.commands.backup.directory import finish_dump
from migrator.commands.rollback.findings import Findings
from migrator.commands.rollback.leftovers import note_dropping
from migrator.commands.rollback.result import Dropped, Dump
from migrator.commands.shared.run_tenants import servers_of
from migrator.commands.shared.workspace import RunContext, Workspace
from migrator.core.result.progress import each
from migrator.files import file_name, private_directory, rename_durably
from migrator.postgres.backup.dump import dump_directory
from migrator.postgres.databases.databases import drop_database, marks, of_run
from migrator.postgres.databases.roles import drop_role, marked_roles
from migrator.postgres.session.connect import session


def dump_and_drop(context: RunContext, findings: Findings) -> Dropped:
    """Drops the databases and the roles that were found, each target after a dump of it that was read back."""
    dumps = _dump(context, findings)
    databases: list[str] = []
    roles: list[str] = []
    used: list[str] = []
    note_dropping(context.journal, [database for _, database, _ in findings.databases])
    ordered = sorted(findings.databases, key=lambda made: (made.server, made.mark.role != "target"))
    shown = each(context.progress, "dropping databases", ordered, "databases")
    for server, here in groupby(shown, key=lambda made: made.server):
        with session(context.server(server), purpose="rollback") as connection:
            for made in here:
                drop_database(connection, made.database, run=context.id)
                context.journal.artefact("database", made.database, "dropped")
                databases.append(made.database)
    for server, role in findings.roles:
        with session(context.server(server), purpose="rollback") as connection:
            dropped = drop_role(connection, role, context.id)
        (roles if dropped else used).append(role)
        if dropped:
            context.journal.artefact("role", role, "dropped")
    return Dropped(dumps, tuple(databases), tuple(roles), tuple(used))


def _dump(context: RunContext, findings: Findings) -> tuple[Dump, ...]:
    """Dumps every target database that is about to be dropped, and reads each dump back."""
    home = context.workspace.backups / "rollback" / context.id
    targets = [(server, database) for server, database, mark in findings.databases if mark.role == "target"]
    if not targets:
        return ()
    private_directory(home)
    for leftover in home.glob("*.partial"):
        shutil.rmtree(leftover)  # of an attempt that died; the source's lock is ours

    def dump(item: tuple[str, str]) -> Dump:
        server, database = item
        directory = _free_name(home, database)
        partial = directory.with_name(f"{directory.name}.partial")
        endpoint = context.server(server).at(database)
        try:
            dump_directory(
                endpoint,
                partial,
                programs=context.workspace.programs,
                cipher=context.workspace.cipher,
                purpose="rollback",
            )
            finish_dump(context.workspace, partial)
            rename_durably(partial, directory)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)  # the disk may be full of it
            raise
        return Dump(database, str(directory))

    with ThreadPoolExecutor(context.settings.limits.jobs) as pool:
        shown = each(context.progress, "dumping databases", targets, "databases")
        return tuple(dumped for _, dumped in zip(shown, pool.map(dump, targets), strict=True))


def _free_name(home: Path, database: str) -> Path:
    number = 1
    while (place := home / f"{file_name(database)}.{number}").exists():
        number += 1
    return place


def drop_run(workspace: Workspace) -> None:
    """Drops whatever the open run made on the servers, without dumps: for rehearsals."""
    run = workspace.current_run()
    if run is None:
        return
    for name in servers_of(RunContext(workspace, run)):
        with session(workspace.server(name), purpose="rollback") as connection:
            for database in of_run(marks(connection), run.id):
                drop_database(connection, database, run=run.id)
            for role in marked_roles(connection):
                drop_role(connection, role, run.id)
    workspace.journal.close_run(run.id, "rehearsed")
