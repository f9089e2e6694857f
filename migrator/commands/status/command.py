"""The command status: shows how far the migration is, who works on it, and what to type next. It reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from migrator.commands.changes.waiting_files import waiting_files
from migrator.commands.plan.finished import FINISHED_RUN, standing_source
from migrator.commands.proof.drift import gap_sections
from migrator.commands.sequences.blocks import RunBlocks, run_blocks
from migrator.commands.sequences.levels import limited_databases, read_levels
from migrator.commands.shared.dropped_tenants import taken_back
from migrator.commands.shared.tenant_servers import recorded_servers
from migrator.commands.shared.workspace import Workspace
from migrator.commands.status.standing_fence import note_fence
from migrator.core.result.next_commands import next_commands
from migrator.core.result.outcome import Outcome, Section
from migrator.core.run.facts import PACE, Pace
from migrator.errors import DatabaseError
from migrator.postgres.fence.fence import FenceState, read_fence
from migrator.postgres.fence.gaps import fence_gaps
from migrator.postgres.session.snapshot import snapshot_age

if TYPE_CHECKING:
    from migrator.core.schema.catalog import Relation
    from migrator.journal import Artefact, Holder, Run, StageRecord, StepRecord

_MOST_DATABASES = 50  # shown; the document has all

_ADOPT = ("migrator rollback --adopt --validate",)


def status(workspace: Workspace) -> Outcome:
    """How far the open run of the source is, or how the last one ended.

    Raises:
        DatabaseError: the source or the control database cannot be reached.
    """
    workspace, _ = standing_source(workspace)
    with workspace.read_source("status") as connection:
        fence = read_fence(connection)
        gaps = fence_gaps(connection, workspace.settings.source.schemas) if fence is not None else ()
        age = snapshot_age(connection)
    note_fence(workspace, fence)
    run = _newest_run(workspace)
    if run is None:
        return Outcome(
            "status",
            "nothing-to-do",
            headline=f"Nothing has run yet on {workspace.source}."
            if fence is None
            else f"The journal ({workspace.control_name}) knows nothing of run {fence.run}, which has fenced "
            f"{workspace.source}: it was lost, or is another one.",
            summary={"source": str(workspace.source), "control database": workspace.control_name},
            sections=_fence_section(fence, None, gaps),
            data={"run": None, "fenced": fence is not None},
            next=next_commands({}, locked=False) if fence is None else _ADOPT,
        )
    return _Reading(workspace, run, fence, age, gaps).outcome()


def _newest_run(workspace: Workspace) -> Run | None:
    """The open run, else the one that was opened last, else None."""
    runs = workspace.journal.all_runs(workspace.source_id) if workspace.has_journal() else ()
    return next((run for run in runs if run.closed_at is None), runs[0] if runs else None)


class _Reading:
    """One look at the journal."""

    def __init__(
        self,
        workspace: Workspace,
        run: Run,
        fence: FenceState | None,
        age: tuple[float, int] | None,
        gaps: Sequence[Relation],
    ) -> None:
        journal = workspace.journal
        self.age = age
        self.gaps = gaps
        self.workspace = workspace
        self.run = run
        self.fence = fence
        self.now = datetime.now(UTC)
        self.holder = journal.locks.holder(workspace.source_id)
        self.stages = journal.stage_records(run.id)
        self.steps = tuple(journal.step_records(run.id).values())
        self.paused = (journal.recorded(run.id, PACE) or Pace()).paused if self.holder else ""
        self.servers = recorded_servers(workspace, run.id)
        self.gone = sorted(taken_back(workspace, run.id))
        self.waiting = {
            file: left
            for one in journal.all_runs(workspace.source_id)
            for file, left in waiting_files(journal, one.id).items()
        }
        self.databases = tuple(one for one in journal.artefacts(run.id, "database") if one.state == "created")

    def outcome(self) -> Outcome:
        """Everything that was read, as a report."""
        running = tuple(step for step in self.steps if step.status == "running")
        failed = tuple(step for step in self.steps if step.status == "failed")
        return Outcome(
            "status",
            run_id=self.run.id,
            headline=self._headline(),
            summary={
                "source": str(self.workspace.source),
                "control database": self.workspace.control_name,
                "opened": f"{_moment(self.run.opened_at)} UTC",
                **({"closed": f"{_moment(self.run.closed_at)} UTC"} if self.run.closed_at else {}),
                "lock": _held_by(self.holder) if self.holder else "free",
                "source writes": "FENCED" if self.fence else "allowed",
                **({"snapshot held": f"{self.age[0]:.0f} s, xmin {self.age[1]:,} transactions"} if self.age else {}),
                **({"paused": self.paused} if self.paused else {}),
                "databases": len(self.databases),
                **({"tenants taken back": ", ".join(self.gone)} if self.gone else {}),
                "steps": f"{sum(step.status == 'done' for step in self.steps)} of {len(self.steps)} begun are done",
            },
            sections=(
                *_fence_section(self.fence, self.run, self.gaps),
                *_waiting_section(self.waiting),
                *self._low_section(),
                self._stages_section(),
                *((_running_section(running, self.now, alive=self.holder is not None),) if running else ()),
                *((_failed_section(failed),) if failed else ()),
                *((_kinds_section(self.steps),) if self.steps else ()),
                *((_databases_section(self.databases, self.servers),) if self.databases else ()),
            ),
            data=self._data(),
            next=self._next(),
        )

    def _low_section(self) -> tuple[Section, ...]:
        """Blocks of numbers that run out, before an INSERT fails."""
        blocks = run_blocks(self.workspace.journal, self.run.id) if self.run.closed_at is None else RunBlocks()
        places = limited_databases(self.workspace, self.run, blocks)
        if not places or self.holder is not None:
            return ()
        rest = len(places) - _MOST_DATABASES
        more = f"{rest:,} databases more are looked at by `migrator sequences`. " if rest > 0 else ""
        try:
            levels = read_levels(self.workspace, blocks, places[:_MOST_DATABASES])
        except DatabaseError as error:
            text = f"What is left of the blocks of numbers cannot be told: {error.message}"
            return (Section("Blocks of numbers", text=text, tone="warning"),)
        low = [one for one in levels if one.low]
        if not low:
            return (Section("Blocks of numbers", text=more),) if more else ()
        rows = tuple((one.place.database, str(one.sequence.relation), one.left) for one in low[:_MOST_DATABASES])
        text = f"{more}`migrator sequences refill` gives new ones; behind the last number an INSERT fails."
        return (Section("Blocks of numbers that run out", ("database", "sequence", "left"), rows, text, "warning"),)

    def _next(self) -> tuple[str, ...]:
        if self.waiting and self.fence is None and self.holder is None:
            return (*(f"migrator rollback --retry-conflicts {file}" for file in self.waiting), *self._next_stage())
        return self._next_stage()

    def _next_stage(self) -> tuple[str, ...]:
        if self.holder is None and _is_unknown(self.fence, self.run):
            return _ADOPT
        if self.run.outcome == FINISHED_RUN:
            return ("migrator verify",)
        if self.holder is not None or self.run.closed_at:
            return next_commands({}, locked=self.holder is not None)
        again = ("migrator migrate",) if self.gone else ()
        return (*again, *next_commands(self._latest(), locked=False))

    def _latest(self) -> Mapping[str, str]:
        return {record.stage: record.status for record in self.stages if not record.refused}

    def _headline(self) -> str:
        last = self.stages[-1] if self.stages else None
        if self.run.outcome == FINISHED_RUN:
            return f"The run was finished: its databases are their applications' own; retired: {self.workspace.source}."
        if self.run.closed_at is not None:
            return f"The last run is closed: {self.run.outcome}. The next stage opens a new one."
        if last is None:
            return "The run is open; no stage has begun."
        if last.status != "running":
            return f"The newest stage, {last.stage}, ended {_moment(last.finished_at)} UTC: {last.status}."
        if self.holder is None:
            return f"{last.stage} was stopped: its process ({last.host}, pid {last.pid}) is gone."
        return f"{last.stage} runs on {last.host}, pid {last.pid}, since {_moment(last.started_at)} UTC."

    def _stages_section(self) -> Section:
        return Section(
            "Stages",
            ("stage", "status", "started (UTC)", "seconds", "note"),
            tuple(
                (
                    record.stage,
                    self._stage_status(record),
                    _moment(record.started_at),
                    ((record.finished_at or self.now) - record.started_at).total_seconds(),
                    _first_line(record.error),
                )
                for record in self.stages
            ),
        )

    def _stage_status(self, record: StageRecord) -> str:
        # Only the lock proves life: a killed process leaves its record as it was.
        return "interrupted" if record.status == "running" and self.holder is None else record.status

    def _data(self) -> Mapping[str, Any]:
        return {
            "run": self.run,
            "stages": self.stages,
            "steps": self.steps,
            "lock": self.holder,
            "snapshot": {"seconds": self.age[0], "transactions": self.age[1]} if self.age else None,
            "paused": self.paused,
            "fenced": self.fence is not None,
            "databases": self.databases,
            "waiting": self.waiting,
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
