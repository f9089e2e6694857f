"""The command status: shows how far the migration is, and who works on it. It reads only."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from migrator.commands.changes.waiting_files import waiting_files
from migrator.commands.plan.finished import standing_source
from migrator.commands.sequences.blocks import RunBlocks, run_blocks
from migrator.commands.sequences.levels import limited_databases, read_levels
from migrator.commands.shared.dropped_tenants import dropped_tenants
from migrator.commands.shared.run_tenants import of_tenant, recorded_servers
from migrator.commands.shared.workspace import RunContext, Workspace
from migrator.commands.status.databases import database_states
from migrator.commands.status.result import BlocksLeft, Status
from migrator.commands.status.standing_fence import note_fence
from migrator.commands.status.steps import as_they_are
from migrator.core.run.facts import PLANNED_STEPS, THROTTLE, ThrottleState
from migrator.errors import DatabaseError
from migrator.postgres.fence.fence import read_fence
from migrator.postgres.fence.gaps import fence_gaps
from migrator.postgres.session.lock_waits import read_lock_waits
from migrator.postgres.session.snapshot import snapshot_age

if TYPE_CHECKING:
    from migrator.journal import Run

_MOST_DATABASES = 50  # whose blocks are looked at


def status(workspace: Workspace, *, tenant: str | None = None) -> Status:
    """How far the open run of the source is, or how the last one ended; `tenant` is a key, a slug or a
    database's name.

    Raises:
        RefusedError: no database of the run is the tenant's.
        DatabaseError: the source or the control database cannot be reached.
    """
    workspace, _ = standing_source(workspace)
    with workspace.read_source("status") as connection:
        fence = read_fence(connection)
        gaps = fence_gaps(connection, workspace.settings.source.schemas) if fence is not None else ()
        age = snapshot_age(connection)
        waits = read_lock_waits(connection)
    note_fence(workspace, fence)
    run = _newest_run(workspace)
    nothing = Status(
        str(workspace.source), workspace.control_name, fence, tuple(gaps), None, datetime.now(UTC), snapshot=age
    )
    if run is None:
        return nothing
    seen = replace(nothing, lock_waits=waits, fenced_since=workspace.fence.since if fence is not None else None)
    return _of_run(RunContext(workspace, run), seen, tenant)


def _newest_run(workspace: Workspace) -> Run | None:
    """The open run, else the one that was opened last, else None."""
    runs = workspace.journal.all_runs(workspace.source_id) if workspace.has_journal() else ()
    return next((run for run in runs if run.closed_at is None), runs[0] if runs else None)


def _of_run(context: RunContext, seen: Status, tenant: str | None) -> Status:
    """The same with what the journal knows of the run."""
    journal = context.workspace.journal
    holder = journal.locks.holder(context.workspace.source_id)
    waiting = {
        file: left
        for one in journal.all_runs(context.workspace.source_id)
        for file, left in waiting_files(journal.of(one.id)).items()
    }
    steps = as_they_are(context.journal.step_records().values(), alive=holder is not None)
    databases = tuple(one for one in context.journal.artefacts("database") if one.state == "created")
    servers = recorded_servers(context.journal)
    states = tuple(database_states(databases, steps, servers))
    if tenant is not None:
        states = tuple(of_tenant(context, tenant, states, lambda state: (state.tenant, state.database)))
    return replace(
        seen,
        run=context.run,
        holder=holder,
        stages=tuple(context.journal.stage_records()),
        steps=steps,
        planned=context.journal.recorded(PLANNED_STEPS) or {},
        paused=(context.journal.recorded(THROTTLE) or ThrottleState()).paused if holder else "",
        servers=servers,
        dropped_tenants=tuple(sorted(dropped_tenants(context.journal))),
        waiting=waiting,
        databases=databases,
        states=states,
        blocks=_blocks_left(context) if holder is None else None,
    )


def _blocks_left(context: RunContext) -> BlocksLeft | None:
    """Blocks of numbers that run out, before an INSERT fails; None where no database has any."""
    blocks = run_blocks(context.journal) if context.run.closed_at is None else RunBlocks()
    places = limited_databases(context, blocks)
    if not places:
        return None
    try:
        levels = read_levels(context.workspace, blocks, places[:_MOST_DATABASES])
    except DatabaseError as error:
        return BlocksLeft(error=error.message)
    return BlocksLeft(tuple(one for one in levels if one.low), max(0, len(places) - _MOST_DATABASES))
