"""The way back: what is written in a tenant's database arrives in the source, and touches nobody else's rows there."""

from __future__ import annotations

import psycopg
import pytest

from migrator.postgres.sync.scope import ConflictError
from tests.postgres.sync.followed import Follower
from tests.postgres.sync.opened import Opened, open_database

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


@pytest.fixture
def opened(follow: Follower) -> Opened:
    """The database of tenant 1, opened."""
    return open_shop(follow)


def open_shop(follow: Follower) -> Opened:
    """The database of tenant 1, whose rows are those of even customers."""
    ddl = SHOP.format(orders="orders", body="body") + ROWS
    followed = follow(ddl, PLACED, target_ddl=SHOP.format(orders="sales", body="note"))
    return open_database(followed, "1")


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


def test_scenario_34_a_row_given_to_another_tenant_is_a_conflict(opened: Opened) -> None:
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
