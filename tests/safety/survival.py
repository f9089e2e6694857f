"""What has to be true after something happened: the same command again, or rollback, mends it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from migrator.core.result.outcome import Outcome
from migrator.errors import DatabaseError, MigratorError, RefusedError, TargetsFailedError
from tests.safety.faults import Crash, Faults, Point, injected
from tests.safety.trial import STAGES, Kind, Met, Trial, holding, plan, put_back, take_back, trial
from tests.servers import PostgresServer


@dataclass(frozen=True)
class Ending:
    """How a stage ends when nothing disturbs it."""

    points: tuple[str, ...]
    lasting: tuple[str, ...]  # those after which others see something: not in the middle of a transaction
    state: Any


def undisturbed(
    server: PostgresServer, template: str, stage: str, targets_at: Callable[[str], str] | None = None
) -> Ending:
    """Carries a stage out with nothing but points counted."""
    with trial(server.url, template, targets_at=targets_at) as here:
        before, act = STAGES[stage]
        for one in before:
            here.run(one)
        faults = Faults()
        with injected(faults):
            outcome = here.run(act)
        assert outcome.exit_code == 0, outcome.headline
        lasting = {point.name: None for point in faults.points if point.lasting}
        return Ending(tuple(faults.names), tuple(lasting), state(here, stage))


def state(here: Trial, stage: str) -> Any:
    """What a stage has to have made: the same after whatever disturbed it."""
    match stage:
        case "migrate" | "finish":
            return here.targets(), sorted(here.databases().items()), here.fenced()
        case "clean":
            return here.quarantined(), here.is_back()
        case "replay" | "tenant":
            return holding(here.url_of(here.source)), sorted(here.databases()), here.fenced()
        case "restore":
            kept = [what for what in here.is_back() if "_damaged_" in what]
            return len(kept), [what for what in here.is_back() if what not in kept]
        case _:
            return here.is_back()


Due = Mapping[str, Kind]


def again(server: PostgresServer, template: str, stage: str, due: Due, ending: Ending) -> list[str]:
    """Lets each thing happen at its point, with the same command after each; returns what was not as it has to be.

    Trials cost more than attempts, so many things happen in one, a few steps apart: each attempt goes on from what the
    one before left, meets the next point and is stopped there. Where the end of such a chain is wrong, each of its
    points is gone through alone, to tell which it was; so is one that the chain did not meet.
    """
    found, met = _chain(server, template, stage, due, ending)
    if not found:
        alone = {point: kind for point, kind in due.items() if point not in met}
    else:
        alone = dict(due) if len(due) > 1 else {}
    told = [] if alone else found
    for point, kind in alone.items():
        one, reached = _chain(server, template, stage, {point: kind}, ending)
        told += [f"{stage}, {kind} at [{point}]: {what}" for what in one]
        if not reached:
            told.append(f"{stage}: the point [{point}] was not reached")
    return told or [f"{stage}, one after another {dict(due)}: {what}" for what in found]


def chains(points: Sequence[str], count: int, kind: Kind = "crash") -> list[Due]:
    """The points dealt out to so many chains: neighbours come into different ones."""
    return [{point: kind for point in points[first::count]} for first in range(count) if points[first::count]]


def shares(points: Iterable[str]) -> tuple[list[str], list[str]]:
    """One point in three of every step, its last one among them, and all the others."""
    chosen = [
        point for each in steps(points).values() for number, point in enumerate(reversed(each)) if number % 3 == 0
    ]
    return chosen, [point for point in points if point not in chosen]


# `make test` tries the first share, `make test-exhaustive` the other.
SHARES = [0, pytest.param(1, marks=pytest.mark.exhaustive)]


def steps(points: Iterable[str]) -> dict[str, list[str]]:
    """Points by the step that they belong to: prepare, copy, the journal's entries after a copy, …"""
    found: dict[str, list[str]] = {}
    for point in points:
        before, _, entry = point.partition(" > ")
        found.setdefault(before.partition(":")[0] + (" > journal" if entry else ""), []).append(point)
    return found


def _chain(
    server: PostgresServer, template: str, stage: str, due: Due, ending: Ending
) -> tuple[list[str], frozenset[str]]:
    with trial(server.url, template) as here:
        return one_after_another(here, stage, due, ending)


