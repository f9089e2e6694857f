"""Makes the units of a migrate from its plan: copies, the finishing of databases, and what workers know of targets."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from migrator.commands.proof.records import copy_steps
from migrator.commands.sequences.blocks import RunBlocks, positions
from migrator.commands.shared.transfers import Resolved
from migrator.commands.shared.workspace import RunContext
from migrator.core.plan.steps import CopyTable, CreateDatabase, FinishDatabase
from migrator.core.plan.survey import Survey
from migrator.core.plan.transfer import Transfer
from migrator.core.schema.catalog import Relation
from migrator.errors import RefusedError
from migrator.files import private_directory
from migrator.postgres.copy.relay import CopyUnit, Destination
from migrator.postgres.copy.units import CopyRun, copy_units, loads_of, session_budget
from migrator.postgres.databases.post_data import FinishUnit, TargetWork
from migrator.postgres.session.connect import READ_ONLY, session
from migrator.postgres.session.snapshot import Snapshot


@dataclass(frozen=True)
class DatabaseSteps:
    """The steps that workers carry out side by side, gathered in the plan's order."""

    creates: list[CreateDatabase] = field(default_factory=list)
    copies: list[CopyTable] = field(default_factory=list)
    finishes: list[FinishDatabase] = field(default_factory=list)


@dataclass(frozen=True)
class UnitMaker:
    """Makes the units of one attempt; `epoch` names the frozen state of the source that they copy."""

    context: RunContext
    steps: DatabaseSteps
    survey: Survey
    epoch: str

    def destinations(self) -> Mapping[str, list[Destination]]:
        """Every target's databases."""
        databases: dict[str, list[Destination]] = {name: [] for name in self.context.settings.hosted}
        for step in self.steps.creates:
            endpoint = self.context.server(step.server).at(step.database)
            databases[step.target].append(Destination(step.tenant, endpoint))
        return databases

    def copies(
        self, snapshot: Snapshot, transfers: Mapping[str, tuple[Transfer, ...]], sessions: int
    ) -> tuple[CopyUnit, ...]:
        """The copies of every table; a worker holds `sessions` to targets at most."""
        workspace = self.context.workspace
        run = CopyRun(
            self.context.id,
            self.epoch,
            snapshot.id,
            workspace.source_rows,
            workspace.control,
            sessions,
            self.context.spool,
        )
        steps = copy_steps(self.context.journal, self.steps.copies)
        return tuple(copy_units(run, steps, transfers, self.destinations(), self.survey.catalog))

    def finishes(self, memory: int, blocks: RunBlocks) -> Mapping[str, FinishUnit]:
        """The finishing of each database by its name; `memory` is maintenance_work_mem in kB."""
        drawn = positions(self.context.journal)
        return {
            step.database: FinishUnit(
                self.context.id,
                step.step,
                self.epoch,
                step.target,
                step.tenant,
                self.context.server(step.server).at(step.database),
                memory,
                blocks.places.get(step.database, 0),
                tuple(blocks.refilled.get(step.database, {}).values()),
                drawn.get(step.database),
            )
            for step in self.steps.finishes
        }

    def require_room(self, copies: Sequence[CopyUnit]) -> None:
        """Refuses where the disk has no room for what is read into files: about what the heaps take.

        Raises:
            RefusedError: the disk of [paths] spool has too little room.
        """
        spooled = {unit.relation for unit in copies if unit.spool}
        if not spooled:
            return
        tables = self.survey.catalog.tables.values()
        needed = sum(table.bytes for table in tables if table.relation.full_name in spooled)
        directory = private_directory(self.context.spool)
        free = shutil.disk_usage(directory).free
        if needed > free:
            raise RefusedError(
                f"There are more databases than sessions to them, so {len(spooled)} tables go through files: about "
                f"{needed:,} bytes, and {directory} has {free:,} free.",
                "Name a larger disk ([paths] spool), or allow more sessions (--max-target-connections).",
            )
        self.context.progress.say(f"reading {len(spooled)} tables into files first: more databases than sessions")

    def session_budget(self) -> int:
        """How many sessions to targets may be open at once: what the tightest server bears.

        A group of databases may be all on one server.
        """
        budgets = []
        for name in sorted({step.server for step in self.steps.creates}):
            with session(self.context.server(name), purpose="capacity", settings=READ_ONLY) as connection:
                budgets.append(session_budget(connection, self.context.settings.limits.max_target_connections))
        return min(budgets)


def target_work(
    post_data: Mapping[str, str],
    resolved: Mapping[str, Resolved],
    values: Mapping[str, Mapping[Relation, int]],
    blocks: RunBlocks,
    copies: Sequence[CopyUnit],
) -> Mapping[str, TargetWork]:
    """What the workers need to know of each target."""
    return {
        name: TargetWork(
            post_data[name],
            target.transfers,
            tuple(values[name].items()),
            tuple(target.catalog.sequences.values()),
            loads_of(name, copies),
            blocks.of_target(name),
        )
        for name, target in resolved.items()
    }
