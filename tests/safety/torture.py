"""Random monoliths, random things that happen to them at random points, again and again.

    python -m tests.safety.torture --runs 500 --seed 1

Each run is told by its seed alone. Seeds that fail are kept in tests/safety/seeds.txt, which `make test` goes through.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from os import cpu_count
from pathlib import Path

from migrator.commands.shared.workspace import Workspace
from migrator.commands.verify.command import verify
from migrator.core.result.outcome import Outcome
from migrator.errors import MigratorError
from migrator.postgres.session.local_server import LocalServer, temporary_server
from tests.safety.faults import Point
from tests.safety.trial import (
    Kind,
    Stage,
    Trial,
    back_up,
    clean_up,
    load_monolith,
    plan,
    put_back,
    split,
    take_back,
    trial,
)
from tests.safety.variations import variation
from tests.servers import FAST, in_memory

SEEDS = Path(__file__).with_name("seeds.txt")
_TEMPLATE = "template_torture"
_KINDS: tuple[Kind, ...] = ("crash", "terminate", "timeout", "lost", "interrupt", "restart")
# Stage and about how many points it has, that faults are spread over.
_SCENES: Sequence[tuple[str, int, int]] = (
    ("migrate", 250, 4),
    ("rollback", 60, 2),
    ("clean", 70, 2),
    ("backup", 45, 2),
)
_MOST_ATTEMPTS = 4


@dataclass
class Report:
    """What one run came to."""

    seed: int
    points: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    problem: str = ""


def go_through(server: LocalServer, seed: int) -> Report:
    """One run. Its result depends on nothing but the seed."""
    rng = random.Random(seed)
    report = Report(seed)
    scene, points, _ = rng.choices(_SCENES, weights=[weight for _, _, weight in _SCENES])[0]
    with trial(server.url, _TEMPLATE, variation(seed), partial(server.restart, "immediate")) as here:
        try:
            _play(here, scene, points, rng, report)
        except BaseException:
            report.problem = f"{scene}: {dict(report.faults)}\n{traceback.format_exc(limit=-6)}"
            if not server.running:
                server.restart()
    return report


def _play(here: Trial, scene: str, points: int, rng: random.Random, report: Report) -> None:
    stages: dict[str, tuple[list[Stage], Stage]] = {
        "migrate": ([plan], split),
        "rollback": ([plan, split], take_back),
        "clean": ([], clean_up),
        "backup": ([], back_up),
    }
    before, stage = stages[scene]
    for one in before:
        _expect(here.run(one))
    for _ in range(rng.randint(1, 3)):
        kind = rng.choice(_KINDS)
        met = here.meet(stage, partial(_at, kind, rng.randint(1, points)))
        if met.point is not None:
            report.faults[f"{kind} in {scene}"] += 1
            report.points.update([f"{scene}: {met.point.name}"])
        _expect(here.status())
    if scene == "migrate" and rng.random() < 0.3:
        _again(here, take_back)
    else:
        _again(here, stage)
    if scene == "migrate" and here.run(_look).summary["open"]:
        _expect(here.run(verify))
        _again(here, take_back)
    if scene == "clean":
        _again(here, put_back)
    if wrong := here.is_back():
        raise AssertionError(f"not as it was: {wrong}")


def _at(kind: Kind, number: int, point: Point) -> Kind | None:
    # A session is lost at the next point that has one.
    return kind if point.number >= number else None


def _look(workspace: Workspace) -> Outcome:
    run = workspace.journal.current_run(workspace.source_id)
    return Outcome("look", summary={"open": run is not None})


def _again(here: Trial, stage: Stage) -> None:
    """The same command until it is done: a restart may meet the first attempt as well."""
    for attempt in range(_MOST_ATTEMPTS):
        try:
            _expect(here.run(stage))
        except MigratorError:
            if attempt == _MOST_ATTEMPTS - 1:
                raise
        else:
            return


def _expect(outcome: Outcome) -> None:
    if outcome.exit_code:
        raise AssertionError(f"{outcome.command}: {outcome.exit_code}: {outcome.headline}")


_server: LocalServer
_until_the_end = ExitStack()


@contextmanager
def torture_server() -> Iterator[LocalServer]:
    """A server that may be restarted at will, with the small monolith on it."""
    with temporary_server(settings={**FAST, "restart_after_crash": "on"}, parent=in_memory()) as server:
        load_monolith(server.url, _TEMPLATE)
        yield server


def _begin() -> None:
    global _server
    _server = _until_the_end.enter_context(torture_server())
    from multiprocessing.util import Finalize

    # atexit does not run in processes of a pool.
    Finalize(None, _until_the_end.close, exitpriority=10)


def _one(seed: int) -> Report:
    return go_through(_server, seed)


def main() -> int:
    """Runs, tells, and keeps the seeds that failed."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--runs", type=int, default=500)
    arguments.add_argument("--seed", type=int, default=int(time.time()))
    arguments.add_argument("--jobs", type=int, default=cpu_count() or 1)
    given = arguments.parse_args()
    began = time.monotonic()
    points: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    failed: list[Report] = []
    print(f"{given.runs} runs from seed {given.seed}", flush=True)
    with ProcessPoolExecutor(given.jobs, mp_context=get_context("spawn"), initializer=_begin) as pool:
        waiting = [pool.submit(_one, given.seed + number) for number in range(given.runs)]
        for number, future in enumerate(as_completed(waiting), 1):
            report = future.result()
            points.update(report.points)
            faults.update(report.faults)
            if report.problem:
                failed.append(report)
                print(f"seed {report.seed}: {report.problem}", flush=True)
            if number % 25 == 0:
                print(f"{number} runs, {len(failed)} failed, {time.monotonic() - began:.0f} s", flush=True)
    print(
        f"\n{given.runs} runs (seeds {given.seed} to {given.seed + given.runs - 1}), {sum(faults.values())} faults at "
        f"{len(points)} different points, {len(failed)} runs failed, {time.monotonic() - began:.0f} s"
    )
    for name, count in sorted(faults.items()):
        print(f"  {count:5} {name}")
    if failed:
        with SEEDS.open("a", encoding="utf-8") as file:
            file.writelines(f"{report.seed}\n" for report in failed)
        print(f"seeds that failed: {' '.join(str(report.seed) for report in failed)}; kept in {SEEDS.name}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
