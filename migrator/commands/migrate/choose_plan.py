"""Chooses the plan that migrate carries out: that of the passed dry-run, or the one begun while its rows count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from migrator.commands.plan.find import SHORTEST_NAME
from migrator.commands.plan.stored import StoredPlan, readable_plan
from migrator.commands.shared.epochs import epoch_of
from migrator.commands.shared.run_tenants import keep_servers, servers_of
from migrator.commands.shared.survey import plan_of, survey
from migrator.commands.shared.workspace import RunContext
from migrator.core.plan.steps import Plan, same_source
from migrator.core.plan.survey import Survey
from migrator.core.run.facts import BACKUP, EPOCH
from migrator.errors import RefusedError
from migrator.journal import PlanRecord
from migrator.postgres.copy.spool import discard
from migrator.postgres.databases.databases import drop_database, marks, of_run
from migrator.postgres.fence.fence import read_fence
from migrator.postgres.session.connect import session

_MADE_BY_PLAN = ("target", "template", "bare")


@dataclass(frozen=True)
class ChosenPlan:
    """The plan to carry out, and the source as it is now, which the plan fits."""

    stored: StoredPlan
    survey: Survey
    replaces: bool  # whether the run has begun to carry out another plan before
    goes_on: bool  # whether an attempt at it has fenced the source, and its rows count


def choose_plan(context: RunContext, approved: str | None) -> ChosenPlan:
    """The plan that migrate carries out now; `approved` is the beginning of the only fingerprint that it may have.

    While the fence has held the source since rows were copied, the plan that they were copied by goes on, whatever
    migrator.toml says by now; only a dry-run that came to another plan ends it.

    Raises:
        RefusedError: there is no passed dry-run, its plan is stale, or the plan is not the approved one.
    """
    records = context.journal.plan_records()
    begun = readable_plan(context) if context.run.fingerprint is not None else None
    if begun is not None and _is_worth_keeping(context) and _goes_on(begun.plan, records, approved):
        require_approved(begun.plan.fingerprint, approved)
        surveyed = survey(begun.context.workspace)
        if not same_source(surveyed, begun.plan.survey):
            raise _stale()
        return ChosenPlan(begun, surveyed, replaces=False, goes_on=True)
    surveyed = survey(context.workspace)
    plan = plan_of(context.workspace, surveyed)
    _require_dry_run(records)
    require_approved(plan.fingerprint, approved)
    _require_fresh(plan, records)
    keep_servers(context, surveyed.tenants)
    replaces = context.run.fingerprint not in (None, plan.fingerprint)
    if replaces and any(record.status == "done" for record in context.journal.attempts("migrate")):
        raise RefusedError(
            f"Run {context.id} has been migrated by plan {str(context.run.fingerprint)[:12]}, and "
            f"{plan.fingerprint[:12]} is another one.",
            "Take the run back first: migrator rollback.",
        )
    stored = StoredPlan(plan, context.decided_by(plan.decisions), ())
    return ChosenPlan(stored, surveyed, replaces, goes_on=False)


def require_approved(fingerprint: str, approved: str | None) -> None:
    """Refuses a plan that is not the approved one.

    Raises:
        RefusedError: `approved` is not the beginning of the fingerprint, or too short to mean one plan.
    """
    if approved is None:
        return
    if len(approved) < SHORTEST_NAME:
        raise RefusedError(
            f"{approved!r} is too short to mean one plan.",
            f"Name at least {SHORTEST_NAME} characters of its fingerprint: migrator plan show.",
        )
    if not fingerprint.startswith(approved.lower()):
        raise RefusedError(
            f"The plan {approved} is approved, and what would be carried out is {fingerprint}.",
            f"See what is otherwise: migrator plan diff {approved}. To have the new plan approved: migrator dry-run.",
        )


def require_backup(context: RunContext) -> None:
    """Refuses to go on without a backup of the run.

    Raises:
        RefusedError: there is none.
    """
    if context.journal.recorded(BACKUP) is None:
        raise RefusedError(
            "There is no backup of this run.",
            "Run `migrator backup --verify` first; `--without-backup` goes on without one.",
        )


def begin_anew(context: RunContext) -> None:
    """Drops what the run made by another plan, which no application has used yet, and forgets that it was made.

    Raises:
        DatabaseError: a database could not be dropped.
    """
    context.progress.say("the plan is another than before: what was made by that one is made again")
    before = readable_plan(context)
    servers = {*servers_of(context), *(before.plan.servers if before is not None else ())}
    # Forgotten first: an attempt that dies in between must not take for done what it has dropped.
    discard(context.spool)
    context.journal.forget_steps()
    for server in sorted(servers):
        with session(context.server(server), purpose="reset") as connection:
            for name, mark in of_run(marks(connection), context.id).items():
                if mark.role in _MADE_BY_PLAN:
                    drop_database(connection, name, run=context.id)
                    context.journal.artefact("database", name, "dropped")


def _is_worth_keeping(context: RunContext) -> bool:
    """Whether the source is still as it was when rows of it were copied."""
    epoch = context.journal.recorded(EPOCH)
    if epoch is None:
        return False
    with context.workspace.read_source("check") as connection:
        fence = read_fence(connection)
    return fence is not None and fence.run == context.id and epoch_of(fence.epoch) == epoch


def _goes_on(begun: Plan, records: Sequence[PlanRecord], approved: str | None) -> bool:
    """Whether the plan that was begun is the one of the newest dry-run, or was asked for by its name."""
    named = approved is not None and begun.fingerprint.startswith(approved.lower())
    return named or not records or records[0].fingerprint == begun.fingerprint


def _require_dry_run(records: Sequence[PlanRecord]) -> None:
    if not records:
        raise RefusedError("There has been no dry-run in this run.", "Run `migrator dry-run` first.")


def _require_fresh(plan: Plan, records: Sequence[PlanRecord]) -> None:
    if records[0].fingerprint != plan.fingerprint:
        raise _stale()
    if not records[0].passed:
        raise RefusedError(
            "The last dry-run found something that blocks.", "Resolve it and run `migrator dry-run` again."
        )


def _stale() -> RefusedError:
    return RefusedError(
        "The plan of the last dry-run is stale: the source's schema, its tenants, the trees or the configuration "
        "have changed since.",
        "Run `migrator dry-run` again.",
    )
