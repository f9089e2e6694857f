"""The stage rollback: dumps and drops what a run made, lifts the fence, and proves the source unchanged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from migrator.commands.changes.apply import (
    Carried,
    carried_before,
    predict_conflicts,
    replay_writes,
    settle_conflicts,
    settled_by_numbers,
)
from migrator.commands.changes.find import require_rows, save_writes
from migrator.commands.changes.way_back import LaterWrites, Restore, WayBack
from migrator.commands.clean.command import restore_quarantine as put_back
from migrator.commands.follow.manage import end_following
from migrator.commands.plan.finished import FINISHED_RUN, standing_source
from migrator.commands.plan.stored import readable_plan
from migrator.commands.rollback.adopt import adopt
from migrator.commands.rollback.drawn_numbers import note_drawn_numbers, put_sequences_back
from migrator.commands.rollback.drop import dump_and_drop
from migrator.commands.rollback.findings import Findings, foreign_fence, unknown_fence
from migrator.commands.rollback.leftovers import look, require_able, require_nothing_lost
from migrator.commands.rollback.report import present
from migrator.commands.rollback.restore_backup import (
    backup_of,
    checked_backup,
    drop_restored,
    restore_beside,
    swap_for_restored,
)
from migrator.commands.rollback.result import ConflictOutlook, NothingOpen, RollbackOutlook, RolledBack
from migrator.commands.rollback.source_unchanged import changed_objects, compared_under_fence
from migrator.commands.shared.epochs import digests_compare
from migrator.commands.shared.following import is_followed, require_nothing_moved
from migrator.commands.shared.workspace import RunContext, Workspace
from migrator.core.plan.steps import Plan
from migrator.core.result.progress import each
from migrator.core.result.wording import plural
from migrator.core.run.facts import FINISHING, SOURCE_OBJECTS
from migrator.errors import MigratorError, RefusedError
from migrator.journal import Run
from migrator.postgres.copy.spool import discard
from migrator.postgres.databases.databases import marks
from migrator.postgres.fence.fence import lift_fence, read_fence
from migrator.postgres.fence.read_only import make_read_only, make_writable
from migrator.postgres.session.connect import session

_PLAIN = WayBack()


def validate_rollback(
    workspace: Workspace, way: WayBack = _PLAIN, *, confirm: str | None = None
) -> RollbackOutlook | NothingOpen:
    """What taking the open run back would do, and whether it can be; changes nothing.

    `confirm` is the id of a run, needed where the journal was lost and several have left something.

    Raises:
        RefusedError: the run has passed its point of no return, or the role may not take it back.
    """
    if _run_to_take_back(workspace, way, confirm) is None:
        return nothing_open(workspace, confirm)
    with workspace.stage("rollback-validate") as (context, summary):
        stored = readable_plan(context)
        plan, context = (stored.plan, stored.context) if stored else (None, context)
        require_nothing_moved(context)
        findings = look(context, plan)
        require_able(context, findings)
        result = replace(outlook(context, findings), plan_changes=stored.since if stored else None)
        summary.update(present(result).recorded)
        return result


def rollback(workspace: Workspace, way: WayBack = _PLAIN, *, confirm: str | None) -> RolledBack | NothingOpen:
    """Takes the open run back; `confirm` is its id, typed.

    Raises:
        RefusedError: not confirmed, the targets were written to, or the backup is not worth restoring.
    """
    run = _run_to_take_back(workspace, way, confirm)
    if run is None:
        return nothing_open(workspace, confirm)
    confirmed(run, confirm)
    with workspace.stage("rollback") as (context, summary):
        stored = readable_plan(context)
        plan, context = (stored.plan, stored.context) if stored else (None, context)
        # Before anything is sealed: applications write there.
        require_nothing_moved(context)
        backup = checked_backup(context) if way.restore == "backup" else None
        with read_only_targets(context, plan, way.writes) as findings:
            if backup is not None:
                restore_beside(context, *backup)
            carried = keep_writes(context, findings, way.writes)
            note_drawn_numbers(context, findings, way.writes)
            result = _take_back(context, findings, carried, way.restore)
        result = replace(result, plan_changes=stored.since if stored else None)
        summary.update(present(result).recorded)
    if not result.closes:
        return result
    if way.restore == "quarantine":
        result = replace(result, quarantine=put_back(context.workspace))
    workspace.journal.close_run(context.id, "rolled back")
    return result


def _run_to_take_back(workspace: Workspace, way: WayBack, wanted: str | None) -> Run | None:
    way.require_possible()
    require_unfinished(workspace)
    run = workspace.current_run()
    return (adopt(workspace, wanted) or run) if way.journal == "lost" else run


def require_unfinished(workspace: Workspace) -> None:
    """Refuses to take back what was finished, or is being finished.

    Raises:
        RefusedError: the run has passed its point of no return.
    """
    workspace, ended = standing_source(workspace)
    with workspace.read_source("rollback") as connection:
        fence = read_fence(connection)
    runs = workspace.journal.all_runs(workspace.source_id) if workspace.has_journal() else ()
    for run in runs:
        if run.outcome == FINISHED_RUN and (run == ended or (fence is not None and fence.run == run.id)):
            raise RefusedError(
                f"Run {run.id} was finished at {run.closed_at:%Y-%m-%d %H:%M:%S %Z}: nothing takes it back, and its "
                "databases are their applications' own.",
                "`migrator finish --retire unfence` gives the source back to writers; rows that were written to the "
                "new databases have to be carried over by hand.",
            )
        if run.closed_at is None and workspace.journal.of(run.id).recorded(FINISHING) is not None:
            raise RefusedError(
                f"Run {run.id} has passed its point of no return: finish has begun, and nothing takes it back.",
                f"Let it end: migrator finish --confirm {run.id}",
            )


def nothing_open(workspace: Workspace, typed: str | None) -> NothingOpen:
    """Says that no run is open; where the journal was lost the source may still tell of one.

    `typed` is the run's id as it was confirmed: of a run that has ended, by whom types the same command again.

    Raises:
        RefusedError: the source is fenced by a run that the journal does not know, or the id is of no run of it.
    """
    with workspace.read_source("rollback") as connection:
        fence = read_fence(connection)
    if fence is not None:
        raise unknown_fence(fence, "no run is open")
    runs = workspace.journal.all_runs(workspace.source_id) if workspace.has_journal() else ()
    if typed is not None and typed not in {run.id for run in runs}:
        raise RefusedError(
            f"No run of {workspace.source} is open, and {typed} is the id of none that was.",
            "`migrator status` names the newest run, and --config or --prefix the migration that you mean.",
        )
    if workspace.has_journal():
        return NothingOpen("No run is open: there is nothing to take back.")
    return NothingOpen(
        f"There is no journal ({workspace.control_name}): nothing has run here, or it was lost.", may_be_lost=True
    )


def confirmed(run: Run, typed: str | None) -> None:
    """Raises RefusedError unless the run's id was typed."""
    if typed is None:
        raise RefusedError(
            f"Rolling back run {run.id} drops its databases, and has to be confirmed.",
            f"Look first: migrator rollback --validate. Then: migrator rollback --confirm {run.id}",
        )
    if typed != run.id:
        raise RefusedError(f"The open run is {run.id}, not {typed}.", f"Type its id: --confirm {run.id}")


