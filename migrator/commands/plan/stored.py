"""Reads the plan that a run carries out from the journal, and what has changed since it was made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from migrator.commands.plan.changes import PlanChanges
from migrator.commands.shared.epochs import require_tables
from migrator.commands.shared.survey import plan_of, survey, survey_in
from migrator.commands.shared.workspace import RunContext, Workspace
from migrator.core.plan.decisions import DecisionChange, Decisions, decision_changes
from migrator.core.plan.steps import Plan, source_digest
from migrator.core.plan.survey import Survey
from migrator.core.result.wording import listed
from migrator.errors import ConfigurationError, RefusedError

_MOST_NAMED = 3


@dataclass(frozen=True)
class StoredPlan:
    """A plan of the journal, with the run as it decides it: only connections, limits and paths are today's."""

    plan: Plan
    context: RunContext
    changes: tuple[DecisionChange, ...]  # what of migrator.toml and the trees is otherwise now, and how

    @property
    def since(self) -> PlanChanges:
        """What has changed since, for a report."""
        return PlanChanges(self.plan.fingerprint, self.changes)


def stored_plan(context: RunContext) -> StoredPlan | None:
    """The plan that the run carries out, or has carried out; None where it carries out none yet.

    Says in a line what has changed since.

    Raises:
        RefusedError: another version of the program wrote it, in a shape that this one cannot read.
    """
    plan = context.journal.plan()
    if plan is None:
        return None
    changes = tuple(changes_since(context.workspace, plan))
    if changes:
        names = listed((name for name, _ in changes), _MOST_NAMED)
        context.progress.say(f"changed since the plan was made, which counts nevertheless: {names}")
    return StoredPlan(plan, context.decided_by(plan.decisions), changes)


def readable_plan(context: RunContext) -> StoredPlan | None:
    """The stored plan where there is one that can be read, else None.

    For ways back: a journal that was lost, or that another version wrote, must not keep anybody from taking a run back.
    """
    try:
        return stored_plan(context)
    except RefusedError as error:
        context.progress.say(f"{error.message} What would be planned now stands for it.")
        return None


def plan_now(workspace: Workspace) -> Plan:
    """What would be planned now, by today's source and migrator.toml."""
    return plan_of(workspace, survey(workspace))


def changes_since(workspace: Workspace, plan: Plan) -> Iterable[DecisionChange]:
    """Each setting and each tree that would make another plan now, in the order of migrator.toml."""
    # Imported here: where nothing is stored nothing needs Alembic. The files are read and not run: they may be broken.
    from migrator.revisions import digest

    yield from decision_changes(plan.decisions, Decisions.of(workspace.settings, workspace.prefix))
    for tree in plan.trees:
        title = f"tree of target {tree.target}"
        directory = workspace.settings.path(Path(tree.path))
        try:
            edited = digest(directory) != tree.digest
        except ConfigurationError as error:
            yield DecisionChange(title, error.message if directory.exists() else f"{tree.path} is gone")
            continue
        if edited:
            yield DecisionChange(title, f"files in {tree.path} are others")


def survey_as_planned(stored: StoredPlan) -> Survey:
    """The source as it is now, by the decisions of the plan that the run has carried out.

    Raises:
        RefusedError: its schema, its partitions or its tenants are not those of the plan.
    """
    try:
        with stored.context.workspace.read_source("survey") as connection:
            surveyed = survey_in(connection, stored.context.workspace)
    except ConfigurationError as error:
        raise another_source(error.message) from error
    require_tables(stored.context.journal, surveyed.catalog)
    if source_digest(surveyed) != source_digest(stored.plan.survey):
        raise another_source("")
    return surveyed


def another_source(why: str) -> RefusedError:
    """The refusal where the source is not the one that was migrated."""
    reason = f" {why}" if why else ""
    return RefusedError(
        f"The source's schema or its tenants are not those that were migrated.{reason}",
        "Undo the change, or `migrator rollback` and start again.",
    )
