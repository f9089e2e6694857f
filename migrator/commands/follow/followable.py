"""Whether a source can be followed while it is written to, asked before anything is installed in it."""

from __future__ import annotations

from migrator.commands.shared.workspace import RunContext
from migrator.core.online.captured import captured_tables
from migrator.core.online.refusals import online_refusals
from migrator.core.plan.survey import Survey
from migrator.errors import RefusedError
from migrator.postgres.capture.facts import read_online_facts


def require_followable(context: RunContext, survey: Survey) -> None:
    """Says what makes following harder, and refuses what it cannot do; nothing is changed in the source.

    Raises:
        RefusedError: the server, a table or a placement refuses the mode; all of them are named.
    """
    with context.workspace.read_source("follow") as connection:
        facts = read_online_facts(connection)
    captured = captured_tables(survey.catalog, survey.placements)
    limit = context.settings.online.rewrite_limit
    checks = online_refusals(
        survey.catalog, survey.placements, captured, facts, run=context.run.id, rewrite_limit=limit
    )
    for check in checks:
        if check.state == "warn":
            context.workspace.progress.say(f"{check.name}: {check.detail}. {check.remedy}")
    if refused := [check for check in checks if check.state == "block"]:
        raise RefusedError(
            "This source cannot be followed while it is written to:\n"
            + "\n".join(f"  {check.name.removeprefix('online: ')}: {check.detail}" for check in refused),
            " ".join(dict.fromkeys(check.remedy for check in refused)),
        )
