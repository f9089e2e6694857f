"""What servers and networks do: an immediate restart, a full disk, a link that stalls and breaks."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from migrator.errors import DatabaseError, MigratorError, TargetsFailedError
from migrator.postgres.server import LocalServer
from tests.safety.trial import Stage, Trial, clean_up, load_monolith, plan, put_back, split, take_back, trial
from tests.servers import FAST, ServerFactory

_TEMPLATE = "small"

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def there(own_server: ServerFactory) -> Iterator[tuple[LocalServer, Trial]]:
    """The small case on a server that may be crashed at will."""
    server = own_server(FAST)
    load_monolith(server.url, _TEMPLATE)

    def restart() -> None:
        server.restart("immediate")

    with trial(server.url, _TEMPLATE, restart=restart) as made:
        yield server, made


@pytest.mark.parametrize(
    ("before", "stage", "point"),
    [
        ([plan], split, "prepare: ALTER DATABASE"),
        ([plan], split, "fence: CREATE TRIGGER"),
        ([plan], split, "copy: end of COPY"),
        ([plan], split, "copy: COMMIT > journal: UPDATE migrator.steps"),
        ([plan], split, "finish: COMMIT"),
        ([plan, split], take_back, "rollback: DROP DATABASE"),
        ([plan, split], take_back, "rollback: DROP TRIGGER"),
        ([], clean_up, "clean: COMMIT"),
    ],
)
def test_a_server_that_crashes_and_comes_back(
    there: tuple[LocalServer, Trial], before: list[Stage], stage: Stage, point: str
) -> None:
    _, here = there
    for one in before:
        here.run(one)
    _, result = here.disturbed(stage, "restart", point)
    assert isinstance(result, (DatabaseError, TargetsFailedError)), result
    assert here.status().exit_code == 0
    assert here.run(stage).exit_code == 0
    here.run(put_back if stage is clean_up else take_back)
    assert here.is_back() == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of 700 MB; only root can make one."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=700m,mode=755", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a file system cannot be mounted here: run as root to test a full disk")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.parametrize("point", ["create: CREATE DATABASE", "copy: end of COPY", "finish: COMMIT"])
def test_a_full_disk(small_disk: Path, point: str) -> None:
    for directory in (small_disk, *small_disk.parents):
        if directory.stat().st_uid == os.geteuid() and directory != Path("/tmp"):
            directory.chmod(directory.stat().st_mode | 0o011)
        if directory == Path("/tmp"):
            break
    balloon = small_disk / "balloon"
    with LocalServer.start(
        small_disk / "data", settings={**FAST, "min_wal_size": "32MB", "max_wal_size": "64MB"}
    ) as server:
        load_monolith(server.url, _TEMPLATE)

        def fill() -> None:
            with contextlib.suppress(OSError), balloon.open("wb") as file:
                while True:
                    file.write(bytes(1 << 16))
                    file.flush()

        with trial(server.url, _TEMPLATE, restart=fill) as here:
            here.run(plan)
            _, result = here.disturbed(split, "restart", point)
            balloon.unlink()
            if not server.running:
                server.restart()
            assert isinstance(result, MigratorError), result
            assert result.exit_code in (4, 5), result
            _wait_until(lambda: _answers(server.url()))
            assert here.status().exit_code == 0
            assert here.run(split).exit_code == 0
            assert here.run(take_back).exit_code == 0
            assert here.is_back() == []


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
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
def link(there: tuple[LocalServer, Trial]) -> Iterator[Link]:
    server, here = there
    with tempfile.TemporaryDirectory(prefix="migrator-link-") as directory:
        made = Link(Path(server._socket_dir) / ".s.PGSQL.5432", Path(directory))
        here.through = lambda name: f"postgresql://postgres@/{quote(name)}?host={directory}"
        try:
            yield made
        finally:
            made.close()


def test_a_link_that_stalls_for_a_while_only_takes_time(there: tuple[LocalServer, Trial], link: Link) -> None:
    _, here = there
    here.run(plan)

    here.restart = partial(link, "stall 2")
    _, result = here.disturbed(split, "restart", "copy: end of COPY")
    assert getattr(result, "exit_code", None) == 0, result
    here.run(take_back)
    assert here.is_back() == []


def test_a_link_that_stalls_and_breaks(there: tuple[LocalServer, Trial], link: Link) -> None:
    _, here = there
    here.run(plan)

    here.restart = partial(link, "break 1")
    _, result = here.disturbed(split, "restart", "copy: end of COPY")
    assert isinstance(result, (DatabaseError, TargetsFailedError)), result
    assert here.status().exit_code == 0
    assert here.run(split).exit_code == 0
    here.run(take_back)
    assert here.is_back() == []
