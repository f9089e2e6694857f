"""Kind to the source: the throttle, pauses while a replica lags or sessions are busy, the age of the snapshot."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest

from migrator.postgres.programs.local_server import LocalServer
from tests.postgres.shop import Shop, await_moment, load_shop, make_shop, make_slow
from tests.project import awaited
from tests.servers import DatabaseFactory, ServerFactory, create_database

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def shop(database_factory: DatabaseFactory, prefix: str, tmp_path: Path) -> Shop:
    url = database_factory()
    load_shop(url, tenants=3, orders=60)
    return make_shop(tmp_path / "shop", url, prefix)


def limit(shop: Shop, line: str) -> None:
    shop.replace("[limits]", f"[limits]\n{line}")


def test_a_throttle_holds_over_all_workers_together(shop: Shop) -> None:
    """What was copied cannot have taken less time than the throttle allows, less the burst of each worker."""
    shop.plan()
    rate = 2_000
    shop.succeed("migrate", "--without-backup", "--throttle", str(rate))
    ((bytes_, seconds),) = shop.journal(
        "SELECT sum(bytes), extract(epoch FROM max(finished_at) - min(started_at))::float FROM steps "
        "WHERE step LIKE 'copy:%'"
    )
    assert bytes_ > 2 * rate
    assert float(seconds) >= float(bytes_) / rate - 1
    shop.succeed("verify")


def test_it_pauses_while_sessions_are_active_and_says_so(shop: Shop) -> None:
    make_slow(shop)
    limit(shop, "max_active_sessions = 1")
    shop.plan()
    with closing(psycopg.connect(shop.source)) as busy, closing(psycopg.connect(shop.source)) as other:
        for connection in (busy, other):
            connection.pgconn.send_query(b"SELECT pg_sleep(600)")
            connection.pgconn.flush()
        process = shop.start("migrate", "--without-backup")
        paused = awaited(lambda: shop.run("status").summary.get("paused"), within=60)
        assert paused == "2 sessions are active on the source (limit 1)"
        assert shop.steps("copy", "done") == 0
        for connection in (busy, other):
            connection.cancel_safe()
    answer = shop.end(process)
    assert answer is not None
    assert answer.exit_code == 0
    assert "pausing: 2 sessions are active on the source (limit 1)" in answer.stderr
    assert "going on after" in answer.stderr
    assert "paused" not in shop.run("status").summary


@pytest.mark.exhaustive
def test_the_snapshot_is_shown_and_let_go_before_the_finishing_ends(shop: Shop) -> None:
    make_slow(shop)
    shop.plan()
    process = shop.start("migrate", "--without-backup")
    await_moment(shop, process, "copying")
    assert "transactions" in str(shop.run("status").summary["snapshot held"])
    held = (
        "SELECT FROM pg_stat_activity WHERE application_name IN ('migrator snapshot', 'migrator copy') "
        "AND datname = current_database() AND backend_xmin IS NOT NULL"
    )

    def free_while_finishing() -> bool:
        assert process.poll() is None, "migrate ended before its finishing was seen"
        with psycopg.connect(shop.source) as connection:
            free = not connection.execute(held).fetchall()
        return free and shop.steps("copy", "running") == 0 and shop.steps("finish", "done") < 5

    awaited(free_while_finishing)
    answer = shop.end(process)
    assert answer is not None
    assert answer.exit_code == 0


@contextmanager
def standby(primary: LocalServer) -> Iterator[LocalServer]:
    """A physical standby of the server."""
    data = Path(tempfile.mkdtemp(prefix="migrator-standby-"))
    try:
        subprocess.run(
            [primary.bin_dir / "pg_basebackup", "--pgdata", data, "--dbname", primary.url(), "--write-recovery-conf",
             "--checkpoint=fast"],
            check=True, capture_output=True,
        )  # fmt: skip
        owner = primary.data_dir.stat()
        for path in (data, *data.rglob("*")):
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
        for left in data.glob(".s.PGSQL*"):  # the primary's socket is in its data directory
            left.unlink()
        with LocalServer.start(data, bin_dir=primary.bin_dir) as running:
            yield running
    finally:
        shutil.rmtree(data)


@pytest.mark.exhaustive
def test_it_waits_for_a_replica_that_lags(own_server: ServerFactory, tmp_path: Path) -> None:
    primary = own_server({"fsync": "off", "synchronous_commit": "off"})
    create_database(primary.url(), "mono")
    load_shop(primary.url("mono"), tenants=2, orders=20)
    shop = make_shop(tmp_path / "shop", primary.url("mono"), "mono")
    limit(shop, 'max_replica_lag = "1MB"')
    shop.plan()
    with standby(primary) as replica, psycopg.connect(replica.url(), autocommit=True) as follower:
        follower.execute("SELECT pg_wal_replay_pause()")
        awaited(lambda: follower.execute("SELECT pg_get_wal_replay_pause_state() = 'paused'").fetchall() == [(True,)])
        shop.execute("", "CREATE TABLE traffic AS SELECT n, repeat('x', 100) FROM generate_series(1, 20000) n")
        shop.execute("", "DROP TABLE traffic")
        process = shop.start("migrate", "--without-backup")
        paused = awaited(lambda: shop.run("status").summary.get("paused"), within=60)
        assert re.fullmatch(r"the replica walreceiver is [\d,]+ bytes behind the source \(limit 1.0MB\)", paused)
        assert shop.steps("copy", "done") == 0
        follower.execute("SELECT pg_wal_replay_resume()")
        answer = shop.end(process)
        assert answer is not None
        assert answer.exit_code == 0
        assert "pausing: the replica walreceiver" in answer.stderr
        assert "going on after" in answer.stderr
        # What is a copy of a tenant's database here is there, too.
        there = "SELECT count(*) FROM pg_database WHERE starts_with(datname, 'mono_tenant_')"
        awaited(lambda: follower.execute(there).fetchall() == [(4,)])
