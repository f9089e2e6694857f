"""The stage migrate: carries out the plan of the last dry-run, proves the result, and resumes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from migrator.commands.migrate.choose_plan import begin_anew, choose_plan, require_approved
from migrator.commands.migrate.execution import Attempt, Execution
from migrator.commands.migrate.outlook import outlook
from migrator.commands.plan.stored import stored_plan, survey_as_planned
from migrator.commands.proof.compare_sides import proof_sections
from migrator.commands.proof.drift import drift_section
from migrator.commands.shared.dropped_tenants import (
    all_are_there,
    require_databases,
    require_same_source,
    require_standing,
    taken_back,
)
from migrator.commands.shared.privileges import require_privileges
from migrator.commands.shared.roles import hand_out
from migrator.commands.shared.workspace import Workspace
from migrator.core.plan.steps import CreateDatabase, Plan
from migrator.core.result.outcome import Outcome
from migrator.core.run.facts import BACKUP
from migrator.errors import RefusedError, TargetsFailedError
from migrator.journal import REFUSED, Run


def migrate(
    workspace: Workspace,
    *,
    confirm: Callable[[Outcome], object] | None = None,
    approved: str | None = None,
    without_backup: bool = False,
    fence: bool = True,
    passwords: bool = True,
) -> Outcome:
    """Splits the source as planned, or goes on where an earlier attempt stopped.

    `confirm` gets what is about to be done, before anything is changed, and raises where it is not wanted; an attempt
    that goes on behind the fence of an earlier one was confirmed then. `approved` is the fingerprint, or its beginning,
    of the only plan that may be carried out.

    Raises:
        RefusedError: no passed dry-run of this plan, another plan than the approved one, no backup, targets in the way,
            rows that nobody owns.
        TargetsFailedError: some databases failed; the others are complete, and the same command resumes.
    """
    with workspace.stage("migrate") as (run, summary):
        summary[REFUSED] = True
        require_privileges(workspace, "read", "every row", *(("fence",) if fence else ()))
        if not taken_back(workspace, run.id) and (done := _done_before(workspace, run, approved)):
            del summary[REFUSED]
            return done
        chosen = choose_plan(workspace, run, approved)
        workspace = chosen.stored.workspace
        require_same_source(workspace, run, chosen.survey)
        if not without_backup:
            _require_backup(workspace, run)
        if confirm is not None and not chosen.goes_on:
            confirm(outlook(workspace, run, chosen.stored.plan, fenced=fence))
        del summary[REFUSED]
        if chosen.replaces:
            begin_anew(workspace, run)
        workspace.journal.begin_plan(run.id, chosen.stored.plan)
        plan = workspace.journal.plan(run.id)
        assert plan is not None
        attempt = Execution(workspace, run, plan, chosen.survey, fenced=fence).carry_out()
        outcome = _outcome(workspace, run, plan, attempt, summary, fenced=fence)
        all_are_there(workspace, run.id)
        if passwords:
            hand_out(workspace, run, plan)
        return replace(outcome, sections=(*chosen.stored.sections, *outcome.sections))


def _done_before(workspace: Workspace, run: Run, approved: str | None) -> Outcome | None:
    previous = workspace.journal.attempts(run.id, "migrate")[:-1]  # the last one is this
    stored = stored_plan(workspace, run) if any(record.status == "done" for record in previous) else None
    if stored is None:
        return None
    require_standing(workspace, run, stored.plan)
    if previous[-1].status != "done":
        return None
    require_approved(stored.plan.fingerprint, approved)
    try:
        survey_as_planned(stored, run)
    except RefusedError as error:
        raise RefusedError(
            f"This run has been migrated, and the source has changed since. {error.message}",
            "Take it back first: migrator rollback.",
        ) from error
    require_databases(stored.workspace, run, stored.plan)
    return Outcome(
        "migrate",
        status="nothing-to-do",
        run_id=run.id,
        headline="This plan has been carried out already.",
        summary=dict(previous[-1].summary),
        sections=stored.sections,
        next=("migrator verify", "migrator rollback"),
    )


def _require_backup(workspace: Workspace, run: Run) -> None:
    if workspace.journal.recorded(run.id, BACKUP) is None:
        raise RefusedError(
            "There is no backup of this run.",
            "Run `migrator backup --verify` first; `--without-backup` goes on without one.",
        )


def _outcome(
    workspace: Workspace, run: Run, plan: Plan, attempt: Attempt, summary: dict[str, object], *, fenced: bool
) -> Outcome:
    """What an attempt came to.

    Raises:
        TargetsFailedError: some databases failed.
    """
    proof, failures, drift = attempt.proof, attempt.failures, attempt.drift
    made = list(plan.of(CreateDatabase))
    figures: dict[str, str | int | float | bool | None] = {
        "databases": len(made),
        "tenants": len(plan.tenants),
        "tables": len(plan.survey.placements.tables),
        **proof.figures,
        "differences": len(proof.differences),
        "fenced": fenced,
        "source_changes_since_snapshot": len(drift),
    }
    summary.update(figures)
    if failures:
        lines = "\n".join(f"  {database}: {message}" for database, message in sorted(failures.items()))
        raise TargetsFailedError(
            f"{len(failures)} of {len(made)} databases failed; the others are complete:\n{lines}",
            "The source stays fenced. Mend the cause and run `migrator migrate` again, or `migrator rollback`."
            if fenced
            else "Mend the cause, then run the same command again.",
        )
    sections = (*((drift_section(drift),) if drift else ()), *proof_sections(proof))
    if not proof.holds:
        summary["status"] = "findings"
        return Outcome(
            "migrate",
            "findings",
            1,
            run.id,
            "The databases are made, but source and targets do not agree.",
            figures,
            sections,
            next=("migrator verify", "migrator rollback"),
        )
    return Outcome(
        "migrate",
        run_id=run.id,
        headline=f"{proof.told(workspace.source.database, len(made))}; all digests agree."
        + (" The source is fenced: it takes no writes until rollback." if fenced else ""),
        summary=figures,
        sections=sections,
        next=("migrator verify", "migrator status", "migrator rollback"),
    )
