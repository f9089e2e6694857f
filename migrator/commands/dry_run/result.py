"""What a dry-run saw, as a value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from migrator.core.plan.checks import Check, Population
from migrator.core.plan.steps import Plan
from migrator.core.plan.survey import Survey
from migrator.core.run.facts import SplitTimes


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a rehearsal measured, in seconds."""

    seconds: float
    figures: dict[str, float]

    def times_of(self, plan: Plan, at: datetime) -> SplitTimes:
        """What was measured, as the times of the plan that it rehearsed."""
        return SplitTimes(
            plan.fingerprint,
            migrate=self.figures["migrate"],
            fenced=self.figures["source fenced"],
            verify=self.figures["verify"],
            back=self.figures["going back"],
            measured_at=at.isoformat(),
        )


class StepStatement(NamedTuple):
    """A statement that a step of the plan executes."""

    step: str
    sql: str


@dataclass(frozen=True)
class Look:
    """Everything that a dry-run saw of the rows and of what would be made of them."""

    survey: Survey
    plan: Plan
    population: tuple[Population, ...]
    times: SplitTimes
    needed: int  # bytes of disk


@dataclass(frozen=True, slots=True)
class DryRunWanted:
    """What a dry-run does besides looking.

    Attributes:
        sql: adds the statements of every step, where nothing blocks.
        rehearse: carries the whole plan out into scratch databases of its own, where nothing blocks.
        no_tenants_yet: says that an empty tenant root is meant, which blocks otherwise.
    """

    sql: bool = False
    rehearse: bool = False
    no_tenants_yet: bool = False


@dataclass(frozen=True)
class DryRun:
    """Whether the source can be split as migrator.toml says, and the plan for it.

    `look` is None where not every row of the source can be read; `statements` and `rehearsal` where they were not
    asked for, or something blocks.
    """

    run_id: str
    checks: tuple[Check, ...]
    look: Look | None = None
    statements: tuple[StepStatement, ...] | None = None
    rehearsal: Rehearsal | None = None

    @property
    def blocked(self) -> bool:
        """Whether something stands in the way of the migration."""
        return self.look is None or blocks(self.checks)

    @property
    def plan(self) -> Plan | None:
        """The plan that was written down; None where not every row can be read."""
        return self.look.plan if self.look is not None else None

    @property
    def fingerprint(self) -> str:
        """The plan's name; '' where there is none."""
        return self.look.plan.fingerprint if self.look is not None else ""


def blocks(checks: Iterable[Check]) -> bool:
    """Whether a check stands in the way of the migration."""
    return any(check.state == "block" for check in checks)
