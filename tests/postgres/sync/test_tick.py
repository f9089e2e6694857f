"""Ticks bring databases to exactly their slice of the source: the scenarios of writers that a tick could get wrong."""

from __future__ import annotations

import psycopg
import pytest

from migrator.postgres.sync import write_rows
from tests.postgres.sync.followed import Followed, Follower

# Orders with lines and notes: two and three hops from the tenant, every key with ON DELETE CASCADE.
ORDERS = """
CREATE TABLE tenants (id integer PRIMARY KEY, name text);
CREATE TABLE orders (id bigint PRIMARY KEY, tenant_id integer NOT NULL REFERENCES tenants, amount numeric);
CREATE TABLE lines (
    id bigint PRIMARY KEY, order_id bigint NOT NULL REFERENCES orders ON DELETE CASCADE, position integer NOT NULL,
    body text, UNIQUE (order_id, position)
);
CREATE TABLE notes (id bigint PRIMARY KEY, line_id bigint NOT NULL REFERENCES lines ON DELETE CASCADE, body text);
CREATE INDEX ON orders (tenant_id);
CREATE INDEX ON notes (line_id);
"""
# The same without the tenant root, which is not in a tenant's database.
ORDERS_OF_TENANT = ORDERS.replace("CREATE TABLE tenants (id integer PRIMARY KEY, name text);", "").replace(
    " REFERENCES tenants", ""
)
ROWS = """
INSERT INTO tenants VALUES (1, 'one'), (2, 'two');
INSERT INTO orders SELECT n, 1 + n % 2, n FROM generate_series(1, 10) n;
INSERT INTO lines SELECT o.id * 10 + p, o.id, p, 'line' FROM orders o, generate_series(1, 3) p;
INSERT INTO notes SELECT l.id * 10, l.id, E'tab\\t, \\\\ and\\nline' FROM lines l;
"""


def orders(follow: Follower) -> Followed:
    """Ten orders of two tenants, followed."""
    return follow(ORDERS + ROWS, target_ddl=ORDERS_OF_TENANT)


def test_rows_of_every_kind_of_change_arrive(follow: Follower) -> None:
    followed = orders(follow)
    followed.write(
        "INSERT INTO orders VALUES (100, 1, 5.50), (101, 2, NULL)",
        "INSERT INTO lines VALUES (1000, 100, 1, NULL)",
        "UPDATE notes SET body = 'changed' WHERE id % 3 = 0",
        "DELETE FROM notes WHERE line_id = 11",
        "DELETE FROM lines WHERE id = 12",
        "DELETE FROM orders WHERE id = 5",
    )
    result = followed.tick()
    assert result.entries
    assert not result.replaced


def test_a_tick_without_changes_moves_the_position_alone(follow: Follower) -> None:
    followed = orders(follow)
    result = followed.tick()
    assert (result.entries, result.upserted, result.deleted) == (0, 0, 0)


def test_scenario_01_a_transaction_that_is_open_arrives_with_the_tick_after_its_commit_once(follow: Follower) -> None:
    followed = orders(follow)
    with psycopg.connect(followed.url) as late:
        late.execute("INSERT INTO orders VALUES (100, 1, 1)")
        followed.write("INSERT INTO orders VALUES (101, 1, 1)")
        followed.tick()
        assert followed.rows("1", "SELECT id FROM orders WHERE id >= 100") == [(101,)]
    result = followed.tick()
    assert followed.rows("1", "SELECT id FROM orders WHERE id >= 100 ORDER BY id") == [(100,), (101,)]
    assert (result.entries, result.upserted) == (1, 1)
    assert followed.tick().entries == 0


def test_scenario_11_descendants_of_a_row_that_changes_its_tenant_move_with_it(follow: Follower) -> None:
    followed = orders(follow)
    followed.write("UPDATE orders SET tenant_id = 2 WHERE id = 2")
    followed.tick()
    assert followed.rows("1", "SELECT FROM lines WHERE order_id = 2") == []
    assert len(followed.rows("2", "SELECT FROM notes WHERE line_id IN (21, 22, 23)")) == 3


def test_scenario_12_a_line_deleted_with_the_move_of_its_order_is_in_neither(follow: Follower) -> None:
    followed = orders(follow)
    followed.write("UPDATE orders SET tenant_id = 2 WHERE id = 2", "DELETE FROM lines WHERE id = 22")
    followed.tick()
    assert all(followed.rows(tenant, "SELECT FROM lines WHERE id = 22") == [] for tenant in "12")


def test_scenario_13_a_child_that_left_its_deleted_parent_keeps_what_hangs_on_it(follow: Follower) -> None:
    followed = orders(follow)
    followed.write(
        "UPDATE lines SET order_id = 4, position = position + 10 WHERE order_id = 2", "DELETE FROM orders WHERE id = 2"
    )
    result = followed.tick()
    assert len(followed.rows("1", "SELECT FROM notes WHERE line_id IN (21, 22, 23)")) == 3
    assert not result.replaced


def test_scenario_14_a_swap_of_unique_values_arrives(follow: Follower) -> None:
    followed = orders(follow)
    before = [digest for digest in followed.proofs if digest.relation == "public.lines" and digest.tenant == "1"]
    followed.write(
        "UPDATE lines SET position = -1 WHERE id = 21",
        "UPDATE lines SET position = 1 WHERE id = 22",
        "UPDATE lines SET position = 2 WHERE id = 21",
    )
    followed.proofs.clear()
    result = followed.tick()
    assert result.replaced == ["1"]
    assert followed.rows("1", "SELECT id, position FROM lines WHERE order_id = 2 ORDER BY id") == [
        (21, 2),
        (22, 1),
        (23, 3),
    ]
    assert len(followed.rows("1", "SELECT FROM notes WHERE line_id IN (21, 22)")) == 2
    after = [digest for digest in followed.proofs if digest.relation == "public.lines" and digest.tenant == "1"]
    assert before != after


@pytest.mark.parametrize("values", [0, 10_000], ids=["staged", "inline"])
def test_rows_arrive_over_a_staging_table_and_without_one(
    follow: Follower, monkeypatch: pytest.MonkeyPatch, values: int
) -> None:
    monkeypatch.setattr(write_rows, "INLINE_VALUES", values)
    followed = orders(follow)
    followed.write(
        "INSERT INTO orders SELECT n, 1, n FROM generate_series(200, 320) n",
        "INSERT INTO lines SELECT n, n, 1, E'\\\\N' FROM generate_series(200, 320) n",
        "UPDATE notes SET body = NULL",
    )
    followed.tick()
    followed.write("DELETE FROM orders WHERE id > 210", "UPDATE lines SET body = E'a\\tb\\\\' WHERE id < 205")
    followed.tick()
