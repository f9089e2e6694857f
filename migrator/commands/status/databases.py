"""The databases of a run, those that matter first: failed, under way, slow, large."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from migrator.core.result.outcome import Section

if TYPE_CHECKING:
    from migrator.journal import Artefact, StepRecord

MOST_DATABASES = 50  # shown; the document has all

_ORDER = ("failed", "made", "done", "template")


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """One database as the journal knows it; `seconds` are those of its finishing, None where that is to come."""

    database: str
    target: str
    tenant: str | None  # None for templates
    server: str
    state: str  # failed, made (its rows are on their way), done, template
    rows: int
    seconds: float | None


def database_states(
    databases: Sequence[Artefact], steps: Sequence[StepRecord], servers: Mapping[str, str]
) -> list[DatabaseState]:
    """Every database of the run: failed ones first, then those under way, then the slowest and the largest."""
    finishes = {step.database: step for step in steps if step.kind == "finish"}
    states = []
    for made in databases:
        step = finishes.get(made.name)
        states.append(
            DatabaseState(
                made.name,
                made.target or "",
                made.tenant,
                servers.get(made.tenant or "", ""),
                _state(made, step),
                step.rows if step is not None else 0,
                step.seconds if step is not None else None,
            )
        )
    return sorted(states, key=_urgency)


def _urgency(state: DatabaseState) -> tuple[int, float, int, str]:
    return _ORDER.index(state.state), -(state.seconds or 0.0), -state.rows, state.database


def _state(database: Artefact, step: StepRecord | None) -> str:
    if database.tenant is None:
        return "template"
    if step is None or step.status == "running":
        return "made"
    return step.status


def databases_section(states: Sequence[DatabaseState]) -> Section:
    """The databases, at most MOST_DATABASES of them."""
    left_out = len(states) - MOST_DATABASES
    failed = any(one.state == "failed" for one in states)
    done = all(one.state in ("done", "template") for one in states)
    return Section(
        "Databases of this run",
        ("database", "target", "tenant", "server", "state", "rows", "seconds"),
        tuple(
            (
                one.database,
                one.target,
                "(template)" if one.tenant is None else one.tenant,
                one.server,
                "" if one.state == "template" else one.state,
                one.rows,
                one.seconds,
            )
            for one in states[:MOST_DATABASES]
        ),
        text=f"{left_out:,} more are left out here; --tenant shows one, --output json has every one."
        if left_out > 0
        else "",
        tone="bad" if failed else "good" if done else "plain",
    )
