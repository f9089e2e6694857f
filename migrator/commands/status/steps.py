"""The steps of a run by kind: how many of all there are, and what the living and the dead ones were at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, get_args

from migrator.core.result.outcome import Section
from migrator.core.run.step_id import StepKind

if TYPE_CHECKING:
    from migrator.journal import StageRecord, StepRecord

STOPPED = "stopped"  # begun by a process that is gone


def as_they_are(steps: Iterable[StepRecord], *, alive: bool) -> tuple[StepRecord, ...]:
    """The steps; those that nobody works at any more are not running, whatever their record says."""
    if alive:
        return tuple(steps)
    return tuple(replace(step, status=STOPPED) if step.status == "running" else step for step in steps)


def last_sign(record: StageRecord, steps: Iterable[StepRecord]) -> datetime:
    """When an attempt whose process is gone was seen alive for the last time: from then on its time does not grow."""
    moments = [step.started_at + timedelta(seconds=step.seconds or 0.0) for step in steps]
    return max((moment for moment in moments if moment > record.started_at), default=record.started_at)


def steps_done(steps: Sequence[StepRecord], planned: Mapping[str, int]) -> str:
    """How many of all steps are done; of those that were begun where nothing was recorded of the plan."""
    done = sum(step.status == "done" for step in steps)
    if not planned:
        return f"{done:,} of {len(steps):,} begun are done"
    return f"{done:,} of {max(len(steps), sum(planned.values())):,} are done"


def unfinished_section(steps: Sequence[StepRecord], now: datetime, *, alive: bool) -> Section:
    """The steps that run, or that were stopped."""
    return Section(
        "Running steps" if alive else "Steps that were stopped",
        ("step", "rows", "bytes", "seconds"),
        tuple(
            (step.step, step.rows, step.bytes, (now - step.started_at).total_seconds() if alive else None)
            for step in steps
        ),
        tone="plain" if alive else "warning",
    )


def failed_section(steps: Iterable[StepRecord]) -> Section:
    """The steps that failed, with the reason."""
    return Section("Failed steps", ("step", "error"), tuple((step.step, step.error) for step in steps), tone="bad")


def kinds_section(steps: Iterable[StepRecord], planned: Mapping[str, int]) -> Section:
    """Steps summed up by kind, in the order in which kinds are done: a run of a thousand tenants has many to list."""
    of_kinds: dict[str, list[StepRecord]] = defaultdict(list)
    for step in steps:
        of_kinds[step.kind].append(step)
    kinds = [kind for kind in get_args(StepKind) if kind in of_kinds or kind in planned]
    by_kind = {kind: of_kinds[kind] for kind in kinds}
    rows = tuple(
        (
            kind,
            max(planned.get(kind, 0), len(of_kind)),
            *(_count(of_kind, status) for status in ("done", "running", STOPPED, "failed")),
            sum(step.rows for step in of_kind),
            sum(step.bytes for step in of_kind),
            sum(step.seconds or 0.0 for step in of_kind),
        )
        for kind, of_kind in by_kind.items()
    )
    complete = all(total == done for _, total, done, *_ in rows)
    failed = any(step.status == "failed" for of_kind in by_kind.values() for step in of_kind)
    return Section(
        "Steps",
        ("kind", "steps", "done", "running", STOPPED, "failed", "rows", "bytes", "work seconds"),
        rows,
        tone="bad" if failed else "good" if complete else "plain",
    )


def _count(steps: Iterable[StepRecord], status: str) -> int:
    return sum(step.status == status for step in steps)
