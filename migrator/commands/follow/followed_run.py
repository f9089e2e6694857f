"""What a followed run consists of: its databases, how rows flow into each kind of them, and what is captured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from migrator.commands.shared.transfers import Resolved
from migrator.commands.shared.workspace import RunContext
from migrator.core.online.captured import CapturedTable, ClosedTable, closed_tables
from migrator.core.plan.steps import CreateDatabase, Plan
from migrator.core.plan.survey import Survey
from migrator.postgres.session.connect import Endpoint
from migrator.postgres.sync.flow import Flow, forward_flow


@dataclass(frozen=True)
class FollowedRun:
    """One run whose databases follow the source, by the plan that it was copied by."""

    context: RunContext
    plan: Plan
    survey: Survey
    resolved: Mapping[str, Resolved]
    captured: Sequence[CapturedTable]

    @cached_property
    def flows(self) -> Mapping[str, Flow]:
        """By target, how the source's rows come into its databases.

        Raises:
            RefusedError: rows of a table cannot follow.
        """
        return {
            target: forward_flow(one.transfers, self.survey.catalog, one.catalog, self.captured)
            for target, one in self.resolved.items()
        }

    @cached_property
    def databases(self) -> Mapping[str, CreateDatabase]:
        """Every database by its name."""
        return {step.database: step for step in self.plan.of(CreateDatabase)}

    def endpoint(self, database: str) -> Endpoint:
        """How one of them is reached."""
        return self.context.server(self.databases[database].server).at(database)

    def closed_tables(self, step: CreateDatabase) -> tuple[ClosedTable, ...]:
        """The tables of one database that rows travel into.

        Raises:
            RefusedError: rows of several tables meet in one.
        """
        target = self.resolved[step.target]
        return closed_tables([one for one in target.transfers if one.is_in(step.tenant)], target.catalog)
