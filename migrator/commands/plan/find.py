"""Finds a stored plan by its fingerprint or the beginning of it."""

from __future__ import annotations

from dataclasses import dataclass

from migrator.commands.shared.workspace import RunContext, Workspace
from migrator.core.plan.steps import Plan
from migrator.errors import RefusedError
from migrator.journal import PlanRecord, Run

SHORTEST_NAME = 8  # characters of a fingerprint that are taken for all of it


@dataclass(frozen=True)
class NamedPlan:
    """A plan of the journal, with the run that it was made in."""

    plan: Plan
    record: PlanRecord
    run: Run

    @property
    def state(self) -> str:
        """What became of it."""
        if self.run.fingerprint == self.record.fingerprint:
            return "carried out by this run" if self.run.closed_at is None else f"carried out, then {self.run.outcome}"
        return "not carried out" if self.record.passed else "not carried out: its dry-run found what blocks"


def find_plan(workspace: Workspace, name: str | None) -> NamedPlan:
    """The plan of that name; by default the one that the newest run carries out, else that of its newest dry-run.

    Raises:
        RefusedError: there is none, several begin so, or another version of the program wrote it.
    """
    records = workspace.journal.plans_of_source(workspace.source_id) if workspace.has_journal() else ()
    if not records:
        raise RefusedError(f"No plan has been made for {workspace.source} yet.", "Make one: migrator dry-run.")
    runs = {run.id: run for run in workspace.journal.all_runs(workspace.source_id)}
    if name is None:
        run = runs[records[0].run_id]
        carried_out = (
            record for record in records if record.run_id == run.id and record.fingerprint == run.fingerprint
        )
        return _read(RunContext(workspace, run), next(carried_out, records[0]))
    if len(name) < SHORTEST_NAME:
        raise RefusedError(
            f"{name!r} is too short to mean one plan.", f"Type at least {SHORTEST_NAME} characters of its fingerprint."
        )
    named = [record for record in records if record.fingerprint.startswith(name.lower())]
    if len({record.fingerprint for record in named}) != 1:
        known = ", ".join(dict.fromkeys(record.fingerprint[:12] for record in (named or records)[:5]))
        raise RefusedError(
            f"{'Several plans begin' if named else 'No plan begins'} with {name}.", f"The newest are: {known}."
        )
    return _read(RunContext(workspace, runs[named[0].run_id]), named[0])


def _read(context: RunContext, record: PlanRecord) -> NamedPlan:
    plan = context.journal.read_plan(record.fingerprint)
    assert plan is not None
    return NamedPlan(plan, record, context.run)
