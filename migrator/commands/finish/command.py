"""finish: ends a run. The last proof, the point of no return, and everything of ours out of the applications' way."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from migrator.commands.finish.report import NO_RETURN, present
from migrator.commands.finish.result import Finished, FinishedBefore, FinishedDatabase, FinishOutlook, NotProven
from migrator.commands.finish.source import RunEnd, new_name, require_possible, retire_source
from migrator.commands.plan.changes import PlanChanges
from migrator.commands.plan.finished import FINISHED_RUN, standing_source
from migrator.commands.plan.stored import stored_plan
from migrator.commands.rollback.command import nothing_open
from migrator.commands.rollback.leftovers import look
from migrator.commands.rollback.result import NothingOpen
from migrator.commands.sequences.blocks import run_blocks
from migrator.commands.shared.dropped_tenants import (
    BEGUN,
    dropped_tenants,
    require_databases,
    require_standing,
    standing,
)
from migrator.commands.shared.following import require_not_followed
from migrator.commands.shared.workspace import RunContext, Workspace
from migrator.commands.verify.command import Verifier
from migrator.core.plan.steps import CreateDatabase, Plan, PrepareTarget
from migrator.core.run.facts import FINISHING, TEMPLATE_OBJECTS, Finishing
from migrator.errors import RefusedError
from migrator.journal import Run
from migrator.postgres.databases.databases import FINISHED, Mark, drop_database, marks, release_database
from migrator.postgres.schema.catalog import read_objects
from migrator.postgres.session.connect import READ_ONLY, session

_PLAIN = RunEnd()


def validate_finish(
    workspace: Workspace, end: RunEnd = _PLAIN, *, confirm: str | None = None
) -> NotProven | FinishOutlook | FinishedBefore | NothingOpen:
    """What ending the open run would do, and whether it can, after a last proof; changes nothing.

    Raises:
        RefusedError: nothing migrated, a tenant half taken back, or an end that the source cannot have.
    """
    workspace, ended = standing_source(workspace)
    if ended is not None:
        return _finished_before(RunContext(workspace, ended), end)
    if workspace.current_run() is None:
        return nothing_open(workspace, confirm)
    with workspace.stage("finish") as (context, summary):
        attempt, since = _attempt(context, end)
        result = replace(attempt.proven() or attempt.outlook(), plan_changes=since)
        summary.update(present(result).recorded)
    return result


def finish(
    workspace: Workspace, end: RunEnd = _PLAIN, *, confirm: str | None
) -> NotProven | Finished | FinishedBefore | NothingOpen:
    """Ends the open run, after a last proof; `confirm` is the run's id, typed.

    Once it has begun nothing is taken back any more, and only the same command ends it; on a run that is finished it
    makes the source what `end` says.

    Raises:
        RefusedError: not confirmed, nothing migrated, a tenant half taken back, or an end that the source cannot have.
    """
    workspace, ended = standing_source(workspace)
    run = ended or workspace.current_run()
    if run is None:
        return nothing_open(workspace, confirm)
    _confirmed(run, confirm)
    if ended is not None:
        return _retire_again(RunContext(workspace, ended), end)
    with workspace.stage("finish") as (context, summary):
        attempt, since = _attempt(context, end)
        result = replace(attempt.proven() or attempt.carry_out(), plan_changes=since)
        summary.update(present(result).recorded)
    if isinstance(result, Finished):
        workspace.journal.close_run(context.id, FINISHED_RUN)
        workspace.fence.finished()
        # The last act: under another name the source would not be found by a run that is open.
        retire_source(context, end.source)
    return result


def _attempt(context: RunContext, end: RunEnd) -> tuple[_Finish, PlanChanges]:
    """An attempt at ending the run by its stored plan, and what has changed since that was made.

    Raises:
        RefusedError: nothing has been migrated.
    """
    require_not_followed(context)
    stored = stored_plan(context)
    if stored is None:
        raise _nothing_to_finish()
    return _Finish(stored.context, stored.plan, end), stored.since


def _confirmed(run: Run, typed: str | None) -> None:
    if typed is None:
        raise RefusedError(
            f"Finishing run {run.id} has to be confirmed. {NO_RETURN}",
            f"Look first: migrator finish --validate. Then: migrator finish --confirm {run.id}",
        )
    if typed != run.id:
        raise RefusedError(f"The run is {run.id}, not {typed}.", f"Type its id: --confirm {run.id}")


def _finished_before(context: RunContext, end: RunEnd) -> FinishedBefore:
    """The run is finished; what is left is what becomes of the source, which may be chosen anew.

    Raises:
        RefusedError: the source has been renamed, or cannot have that end.
    """
    chosen = context.journal.recorded(FINISHING)
    result = FinishedBefore(context.id, str(context.source), end.source)
    if chosen is not None and context.source.database == chosen.renamed:
        if end.source != "rename":
            raise RefusedError(
                f"Run {context.id} is finished, and its source is called {context.source.database} now.",
                "Name it as it was (ALTER DATABASE … RENAME TO …), then type the same again.",
            )
        return replace(result, retired=False)
    require_possible(context, end.source)
    return result


def _retire_again(context: RunContext, end: RunEnd) -> FinishedBefore:
    result = _finished_before(context, end)
    if result.retired:
        chosen = context.journal.recorded(FINISHING)
        _record(context, replace(end, drop_templates=chosen is not None and chosen.drop_templates))
        retire_source(context, end.source)
    return result


def _record(context: RunContext, end: RunEnd) -> None:
    renamed = new_name(context) if end.source == "rename" else ""
    context.journal.record(FINISHING, Finishing(end.source, renamed, end.drop_templates))


def _nothing_to_finish() -> RefusedError:
    return RefusedError("There is no completed migrate to finish.", "Run `migrator migrate`, then `migrator verify`.")


class _Finish:
    """One attempt at ending a run."""

    def __init__(self, context: RunContext, plan: Plan, end: RunEnd) -> None:
        self.context = context
        self.plan = plan
        self.journal = context.journal
        self.end = end
        # From then on rollback refuses, and only finish ends what it began.
        self.begun = self.journal.recorded(FINISHING) is not None
        self.steps: list[CreateDatabase] = []

    def proven(self) -> NotProven | None:
        """Looks whether the run can be ended; what disproves it, or None.

        Raises:
            RefusedError: what was migrated does not stand as it was made, or the source cannot have that end.
        """
        if not self.begun:
            self._require_standing(self.plan)
        require_possible(self.context, self.end.source)
        self.steps = standing(self.journal, list(self.plan.of(CreateDatabase)))
        if self.begun:
            return None
        result = Verifier(self.context, self.plan).structure()
        return None if result.holds else NotProven(self.context.id, result)

    def outlook(self) -> FinishOutlook:
        """What carrying it out would do."""
        written = 0 if self.begun else len(look(self.context, self.plan).written)
        source, end = str(self.context.source), self.end
        return FinishOutlook(self.context.id, source, len(self.steps), written, end.source, end.drop_templates)

    def carry_out(self) -> Finished:
        """Ends the run; from here on rollback refuses, whatever happens to this process."""
        _record(self.context, self.end)
        self._release(self.steps)
        dropped = self._scaffolds(self.plan)
        places = tuple(
            FinishedDatabase(
                step.database, step.target, step.tenant, str(self.context.server(step.server).at(step.database))
            )
            for step in self.steps
        )
        return Finished(self.context.id, str(self.context.source), places, dropped, self.end.source)

    def _require_standing(self, plan: Plan) -> None:
        """Refuses where what was migrated does not stand as it was made.

        Raises:
            RefusedError: migrate is not complete, a tenant is half taken back, or databases are gone.
        """
        last = self.journal.last("migrate")
        if last is None or last.status != "done":
            raise _nothing_to_finish()
        states = dropped_tenants(self.journal)
        if gone := sorted(tenant for tenant, state in states.items() if state == BEGUN):
            raise RefusedError(
                f"Tenant {gone[0]} is half taken back.",
                f"End that first: migrator rollback --tenant {gone[0]} --confirm {self.context.id}",
            )
        require_standing(self.journal, plan)
        require_databases(self.context, plan)

    def _release(self, steps: Sequence[CreateDatabase]) -> None:
        """Makes every database its applications' own."""
        task = "finishing databases"
        progress = self.context.progress
        progress.start(task, total=len(steps), unit="databases")
        blocks = run_blocks(self.journal)

        def release(step: CreateDatabase) -> None:
            endpoint = self.context.server(step.server).at(step.database)
            limited = blocks.of(step.target, step.database)
            bounds = {
                one.sequence: (one.bound, one.step > 0)
                for one in blocks.of_target(step.target)
                if one.sequence in limited
            }
            release_database(endpoint, Mark(self.context.id, FINISHED, step.target, step.tenant), bounds)

        with ThreadPoolExecutor(self.context.settings.limits.target_jobs_of(1)) as pool:
            for number, _ in enumerate(pool.map(release, steps), 1):
                progress.advance(task, rows=number)
        progress.finish(task)

    def _scaffolds(self, plan: Plan) -> int:
        """Drops the bare clones, and the templates where that was asked for; returns how many databases."""
        steps = list(plan.of(PrepareTarget))
        if self.end.drop_templates:
            self._keep_objects(steps)
        dropped = 0
        for step in steps:
            with session(self.context.server(step.server), purpose="finish") as connection:
                names = [step.bare, *([step.template] if self.end.drop_templates else [])]
                there = marks(connection, [*names, step.template])
                for name in names:
                    dropped += drop_database(connection, name, run=self.context.id)
                    self.journal.artefact("database", name, "dropped")
                if there.get(step.template) is not None and not self.end.drop_templates:
                    mark = Mark(self.context.id, FINISHED, step.target)
                    release_database(self.context.server(step.server).at(step.template), mark, {})
        return dropped

    def _keep_objects(self, steps: Sequence[PrepareTarget]) -> None:
        """Keeps the definitions of the templates, which verify compares the databases with afterwards."""
        kept = self.journal.recorded(TEMPLATE_OBJECTS) or {}
        for step in steps:
            endpoint = self.context.server(step.server).at(step.template)
            if step.target in kept:
                continue
            with session(endpoint, purpose="finish", settings=READ_ONLY) as connection:
                kept[step.target] = read_objects(connection)
            self.journal.record(TEMPLATE_OBJECTS, kept)
