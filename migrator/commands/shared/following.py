"""Whether a run follows a source that is written to, and what must not be done to it then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrator.core.online.stages import MEANINGS, Stage
from migrator.errors import RefusedError
from migrator.postgres.gate.decision import standing_fences

if TYPE_CHECKING:
    from migrator.commands.shared.workspace import RunContext
    from migrator.journal import FollowedDatabase, RunJournal


def require_nothing_moved(context: RunContext) -> None:
    """Refuses what is about the whole run while tenants are served by their own databases.

    The source is asked as well: what was decided there counts, whatever has become of the journal.

    Raises:
        RefusedError: some are; the hint says how they go back.
    """
    moved = [one.tenant for one in context.journal.followed_databases() if is_moved(one)]
    with context.workspace.read_source("follow") as connection:
        moved += standing_fences(connection)
    if moved:
        raise RefusedError(
            f"Tenant {moved[0]} is served by a database of its own: what was written there would be lost.",
            f"Bring it back first: migrator rollback --tenant {moved[0]}. All of them: migrator connections.",
        )


def require_not_followed(context: RunContext) -> None:
    """Refuses what is done behind a fence while the run follows a source that is written to.

    Raises:
        RefusedError: it does, or has begun to.
    """
    if is_followed(context.journal):
        raise RefusedError(
            f"Run {context.id} follows a source that is written to.",
            "Go on with it: migrator follow start, migrator cutover. To split behind a fence instead: migrator "
            "rollback, migrator dry-run, migrator migrate.",
        )


def is_followed(journal: RunJournal) -> bool:
    """Whether the run copies a source that is written to, or has begun to."""
    return any(one.state != "dropped" for one in journal.artefacts("capture"))


def is_moved(database: FollowedDatabase) -> bool:
    """Whether the database serves its rows, or is about to: the source does not take their writes any more."""
    return MEANINGS[Stage(database.state)].writer != "source"
