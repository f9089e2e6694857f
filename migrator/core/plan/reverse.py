"""Says what takes each step of a plan back, or that nothing does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import assert_never

from migrator.core.plan.steps import (
    Compare,
    CopyTable,
    CreateDatabase,
    FinishDatabase,
    Plan,
    PrepareTarget,
    RaiseFence,
    Step,
)
from migrator.core.result.wording import listed


@dataclass(frozen=True, slots=True)
class DropDatabases:
    """The databases are dropped, those of tenants after a dump, and then the roles that were made with them."""

    server: str
    databases: tuple[str, ...]
    roles: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        roles = f", then the roles {listed(self.roles)}" if self.roles else ""
        return f"drop {listed(self.databases)}{roles}"


@dataclass(frozen=True, slots=True)
class LiftFence:
    """The source takes writes again; it is compared with what it was first."""

    @property
    def text(self) -> str:
        return "compare the source with what it was, then lift the fence"


@dataclass(frozen=True, slots=True)
class LeavesNothing:
    """Nothing is left that had to be taken back by itself."""

    why: str

    @property
    def text(self) -> str:
        return self.why


@dataclass(frozen=True, slots=True)
class PointOfNoReturn:
    """Nothing takes the step back: what was before is gone."""

    why: str

    @property
    def text(self) -> str:
        return f"POINT OF NO RETURN: {self.why}"


Reverse = DropDatabases | LiftFence | LeavesNothing | PointOfNoReturn


def reverse_of(step: Step) -> Reverse:
    """What rollback does about a step that was carried out."""
    match step:
        case PrepareTarget():
            roles = (step.group,) if step.group else ()
            return DropDatabases(step.server, (step.template, step.bare), roles)
        case CreateDatabase():
            return DropDatabases(step.server, (step.database,), step.own_roles)
        case RaiseFence():
            return LiftFence()
        case CopyTable():
            return LeavesNothing("the rows go with their databases; those of the source stay where they are")
        case FinishDatabase():
            return LeavesNothing("what was built goes with its database")
        case Compare():
            return LeavesNothing("it only reads")
        case _:
            assert_never(step)


def points_of_no_return(plan: Plan) -> Iterable[tuple[Step, PointOfNoReturn]]:
    """The steps after which there is no way back."""
    for step in plan.steps:
        if isinstance(reverse := reverse_of(step), PointOfNoReturn):
            yield step, reverse
