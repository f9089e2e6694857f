"""What a followed run consists of: its databases, how rows flow into each kind of them, and what is captured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from migrator.commands.plan.stored import stored_plan
from migrator.commands.shared.transfers import Resolved, resolve
from migrator.commands.shared.workspace import RunContext
from migrator.core.changes.row_changes import no_way_back
from migrator.core.online.captured import CapturedTable, ClosedTable, closed_tables
from migrator.core.plan.steps import CreateDatabase, Plan
from migrator.core.plan.survey import Survey
from migrator.core.run.facts import FOLLOW_START
from migrator.core.schema.catalog import Relation
from migrator.errors import RefusedError
from migrator.postgres.capture.install import read_capture
from migrator.postgres.session.connect import Endpoint
from migrator.postgres.sync.flow import Flow, forward_flow
from migrator.postgres.sync.reverse import reverse_flow

BEGIN_ANEW = (
    "Take what was copied back and begin again: migrator rollback, then migrator dry-run and migrator follow start."
)


@dataclass(frozen=True)
class FollowedRun:
    """One run whose databases follow the source, by the plan that it was copied by."""

    context: RunContext
    plan: Plan
    survey: Survey
    resolved: Mapping[str, Resolved]
    captured: Sequence[CapturedTable]
    _reverse: dict[str, Flow] = field(default_factory=dict, compare=False)

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

    @cached_property
    def served(self) -> Mapping[str, Flow]:
        """By target, what goes on coming from the source once its databases serve their own rows.

        Copies of other targets' tables, and in tables of their own the rows that every tenant has: single rows only.
        """
        return {
            target: replace(flow, tables=tuple(one for one in flow.tables if one.key or no_way_back(one.transfer)))
            for target, flow in self.flows.items()
        }

    @cached_property
    def own_tables(self) -> frozenset[Relation]:
        """The source's tables whose rows databases serve themselves, once tenants have moved there."""
        return frozenset(
            table.relation for flow in self.flows.values() for table in flow.tables if not no_way_back(table.transfer)
        )

    def reverse_flow(self, step: CreateDatabase) -> Flow:
        """How rows come from a database that serves them back into the source."""
        if step.database not in self._reverse:
            captured = [table.captured for table in self.closed_tables(step) if not table.is_copy]
            self._reverse[step.database] = reverse_flow(self.flows[step.target], captured)
        return self._reverse[step.database]

    def closed_tables(self, step: CreateDatabase) -> tuple[ClosedTable, ...]:
        """The tables of one database that rows travel into.

        Raises:
            RefusedError: rows of several tables meet in one.
        """
        target = self.resolved[step.target]
        return closed_tables([one for one in target.transfers if one.is_in(step.tenant)], target.catalog)


def open_followed(context: RunContext) -> FollowedRun:
    """The run as it follows, or has followed, by the plan that it was copied by.

    Raises:
        RefusedError: the databases have not all been copied yet, or what changes was not captured all the time.
    """
    start, stored = context.journal.recorded(FOLLOW_START), stored_plan(context)
    if start is None or not start.copied or stored is None:
        raise RefusedError(
            "The databases have not all been copied yet.", "Let it come to that: migrator follow start --until-proved."
        )
    context, plan = stored.context, stored.plan
    captured = standing_capture(context, start.epoch)
    return FollowedRun(context, plan, plan.survey, resolve(context.workspace, plan, plan.survey), captured)


def standing_capture(context: RunContext, epoch: str) -> Sequence[CapturedTable]:
    """The tables whose changes have been captured ever since that epoch began.

    Raises:
        RefusedError: capture is not there, or began anew: changes in between are in no log.
    """
    with context.workspace.read_source("follow") as connection:
        standing = read_capture(connection)
    if standing is None or standing.run != context.run.id or standing.epoch != epoch:
        raise RefusedError(
            "What changes in the source has not been captured all the time since the databases were copied.",
            BEGIN_ANEW,
        )
    return standing.tables