@contextmanager
def read_only_targets(
    context: RunContext, plan: Plan | None, later: LaterWrites, tenant: str | None = None
) -> Iterator[Findings]:
    """What the run left (of one tenant), its targets read-only: nothing is written between the look and the drop.

    Where it does not come to the drop, the targets that are still there take writes again.

    Raises:
        RefusedError: something would be lost, or the role may not take it back; no session was ended then.
    """
    findings = look(context, plan, tenant)
    require_able(context, findings)
    require_nothing_lost(findings, later)
    targets = [(server, database) for server, database, mark in findings.databases if mark.role == "target"]
    try:
        for server in sorted({server for server, _ in targets}):
            here = [database for of, database in targets if of == server]
            with session(context.server(server), purpose="rollback") as connection:
                for database in each(context.progress, "making databases read-only", here, "databases"):
                    make_read_only(connection, database)
        if targets:
            findings = look(context, plan, tenant)
            require_nothing_lost(findings, later)
        yield findings
    except BaseException:
        _make_writable(context, targets)
        raise


def _make_writable(context: RunContext, targets: Sequence[tuple[str, str]]) -> None:
    for server, database in targets:
        try:
            with session(context.server(server), purpose="rollback") as connection:
                mark = marks(connection, [database]).get(database)
                if mark is not None and mark.run == context.id:
                    make_writable(connection, database)
        except MigratorError as error:
            # What went wrong before is what the operator has to hear of first.
            context.progress.say(f"{database} may still be read-only: {error.message}")


