"""Random monoliths, random things that happen to them at random points, again and again.

    python -m tests.safety.torture --runs 500 --seed 1

Each run is told by its seed alone. Seeds that fail are kept in tests/safety/seeds.txt, which `make test` goes through.
"""

from __future__ import annotations

import argparse
import random
import secrets
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from os import cpu_count
from pathlib import Path

from migrator.commands.shared.workspace import Workspace
from migrator.core.result.outcome import Outcome
from migrator.errors import MigratorError
from migrator.postgres.programs.local_server import LocalServer, temporary_server
from tests.safety.claims import unkept
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
from tests.servers import FORGETFUL, in_memory
from tests.stages import verify

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
_SEEDS = 10**9


@dataclass
class Report:
    """What one run came to."""

    seed: int
    points: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    problem: str = ""


@dataclass(frozen=True)
class Servers:
    """Two servers that may be restarted at will, the small monolith on the first."""

    source: LocalServer
    apart: LocalServer

    @property
    def both(self) -> tuple[LocalServer, LocalServer]:
        return self.source, self.apart


def go_through(servers: Servers, seed: int) -> Report:
    """One run. Its result depends on nothing but the seed."""
    rng = random.Random(seed)
    report = Report(seed)
    scene, points, _ = rng.choices(_SCENES, weights=[weight for _, _, weight in _SCENES])[0]
    with _somewhere(servers, seed) as here:
        try:
            _play(here, scene, points, rng, report)
        except BaseException:
            report.problem = f"{scene}: {dict(report.faults)}\n{traceback.format_exc(limit=-6)}"
            for server in servers.both:
                if not server.running:
                    server.restart()
    return report


@contextmanager
def _somewhere(servers: Servers, seed: int) -> Iterator[Trial]:
    """A trial on one server, or with the targets on the other one, the journal there or here; either may crash."""
    rng = random.Random(f"servers of {seed}")
    layout = rng.choice(("together", "apart", "journal stays"))
    crashing = servers.both if layout != "together" else (servers.source,)

    def restart() -> None:
        rng.choice(crashing).restart("immediate")

    targets: Callable[[str], str] | None = servers.apart.url if layout != "together" else None
    with trial(servers.source.url, _TEMPLATE, variation(seed), restart, targets) as here:
        if layout == "journal stays":
            here.journal_at = servers.source.url
        yield here


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
        number = rng.randint(1, points)
        met = here.meet(stage, partial(_at, "late restart" if kind == "restart" and number % 2 else kind, number))
        if met.point is not None:
            report.faults[f"{kind} in {scene}"] += 1
            report.points.update([f"{scene}: {met.point.name}"])
        _expect(here.status())
        if scene == "migrate" and (wrong := unkept(here)):
            raise AssertionError(f"the journal says what is not so: {wrong}")
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


_servers: Servers
_until_the_end = ExitStack()


@contextmanager
def torture_servers() -> Iterator[Servers]:
    """Two servers, and the small monolith on the first."""
    with ExitStack() as running:
        source, apart = (
            running.enter_context(temporary_server(settings=FORGETFUL, parent=in_memory())) for _ in range(2)
        )
        load_monolith(source.url, _TEMPLATE)
        yield Servers(source, apart)


def _begin() -> None:
    # A terminal's Ctrl-C goes to the whole group: who coordinates says when it is over, and the servers stop then.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    global _servers
    _servers = _until_the_end.enter_context(torture_servers())
    from multiprocessing.util import Finalize

    # atexit does not run in processes of a pool.
    Finalize(None, _until_the_end.close, exitpriority=10)


def _one(seed: int) -> Report:
    return go_through(_servers, seed)


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line's; without --seed they begin where nobody is likely to have been."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--seed", type=int, help="of the first run; the others count on from it (default: a new one)")
    parser.add_argument("--jobs", type=int, default=cpu_count() or 1)
    found = parser.parse_args(given)
    if found.seed is None:
        found.seed = secrets.randbelow(_SEEDS)
    return found


class Tally:
    """What the runs came to so far; a failed one is told at once, and kept in the file of seeds."""

    def __init__(self) -> None:
        self.seeds: list[int] = []
        self.points: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.failed: list[int] = []
        self._began = time.monotonic()

    def add(self, report: Report) -> None:
        self.seeds.append(report.seed)
        self.points.update(report.points)
        self.faults.update(report.faults)
        if report.problem:
            self.failed.append(report.seed)
            print(f"seed {report.seed}: {report.problem}", flush=True)
            with SEEDS.open("a", encoding="utf-8") as file:
                file.write(f"{report.seed}\n")
        if len(self.seeds) % 25 == 0:
            print(f"{self._runs}, {len(self.failed)} failed, {self._seconds}", flush=True)

    def tell(self) -> None:
        """All of it."""
        seeds = f" (seeds {min(self.seeds)} to {max(self.seeds)})" if self.seeds else ""
        happened = f"{sum(self.faults.values())} faults at {len(self.points)} different points"
        print(f"\n{self._runs}{seeds}, {happened}, {len(self.failed)} runs failed, {self._seconds}")
        for name, count in sorted(self.faults.items()):
            print(f"  {count:5} {name}")
        if self.failed:
            print(f"seeds that failed: {' '.join(map(str, self.failed))}; kept in {SEEDS.name}")

    @property
    def _runs(self) -> str:
        return f"{len(self.seeds)} runs"

    @property
    def _seconds(self) -> str:
        return f"{time.monotonic() - self._began:.0f} s"


def main() -> int:
    """Runs, tells, and keeps the seeds that failed. Ctrl-C and SIGTERM end it with the runs that are under way."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    given = arguments()
    tally = Tally()
    print(f"{given.runs} runs, the same again with --runs {given.runs} --seed {given.seed}", flush=True)
    with ProcessPoolExecutor(given.jobs, mp_context=get_context("spawn"), initializer=_begin) as pool:
        try:
            for future in as_completed([pool.submit(_one, given.seed + number) for number in range(given.runs)]):
                tally.add(future.result())
        except KeyboardInterrupt:
            print("no more runs are begun", flush=True)
            pool.shutdown(cancel_futures=True)
    tally.tell()
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
