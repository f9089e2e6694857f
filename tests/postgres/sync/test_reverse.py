"""The way back: what is written in a tenant's database arrives in the source, and touches nobody else's rows there."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
import pytest

from migrator.core.online.position import Position
from migrator.errors import MigratorError
from migrator.postgres.capture.install import install_capture
from migrator.postgres.capture.read_log import read_batch
from migrator.postgres.fence.locks import LockWait
from migrator.postgres.session.connect import Connection, Endpoint
from migrator.postgres.sync.flow import Flow
from migrator.postgres.sync.live_digests import require_equal
from migrator.postgres.sync.positions import prepare_positions, write_position
from migrator.postgres.sync.reverse import captured_in_target, reverse_flow
from migrator.postgres.sync.scope import ConflictError
from migrator.postgres.sync.tick import TickResult, TickTarget, tick
from tests.postgres.sync.followed import Followed, Follower

SHOP = """
CREATE TABLE customers (
    id bigint PRIMARY KEY, tenant_id integer NOT NULL REFERENCES tenants, email text, UNIQUE (tenant_id, email)
);
CREATE TABLE {orders} (
    id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers ON DELETE CASCADE, {body} text
);
CREATE TABLE lines (
    id bigint PRIMARY KEY, order_id bigint NOT NULL REFERENCES {orders} ON DELETE CASCADE, position integer,
    UNIQUE (order_id, position)
);
CREATE TABLE visits (tenant_id integer NOT NULL REFERENCES tenants, body text);
CREATE TABLE news (id bigint PRIMARY KEY, tenant_id integer REFERENCES tenants, body text);
"""
ROWS = """
INSERT INTO customers SELECT n, 1 + n % 2, 'customer ' || n FROM generate_series(1, 6) n;
INSERT INTO orders SELECT n, 1 + n % 6, 'order' FROM generate_series(1, 12) n;
INSERT INTO lines SELECT o.id * 10 + p, o.id, p FROM orders o, generate_series(1, 2) p;
INSERT INTO visits VALUES (1, 'a'), (2, 'b'), (2, 'b');
INSERT INTO news VALUES (1, NULL, 'all'), (2, 1, 'one'), (3, 2, 'two');
"""
PLACED = {
    "news": {"target": "tenant", "key": "tenant_id", "unowned": "replicate"},
    "orders": {"target": "tenant", "as": "sales", "columns": {"body": "note"}},
}


@dataclass
class Opened:
    """A tenant's database that applications write in, and the source that follows it."""

    followed: Followed
    tenant: str
    session: Connection
    flow: Flow
    position: Position

    def write(self, *statements: str) -> None:
        """Runs statements of an application in the tenant's database, in one transaction."""
        with psycopg.connect(self.followed.urls[self.tenant]) as application:
            for statement in statements:
                application.execute(statement)

    def try_tick(self) -> TickResult:
        """One tick back, with a proof that the tenant's slice of the source is what its database holds."""
        source = TickTarget(self.followed.source, self.tenant, side=f"tenant {self.tenant}")
        result = tick(
            self.session, {"source": source}, self.flow, self.position, read_batch=read_batch,
            proof=lambda read, written, _: self._prove(read, written),
        )  # fmt: skip
        if not result.failures:
            self.position = result.position
        return result

    def _prove(self, read: Connection, written: TickTarget) -> None:
        require_equal(written.connection, read, self.followed.flow, self.tenant)

    def tick(self) -> TickResult:
        others = self.others()
        result = self.try_tick()
        assert not result.failures, {name: str(error) for name, error in result.failures.items()}
        assert self.others() == others
        return result

    def failure(self) -> MigratorError:
        """The error by which a tick ends; nothing of it is in the source."""
        before = self.source_rows()
        result = self.try_tick()
        assert result.failures
        assert self.source_rows() == before
        return result.failures["source"]

    def source_rows(self) -> list[list[tuple[object, ...]]]:
        with psycopg.connect(self.followed.url) as connection:
            return [
                sorted(connection.execute(f"SELECT t.*::text FROM {name} t").fetchall())  # noqa: S608
                for name in ("customers", "orders", "lines", "visits", "news")
            ]

    def others(self) -> list[tuple[object, ...]]:
        """The other tenant's rows in the source, and everybody's."""
        with psycopg.connect(self.followed.url) as connection:
            return connection.execute(
                "SELECT c.*, o.*, l.* FROM customers c LEFT JOIN orders o ON o.customer_id = c.id "
                "LEFT JOIN lines l ON l.order_id = o.id WHERE c.tenant_id <> %s ORDER BY c.id, o.id, l.id",
                [self.tenant],
            ).fetchall()


