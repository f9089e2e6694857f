"""The command plan diff: compares two plans, or one with what would be planned now."""

from __future__ import annotations

from dataclasses import dataclass

from migrator.commands.plan.find import find_plan
from migrator.commands.plan.stored import plan_now
from migrator.commands.shared.workspace import Workspace
from migrator.core.plan.difference import PlanDifference, plan_differences
from migrator.core.result.outcome import Outcome, Section
from migrator.core.result.wording import plural


@dataclass(frozen=True)
class PlansCompared:
    """Two plans, by their fingerprints, and what is otherwise in the second; `now`: it is what would be planned now."""

    run_id: str  # in which the first was made
    before: str
    after: str
    now: bool
    differences: tuple[PlanDifference, ...]

    @property
    def equal(self) -> bool:
        return self.before == self.after


def diff_plans(workspace: Workspace, before: str | None, after: str | None) -> PlansCompared:
    """What is otherwise in the plan `after`, by default the one that would be made now.

    Raises:
        RefusedError: there is no such plan, or another version of the program wrote it.
        ConfigurationError: nothing can be planned now, because migrator.toml or a tree is broken.
    """
    old = find_plan(workspace, before)
    new = plan_now(workspace) if after is None else find_plan(workspace, after).plan
    differences = tuple(plan_differences(old.plan, new))
    return PlansCompared(old.run.id, old.plan.fingerprint, new.fingerprint, after is None, differences)


def present(result: PlansCompared) -> Outcome:
    """The differences of two plans; exit code 1 where there are any."""
    differences, equal = result.differences, result.equal
    names = (result.before[:12], "what would be planned now" if result.now else result.after[:12])
    return Outcome(
        "plan diff",
        "done" if equal else "findings",
        0 if equal else 1,
        result.run_id,
        f"{names[0]} and {names[1]} are the same plan."
        if equal
        else f"{plural(len(differences), 'thing')} {'is' if len(differences) == 1 else 'are'} otherwise in {names[1]} "
        f"than in {names[0]}.",
        {"before": result.before, "after": result.after, "differences": len(differences)},
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
