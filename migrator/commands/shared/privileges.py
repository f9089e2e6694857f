"""Checks the privileges that a stage needs in the source before it does anything."""

from __future__ import annotations

from migrator.commands.shared.workspace import Workspace
from migrator.core.plan.checks import Missing, Need
from migrator.errors import RefusedError
from migrator.postgres.plan.server_facts import missing_grants

_MOST_STATEMENTS = 12


def require_privileges(workspace: Workspace, *needs: Need) -> None:
    """Refuses where the role lacks something of what `needs` stand for.

    Raises:
        RefusedError: it does; the hint holds the statements that give it.
    """
    with workspace.read_source("privileges") as connection:
        missing = [one for one in missing_grants(connection) if one.need in needs]
    if missing:
        raise refusal(missing)


def refusal(missing: list[Missing]) -> RefusedError:
    """What is lacking, and the statements that a superuser or the owner types to give it."""
    statements = list(dict.fromkeys(f"{one.statement};" for one in missing))
    rest = len(statements) - _MOST_STATEMENTS
    shown = [*statements[:_MOST_STATEMENTS], *([f"and {rest} more"] if rest > 0 else [])]
    more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
    return RefusedError(
        f"The role lacks privileges in the source: {missing[0].what}{more}.",
        "Have them granted, then run the same command again (docs/privileges.md):\n  " + "\n  ".join(shown),
    )