@pytest.fixture
def opened(follow: Follower) -> Opened:
    """The database of tenant 1, whose rows are those of even customers."""
    ddl = SHOP.format(orders="orders", body="body") + ROWS
    followed = follow(ddl, PLACED, target_ddl=SHOP.format(orders="sales", body="note"))
    session = followed.databases["1"].connection
    captured = captured_in_target(followed.flow)
    install_capture(session, captured, LockWait(Endpoint(followed.urls["1"]), 5, 30, print), run="r", epoch="back")
    ((snapshot,),) = session.execute("SELECT pg_catalog.txid_current_snapshot()::text").fetchall()
    made = Opened(followed, "1", session, reverse_flow(followed.flow, captured), Position.parse(snapshot))
    prepare_positions(followed.source, "r")
    write_position(followed.source, made.position, "tenant 1")
    return made


def test_rows_of_every_kind_of_change_come_back(opened: Opened) -> None:
    opened.write(
        "INSERT INTO customers VALUES (100, 1, 'new')",
        "INSERT INTO sales VALUES (100, 100, NULL), (101, 2, 'more')",
        "INSERT INTO lines VALUES (1000, 100, 1)",
        "UPDATE sales SET note = 'changed' WHERE customer_id = 2",
        "DELETE FROM customers WHERE id = 4",
        "INSERT INTO visits VALUES (1, NULL)",
        "UPDATE news SET body = 'mine' WHERE id = 2",
    )
    opened.tick()
    assert not opened.tick().entries


def test_what_comes_back_does_not_go_out_again(opened: Opened) -> None:
    opened.write("UPDATE sales SET note = 'changed'", "TRUNCATE lines")
    opened.tick()
    assert opened.followed.try_tick().entries == 0


def test_scenario_15_values_that_rows_exchanged_are_seen_and_carried_back(opened: Opened) -> None:
    opened.write(
        "UPDATE customers SET email = 'swap' WHERE id = 2",
        "UPDATE customers SET email = 'customer 2' WHERE id = 4",
        "UPDATE customers SET email = 'customer 4' WHERE id = 2",
    )
    result = opened.tick()
    assert result.replaced == ["source"]
    assert result.upserted > 2  # with the orders and lines that hang on the two
    with psycopg.connect(opened.followed.url) as source:
        assert source.execute("SELECT email FROM customers WHERE id IN (2, 4) ORDER BY id").fetchall() == [
            ("customer 4",),
            ("customer 2",),
        ]


def test_scenario_34_a_row_that_was_given_to_another_tenant_is_a_conflict(opened: Opened) -> None:
    opened.write("UPDATE customers SET tenant_id = 2 WHERE id = 2")
    error = opened.failure()
    assert isinstance(error, ConflictError)
    assert error.keys == {("2",)}
    opened.write("UPDATE customers SET tenant_id = 1 WHERE id = 2")
    opened.tick()


def test_a_key_that_is_another_tenants_is_a_conflict_and_its_deletion_none(opened: Opened) -> None:
    opened.write("INSERT INTO customers VALUES (1, 1, 'taken')")
    error = opened.failure()
    assert isinstance(error, ConflictError)
    assert error.relation.name == "customers"
    assert error.keys == {("1",)}
    opened.write("DELETE FROM customers WHERE id = 1")
    opened.tick()


def test_a_row_of_everybody_that_was_changed_in_one_database_is_a_conflict(opened: Opened) -> None:
    opened.write("UPDATE news SET body = 'changed' WHERE id = 1")
    assert isinstance(opened.failure(), ConflictError)


def test_a_table_that_was_truncated_loses_the_tenants_rows_alone(opened: Opened) -> None:
    opened.write("TRUNCATE customers CASCADE", "DELETE FROM visits", "INSERT INTO customers VALUES (2, 1, 'again')")
    opened.tick()
    with psycopg.connect(opened.followed.url) as source:
        assert source.execute("SELECT count(*) FROM visits").fetchall() == [(2,)]
        assert source.execute("SELECT id FROM customers WHERE tenant_id = 1").fetchall() == [(2,)]


def test_rows_of_others_that_hang_on_what_has_to_make_room_are_a_conflict(opened: Opened) -> None:
    opened.followed.write(
        "CREATE TABLE links (id bigint PRIMARY KEY, customer_id bigint REFERENCES customers ON DELETE CASCADE)",
        "INSERT INTO links VALUES (1, 2)",
    )
    opened.write("DELETE FROM customers WHERE id = 2")
    assert "links" in opened.failure().message
