"""Processes that are really killed and interrupted: the program as users run it, with workers of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

import psycopg
import pytest

from tests.safety.case import write_configuration
from tests.safety.child import ONCE, VARIABLE
from tests.safety.trial import Trial, clean_up, plan, put_back, split, take_back, trial
from tests.servers import PostgresServer

pytestmark = pytest.mark.timeout(300)


def migrator(here: Trial, *arguments: str, fault: str = "") -> subprocess.CompletedProcess[str]:
    """Runs the program in a process group of its own, and sees to it that nothing of the group is left."""
    file = write_configuration(here.url_of(here.source), here.prefix, here.directory)
    once = here.directory / f"once-{uuid.uuid4().hex}"
    environment = {**os.environ, **({VARIABLE: fault, ONCE: str(once)} if fault else {})}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.safety.child", "--config", str(file), *arguments],
        env=environment,
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    stdout, stderr = process.communicate(timeout=120)
    assert _ends(process.pid), "processes of the run are left"
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


def _ends(group: int) -> bool:
    """Whether every process of the group is gone within a few seconds."""
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    os.killpg(group, signal.SIGKILL)
    return False


def sessions(here: Trial) -> int:
    """Sessions of migrator that are still there."""
    with psycopg.connect(here.url_of("postgres")) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE application_name LIKE 'migrator%%' AND starts_with(datname, %s)",
            [here.prefix],
        ).fetchone()
    assert row is not None
    return int(row[0])


# Each is met by the attempt after the one before: the last attempt of a stage is undisturbed.
_MIGRATE = (
    ("kill-coordinator|1|prepare: COMMENT ON DATABASE", -signal.SIGKILL),
    ("kill-coordinator|4|fence: CREATE TRIGGER", -signal.SIGKILL),
    ("interrupt|1|fence: CREATE TRIGGER", 130),
    ("kill-worker|1|create: COMMENT ON DATABASE", 4),
    ("kill-coordinator|1|copy: end of COPY", -signal.SIGKILL),
    ("kill-worker|1|copy: COMMIT", 4),
    ("interrupt|1|copy: COMMIT", 130),
    ("interrupt-twice|1|copy: COMMIT", 130),
    ("kill-worker|1|finish: INSERT INTO migrator_receipts.receipts", 4),
    ("kill-coordinator|1|finish: COMMIT", -signal.SIGKILL),
)
_OTHERS = (
    (("backup", "--verify"), "kill-coordinator|1|file: rename RUN"),
    (("clean", "--execute"), "kill-coordinator|1|clean: COMMIT"),
    (("clean", "--restore"), "kill-coordinator|1|clean: COMMIT"),
)


@pytest.fixture(scope="module")
def reference(server: PostgresServer, template: str) -> object:
    with trial(server.url, template) as made:
        made.run(plan)
        made.run(split)
        return made.targets()


# One of each kind; all of them one after another are tried exhaustively.
_ONE_OF_EACH = (_MIGRATE[1], _MIGRATE[3], _MIGRATE[7], _MIGRATE[9])


@pytest.mark.parametrize("faults", [_ONE_OF_EACH, pytest.param(_MIGRATE, marks=pytest.mark.exhaustive)])
def test_a_killed_process_is_resumed_to_the_same_end(
    here: Trial, reference: object, faults: Sequence[tuple[str, int]]
) -> None:
    assert migrator(here, "dry-run").returncode == 0
    for fault, exit_code in faults:
        killed = migrator(here, "migrate", "--yes", "--without-backup", fault=fault)
        assert killed.returncode == exit_code, (fault, killed.stderr)
        if exit_code > 0 and "twice" not in fault:
            assert f"migrator --config {here.directory / 'migrator.toml'} migrate" in killed.stderr
        told = here.status().summary
        assert (told["source writes"] == "FENCED") == here.fenced()
    resumed = migrator(here, "migrate", "--yes", "--without-backup")
    assert resumed.returncode == 0, resumed.stderr
    assert here.targets() == reference
    run = str(here.status().run_id)
    killed = migrator(here, "rollback", "--confirm", run, fault="kill-coordinator|2|rollback: DROP DATABASE")
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert here.run(take_back).exit_code == 0
    assert here.is_back() == []
    assert sessions(here) == 0


@pytest.mark.parametrize(("command", "fault"), _OTHERS)
def test_a_killed_backup_or_clean_is_done_by_the_same_command(
    here: Trial, command: tuple[str, ...], fault: str
) -> None:
    if "--restore" in command:
        here.run(clean_up)
    killed = migrator(here, *command, fault=fault)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert here.status().exit_code == 0
    again = migrator(here, *command)
    assert again.returncode == 0, again.stderr
    here.run(put_back)
    assert here.is_back() == []
