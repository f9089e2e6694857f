"""Reconstructs a run whose journal is lost from marks, receipts and the fence."""

from __future__ import annotations

from migrator.commands.shared.run_tenants import record_servers
from migrator.commands.shared.survey import plan_with, survey
from migrator.commands.shared.workspace import RunContext, Workspace
from migrator.core.plan.steps import CreateDatabase, PrepareTarget, TreeState
from migrator.core.result.wording import plural
from migrator.errors import RefusedError
from migrator.journal import Run
from migrator.postgres.databases.databases import FINISHED, Mark, marks
from migrator.postgres.fence.fence import read_fence
from migrator.postgres.session.connect import READ_ONLY, session


def adopt(workspace: Workspace, wanted: str | None) -> Run | None:
    """Enters a run of this source into the journal again, as the open one; None where nothing of one is left.

    `wanted` is its id, needed where there is more than one. Databases are this source's by the names that its
    configuration gives them and by the run's id in their marks; the fence is in the source itself.

    Raises:
        RefusedError: there are several and `wanted` names none of them, or another run is open.
    """
    left_by_run = _left(workspace)
    if not left_by_run:
        return None
    if (wanted is None and len(left_by_run) > 1) or (wanted is not None and wanted not in left_by_run):
        raise RefusedError(
            f"{'Several runs have' if len(left_by_run) > 1 else 'A run has'} left something of this source: "
            f"{', '.join(sorted(left_by_run))}.",
            "Name the one to take back: migrator rollback --adopt --confirm RUN-ID.",
        )
    run = wanted or next(iter(left_by_run))
    adopted = workspace.journal.adopt_run(workspace.source_id, str(workspace.source), run)
    servers: dict[str, str] = {}
    for (server, name), mark in left_by_run[run].items():
        if mark is None:
            workspace.journal.of(run).artefact("fence", "source", "created")
        else:
            tenant = mark.tenant if mark.role == "target" else None
            workspace.journal.of(run).artefact("database", name, "created", target=mark.target or None, tenant=tenant)
            servers.update({tenant: server} if tenant else {})
    if workspace.settings.tenants.servers:
        record_servers(RunContext(workspace, adopted), servers)
    workspace.progress.say(f"run {run} is in the journal again: {plural(len(left_by_run[run]), 'thing')} of it found")
    return adopted


def _left(workspace: Workspace) -> dict[str, dict[tuple[str, str], Mark | None]]:
    """By run: the databases that it left, as (server, name), with their marks, and its fence (None)."""
    # Names of databases are all that is asked of it: trees that are gone must not be in the way.
    plan = plan_with(workspace, survey(workspace), {name: TreeState((), "") for name in workspace.settings.targets})
    servers_of_tenants = workspace.settings.tenants.servers
    # Which of the servers a tenant was put on was in the journal: any of them will do.
    ours = {
        (server, step.database)
        for step in plan.of(CreateDatabase)
        for server in ((step.tenant and servers_of_tenants) or (step.server,))
    }
    for step in plan.of(PrepareTarget):
        per_tenant = workspace.settings.targets[step.target].per_tenant
        for server in (per_tenant and servers_of_tenants) or (step.server,):
            ours |= {(server, step.template), (server, step.bare)}
    left_by_run: dict[str, dict[tuple[str, str], Mark | None]] = {}
    ended: set[str] = set()
    with workspace.read_source("adopt") as connection:
        fence = read_fence(connection)
    if fence is not None:
        left_by_run.setdefault(fence.run, {})["", "the fence"] = None
    for server in sorted({server for server, _ in ours}):
        with session(workspace.server(server), purpose="adopt", settings=READ_ONLY) as connection:
            for name, mark in marks(connection).items():
                if mark is not None and mark.role == FINISHED:
                    ended.add(mark.run)
                elif mark is not None and (server, name) in ours:
                    left_by_run.setdefault(mark.run, {})[server, name] = mark
    if over := sorted(ended & left_by_run.keys()):
        raise RefusedError(
            f"Run {over[0]} was finished, or is being finished: its databases are their applications' own.",
            "Nothing takes it back. What of the source's fence is left you lift by hand: DROP SCHEMA migrator_fence "
            "CASCADE in the source.",
        )
    return left_by_run
