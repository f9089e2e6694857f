"""What no trigger sees makes its table suspect; another server, timeline or capture makes positions void."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import psycopg
import pytest

from migrator.core.online.watch import missed
from migrator.postgres.capture.watch import written_anew
from migrator.postgres.programs.local_server import LocalServer
from migrator.postgres.session.connect import Endpoint, session
from tests.postgres.capture.shop_capture import Reader, batch, execute, install, named, uninstall, watch
from tests.postgres.shop import load_shop
from tests.postgres.workspaces import fetch
from tests.project import awaited
from tests.servers import FAST, FORGETFUL, DatabaseFactory, ServerFactory


@pytest.fixture
def source(database_factory: DatabaseFactory) -> str:
    url = database_factory()
    load_shop(url)
    return url


def suspects(url: str, *statements: str, dirty: bool = False) -> dict[str, set[str]]:
    """What is suspect after the statements, by table: the kinds. `dirty`: what the log names whole is no matter."""
    tables = install(url)
    reader, before = Reader(url, tables), watch(url)
    execute(url, *statements)
    whole = {entry.number for entry in reader.entries() if entry.key is None} if dirty else set()
    found = missed(before, watch(url), whole)
    assert found.void == ()
    kinds: dict[str, set[str]] = {}
    for suspect in found.suspects:
        kinds.setdefault(str(suspect.relation), set()).add(suspect.kind)
    return kinds


def test_what_applications_do_makes_nothing_suspect(source: str) -> None:
    assert suspects(
        source, "UPDATE customers SET name = 'x'", "DELETE FROM order_lines", "VACUUM customers", "ANALYZE",
        "CREATE INDEX ON customers (name)", "VACUUM FULL pg_trigger", "VACUUM FREEZE pg_trigger",
        "CREATE TABLE aside (id int)", "ALTER TABLE customers ALTER name SET STATISTICS 10",
    ) == {}  # fmt: skip


def test_scenario_21_partitions_come_and_go(source: str) -> None:
    tables = install(source)
    reader, before = Reader(source, tables), watch(source)
    execute(source, "CREATE TABLE events_2029 PARTITION OF events FOR VALUES FROM ('2029-01-01') TO ('2030-01-01')")
    created = missed(before, watch(source))
    assert [(str(one.relation), one.kind) for one in created.suspects] == [("events_2029", "partitions")]
    # From the moment that it is there, writes into it are captured, by whatever way they come.
    execute(source, "INSERT INTO events_2029 VALUES (2000, 1, '2029-02-02', 'x')")
    execute(source, "SET session_replication_role = replica; DELETE FROM events_2029")
    assert reader.changed("events") == {("2000", "2029-02-02")}

    execute(
        source,
        "CREATE TABLE attached (LIKE events INCLUDING ALL)",
        "INSERT INTO attached VALUES (1000, 1, '2030-01-01', 'unseen')",
    )
    execute(source, "ALTER TABLE events ATTACH PARTITION attached FOR VALUES FROM ('2030-01-01') TO ('2031-01-01')")
    assert reader.changed("events") == set()
    assert missed(before, watch(source)).numbers == {named(tables, "events").number}
    after = watch(source)
    execute(source, "UPDATE attached SET body = 'y'")
    assert reader.changed("events") == {("1000", "2030-01-01")}

    execute(source, "ALTER TABLE events DETACH PARTITION events_2024")
    detached = missed(after, watch(source))
    assert [(str(one.relation), one.kind) for one in detached.suspects] == [("events_2024", "partitions")]
    execute(source, "DELETE FROM events_2024")
    assert reader.changed("events") == set()
    # What a partition that came later lacks is given to it by the next call; nothing of it is left in the end.
    install(source, tables)
    execute(source, "TRUNCATE attached")
    assert reader.changed("events") == {None}
    uninstall(source)
    assert fetch(source, "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE '!migrator%'") == []


def test_scenario_23_a_column_that_gets_another_type_and_its_own_again(source: str) -> None:
    there = "ALTER TABLE customers ALTER name TYPE varchar(3) USING left(name, 3)"
    back = "ALTER TABLE customers ALTER name TYPE text USING name || '!'"
    assert suspects(source, there, back) == {"customers": {"rewritten"}}


@pytest.mark.parametrize(
    ("statements", "kind"),
    [
        (["ALTER TABLE customers DROP name, ADD name text NOT NULL DEFAULT 'lost'"], "columns"),
        (["ALTER TABLE customers ADD since date DEFAULT '2024-01-01'"], "columns"),
        (["VACUUM FULL customers"], "rewritten"),
        (["ALTER TABLE customers RENAME TO clients"], "partitions"),
        (["DROP TABLE order_lines, orders", "DROP TABLE customers"], "partitions"),
    ],
)
def test_other_ways_past_the_triggers(source: str, statements: list[str], kind: str) -> None:
    assert suspects(source, *statements)["customers"] == {kind}


def test_a_truncated_table_is_in_the_log_and_a_rewritten_one_beside_it_is_not(source: str) -> None:
    statements = ["TRUNCATE notes", "TRUNCATE events", "VACUUM FULL customers"]
    assert suspects(source, *statements, dirty=True) == {"customers": {"rewritten"}}


def test_scenario_24_triggers_that_were_off_for_a_time(source: str) -> None:
    tables = install(source)
    reader, before = Reader(source, tables), watch(source)
    execute(source, "ALTER TABLE customers DISABLE TRIGGER ALL", "UPDATE customers SET name = 'unseen' WHERE id = 1")
    now = missed(before, watch(source))
    assert {(str(one.relation), one.kind) for one in now.suspects} == {
        ("customers", "uncaptured"), ("customers", "trigger"),
    }  # fmt: skip
    execute(source, "ALTER TABLE customers ENABLE TRIGGER ALL")
    # It fires again, but not for every write; and that somebody switched it is known as well.
    assert {one.kind for one in missed(before, watch(source)).suspects} == {"uncaptured", "trigger"}
    install(source, tables)
    after = watch(source)
    assert {one.kind for one in missed(before, after).suspects} == {"trigger"}
    assert reader.changed("customers") == set()
    execute(source, "UPDATE customers SET name = 'seen' WHERE id = 2")
    assert reader.changed("customers") == {("2",)}
    assert missed(after, watch(source)).suspects == ()


def test_a_partitions_copy_that_was_switched_off(source: str) -> None:
    off = ['ALTER TABLE events_2024 DISABLE TRIGGER "!migrator_capture"']
    assert suspects(source, *off) == {"events_2024": {"uncaptured", "trigger"}}
    tables = install(source)
    reader = Reader(source, tables)
    execute(source, "UPDATE events_2024 SET body = 'x' WHERE id = 1")
    assert reader.changed("events") == {("1", "2024-06-02")}


@pytest.mark.parametrize(
    "replaced",
    [
        'CREATE TRIGGER "!migrator_capture" AFTER INSERT ON customers FOR EACH ROW EXECUTE FUNCTION {}',
        'CREATE TRIGGER "!migrator_capture" AFTER INSERT OR DELETE OR UPDATE ON customers FOR EACH ROW WHEN (false) '
        "EXECUTE FUNCTION {}",
        'CREATE TRIGGER "!migrator_capture" AFTER INSERT OR DELETE OR UPDATE OF name ON customers FOR EACH ROW '
        "EXECUTE FUNCTION {}",
        'CREATE TRIGGER "!migrator_capture" BEFORE INSERT OR DELETE OR UPDATE ON customers FOR EACH ROW '
        "EXECUTE FUNCTION {}",
    ],
)
@pytest.mark.each
def test_a_trigger_that_only_looks_like_ours(source: str, replaced: str) -> None:
    tables = install(source)
    before = watch(source)
    if "WHEN" in replaced:
        replaced = replaced.replace("INSERT OR DELETE OR UPDATE", "UPDATE")
    number = named(tables, "customers").number
    execute(source, 'DROP TRIGGER "!migrator_capture" ON customers',
            replaced.format(f"migrator_follow.capture_{number}()"),
            'ALTER TABLE customers ENABLE ALWAYS TRIGGER "!migrator_capture"')  # fmt: skip
    assert "uncaptured" in {one.kind for one in missed(before, watch(source)).suspects}


def test_scenario_20_a_loader_that_switches_triggers_off_is_captured(source: str) -> None:
    reader = Reader(source, install(source))
    execute(source, "SET session_replication_role = replica; DELETE FROM customers WHERE id = 2; "
            "INSERT INTO notes (id, tenant_id, body) VALUES (4000, 1, 'x'); TRUNCATE events")  # fmt: skip
    assert reader.changes() == {"customers": {("2",)}, "notes": {("4000",)}, "events": {None}}
    dangling = "SELECT count(*) > 0 FROM orders o WHERE NOT EXISTS (SELECT FROM customers WHERE id = o.customer_id)"
    assert fetch(source, dangling) == [(True,)]


def test_a_table_that_was_emptied_after_the_snapshot_is_not_taken_for_an_empty_one(source: str) -> None:
    install(source)
    with session(Endpoint(source), purpose="test") as reading, reading.transaction():
        reading.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        assert written_anew(reading) == ()
        execute(source, "TRUNCATE order_lines", "VACUUM FULL events_2024")
        assert reading.execute("SELECT count(*) FROM public.order_lines").fetchone() == (0,)
        assert [str(relation) for relation in written_anew(reading)] == ["events_2024", "order_lines"]


def test_capture_that_was_taken_away_and_put_back_makes_positions_void(source: str) -> None:
    install(source)
    before = watch(source)
    uninstall(source)
    with pytest.raises(LookupError):
        watch(source)
    install(source, epoch="e2")
    assert missed(before, watch(source)).void == ("capture was taken away in between",)


@pytest.mark.parametrize("how", ["restart", "backend"])
def test_scenario_37_an_unlogged_table_after_a_crash(own_server: ServerFactory, how: str) -> None:
    server = own_server(FORGETFUL)
    url = server.url()
    execute(url, "CREATE UNLOGGED TABLE visits (id int PRIMARY KEY)", "CREATE TABLE kept (id int PRIMARY KEY)")
    install(url)
    before = watch(url)
    execute(url, "INSERT INTO visits VALUES (1)", "CHECKPOINT")
    assert missed(before, watch(url)).suspects == ()
    if how == "restart":
        server.restart("immediate")
    else:
        # The postmaster goes on, and only its children go through the crash.
        with psycopg.connect(url) as victim:
            os.kill(victim.info.backend_pid, signal.SIGKILL)
            with pytest.raises(psycopg.OperationalError):
                victim.execute("SELECT 1")

        def answers() -> bool:
            try:
                return bool(fetch(url, "SELECT 1"))
            except psycopg.OperationalError:
                return False

        awaited(answers)
    assert fetch(url, "SELECT count(*) FROM visits") == [(0,)]
    found = missed(before, watch(url))
    assert found.void == ()
    assert [(str(one.relation), one.kind) for one in found.suspects] == [("visits", "emptied")]


def test_scenario_36_a_standby_that_lacked_commits_makes_positions_void(
    own_server: ServerFactory, tmp_path: Path
) -> None:
    primary = own_server(FAST)
    execute(primary.url(), "CREATE TABLE orders (id serial PRIMARY KEY)")
    next_order = "INSERT INTO orders DEFAULT VALUES"
    tables = install(primary.url())
    primary.stop()
    copy = primary.data_dir.parent / f"{primary.data_dir.name}-standby"
    try:
        shutil.copytree(primary.data_dir, copy)
        owner = primary.data_dir.stat()
        for path in (copy, *copy.rglob("*")):
            os.chown(path, owner.st_uid, owner.st_gid)
        (copy / "standby.signal").touch()
        primary.restart()
        # What the standby never got. A position of after it is of transactions that are given out once more.
        execute(primary.url(), *[next_order] * 40)
        reader, before = Reader(primary.url(), tables), watch(primary.url())
        with LocalServer.start(copy, bin_dir=primary.bin_dir) as standby:
            execute(standby.url(), "SELECT pg_promote()")
            execute(standby.url(), *[next_order] * 50)
            with session(Endpoint(standby.url()), purpose="test") as connection:
                _, entries = batch(connection, reader.position)
            assert len(entries) < 50  # the others have numbers that the position takes for seen
            (reason,) = missed(before, watch(standby.url())).void
            assert "timeline is 2, it was 1" in reason
    finally:
        shutil.rmtree(copy)