def one_after_another(
    here: Trial, stage: str, due: Due, ending: Ending, mend: Callable[[], None] | None = None
) -> tuple[list[str], frozenset[str]]:
    """Lets each thing happen in one trial, calling `mend` after each.

    Returns what was not as it has to be, and the points that were met.
    """
    left = dict(due)
    before, act = STAGES[stage]
    for one in before:
        here.run(one)
    found: list[str] = []
    recoveries = 3
    while True:
        met = here.meet(act, lambda point: left.get(point.name))
        if met.point is None:
            if mend is not None and isinstance(met.result, DatabaseError) and recoveries:
                recoveries -= 1  # a server that gave up a moment later: its operator waits and types the same again
                mend()
                continue
            break
        kind = left.pop(met.point.name)
        if mend is not None:
            mend()
        told = [*_of_result(stage, kind, met.result), *_of_status(here, stage, kind)]
        found += [f"after {kind} at [{met.point.name}]: {what}" for what in told]
    found += _of_end(here, stage, met, ending)
    return found, frozenset(due) - frozenset(left)


def _of_end(here: Trial, stage: str, met: Met, ending: Ending) -> list[str]:
    if not isinstance(met.result, Outcome) or met.result.exit_code:
        return [f"the same command again ended with {met.result!r}"]
    found = []
    if (now := state(here, stage)) != ending.state:
        found.append(f"the end is another: {_difference(now, ending.state)}")
    if stage == "clean":
        here.run(put_back)
    if stage not in ("migrate", "replay", "tenant", "finish", "restore"):
        found += [f"not as it was before: {what}" for what in here.is_back()]
    return found + [f"{path.name} is left over" for path in Path(here.directory).rglob("*.partial")]


def _crash_at(name: str, point: Point) -> Kind | None:
    return "crash" if point.name == name else None


def back(server: PostgresServer, template: str, points: Iterable[str]) -> list[str]:
    """Crashes migrate at each point and takes it back, again and again in one trial; returns what was wrong."""
    found = []
    with trial(server.url, template) as here:
        for name in points:
            here.run(plan)
            met = here.meet(STAGES["migrate"][1], partial(_crash_at, name))
            if met.point is None:
                found.append(f"the point [{name}] was not reached")
            told = _of_status(here, "migrate", "crash")
            outcome = here.run(take_back)
            if outcome.exit_code:
                told.append(f"rollback: exit code {outcome.exit_code}: {outcome.headline}")
            told += [f"not as it was before: {what}" for what in here.is_back()]
            found += [f"after a crash at [{name}]: {what}" for what in told]
    return found


def _of_result(stage: str, kind: Kind, result: BaseException | Outcome) -> list[str]:
    match kind, result:
        case "crash", Crash():
            return []
        case "interrupt", KeyboardInterrupt():
            return []
        case "terminate" | "timeout" | "lost" | "restart", DatabaseError() | TargetsFailedError():
            return []
        case _, RefusedError() if stage == "backup":
            return []
        # A lost session may be one that nothing depended on; then the stage has to be complete, which is seen below.
        case "terminate" | "lost" | "restart", Outcome(exit_code=0):
            return []
        case _, MigratorError():
            return [f"ended with {result.exit_code}: {result}"]
    return [f"ended with {result!r}"]


def _of_status(here: Trial, stage: str, kind: Kind) -> list[str]:
    outcome = here.status()
    told = outcome.summary.get("source writes")
    found = []
    if outcome.exit_code:
        found.append(f"status: exit code {outcome.exit_code}")
    if told is not None and (told == "FENCED") != here.fenced():
        found.append(f"status says that writes are {told}")
    if outcome.summary.get("lock", "free") != "free":
        found.append(f"status says that the lock is {outcome.summary['lock']}")
    stages = {one.stage: one.status for one in outcome.data.get("stages", ())}
    if kind == "crash" and stages.get(stage) == "failed":
        found.append("status says that the stage failed, and it was killed")
    return found


def _difference(found: Any, wanted: Any) -> str:
    if not isinstance(found, tuple) or not isinstance(found[0], Mapping):
        return f"{found} instead of {wanted}"
    if found[1:] != wanted[1:]:
        return f"{found[1:]} instead of {wanted[1:]}"
    return ", ".join(
        sorted(name for name in found[0].keys() | wanted[0].keys() if found[0].get(name) != wanted[0].get(name))
    )
