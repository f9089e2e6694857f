"""What has to be true after something happened: the same command again, or rollback, mends it. Runs in any process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from os import cpu_count
from pathlib import Path
from typing import Any, Literal

from migrator.core.outcome import Outcome
from migrator.errors import DatabaseError, MigratorError, RefusedError, TargetsFailedError
from tests.safety.faults import Crash, Faults, injected
from tests.safety.trial import STAGES, Kind, Trial, holding, put_back, take_back, trial
from tests.servers import PostgresServer

Way = Literal["again", "rollback"]


@dataclass(frozen=True)
class Ending:
    """How a stage ends when nothing disturbs it."""

    points: tuple[str, ...]
    state: Any


@dataclass(frozen=True)
class Ordeal:
    """One trial to go through."""

    stage: str
    kind: Kind
    point: str
    way: Way = "again"

    def __str__(self) -> str:
        return f"{self.stage}: {self.kind} at [{self.point}], then {self.way}"


def undisturbed(server: PostgresServer, template: str, stage: str) -> Ending:
    """Carries a stage out with nothing but points counted."""
    with trial(server.url, template) as here:
        before, act = STAGES[stage]
        for one in before:
            here.run(one)
        faults = Faults()
        with injected(faults):
            outcome = here.run(act)
        assert outcome.exit_code == 0, outcome.headline
        return Ending(tuple(faults.names), _state(here, stage))


def _state(here: Trial, stage: str) -> Any:
    match stage:
        case "migrate":
            return here.targets(), sorted(here.databases().items()), here.fenced()
        case "clean":
            return here.quarantined(), here.is_back()
        case "replay":
            return holding(here.url_of(here.source)), sorted(here.databases()), here.fenced()
        case _:
            return here.is_back()


def complaints(server: PostgresServer, template: str, ordeal: Ordeal, ending: Ending) -> list[str]:
    """Goes through one trial; returns what was not as it has to be."""
    with trial(server.url, template) as here:
        before, act = STAGES[ordeal.stage]
        for one in before:
            here.run(one)
        _, result = here.disturbed(act, ordeal.kind, ordeal.point)
        found = [*_of_result(ordeal, result), *_of_status(here, ordeal)]
        if ordeal.way == "again":
            outcome = here.run(act)
            if outcome.exit_code:
                found.append(f"the same command again: exit code {outcome.exit_code}: {outcome.headline}")
            if (state := _state(here, ordeal.stage)) != ending.state:
                found.append(f"the end is another: {_difference(state, ending.state)}")
        if ordeal.stage == "clean":
            here.run(put_back)
        if ordeal.way == "rollback":
            outcome = here.run(take_back)
            if outcome.exit_code:
                found.append(f"rollback: exit code {outcome.exit_code}: {outcome.headline}")
        if ordeal.way == "rollback" or ordeal.stage not in ("migrate", "replay"):
            found += [f"not as it was before: {what}" for what in here.is_back()]
        leftovers = [path.name for path in Path(here.directory).rglob("*.partial")]
        return found + [f"{name} is left over" for name in leftovers if ordeal.way == "again"]


def _of_result(ordeal: Ordeal, result: BaseException | Outcome) -> list[str]:
    match ordeal.kind, result:
        case "crash", Crash():
            return []
        case "interrupt", KeyboardInterrupt():
            return []
        case "terminate" | "timeout" | "lost", DatabaseError() | TargetsFailedError():
            return []
        case _, RefusedError() if ordeal.stage == "backup":
            return []
        # A lost session may be one that nothing depended on; then the stage has to be complete, which is seen below.
        case "terminate" | "lost", Outcome(exit_code=0):
            return []
        case _, MigratorError():
            return [f"ended with {result.exit_code}: {result}"]
    return [f"ended with {result!r}"]


def _of_status(here: Trial, ordeal: Ordeal) -> list[str]:
    outcome = here.status()
    told = outcome.summary.get("source writes")
    found = []
    if outcome.exit_code:
        found.append(f"status: exit code {outcome.exit_code}")
    if told is not None and (told == "FENCED") != here.fenced():
        found.append(f"status says that writes are {told}")
    if outcome.summary.get("lock", "free") != "free":
        found.append(f"status says that the lock is {outcome.summary['lock']}")
    stages = {stage.stage: stage.status for stage in outcome.data.get("stages", ())}
    if ordeal.kind == "crash" and stages.get(ordeal.stage) == "failed":
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


def go_through(
    server: PostgresServer, template: str, ordeals: Iterable[Ordeal], endings: Mapping[str, Ending]
) -> dict[Ordeal, list[str]]:
    """Goes through all of them on every processor; returns those with complaints."""
    with ProcessPoolExecutor(min(4, cpu_count() or 1), mp_context=get_context("spawn")) as pool:
        waiting = {ordeal: pool.submit(_told, server, template, ordeal, endings[ordeal.stage]) for ordeal in ordeals}
        return {ordeal: found for ordeal, future in waiting.items() if (found := future.result())}


def _told(server: PostgresServer, template: str, ordeal: Ordeal, ending: Ending) -> list[str]:
    try:
        return complaints(server, template, ordeal, ending)
    except BaseException as error:
        return [f"{type(error).__name__}: {error}"]
