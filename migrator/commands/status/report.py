"""Presents how far a migration is, who works on it, and what to type next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from migrator.commands.plan.finished import FINISHED_RUN
from migrator.commands.proof.drift import gap_sections
from migrator.commands.status.result import BlocksLeft, Status
from migrator.core.result.next_commands import next_commands
from migrator.core.result.outcome import Outcome, Section

if TYPE_CHECKING:
    from migrator.core.schema.catalog import Relation
    from migrator.journal import Artefact, Holder, Run, StageRecord, StepRecord
    from migrator.postgres.fence.fence import FenceState

_MOST_DATABASES = 50  # shown; the document has all
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
    running = tuple(step for step in result.steps if step.status == "running")
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
            **(
                {"snapshot held": f"{result.snapshot[0]:.0f} s, xmin {result.snapshot[1]:,} transactions"}
                if result.snapshot
                else {}
            ),
            **({"paused": result.paused} if result.paused else {}),
            "databases": len(result.databases),
            **({"tenants taken back": ", ".join(result.taken_back)} if result.taken_back else {}),
            "steps": f"{sum(step.status == 'done' for step in result.steps)} of {len(result.steps)} begun are done",
        },
        sections=(
            *_fence_section(result.fence, run, result.gaps),
            *_waiting_section(result.waiting),
            *_low_section(result.blocks),
            _stages_section(result),
            *((_running_section(running, result.now, alive=result.holder is not None),) if running else ()),
            *((_failed_section(failed),) if failed else ()),
            *((_kinds_section(result.steps),) if result.steps else ()),
            *((_databases_section(result.databases, result.servers),) if result.databases else ()),
        ),
        data=_data(result),
        next=_next(result, run),
    )


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
    rows = tuple((one.place.database, str(one.sequence.relation), one.left) for one in blocks.low[:_MOST_DATABASES])
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
    again = ("migrator migrate",) if result.taken_back else ()
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
        return f"The newest stage, {last.stage}, ended {_moment(last.finished_at)} UTC: {last.status}."
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
                ((record.finished_at or result.now) - record.started_at).total_seconds(),
                _first_line(record.error),
            )
            for record in result.stages
        ),
    )


def _stage_status(result: Status, record: StageRecord) -> str:
    # Only the lock proves life: a killed process leaves its record as it was.
    return "interrupted" if record.status == "running" and result.holder is None else record.status


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
            tone="bad",
        ),
        *gap_sections(gaps),
    )


def _waiting_section(files: Mapping[str, int]) -> tuple[Section, ...]:
    if not files:
        return ()
    text = "Changes of targets that could not be carried back; `migrator rollback --retry-conflicts FILE` tries again."
    return (Section("Changes that wait in a file", ("file", "changes"), tuple(files.items()), text, "warning"),)


def _running_section(steps: Iterable[StepRecord], now: datetime, *, alive: bool) -> Section:
    return Section(
        "Running steps" if alive else "Steps that were stopped",
        ("step", "rows", "bytes", "seconds"),
        tuple((step.step, step.rows, step.bytes, (now - step.started_at).total_seconds()) for step in steps),
        tone="plain" if alive else "warning",
    )


def _failed_section(steps: Iterable[StepRecord]) -> Section:
    return Section("Failed steps", ("step", "error"), tuple((step.step, step.error) for step in steps), tone="bad")


def _kinds_section(steps: Iterable[StepRecord]) -> Section:
    """Steps summed up by kind, in the order in which kinds began: a run of a thousand tenants has too many to list."""
    by_kind: dict[str, list[StepRecord]] = defaultdict(list)
    for step in steps:
        by_kind[step.kind].append(step)
    return Section(
        "Steps",
        ("kind", "done", "running", "failed", "rows", "bytes", "work seconds"),
        tuple(
            (
                kind,
                *(sum(step.status == status for step in steps_of_kind) for status in ("done", "running", "failed")),
                sum(step.rows for step in steps_of_kind),
                sum(step.bytes for step in steps_of_kind),
                sum(step.seconds or 0.0 for step in steps_of_kind),
            )
            for kind, steps_of_kind in by_kind.items()
        ),
    )


def _databases_section(databases: Sequence[Artefact], servers: Mapping[str, str]) -> Section:
    # Templates are recorded without a tenant, which is not the empty one. They are not what somebody looks for here.
    ordered = sorted(databases, key=lambda artefact: artefact.tenant is None)
    left_out = len(ordered) - _MOST_DATABASES
    return Section(
        "Databases of this run",
        ("database", "target", "tenant", "server"),
        tuple(
            (
                one.name,
                one.target,
                "(template)" if one.tenant is None else one.tenant,
                servers.get(one.tenant or "", ""),
            )
            for one in ordered[:_MOST_DATABASES]
        ),
        text=f"{left_out:,} more are left out here; --output json has every one." if left_out > 0 else "",
    )


def _held_by(holder: Holder) -> str:
    return f"held by {holder.host}, pid {holder.pid}, since {_moment(holder.since)} UTC"


def _moment(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}" if moment else "-"


def _first_line(text: str | None) -> str:
    return text.strip().splitlines()[0] if text and text.strip() else ""
