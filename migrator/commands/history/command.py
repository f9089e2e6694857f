"""The command history: which runs a source had, who made them from where, and how they ended. It reads only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from migrator.commands.plan.finished import standing_source
from migrator.commands.shared.workspace import Workspace
from migrator.errors import RefusedError

if TYPE_CHECKING:
    # The journal is SQLAlchemy's, which nothing needs where nothing has run.
    from migrator.journal import Run, StageRecord

SHORTEST_ID = 8  # characters of a run's id that are taken for all of it: the day


@dataclass(frozen=True)
class RunHistory:
    """One run with every attempt at a stage of it, oldest first."""

    run: Run
    stages: tuple[StageRecord, ...]


@dataclass(frozen=True)
class History:
    """The runs of a source, newest first. `chosen` is the one that was asked for by its id."""

    source: str
    runs: tuple[RunHistory, ...]
    chosen: RunHistory | None = None


def history(workspace: Workspace, name: str | None = None) -> History:
    """Every run of the source; with `name`, an id or the beginning of one, that run's attempts as well.

    Raises:
        RefusedError: no run is called so, or several begin so.
        DatabaseError: the source or the control database cannot be reached.
    """
    workspace, _ = standing_source(workspace)
    runs: tuple[RunHistory, ...] = ()
    if workspace.has_journal():
        journal = workspace.journal
        runs = tuple(
            RunHistory(run, journal.of(run.id).stage_records()) for run in journal.all_runs(workspace.source_id)
        )
    chosen = _chosen(runs, name, str(workspace.source)) if name is not None else None
    return History(str(workspace.source), runs, chosen)


def _chosen(runs: tuple[RunHistory, ...], name: str, source: str) -> RunHistory:
    named = [one for one in runs if one.run.id == name]
    if not named and len(name) >= SHORTEST_ID:
        named = [one for one in runs if one.run.id.startswith(name)]
    if len(named) == 1:
        return named[0]
    what = f"Several runs of {source} begin with {name}." if named else f"{source} has no run {name}."
    newest = ", ".join(one.run.id for one in (named or runs)[:5])
    raise RefusedError(
        what, f"The newest are: {newest}." if newest else "Nothing has run yet: migrator backup --verify."
    )
