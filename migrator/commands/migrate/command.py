"""The stage migrate: carries out the plan of the last dry-run, proves the result, and resumes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from migrator.commands.migrate.choose_plan import begin_anew, choose_plan, require_approved, require_backup
from migrator.commands.migrate.execution import Attempt, Execution
from migrator.commands.migrate.outlook import SplitOutlook, outlook
from migrator.commands.migrate.report import present
from migrator.commands.migrate.report import summary as figures
from migrator.commands.migrate.result import Migrated, made_databases
from migrator.commands.plan.stored import stored_plan, survey_as_planned
from migrator.commands.proof.records import database_counts
from migrator.commands.shared.dropped_tenants import (
    all_are_there,
    dropped_tenants,
    require_databases,
    require_same_source,
    require_standing,
)
from migrator.commands.shared.following import require_not_followed
from migrator.commands.shared.privileges import require_privileges
from migrator.commands.shared.roles import deliver_passwords
from migrator.commands.shared.workspace import RunContext, Workspace
from migrator.core.plan.steps import Plan
from migrator.core.run.failures import FULL_DISK, failure_lines, is_full_disk
from migrator.core.run.moments import held_by
from migrator.core.run.source_hold import SourceHold
from migrator.errors import RefusedError, TargetsFailedError
from migrator.journal import REFUSED


def migrate(
    workspace: Workspace,
    *,
    confirm: Callable[[SplitOutlook], object] | None = None,
    approved: str | None = None,
    without_backup: bool = False,
    fence: bool = True,
    passwords: bool = True,
) -> Migrated:
    """Splits the source as planned, or goes on where an earlier attempt stopped.

    `confirm` gets what is about to be done, before anything is changed, and raises where it is not wanted; an attempt
    that goes on behind the fence of an earlier one was confirmed then. `approved` is the fingerprint, or its beginning,
    of the only plan that may be carried out.

    Raises:
        RefusedError: no passed dry-run of this plan, another plan than the approved one, no backup, targets in the way,
            rows that nobody owns.
        TargetsFailedError: some databases failed; the others are complete, and the same command resumes.
    """
    with workspace.stage("migrate") as (context, summary):
        summary[REFUSED] = True
        require_not_followed(context)
        require_privileges(workspace, "read", "every row", *(("fence",) if fence else ()))
        if not dropped_tenants(context.journal) and (done := _done_before(context, approved)):
            del summary[REFUSED]
            return done
        chosen = choose_plan(context, approved)
        context = chosen.stored.context
        require_same_source(context, chosen.survey)
        if not without_backup:
            require_backup(context)
        if confirm is not None and not chosen.goes_on:
            confirm(outlook(context, chosen.stored.plan, fenced=fence))
        del summary[REFUSED]
        workspace.fence.state = "open"  # whatever an earlier attempt came to, this one has something to do
        if chosen.replaces:
            begin_anew(context)
        context.journal.begin_plan(chosen.stored.plan)
        plan = context.journal.plan()
        assert plan is not None
        attempt = Execution(context, plan, chosen.survey, SourceHold.FENCE if fence else SourceHold.NOTHING).carry_out()
        result = _result(context, plan, attempt, summary, fenced=fence)
        all_are_there(context.journal)
        if passwords:
            deliver_passwords(context, plan)
        if summary.get("status", "done") == "done":
            workspace.fence.migrated()
        return replace(result, plan_changes=chosen.stored.since)


def _done_before(context: RunContext, approved: str | None) -> Migrated | None:
    previous = context.journal.attempts("migrate")[:-1]  # the last one is this
    stored = stored_plan(context) if any(record.status == "done" for record in previous) else None
    if stored is None:
        return None
    require_standing(context.journal, stored.plan)
    if previous[-1].status != "done":
        return None
    require_approved(stored.plan.fingerprint, approved)
    try:
        survey_as_planned(stored)
    except RefusedError as error:
        raise RefusedError(
            f"This run has been migrated, and the source has changed since. {error.message}",
            "Take it back first: migrator rollback.",
        ) from error
    require_databases(stored.context, stored.plan)
    plan = stored.plan
    held = {target: context.journal.digests(held_by(target)) for target in database_counts(plan)}
    return Migrated(
        context.id,
        stored.context.source.database,
        made_databases(plan, held),
        len(plan.tenants),
        len(plan.survey.placements.tables),
        None,
        bool(previous[-1].summary.get("fenced")),
        earlier=dict(previous[-1].summary),
        plan_changes=stored.since,
    )


def _result(context: RunContext, plan: Plan, attempt: Attempt, summary: dict[str, object], *, fenced: bool) -> Migrated:
    """What an attempt came to, which the record of the stage keeps in any case.

    Raises:
        TargetsFailedError: some databases failed.
    """
    result = Migrated(
        context.id,
        context.source.database,
        made_databases(plan, attempt.held),
        len(plan.tenants),
        len(plan.survey.placements.tables),
        attempt.proof,
        fenced,
        attempt.drift,
    )
    if attempt.failures:
        summary.update(figures(result, attempt.proof))
        lines = "\n".join(f"  {line}" for line in failure_lines(attempt.failures))
        mend = f"{FULL_DISK} Then" if is_full_disk(attempt.failures.values()) else "Mend the cause and"
        raise TargetsFailedError(
            f"{len(attempt.failures)} of {len(result.databases)} databases failed; the others are complete:\n{lines}",
            f"{mend} run `migrator migrate` again: it goes on with what is missing."
            + (
                " Or `migrator rollback`, which drops what was made: the source stays fenced until then."
                if fenced
                else ""
            ),
        )
    summary.update(present(result).recorded)
    return result
