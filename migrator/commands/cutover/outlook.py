"""rollback --validate of single tenants while a source is followed: whether they can go back. Reads only."""

from __future__ import annotations

from datetime import UTC, datetime

from migrator.commands.cutover.choice import WaveChoice, chosen_tenants
from migrator.commands.cutover.result import ReturnOutlook, WayBackOfTenant
from migrator.commands.follow.followed_run import open_followed
from migrator.commands.shared.workspace import RunContext, Workspace
from migrator.core.online.stages import MEANINGS, Stage
from migrator.errors import RefusedError


def return_outlook(workspace: Workspace, choice: WaveChoice) -> ReturnOutlook:
    """Whether tenants that were moved can go back, and since when what they wrote is in the source.

    Raises:
        RefusedError: no run is open, nobody is called so, or nobody of them has moved.
    """
    run = workspace.journal.current_run(workspace.source_id)
    if run is None:
        raise RefusedError("No run is open.", "See what there was: migrator history.")
    followed = open_followed(RunContext(workspace, run))
    wanted = set(chosen_tenants(followed, choice))
    known = [one for one in followed.context.journal.followed_databases() if one.tenant in wanted]
    moved = [one for one in known if MEANINGS[Stage(one.state)].writer != "source"]
    if not moved:
        raise RefusedError("None of these tenants has moved out of the source.", "See who has: migrator connections.")
    now = datetime.now(UTC)
    return ReturnOutlook(
        run.id,
        str(workspace.source),
        tuple(
            WayBackOfTenant(
                one.tenant, one.database, Stage(one.state), round((now - one.followed_at).total_seconds(), 1), one.error
            )
            for one in moved
        ),
    )
