"""Tables that were changed past the log are compared, and made equal with all that hangs on them."""

from __future__ import annotations

import psycopg

from migrator.core.schema.catalog import Relation
from migrator.postgres.sync.live_digests import differing_keys, require_equal
from tests.postgres.sync.followed import Followed, Follower

ORDERS = """
CREATE TABLE orders (id bigint PRIMARY KEY, tenant_id integer NOT NULL REFERENCES tenants, body text);
CREATE TABLE lines (
    order_id bigint REFERENCES orders ON DELETE CASCADE, "no, 1" text, body text, PRIMARY KEY (order_id, "no, 1")
);
INSERT INTO orders SELECT n, 1 + n % 2, 'order' FROM generate_series(1, 8) n;
INSERT INTO lines SELECT o.id, '{"' || o.id || ',', 'line' FROM orders o;
"""
SUSPECT = (Relation("public", "orders"),)


def test_scenario_24_what_was_written_while_triggers_were_off_is_repaired(follow: Follower) -> None:
    followed = follow(ORDERS)
    followed.write(
        "ALTER TABLE orders DISABLE TRIGGER ALL",
        "UPDATE orders SET tenant_id = 3 - tenant_id WHERE id IN (1, 2)",
        "INSERT INTO orders VALUES (9, 1, 'unseen')",
        "UPDATE orders SET body = NULL WHERE id = 3",
        "ALTER TABLE orders ENABLE TRIGGER ALL",
    )
    assert set(followed.try_tick().failures) == {"1", "2"}  # the proof sees it
    followed.tick(suspects=SUSPECT)
    assert followed.rows("1", "SELECT id FROM orders ORDER BY id") == [(1,), (4,), (6,), (8,), (9,)]
    assert len(followed.rows("1", "SELECT FROM lines WHERE order_id = 1")) == 1


def test_what_somebody_wrote_into_a_database_is_repaired(follow: Follower) -> None:
    followed = follow(ORDERS)
    with psycopg.connect(followed.urls["1"]) as stranger:
        stranger.execute("DELETE FROM lines")
        stranger.execute("UPDATE orders SET body = 'changed' WHERE id = 2")
        stranger.execute("INSERT INTO orders VALUES (100, 1, 'extra')")
    result = followed.tick(suspects=SUSPECT)
    assert (result.upserted, result.deleted) == (5, 1)


def test_keys_of_rows_that_differ_are_read_back_as_they_are(follow: Follower) -> None:
    followed = follow(ORDERS)
    with psycopg.connect(followed.urls["1"]) as stranger:
        stranger.execute("UPDATE lines SET body = NULL WHERE order_id = 2")
    (lines,) = (table for table in followed.flow.tables if table.relation.name == "lines")
    there = followed.databases["1"].connection
    assert differing_keys(followed.source, there, followed.flow, lines, "1") == {("2", '{"2,')}
    assert differing_keys(followed.source, followed.databases["2"].connection, followed.flow, lines, "2") == set()
    followed.tick(suspects=SUSPECT)
    require_equal(followed.source, there, followed.flow, "1")


def test_a_table_that_was_truncated_is_written_where_it_differs_alone(follow: Follower) -> None:
    followed: Followed = follow(ORDERS)
    followed.write(
        "CREATE TEMP TABLE kept AS SELECT * FROM orders", "CREATE TEMP TABLE kept_lines AS SELECT * FROM lines",
        "TRUNCATE orders CASCADE", "INSERT INTO orders SELECT * FROM kept WHERE id <> 2",
        "INSERT INTO lines SELECT * FROM kept_lines WHERE order_id <> 2",
    )  # fmt: skip
    result = followed.tick()
    assert (result.upserted, result.deleted) == (0, 2)
