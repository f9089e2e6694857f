"""The example application shows its users no error while a tenant moves, and forgets no order."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from wsgiref.types import WSGIEnvironment
from wsgiref.util import setup_testing_defaults

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from benchmarks.online.routing import write_map
from examples.online_app.app import OrderDesk
from examples.online_app.tenant_databases import TenantDatabases
from tests.postgres.online.moving import SLICE, copy_rows, fence
from tests.project import REPOSITORY
from tests.servers import DatabaseFactory

SCHEMA = REPOSITORY / "examples" / "online_app" / "schema.sql"
TABLES = ("orders", "lines")
LINES = [["A-1", 3], ["B-2", 1]]


class Browser:
    """A user of the application: sends requests, and keeps what was answered."""

    def __init__(self, desk: OrderDesk) -> None:
        self._desk = desk
        self.statuses: list[str] = []

    def send(self, method: str, path: str, document: object = None) -> dict[str, Any]:
        body = json.dumps(document).encode()
        environ: WSGIEnvironment = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
        }
        setup_testing_defaults(environ)
        answer = self._desk(environ, lambda status, *_: self.statuses.append(status) or (lambda data: None))  # type: ignore[func-returns-value]
        read: dict[str, Any] = json.loads(b"".join(answer))
        return read


@pytest.fixture
def monolith(database_factory: DatabaseFactory) -> str:
    url = database_factory()
    with psycopg.connect(url) as connection:
        connection.execute(SCHEMA.read_bytes())
    return url


@pytest.fixture
def own(database_factory: DatabaseFactory) -> str:
    """The database that company 1 moves into; its numbers begin far above the monolith's."""
    url = database_factory()
    with psycopg.connect(url) as connection:
        connection.execute(SCHEMA.read_bytes())
        for table in TABLES:
            statement = sql.SQL("ALTER TABLE {} ALTER id RESTART WITH 1000000").format(sql.Identifier(table))
            connection.execute(statement)
    return url


@pytest.fixture
def databases(monolith: str, tmp_path: Path) -> Iterator[TenantDatabases]:
    made = TenantDatabases(tmp_path / "map.json", monolith)
    yield made
    made.close()


@contextmanager
def busy(desk: OrderDesk, tenant: int, least: threading.Semaphore) -> Iterator[tuple[Browser, list[int]]]:
    """A user who places orders of a tenant one after another while the block runs, and releases `least` for each."""
    browser, orders, over = Browser(desk), list[int](), threading.Event()

    def work() -> None:
        while not over.is_set():
            answer = browser.send("POST", f"/tenants/{tenant}/orders", {"lines": LINES})
            orders.append(answer.get("order", -1))
            least.release()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield browser, orders
    finally:
        over.set()
        thread.join()


def wait_for(orders: int, counted: threading.Semaphore) -> None:
    for _ in range(orders):
        assert counted.acquire(timeout=30)


def move(monolith: str, own: str, map_file: Path) -> None:
    """Moves company 1 by hand, as a wave does."""
    write_map(map_file, 1, {1: {"state": "frozen"}})
    fence(monolith, TABLES)
    copy_rows(monolith, own, {table: SLICE[table] for table in TABLES})
    write_map(map_file, 2, {1: {"state": "live", "database": conninfo_to_dict(own)["dbname"]}})


def orders_in(url: str, company: int) -> list[int]:
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT o.id FROM orders o JOIN lines l ON l.order_id = o.id WHERE o.company_id = %s "
            "GROUP BY o.id HAVING count(*) = 2 ORDER BY 1",
            [company],
        ).fetchall()
    return [key for (key,) in rows]


def test_nobody_is_shown_an_error_while_a_company_moves(
    monolith: str, own: str, databases: TenantDatabases, tmp_path: Path
) -> None:
    desk = OrderDesk(databases)
    before, other = threading.Semaphore(0), threading.Semaphore(0)
    with busy(desk, 1, before) as (mover, moved), busy(desk, 2, other) as (stayer, stayed):
        wait_for(20, before)
        move(monolith, own, tmp_path / "map.json")
        wait_for(20, before)
        wait_for(1, other)
    assert set(mover.statuses) == set(stayer.statuses) == {"201 Created"}
    # Each order that a user was told of is there once, in the place where it is read.
    assert orders_in(own, 1) == sorted(moved)
    assert orders_in(monolith, 2) == sorted(stayed)
    assert moved[0] < 1000000 <= moved[-1]
    reader = Browser(desk)
    for order in (moved[0], moved[-1]):
        assert reader.send("GET", f"/tenants/1/orders/{order}") == {"order": order, "lines": LINES}
    assert reader.send("POST", f"/tenants/1/orders/{moved[0]}/cancel") == {"cancelled": moved[0]}
    assert moved[0] not in orders_in(own, 1)
    assert moved[0] in orders_in(monolith, 1)


def test_a_move_that_does_not_end_is_shown_after_the_patience(monolith: str, tmp_path: Path) -> None:
    databases = TenantDatabases(tmp_path / "map.json", monolith, patience=0.05)
    fence(monolith, TABLES)
    browser = Browser(OrderDesk(databases))
    assert browser.send("POST", "/tenants/1/orders", {"lines": LINES}) == {"error": "25006"}
    assert browser.send("POST", "/tenants/2/orders", {"lines": LINES}).keys() == {"order"}
    assert browser.statuses == ["503 Service Unavailable", "201 Created"]
    databases.close()


@pytest.mark.each
@pytest.mark.parametrize(("times", "status"), [(20, "201 Created"), (21, "503 Service Unavailable")])
def test_what_is_asked_to_be_done_again_is_done_again(
    monolith: str, databases: TenantDatabases, times: int, status: str
) -> None:
    with psycopg.connect(monolith) as connection:
        connection.execute(
            "CREATE SEQUENCE times;"
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF nextval('times') <= {times} THEN RAISE 'again' USING ERRCODE = '40001'; END IF; RETURN NEW; END $$;"
            "CREATE TRIGGER refuse BEFORE INSERT ON lines FOR EACH ROW EXECUTE FUNCTION refuse()"
        )
    browser = Browser(OrderDesk(databases))
    browser.send("POST", "/tenants/1/orders", {"lines": LINES})
    assert browser.statuses == [status]
    assert len(orders_in(monolith, 1)) == (status == "201 Created")


def test_what_is_not_there_is_said_to_be(databases: TenantDatabases) -> None:
    browser = Browser(OrderDesk(databases))
    browser.send("GET", "/tenants/1/orders/99")
    browser.send("GET", "/elsewhere")
    browser.send("GET", "/tenants/1/orders")
    browser.send("POST", "/tenants/1/orders/99/cancel")
    assert [status[:3] for status in browser.statuses] == ["404", "404", "405", "404"]
