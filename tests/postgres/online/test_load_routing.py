"""Writers of the load follow the map, and find out what became of a COMMIT that nobody answered."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict

from benchmarks.online import monolith
from benchmarks.online.compare import compare_monolith, compare_places
from benchmarks.online.ledger import Ledger
from benchmarks.online.load import Load, LoadOptions
from benchmarks.online.routing import FileRouting, Still, write_map
from benchmarks.online.workload import Mix
from benchmarks.online.writer import Writer
from tests.postgres.online.moving import SLICE, copy_rows, fence, prepare_target
from tests.servers import DatabaseFactory

COMPANIES = 4
OPTIONS = LoadOptions(COMPANIES, rate=150, processes=2, writers=3)


def wait_for(url: str, query: LiteralString) -> None:
    """Waits until there is such a row."""
    with psycopg.connect(url, autocommit=True) as connection:
        while not connection.execute(query).fetchall():
            time.sleep(0.05)


def test_a_company_moves_and_writers_follow_the_map(database_factory: DatabaseFactory, tmp_path: Path) -> None:
    source, target, file = database_factory(), database_factory(), tmp_path / "map.json"
    monolith.create(source, COMPANIES, orders=20)
    prepare_target(target)
    routing = FileRouting(file, source)
    with Load(routing, OPTIONS) as load:
        load.mark("before")
        time.sleep(0.7)
        with load.phase("freeze", after="after"):
            write_map(file, 1, {1: {"state": "frozen"}})
            fence(source)
            copy_rows(source, target, SLICE)
            database = conninfo_to_dict(target)["dbname"]
            write_map(file, 2, {1: {"state": "live", "database": database}})
        wait_for(target, "SELECT FROM orders WHERE id >= 1000000000 LIMIT 1")
        wait_for(source, "SELECT FROM settings WHERE company_id IS NULL LIMIT 1")
    copy_rows(source, target, {"settings": "company_id IS NULL"})
    outcome, routes = load.outcome, routing.read()
    assert compare_places(outcome.ledger, routes) == ()
    assert outcome.samples.failures == []
    # They were sent away, and wrote where they were sent: an order with a number of that database is there.
    assert sum(outcome.samples.refused) > 0
    # Who looks for them in the monolith alone misses them.
    assert compare_monolith(outcome.ledger, source) != ()
    for damage, table in (
        ("INSERT INTO companies VALUES (2, 'c0002', 'Company 2')", None),
        ("INSERT INTO counters VALUES (2, 'orders', 0)", "counters"),
        ("UPDATE orders SET company_id = 2 WHERE id = (SELECT max(id) FROM orders)", "notes"),
        ("DELETE FROM settings WHERE company_id IS NULL", "settings"),
    ):
        with psycopg.connect(target) as connection:
            connection.execute(damage.encode())
        assert {one.table for one in compare_places(outcome.ledger, routes)} >= {table} - {None}


def one_writer(url: str) -> Writer:
    """A writer that does nothing but place orders."""
    monolith.create(url, 1)
    return Writer(1, 1, Mix(elsewhere=0, counted=0, savepoints=0), Still(url), seed=1)


def test_a_commit_that_did_not_take_place_is_done_again(database_url: str) -> None:
    writer = one_writer(database_url)
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "CREATE SEQUENCE times;"
            "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "IF nextval('times') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF; RETURN NULL; END $$;"
            "CREATE CONSTRAINT TRIGGER die AFTER INSERT ON orders DEFERRABLE INITIALLY DEFERRED "
            "FOR EACH ROW EXECUTE FUNCTION die()"
        )
    writer.serve(time.monotonic())
    assert (writer.samples.doubts, writer.samples.failures) == (1, [])
    assert compare_monolith(Ledger.of([writer.book], 1), database_url) == ()
    writer.close()


def test_a_commit_that_took_place_without_an_answer_is_entered_once(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = one_writer(database_url)
    commit: Callable[[Connection], None] = Connection.commit

    def unheard(connection: Connection) -> None:
        commit(connection)
        monkeypatch.setattr(Connection, "commit", commit)
        connection.close()
        raise psycopg.OperationalError("the answer was lost")

    writer.connect()
    monkeypatch.setattr(Connection, "commit", unheard)
    writer.serve(time.monotonic())
    assert (writer.samples.doubts, writer.samples.failures) == (1, [])
    ledger = Ledger.of([writer.book], 1)
    assert len(ledger.rows["orders"]) == 1
    assert compare_monolith(ledger, database_url) == ()
    writer.close()


def test_a_row_that_is_not_where_its_writer_writes_is_a_wrong_answer(database_url: str) -> None:
    writer = one_writer(database_url)
    for _ in range(12):
        writer.serve(time.monotonic())
    with psycopg.connect(database_url) as connection:
        connection.execute("DELETE FROM orders")
    for _ in range(12):
        writer.serve(time.monotonic())
    assert "wrong answer" in {failure.sqlstate for failure in writer.samples.failures}
    assert compare_monolith(Ledger.of([writer.book], 1), database_url) != ()
    writer.close()


def test_a_map_that_names_no_other_place_is_an_error_for_the_user(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmarks.online.writer._PATIENCE_SECONDS", 0)
    writer = one_writer(database_url)
    fence(database_url)
    writer.serve(time.monotonic())
    assert [failure.sqlstate for failure in writer.samples.failures] == ["25006"]
    assert list(writer.samples.refused) == [2]
    writer.close()
