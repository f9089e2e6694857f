"""A run that was finished, as the journal knows it; its source may be kept under another name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from migrator.commands.shared.workspace import Workspace
from migrator.core.run.facts import FINISHING
from migrator.errors import DatabaseError
from migrator.postgres.session.connect import READ_ONLY, session, system_identifier

if TYPE_CHECKING:
    from migrator.journal import Run

FINISHED_RUN = "finished"
_NO_SUCH_DATABASE = "3D000"


def standing_source(workspace: Workspace) -> tuple[Workspace, Run | None]:
    """The workspace with the source under the name that it has now, and the newest run where that was finished.

    Raises:
        DatabaseError: the source cannot be reached, and no run of ours has renamed it.
    """
    try:
        source_id = workspace.source_id
    except DatabaseError as error:
        if error.sqlstate != _NO_SUCH_DATABASE or not workspace.has_journal():
            raise
        with session(workspace.source.at("postgres"), purpose="identify", settings=READ_ONLY) as connection:
            source_id = f"{system_identifier(connection)}/{workspace.source.database}"
        run = _newest_finished(workspace, source_id)
        chosen = workspace.journal.of(run.id).recorded(FINISHING) if run is not None else None
        if chosen is None or not chosen.renamed:
            raise
        return _renamed(workspace, chosen.renamed, source_id), run
    return workspace, _newest_finished(workspace, source_id) if workspace.has_journal() else None


def _newest_finished(workspace: Workspace, source_id: str) -> Run | None:
    runs = workspace.journal.all_runs(source_id)
    if any(run.closed_at is None for run in runs):
        return None
    return runs[0] if runs and runs[0].outcome == FINISHED_RUN else None


def _renamed(workspace: Workspace, name: str, source_id: str) -> Workspace:
    """The same migration, whose source is called otherwise; databases are still named after what it was called."""
    settings = workspace.settings
    settings = settings.model_copy(update={"source": settings.source.model_copy(update={"prefix": workspace.prefix})})
    moved = replace(workspace, source=workspace.source.at(name), settings=settings)
    vars(moved).update(source_id=source_id, journal=workspace.journal, control=workspace.control)
    return moved
