"""Two at once, a lock whose holder is gone, a snapshot that is lost."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import psycopg
import pytest

from migrator.commands.shared.workspace import Workspace
from migrator.engine import workers
from migrator.errors import RefusedError, SnapshotLostError
from migrator.journal import machine
from tests.safety.case import inline
from tests.safety.faults import Faults, Point, injected
from tests.safety.trial import Trial, back_up, plan, take_back
from tests.stages import lock, migrate


def test_of_two_migrators_one_works_and_the_other_is_told_who(here: Trial) -> None:
    first, second = here.workspace(), here.workspace()
    with first.stage("migrate"):
        with pytest.raises(RefusedError, match=f"{socket.gethostname()[:28]}, pid {os.getpid()}, since 20") as refused:
            back_up(second)
        assert refused.value.exit_code == 3
        shown = lock(second)
        assert shown.summary["process"] == "alive"
        with pytest.raises(RefusedError, match="holder lives"):
            lock(second, release=True)
    assert lock(second).status == "nothing-to-do"
    assert back_up(second).exit_code == 0


def _held_by(here: Trial, workspace: Workspace, name: str) -> psycopg.Connection[tuple[object, ...]]:
    """A session that holds the lock as that process would."""
    connection = psycopg.connect(here.url_of(f"{here.prefix}_migrator"), application_name=name, autocommit=True)
    connection.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [f"migrator {workspace.source_id}"])
    return connection


def test_the_lock_of_a_process_that_is_gone_is_released(here: Trial) -> None:
    here.run(plan)
    workspace = here.workspace()
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    with _held_by(here, workspace, f"migrator lock: {socket.gethostname()} {gone.pid} {machine()}") as session:
        with pytest.raises(RefusedError, match="Another migrator"):
            plan(workspace)
        assert lock(workspace).next == ("migrator lock --release",)
        assert lock(workspace, release=True).summary["lock"] == "free"
        with pytest.raises(psycopg.OperationalError):
            session.execute("SELECT 1")
    assert plan(workspace).exit_code == 0


def test_the_lock_of_another_machine_is_never_released_from_here(here: Trial) -> None:
    here.run(plan)
    workspace = here.workspace()
    with _held_by(here, workspace, "migrator lock: elsewhere 1 00000000") as session:
        with pytest.raises(RefusedError, match="cannot be seen from this machine"):
            lock(workspace, release=True)
        session.execute("SELECT 1")


@pytest.mark.parametrize("fence", [True, False])
def test_a_lost_snapshot_keeps_what_was_verified_only_under_the_fence(here: Trial, fence: bool) -> None:
    here.run(plan)
    workspace = here.workspace()

    met: list[Point] = []

    def lose(point: Point) -> None:
        if point.label == "copy: COMMIT":
            met.append(point)
        if point in met and len(met) == 3:
            with psycopg.connect(here.url_of("postgres"), autocommit=True) as admin:
                admin.execute(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                    "WHERE application_name = 'migrator snapshot' AND datname = %s",
                    [here.source],
                )
            # Whoever reads under the snapshot already goes on; the next one cannot join it any more.
            workers.here().sessions.release_source()

    with injected(Faults(lose)), inline(), pytest.raises(SnapshotLostError, match="snapshot that this run reads from"):
        migrate(workspace, without_backup=True, fence=fence)
    run = workspace.journal.current_run(workspace.source_id)
    assert run is not None
    before = {
        name: step for name, step in workspace.journal.of(run.id).step_records().items() if name.startswith("copy:")
    }
    done = {name for name, step in before.items() if step.status == "done"}
    assert done
    assert here.fenced() == fence
    with inline():
        outcome = migrate(workspace, without_backup=True, fence=fence)
    assert outcome.exit_code == 0
    after = workspace.journal.of(run.id).step_records()
    kept = {name for name in done if after[name].started_at == before[name].started_at}
    assert kept == (done if fence else set())
    here.run(take_back)
    assert here.is_back() == []
