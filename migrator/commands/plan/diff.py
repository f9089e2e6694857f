"""The command plan diff: compares two plans, or one with what would be planned now."""

from __future__ import annotations

from migrator.commands.plan.find import find_plan
from migrator.commands.plan.stored import plan_now
from migrator.commands.shared.workspace import Workspace
from migrator.core.plan.difference import plan_differences
from migrator.core.result.outcome import Outcome, Section
from migrator.core.result.wording import plural


def diff_plans(workspace: Workspace, before: str | None, after: str | None) -> Outcome:
    """What is otherwise in the plan `after`, by default the one that would be made now; exit code 1 where anything is.

    Raises:
        RefusedError: there is no such plan, or another version of the program wrote it.
        ConfigurationError: nothing can be planned now, because migrator.toml or a tree is broken.
    """
    old = find_plan(workspace, before)
    new = plan_now(workspace) if after is None else find_plan(workspace, after).plan
    differences = plan_differences(old.plan, new)
    names = (old.plan.fingerprint[:12], "what would be planned now" if after is None else new.fingerprint[:12])
    equal = old.plan.fingerprint == new.fingerprint
    return Outcome(
        "plan diff",
        "done" if equal else "findings",
        0 if equal else 1,
        old.run.id,
        f"{names[0]} and {names[1]} are the same plan."
        if equal
        else f"{plural(len(differences), 'thing')} {'is' if len(differences) == 1 else 'are'} otherwise in {names[1]} "
        f"than in {names[0]}.",
        {"before": old.plan.fingerprint, "after": new.fingerprint, "differences": len(differences)},
        (
            Section(
                "Differences",
                ("part", "what", "how"),
                tuple((one.part, one.what, one.how) for one in differences),
                tone="warning",
            ),
        )
        if differences
        else (),
        {"differences": [{"part": one.part, "what": one.what, "how": one.how} for one in differences]},
        () if equal else ("migrator dry-run",),
    )
