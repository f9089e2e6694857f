"""Asks the source whether it is fenced, for the last line of a command that did not have to know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrator.commands.plan.finished import FINISHED_RUN, standing_source
from migrator.errors import MigratorError
from migrator.postgres.fence.fence import FenceState, read_fence
from migrator.postgres.session.connect import READ_ONLY, session

if TYPE_CHECKING:
    from migrator.commands.shared.workspace import Workspace


def ask_fence(workspace: Workspace) -> None:
    """Notes in `workspace.fence` what stands in the source; it stays unknown where the source does not answer."""
    # Where the command never came to the source, it is not waited for here a second time.
    if workspace.fence.known or not vars(workspace).keys() & {"source_id", "search_path", "journal"}:
        return
    try:
        source, _ = standing_source(workspace)
        with source.read_source("fence") as connection:
            note_fence(source, read_fence(connection))
    except MigratorError:
        # The command has ended, well or not: what it came to is not for this look to change.
        return


def ask_source_alone(workspace: Workspace) -> None:
    """Notes what the source says by itself, where the journal does not answer; it is waited for two seconds."""
    try:
        with session(workspace.source.in_a_hurry(), purpose="fence", settings=READ_ONLY) as connection:
            fence = read_fence(connection)
    except MigratorError:
        return
    if fence is None:
        workspace.fence.lifted()
    else:
        workspace.fence.raised(fence.run, None, "unrecorded")


def note_fence(workspace: Workspace, fence: FenceState | None) -> None:
    """Notes the fence that was read, with what the journal knows of its run."""
    if fence is None:
        workspace.fence.lifted()
        return
    runs = workspace.journal.all_runs(workspace.source_id) if workspace.has_journal() else ()
    run = next((run for run in runs if run.id == fence.run), None)
    since = workspace.journal.of(fence.run).fenced_since() if run is not None else None
    if run is not None and run.outcome == FINISHED_RUN:
        workspace.fence.raised(fence.run, since, "finished")
    else:
        known = run is not None and run.closed_at is None
        workspace.fence.raised(fence.run, since, workspace.open_state(fence.run) if known else "lost")
