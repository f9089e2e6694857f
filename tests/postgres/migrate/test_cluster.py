"""A split on the workers of a cluster, over two servers, one worker killed in the middle of a copy."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import distributed
import psycopg
import pytest

from migrator.engine import dask as cluster
from migrator.postgres.programs.local_server import LocalServer
from tests.postgres.shop import Shop, load_shop, make_shop, make_slow
from tests.project import awaited
from tests.servers import DatabaseFactory, drop_databases

pytestmark = pytest.mark.timeout(300)

WORKERS = 3


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[str]:
    """The address of a scheduler with three worker processes, each made anew by its nanny when it is killed."""
    file = tmp_path / "scheduler.json"
    common = ["--scheduler-file", str(file), "--no-dashboard"]
    one_each = ["--nworkers", str(WORKERS), "--nthreads", "1", "--local-directory", str(tmp_path)]
    commands = [("dask_scheduler", "--host", "127.0.0.1", "--port", "0", *common), ("dask_worker", *common, *one_each)]
    running = [
        subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{name}", *arguments],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )
        for name, *arguments in commands
    ]  # fmt: skip
    try:
        awaited(file.exists, within=60)
        with distributed.Client(scheduler_file=str(file), set_as_default=False) as client:
            client.wait_for_workers(WORKERS, timeout=120)
            yield str(client.scheduler.address).removeprefix("tcp://")
    finally:
        for process in reversed(running):
            os.killpg(process.pid, signal.SIGTERM)
        for process in running:
            process.wait(30)


@pytest.fixture
def shop(database_factory: DatabaseFactory, prefix: str, second_server: LocalServer, tmp_path: Path) -> Iterator[Shop]:
    url = database_factory()
    load_shop(url, tenants=4, orders=60)
    made = make_slow(make_shop(tmp_path / "shop", url, prefix))
    made.replace('name = "name"', 'name = "name"\nservers = ["default", "west"]')
    with made.toml.open("a", encoding="utf-8") as file:
        file.write(f'\n[servers.west]\nurl = "{second_server.url()}"\n')
    yield made
    drop_databases(second_server.url(), prefix)


@pytest.mark.exhaustive
def test_interrupted_then_a_worker_killed_in_mid_copy_and_everything_is_there_once(
    shop: Shop, second_server: LocalServer, scheduler: str
) -> None:
    shop.plan()
    command = ("migrate", "--without-backup", "--executor", f"dask://{scheduler}", "--jobs", str(WORKERS))
    with distributed.Client(f"tcp://{scheduler}", set_as_default=False) as client:
        pids = client.run(os.getpid)

        def copying_notes() -> str | None:
            """The worker that copies notes, while rows of them are under way to the second server."""
            assert process.poll() is None, process.communicate()
            with psycopg.connect(second_server.url()) as connection:
                busy = connection.execute(
                    "SELECT FROM pg_stat_activity WHERE starts_with(datname, %s) AND query LIKE 'COPY%%notes%%STDIN'",
                    [shop.prefix],
                ).fetchall()
            at_work = client.processing().items() if busy else ()
            return next((one for one, keys in at_work if any("copy:public.notes" in key for key in keys)), None)

        process = shop.start(*command)
        awaited(copying_notes, within=60)
        process.send_signal(signal.SIGINT)
        answer = shop.end(process)
        assert answer is not None
        assert answer.exit_code == 130
        # The workers live on, and have let go of everything, in the middle of a copy too.
        assert client.run(os.getpid) == pids
        awaited(lambda: shop.nobody_works() and not _at_work_on(second_server, shop.prefix))

        process = shop.start(*command)
        victim = pids[awaited(copying_notes, within=60)]
        os.kill(victim, signal.SIGKILL)
        answer = shop.end(process)
        assert answer is not None
        assert answer.exit_code == 0, answer.document
        assert victim not in client.run(os.getpid).values()
    assert shop.steps("copy", "done") == len(shop.journal("SELECT FROM steps WHERE step LIKE 'copy:%'"))
    assert shop.succeed("verify").summary["databases_examined"] == 6
    assert answer.summary["source_rows"] == answer.summary["target_rows"] - 4 * 3  # the replicas of units
    notes = dict(shop.fetch("", "SELECT tenant_id, count(*) FROM notes GROUP BY 1"))
    with psycopg.connect(second_server.url(f"{shop.prefix}_tenant_2")) as connection:
        assert connection.execute("SELECT count(*) FROM notes").fetchone() == (notes[2],)
    awaited(lambda: shop.nobody_works() and not _at_work_on(second_server, shop.prefix))


def _at_work_on(server: LocalServer, prefix: str) -> bool:
    with psycopg.connect(server.url()) as connection:
        statement = "SELECT FROM pg_stat_activity WHERE starts_with(datname, %s) AND application_name LIKE 'migrator%%'"
        return bool(connection.execute(statement, [prefix]).fetchall())


def test_nobody_there_is_told(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_CONNECT_SECONDS", 1)
    shop.plan()
    answer = shop.run("migrate", "--without-backup", "--executor", "dask://127.0.0.1:1")
    assert answer.exit_code == 5
    assert "No Dask scheduler answers at tcp://127.0.0.1:1" in answer.error
