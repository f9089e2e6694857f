"""Presents how far a migration is, who works on it, and what to type next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from migrator.commands.plan.finished import FINISHED_RUN
from migrator.commands.proof.drift import gap_sections
from migrator.commands.status.databases import MOST_DATABASES, databases_section
from migrator.commands.status.result import BlocksLeft, Status
from migrator.commands.status.steps import (
    STOPPED,
    failed_section,
    kinds_section,
    last_sign,
    steps_done,
    unfinished_section,
)
from migrator.core.result.next_commands import next_commands
from migrator.core.result.outcome import Outcome, Section, Tone
from migrator.core.result.wording import rough_time

if TYPE_CHECKING:
    from migrator.core.run.lock_wait import LockWait
    from migrator.core.schema.catalog import Relation
    from migrator.journal import Holder, Run, StageRecord
    from migrator.postgres.fence.fence import FenceState

_ADOPT = ("migrator rollback --adopt --validate",)


def present(result: Status) -> Outcome:
    """How far the run is, or how the last one ended."""
    return _nothing_ran(result) if result.run is None else _of_run(result, result.run)


def _nothing_ran(result: Status) -> Outcome:
    fence = result.fence
    return Outcome(
        "status",
        "nothing-to-do",
        headline=f"Nothing has run yet on {result.source}."
        if fence is None
        else f"The journal ({result.control_database}) knows nothing of run {fence.run}, which has fenced "
        f"{result.source}: it was lost, or is another one.",
        summary={"source": result.source, "control database": result.control_database},
        sections=_fence_section(fence, None, result.gaps),
        data={"run": None, "fenced": fence is not None},
        next=next_commands({}, locked=False) if fence is None else _ADOPT,
    )


def _of_run(result: Status, run: Run) -> Outcome:
    unfinished = tuple(step for step in result.steps if step.status in ("running", STOPPED))
    alive = result.holder is not None
    failed = tuple(step for step in result.steps if step.status == "failed")
    return Outcome(
        "status",
        run_id=run.id,
        headline=_headline(result, run),
        summary={
            "source": result.source,
            "control database": result.control_database,
            "opened": f"{_moment(run.opened_at)} UTC",
            **({"closed": f"{_moment(run.closed_at)} UTC"} if run.closed_at else {}),
            "lock": _held_by(result.holder) if result.holder else "free",
            "source writes": "FENCED" if result.fence else "allowed",
            **_fence_age(result),
            **(
                {"snapshot held": f"{result.snapshot[0]:.0f} s, xmin {result.snapshot[1]:,} transactions"}
                if result.snapshot
                else {}
            ),
            **({"paused": result.paused} if result.paused else {}),
            "databases": len(result.databases),
            **({"tenants taken back": ", ".join(result.dropped_tenants)} if result.dropped_tenants else {}),
            "steps": steps_done(result.steps, result.planned),
        },
        sections=(
            *_fence_section(result.fence, run, result.gaps),
            *_waits_section(result.lock_waits),
            *_waiting_section(result.waiting),
            *_low_section(result.blocks),
            _stages_section(result),
            *((unfinished_section(unfinished, result.now, alive=alive),) if unfinished else ()),
            *((failed_section(failed),) if failed else ()),
            *((kinds_section(result.steps, result.planned),) if result.steps else ()),
            *((databases_section(result.states),) if result.states else ()),
        ),
        data=_data(result),
        next=_next(result, run),
    )


def _fence_age(result: Status) -> Mapping[str, str]:
    since = result.fenced_since
    if since is None:
        return {}
    return {"fenced for": f"{rough_time((result.now - since).total_seconds())}, since {_moment(since)} UTC"}


def _low_section(blocks: BlocksLeft | None) -> tuple[Section, ...]:
    """Blocks of numbers that run out, before an INSERT fails."""
    if blocks is None:
        return ()
    if blocks.error:
        text = f"What is left of the blocks of numbers cannot be told: {blocks.error}"
        return (Section("Blocks of numbers", text=text, tone="warning"),)
    rest = blocks.not_looked_at
    more = f"{rest:,} databases more are looked at by `migrator sequences`. " if rest else ""
    if not blocks.low:
        return (Section("Blocks of numbers", text=more),) if more else ()
    rows = tuple((one.place.database, str(one.sequence.relation), one.left) for one in blocks.low[:MOST_DATABASES])
    text = f"{more}`migrator sequences refill` gives new ones; behind the last number an INSERT fails."
    return (Section("Blocks of numbers that run out", ("database", "sequence", "left"), rows, text, "warning"),)


def _next(result: Status, run: Run) -> tuple[str, ...]:
    if result.waiting and result.fence is None and result.holder is None:
        return (*(f"migrator rollback --retry-conflicts {file}" for file in result.waiting), *_next_stage(result, run))
    return _next_stage(result, run)


def _next_stage(result: Status, run: Run) -> tuple[str, ...]:
    if result.holder is None and _is_unknown(result.fence, run):
        return _ADOPT
    if run.outcome == FINISHED_RUN:
        return ("migrator verify",)
    if result.holder is not None or run.closed_at:
        return next_commands({}, locked=result.holder is not None)
    again = ("migrator migrate",) if result.dropped_tenants else ()
    return (*again, *next_commands(_latest(result), locked=False))


def _latest(result: Status) -> Mapping[str, str]:
    return {record.stage: record.status for record in result.stages if not record.refused}


def _headline(result: Status, run: Run) -> str:
    last = result.stages[-1] if result.stages else None
    if run.outcome == FINISHED_RUN:
        return f"The run was finished: its databases are their applications' own; retired: {result.source}."
    if run.closed_at is not None:
        return f"The last run is closed: {run.outcome}. The next stage opens a new one."
    if last is None:
        return "The run is open; no stage has begun."
    if last.status != "running":
        return f"The newest stage, {last.stage}, ended {_moment(last.finished_at)} UTC: {_stage_status(result, last)}."
    if result.holder is None:
        return f"{last.stage} was stopped: its process ({last.host}, pid {last.pid}) is gone."
    return f"{last.stage} runs on {last.host}, pid {last.pid}, since {_moment(last.started_at)} UTC."


def _stages_section(result: Status) -> Section:
    return Section(
        "Stages",
        ("stage", "status", "started (UTC)", "seconds", "note"),
        tuple(
            (
                record.stage,
                _stage_status(result, record),
                _moment(record.started_at),
                (_end_of(result, record) - record.started_at).total_seconds(),
                _first_line(record.error),
            )
            for record in result.stages
        ),
        tone=_tone(result),
    )


def _end_of(result: Status, record: StageRecord) -> datetime:
    if record.finished_at is not None:
        return record.finished_at
    return result.now if result.holder is not None else last_sign(record, result.steps)


def _tone(result: Status) -> Tone:
    """Good where the newest attempt at every stage ended well; refusals changed nothing."""
    newest = {record.stage: _stage_status(result, record) for record in result.stages if not record.was_refused}
    if "failed" in newest.values():
        return "bad"
    if {"interrupted", "findings"} & set(newest.values()):
        return "warning"
    return "good" if newest and set(newest.values()) == {"done"} else "plain"


def _stage_status(result: Status, record: StageRecord) -> str:
    # Only the lock proves life: a killed process leaves its record as it was.
    if record.status == "running" and result.holder is None:
        return "interrupted"
    return "refused" if record.was_refused else record.status


def _data(result: Status) -> Mapping[str, Any]:
    return {
        "run": result.run,
        "stages": result.stages,
        "steps": result.steps,
        "lock": result.holder,
        "snapshot": {"seconds": result.snapshot[0], "transactions": result.snapshot[1]} if result.snapshot else None,
        "paused": result.paused,
        "fenced": result.fence is not None,
        "databases": result.databases,
        "database_states": result.states,
        "lock_waits": result.lock_waits,
        "waiting": result.waiting,
    }


def _is_unknown(fence: FenceState | None, run: Run | None) -> bool:
    """Whether the fence is of a run that `rollback` would not find in the journal."""
    if fence is None or (run is not None and fence.run == run.id and run.outcome == FINISHED_RUN):
        return False
    return run is None or fence.run != run.id or run.closed_at is not None


def _fence_section(fence: FenceState | None, run: Run | None, gaps: Sequence[Relation]) -> tuple[Section, ...]:
    if fence is None:
        return ()
    if run is not None and run.outcome == FINISHED_RUN and fence.run == run.id:
        text = (
            f"The run is finished, and the source keeps its fence on {len(fence.fenced)} tables, as was chosen. "
            f"`migrator finish --retire unfence --confirm {run.id}` lifts it."
        )
        return (Section("The source is retired", text=text),)
    lifts = f"migrator rollback --adopt --confirm {fence.run}" if _is_unknown(fence, run) else "migrator rollback"
    return (
        Section(
            "FENCED",
            text=f"The source refuses writes to {len(fence.fenced)} tables, for run {fence.run}. `{lifts}` lifts the "
            "fence.",
            # It stands as it is meant to, but where the journal does not know whose it is.
            tone="bad" if _is_unknown(fence, run) else "plain",
        ),
        *gap_sections(gaps),
    )


def _waiting_section(files: Mapping[str, int]) -> tuple[Section, ...]:
    if not files:
        return ()
    text = "Changes of targets that could not be carried back; `migrator rollback --retry-conflicts FILE` tries again."
    return (Section("Changes that wait in a file", ("file", "changes"), tuple(files.items()), text, "warning"),)


def _waits_section(waits: Sequence[LockWait]) -> tuple[Section, ...]:
    if not waits:
        return ()
    rows = tuple(
        (
            f"{one.application or 'a session'} (pid {one.pid})",
            one.database,
            one.seconds,
            f"{one.blocking_application or 'a session'} of {one.blocking_role} (pid {one.blocking_pid})",
            one.blocking_seconds,
        )
        for one in waits[:MOST_DATABASES]
    )
    columns = ("who waits", "database", "waiting seconds", "for whom", "its transaction seconds")
    return (Section("Waiting for locks", columns, rows, tone="warning"),)


def _held_by(holder: Holder) -> str:
    return f"held by {holder.host}, pid {holder.pid}, since {_moment(holder.since)} UTC"


def _moment(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}" if moment else "-"


def _first_line(text: str | None) -> str:
    # A colon announces lines that are not shown here.
    return text.strip().splitlines()[0].rstrip(":") if text and text.strip() else ""
