"""The command status: shows how far the migration is, who works on it, and what to type next. It reads only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
from migrator.commands.status.databases import MOST_DATABASES, database_states, databases_section
from migrator.commands.status.standing_fence import note_fence
from migrator.commands.status.steps import (
    STOPPED,
    as_they_are,
    failed_section,
    kinds_section,
    last_sign,
    steps_done,
    unfinished_section,
)
from migrator.core.result.next_commands import next_commands
from migrator.core.result.outcome import Outcome, Section, Tone
from migrator.core.result.wording import rough_time
from migrator.core.run.facts import PACE, PLANNED_STEPS, Pace
from migrator.errors import DatabaseError, RefusedError
from migrator.postgres.fence.fence import FenceState, read_fence
from migrator.postgres.fence.gaps import fence_gaps
from migrator.postgres.session.lock_waits import LockWait, read_lock_waits
from migrator.postgres.session.snapshot import snapshot_age

if TYPE_CHECKING:
    from migrator.core.schema.catalog import Relation
    from migrator.journal import Holder, Run, StageRecord

_ADOPT = ("migrator rollback --adopt --validate",)


def status(workspace: Workspace, *, tenant: str | None = None) -> Outcome:
    """How far the open run of the source is, or how the last one ended; `tenant` is a key or a database's name.

    Raises:
        RefusedError: no database of the run is the tenant's.
        DatabaseError: the source or the control database cannot be reached.
    """
    workspace, _ = standing_source(workspace)
    with workspace.read_source("status") as connection:
        fence = read_fence(connection)
        gaps = fence_gaps(connection, workspace.settings.source.schemas) if fence is not None else ()
        age = snapshot_age(connection)
        waits = read_lock_waits(connection)
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
    return _Reading(workspace, run, _Source(fence, tuple(gaps), age, waits), tenant).outcome()


def _newest_run(workspace: Workspace) -> Run | None:
    """The open run, else the one that was opened last, else None."""
    runs = workspace.journal.all_runs(workspace.source_id) if workspace.has_journal() else ()
    return next((run for run in runs if run.closed_at is None), runs[0] if runs else None)


@dataclass(frozen=True)
class _Source:
    """What the source itself says: its fence, where that does not hold, our snapshot's age, who waits for locks."""

    fence: FenceState | None
    gaps: tuple[Relation, ...]
    age: tuple[float, int] | None
    waits: tuple[LockWait, ...]


class _Reading:
    """One look at the journal."""

    def __init__(self, workspace: Workspace, run: Run, source: _Source, tenant: str | None) -> None:
        journal = workspace.journal
        self.source = source
        self.age = source.age
        self.workspace = workspace
        self.run = run
        self.fence = source.fence
        self.now = datetime.now(UTC)
        self.holder = journal.locks.holder(workspace.source_id)
        self.stages = journal.stage_records(run.id)
        self.steps = as_they_are(journal.step_records(run.id).values(), alive=self.holder is not None)
        self.planned = journal.recorded(run.id, PLANNED_STEPS) or {}
        self.paused = (journal.recorded(run.id, PACE) or Pace()).paused if self.holder else ""
        self.servers = recorded_servers(workspace, run.id)
        self.gone = sorted(taken_back(workspace, run.id))
        self.waiting = {
            file: left
            for one in journal.all_runs(workspace.source_id)
            for file, left in waiting_files(journal, one.id).items()
        }
        self.databases = tuple(one for one in journal.artefacts(run.id, "database") if one.state == "created")
        self.states = database_states(self.databases, self.steps, self.servers)
        if tenant is not None:
            self.states = [one for one in self.states if tenant in (one.tenant, one.database)]
            if not self.states:
                raise RefusedError(
                    f"No database of run {run.id} is {tenant}'s.", "Name the tenant's key or its database."
                )

    def outcome(self) -> Outcome:
        """Everything that was read, as a report."""
        unfinished = tuple(step for step in self.steps if step.status in ("running", STOPPED))
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
                **self._fence_age(),
                **({"snapshot held": f"{self.age[0]:.0f} s, xmin {self.age[1]:,} transactions"} if self.age else {}),
                **({"paused": self.paused} if self.paused else {}),
                "databases": len(self.databases),
                **({"tenants taken back": ", ".join(self.gone)} if self.gone else {}),
                "steps": steps_done(self.steps, self.planned),
            },
            sections=(
                *_fence_section(self.fence, self.run, self.source.gaps),
                *_waits_section(self.source.waits),
                *_waiting_section(self.waiting),
                *self._low_section(),
                self._stages_section(),
                *((unfinished_section(unfinished, self.now, alive=self.holder is not None),) if unfinished else ()),
                *((failed_section(failed),) if failed else ()),
                *((kinds_section(self.steps, self.planned),) if self.steps else ()),
                *((databases_section(self.states),) if self.states else ()),
            ),
            data=self._data(),
            next=self._next(),
        )

    def _fence_age(self) -> Mapping[str, str]:
        since = self.workspace.fence.since
        if self.fence is None or since is None:
            return {}
        return {"fenced for": f"{rough_time((self.now - since).total_seconds())}, since {_moment(since)} UTC"}

    def _low_section(self) -> tuple[Section, ...]:
        """Blocks of numbers that run out, before an INSERT fails."""
        blocks = run_blocks(self.workspace.journal, self.run.id) if self.run.closed_at is None else RunBlocks()
        places = limited_databases(self.workspace, self.run, blocks)
        if not places or self.holder is not None:
            return ()
        rest = len(places) - MOST_DATABASES
        more = f"{rest:,} databases more are looked at by `migrator sequences`. " if rest > 0 else ""
        try:
            levels = read_levels(self.workspace, blocks, places[:MOST_DATABASES])
        except DatabaseError as error:
            text = f"What is left of the blocks of numbers cannot be told: {error.message}"
            return (Section("Blocks of numbers", text=text, tone="warning"),)
        low = [one for one in levels if one.low]
        if not low:
            return (Section("Blocks of numbers", text=more),) if more else ()
        rows = tuple((one.place.database, str(one.sequence.relation), one.left) for one in low[:MOST_DATABASES])
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
            how = self._stage_status(last)
            return f"The newest stage, {last.stage}, ended {_moment(last.finished_at)} UTC: {how}."
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
                    (self._end_of(record) - record.started_at).total_seconds(),
                    _first_line(record.error),
                )
                for record in self.stages
            ),
            tone=self._tone(),
        )

    def _end_of(self, record: StageRecord) -> datetime:
        if record.finished_at is not None:
            return record.finished_at
        return self.now if self.holder is not None else last_sign(record, self.steps)

    def _tone(self) -> Tone:
        """Good where the newest attempt at every stage ended well; refusals changed nothing."""
        newest = {record.stage: self._stage_status(record) for record in self.stages if not record.was_refused}
        if "failed" in newest.values():
            return "bad"
        if {"interrupted", "findings"} & set(newest.values()):
            return "warning"
        return "good" if newest and set(newest.values()) == {"done"} else "plain"

    def _stage_status(self, record: StageRecord) -> str:
        # Only the lock proves life: a killed process leaves its record as it was.
        if record.status == "running" and self.holder is None:
            return "interrupted"
        return "refused" if record.was_refused else record.status

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
            "database_states": self.states,
            "lock_waits": self.source.waits,
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
    return text.strip().splitlines()[0] if text and text.strip() else ""