def outlook(context: RunContext, findings: Findings, tenant: str = "") -> RollbackOutlook:
    """What taking back would do with what was found, of one tenant or of the whole."""
    conflicts = conflict_outlook(context, findings)
    return RollbackOutlook(context.id, str(context.source), findings, backup_of(context), conflicts, tenant)


def conflict_outlook(context: RunContext, findings: Findings) -> ConflictOutlook | None:
    """What carrying the writes back would meet; None where nothing was written, or what was cannot be told by rows."""
    if findings.writes is None or not findings.written or findings.writes.changes is None or findings.lost:
        return None
    conflicts = predict_conflicts(context, findings.writes.changes, findings.writes)
    return ConflictOutlook(conflicts, settled_by_numbers(conflicts, findings.writes.survey))


def keep_writes(context: RunContext, findings: Findings, later: LaterWrites) -> Carried | None:
    """Saves what applications wrote to the targets, and carries it back, as was asked for."""
    if findings.writes is None or not findings.written:
        return carried_before(context.journal)
    if later.replay:
        settle_conflicts(context, require_rows(findings.writes), findings.writes, later.settlement)
    if later.save is not None:
        save_writes(context.workspace, later.save, require_rows(findings.writes), findings.writes)
        context.progress.say(
            f"the changes of {plural(len(require_rows(findings.writes)), 'database')} are saved in {later.save}"
        )
    if not later.replay:
        return None
    return replay_writes(context, require_rows(findings.writes), findings.writes)


def _take_back(context: RunContext, findings: Findings, carried: Carried | None, restore: Restore) -> RolledBack:
    swap = restore == "backup"
    followed = is_followed(context.journal)
    dropped = dump_and_drop(context, findings)
    if followed:
        end_following(context)
    lifted = 0
    with session(context.workspace.source_rows, purpose="rollback") as connection:
        # Of a source that is written to nobody can say which change is whose.
        changed, compared = ((), 0) if followed else compared_under_fence(context, findings, connection)
        if carried is not None:
            changed = tuple(one for one in changed if one.relation not in carried.tables)
        # The damaged source stays fenced until it is swapped: what were written to it now would go with it.
        if not swap and foreign_fence(context.id, findings) is None:
            put_sequences_back(context, connection)
        if not swap and findings.fence is not None and findings.fence.run == context.id:
            lifted = lift_fence(connection, context.workspace.lock_wait)
        objects = changed_objects(context.journal, connection)
    if any(one.kind == "fence" for one in context.journal.artefacts()):
        context.journal.artefact("fence", "source", "dropped")
    context.workspace.fence.lifted()
    discard(context.spool)
    swapped = swap_for_restored(context) if swap else ""
    if not swap:
        drop_restored(context)
    return RolledBack(
        context.id,
        str(context.source),
        findings,
        dropped,
        lifted,
        compared,
        known=context.journal.recorded(SOURCE_OBJECTS) is not None,
        comparable=digests_compare(context.journal),
        changed=changed,
        objects=objects,
        swapped=swapped,
        carried=carried,
    )
