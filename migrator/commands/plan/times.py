"""How long a plan takes: as its rehearsal measured it, or as it is computed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from migrator.core.plan.estimate import estimate
from migrator.core.run.facts import MEASURED_TIMES, SplitTimes

if TYPE_CHECKING:
    from migrator.commands.shared.workspace import RunContext
    from migrator.core.plan.steps import Plan
    from migrator.core.result.outcome import Cell


def times_of(context: RunContext, plan: Plan) -> SplitTimes:
    """What the newest rehearsal of this very plan measured; computed where there was none."""
    measured = context.journal.recorded(MEASURED_TIMES)
    if measured is not None and measured.fingerprint == plan.fingerprint:
        return measured
    return estimate(plan, context.settings.limits.jobs)


def time_figures(times: SplitTimes) -> Mapping[str, Cell]:
    """How long the source is fenced and how long going back takes, as figures of a summary."""
    return {
        "source_fenced_seconds": round(times.fenced, 1),
        "verify_seconds": round(times.verify, 1),
        "going_back_seconds": round(times.back, 1),
        "times": how_known(times),
    }


def how_known(times: SplitTimes) -> str:
    """Whether the times were measured, and what measures them."""
    if times.measured_at:
        return f"measured by the rehearsal of {times.measured_at[:16].replace('T', ' ')} UTC"
    return "computed; `migrator dry-run --rehearse` measures them"
