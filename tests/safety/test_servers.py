"""What servers and networks do at every step: a crash and restart, a full disk, a link that stalls and breaks."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote, unquote, urlsplit

import psycopg
import pytest

from migrator.postgres.programs.local_server import LocalServer, temporary_server
from tests.safety.faults import Faults, Point, injected
from tests.safety.points import registered
from tests.safety.survival import Due, Ending, one_after_another, state, steps, undisturbed
from tests.safety.trial import load_monolith, plan, split, take_back, trial
from tests.servers import FORGETFUL, PostgresServer, in_memory

_TEMPLATE = "small"

pytestmark = pytest.mark.timeout(300)


def each_step(stage: str, place: int = 0) -> list[str]:
    """One point of each of the stage's steps, at that many quarters of the step."""
    return [points[place * len(points) // 4] for points in steps(registered()[stage]).values()]


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[LocalServer, LocalServer]]:
    """The source's server and the targets', both to be crashed at will."""
    with contextlib.ExitStack() as running:
        source, targets = (
            running.enter_context(temporary_server(settings=FORGETFUL, parent=in_memory())) for _ in range(2)
        )
        load_monolith(source.url, _TEMPLATE)
        yield source, targets


@pytest.fixture(scope="module")
def apart(servers: tuple[LocalServer, LocalServer]) -> Callable[[str], Ending]:
    """`apart(stage)` is how the stage ends undisturbed where source and targets have servers of their own."""
    source, targets = servers
    return cache(lambda stage: undisturbed(source, _TEMPLATE, stage, targets.url))


# Of the two servers the one that each stage writes to; the other goes with what is tried exhaustively.
_WRITTEN = {"backup": "source", "clean": "source", "migrate": "target", "rollback": "target"}


@pytest.mark.parametrize(
    ("stage", "whose"),
    [
        pytest.param(stage, whose, marks=() if whose == written else pytest.mark.exhaustive)
        for stage, written in _WRITTEN.items()
        for whose in ("source", "target")
    ],
)
def test_a_server_that_crashes_at_any_step_and_comes_back(
    servers: tuple[LocalServer, LocalServer], apart: Callable[[str], Ending], stage: str, whose: str
) -> None:
    source, targets = servers
    crashed = source if whose == "source" else targets
    due: Due = dict.fromkeys(each_step(stage, 1 if whose == "source" else 2), "restart")
    ending = apart(stage)
    with trial(source.url, _TEMPLATE, restart=lambda: crashed.restart("immediate"), targets_at=targets.url) as here:
        found, _ = one_after_another(here, stage, due, ending)
        assert found == []


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system of its own, of 400 MB; only root can make one."""
    with TemporaryDirectory(prefix="migrator-disk-") as directory:
        place = Path(directory)
        place.chmod(0o755)  # the server's account has to pass through
        mount = ["mount", "-t", "tmpfs", "-o", "size=400m,mode=755", "tmpfs", directory]
        if subprocess.run(mount, capture_output=True, check=False).returncode:
            pytest.skip("a file system cannot be mounted here: run as root to test a full disk")
        try:
            yield place
        finally:
            subprocess.run(["umount", "-l", directory], check=True)


@pytest.mark.exhaustive
def test_a_full_disk_of_the_target_server_at_any_step(
    server: PostgresServer, template: str, ending: Callable[[str], Ending], small_disk: Path
) -> None:
    balloon = small_disk / "balloon"

    def fill() -> None:
        with balloon.open("wb") as file:
            free = os.statvfs(small_disk)
            os.posix_fallocate(file.fileno(), 0, free.f_bavail * free.f_frsize)

    settings = {**FORGETFUL, "min_wal_size": "32MB", "max_wal_size": "64MB"}
    with LocalServer.start(small_disk / "data", settings=settings) as targets:

        def mend() -> None:
            balloon.unlink(missing_ok=True)
            _wait_until(lambda: _writes(targets))

        due: Due = dict.fromkeys(each_step("migrate"), "restart")
        with trial(server.url, template, restart=fill, targets_at=targets.url) as here:
            found, met = one_after_another(here, "migrate", due, ending("migrate"), mend)
            assert found == []
            assert len(met) > len(due) / 2
            assert here.run(take_back).exit_code == 0
            assert here.is_back() == []


def _writes(server: LocalServer) -> bool:
    """Whether the server has recovered from what the full disk did to it; starts it where it gave up."""
    if not server.running:
        server.restart()
    try:
        with psycopg.connect(server.url(), connect_timeout=2, autocommit=True) as connection:
            connection.execute("CHECKPOINT")
    except psycopg.OperationalError:
        return False
    return True


def _wait_until(condition: Callable[[], bool]) -> None:
    for _ in range(200):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("it did not come to pass")


class Link:
    """A link as a process of its own; see tests/safety/link.py."""

    def __init__(self, server: Path, directory: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.safety.link", str(directory / server.name), str(server)],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answer("up")

    def __call__(self, command: str) -> None:
        assert self._process.stdin is not None
        print(command, file=self._process.stdin, flush=True)
        self._answer("done")

    def _answer(self, wanted: str) -> None:
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == f"{wanted}\n"

    def close(self) -> None:
        self._process.communicate()


@pytest.fixture
def link(server: PostgresServer) -> Iterator[tuple[Link, Callable[[str], str]]]:
    """A link to the session's server, and the URLs that lead through it."""
    if not isinstance(server, LocalServer):
        pytest.skip("the link forwards the socket of a server on this machine")
    socket = Path(unquote(urlsplit(server.url()).query.partition("host=")[2])) / ".s.PGSQL.5432"
    with TemporaryDirectory(prefix="migrator-link-") as directory:
        made = Link(socket, Path(directory))
        try:
            yield made, lambda name: f"postgresql://postgres@/{quote(name)}?host={directory}"
        finally:
            made.close()


def test_a_link_that_stalls_at_every_step_only_takes_time(
    server: PostgresServer, template: str, ending: Callable[[str], Ending], link: tuple[Link, Callable[[str], str]]
) -> None:
    stall, through = link
    left = set(each_step("migrate", 3))

    def action(point: Point) -> None:
        if point.name in left:
            left.discard(point.name)
            stall("stall 0.2")

    with trial(server.url, template) as here:
        here.through = through
        here.run(plan)
        with injected(Faults(action)):
            assert here.run(split).exit_code == 0
        assert not left
        assert state(here, "migrate") == ending("migrate").state


@pytest.mark.parametrize(
    "stage", ["migrate", *(pytest.param(one, marks=pytest.mark.exhaustive) for one in ("backup", "clean", "rollback"))]
)
def test_a_link_that_stalls_and_breaks_at_any_step(
    server: PostgresServer,
    template: str,
    ending: Callable[[str], Ending],
    link: tuple[Link, Callable[[str], str]],
    stage: str,
) -> None:
    stall, through = link
    due: Due = dict.fromkeys(each_step(stage, 3), "restart")
    with trial(server.url, template, restart=partial(stall, "break 0.1")) as here:
        here.through = through
        found, _ = one_after_another(here, stage, due, ending(stage))
        assert found == []
