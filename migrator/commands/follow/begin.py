"""Begins to follow: captures changes, copies everything once, and puts each database at the position of its copy."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from migrator.commands.follow.followable import require_followable
from migrator.commands.follow.followed_run import FollowedRun, standing_capture
from migrator.commands.migrate.execution import Execution
from migrator.commands.shared.survey import survey_in
from migrator.commands.shared.transfers import resolve
from migrator.commands.shared.workspace import RunContext
from migrator.core.online.position import Position
from migrator.core.online.stages import Stage
from migrator.core.plan.steps import CreateDatabase, Plan, same_schema
from migrator.core.plan.survey import Survey
from migrator.core.result.progress import each
from migrator.core.run.facts import FOLLOW_START, FollowStart
from migrator.core.run.source_hold import SourceHold
from migrator.errors import RefusedError, TargetsFailedError
from migrator.postgres.gate.close_target import close_target
from migrator.postgres.session.connect import session


def begin_following(context: RunContext, plan: Plan, survey: Survey) -> FollowedRun:
    """Copies all databases and sets their positions, or finds that an earlier call has.

    Raises:
        TargetsFailedError: some databases could not be filled; all of them are copied again by the next call.
        RefusedError: the source's schema changed while it was copied, or capture was taken away since.
    """
    start = context.journal.recorded(FOLLOW_START)
    if start is None or not start.copied:
        _copy(context, plan, survey)
        start = context.journal.recorded(FOLLOW_START)
        assert start is not None
    followed = FollowedRun(
        context, plan, survey, resolve(context.workspace, plan, survey), standing_capture(context, start.epoch)
    )
    if not start.copied:
        _close_targets(followed, context, start)
    return followed


def _copy(context: RunContext, plan: Plan, survey: Survey) -> None:
    """Copies everything at one position, behind capture, which the execution of the plan puts on the source."""
    require_followable(context, survey)
    attempt = Execution(context, plan, survey, SourceHold.CAPTURE).carry_out()
    if attempt.failures:
        lines = "\n".join(f"  {database}: {message}" for database, message in sorted(attempt.failures.items()))
        raise TargetsFailedError(
            f"{len(attempt.failures)} databases could not be filled:\n{lines}",
            "Mend the cause, then run the same command again; the source goes on taking writes meanwhile.",
        )
    if not attempt.proof.holds:
        raise TargetsFailedError(
            "What was copied is not what the source held at that moment.",
            "Report this: both sides were read at one and the same snapshot. See which: migrator status.",
        )
    with context.workspace.read_source("follow") as connection:
        if not same_schema(survey_in(connection, context.workspace), plan.survey):
            raise RefusedError(
                "The source's schema changed while it was copied.",
                "Run `migrator dry-run`, then `migrator follow start` again: all of it is copied anew.",
            )


def _close_targets(followed: FollowedRun, context: RunContext, start: FollowStart) -> None:
    """Shuts every database, and writes there, and then into the journal, at which position it was copied."""
    position, epoch = Position.parse(start.snapshot), start.epoch
    steps = list(followed.databases.values())

    def close(step: CreateDatabase) -> None:
        endpoint = followed.endpoint(step.database)
        wait = replace(context.workspace.lock_wait, endpoint=endpoint)
        with session(endpoint, purpose="follow") as connection:
            close_target(
                connection, followed.closed_tables(step), followed.flows[step.target], position, wait,
                run=context.id, epoch=epoch,
            )  # fmt: skip

    with ThreadPoolExecutor(context.settings.limits.target_jobs_of(1)) as pool:
        shown = each(context.progress, "setting positions", steps, "databases")
        for _ in zip(shown, pool.map(close, steps), strict=True):
            pass
    context.journal.begin_following(
        [(step.database, step.target, step.tenant) for step in steps], Stage.COPIED, str(position)
    )
    context.journal.record(FOLLOW_START, replace(start, copied=True))
