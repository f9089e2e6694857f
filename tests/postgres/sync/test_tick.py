"""Ticks bring databases to exactly their slice of the source: the scenarios of writers that a tick could get wrong."""

from __future__ import annotations

import psycopg
import pytest

from migrator.core.online.captured import LogEntry
from migrator.core.online.position import Position
from migrator.errors import DatabaseError
from migrator.postgres.capture.read_log import read_batch
from migrator.postgres.session.connect import Connection
from migrator.postgres.sync import write_rows
from migrator.postgres.sync.circles import make_deferrable, make_immediate
from migrator.postgres.sync.tick import tick
from tests.postgres.sync.followed import Followed, Follower

# Orders with lines and notes: two and three hops from the tenant, every key with ON DELETE CASCADE.
ORDERS = """
CREATE TABLE orders (id bigint PRIMARY KEY, tenant_id integer NOT NULL REFERENCES tenants, amount numeric);
CREATE TABLE lines (
    id bigint PRIMARY KEY, order_id bigint NOT NULL REFERENCES orders ON DELETE CASCADE, position integer NOT NULL,
    body text, UNIQUE (order_id, position)
);
CREATE TABLE notes (id bigint PRIMARY KEY, line_id bigint NOT NULL REFERENCES lines ON DELETE CASCADE, body text);
CREATE INDEX ON orders (tenant_id);
CREATE INDEX ON notes (line_id);
"""
ROWS = """
INSERT INTO orders SELECT n, 1 + n % 2, n FROM generate_series(1, 10) n;
INSERT INTO lines SELECT o.id * 10 + p, o.id, p, 'line' FROM orders o, generate_series(1, 3) p;
INSERT INTO notes SELECT l.id * 10, l.id, E'tab\\t, \\\\ and\\nline' FROM lines l;
"""


def orders(follow: Follower) -> Followed:
    """Ten orders of two tenants, followed."""
    return follow(ORDERS + ROWS)


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


def test_scenario_16_a_unique_value_goes_to_a_row_of_another_key(follow: Follower) -> None:
    followed = follow(
        "CREATE TABLE users (id bigint PRIMARY KEY, tenant_id integer NOT NULL REFERENCES tenants, email text UNIQUE);"
        "CREATE TABLE logins (id bigint PRIMARY KEY, user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE);"
        "INSERT INTO users VALUES (1, 1, 'ann@x'), (2, 1, 'bob@x'); INSERT INTO logins VALUES (1, 2);"
    )
    followed.write("DELETE FROM users WHERE id = 1", "INSERT INTO users VALUES (3, 1, 'ann@x')")
    result = followed.tick()
    assert result.replaced == ["1"]
    assert followed.rows("1", "SELECT id, email FROM users ORDER BY id") == [(2, "bob@x"), (3, "ann@x")]
    followed.write(
        "UPDATE users SET email = 'swap' WHERE id = 2",
        "UPDATE users SET email = 'bob@x' WHERE id = 3",
        "UPDATE users SET email = 'ann@x' WHERE id = 2",
    )
    followed.tick()
    assert followed.rows("1", "SELECT user_id FROM logins") == [(2,)]


def test_scenario_17_keys_that_move_up_by_one_with_their_children(follow: Follower) -> None:
    followed = follow(
        "CREATE TABLE orders (id bigint PRIMARY KEY, tenant_id integer NOT NULL REFERENCES tenants, note text);"
        "CREATE TABLE lines (order_id bigint REFERENCES orders ON UPDATE CASCADE ON DELETE CASCADE, line integer, "
        "PRIMARY KEY (order_id, line));"
        "INSERT INTO orders VALUES (5, 1, 'five'), (6, 1, 'six'), (8, 2, 'eight');"
        "INSERT INTO lines VALUES (5, 1), (5, 2), (6, 1), (8, 1);"
    )
    followed.write("UPDATE orders SET id = 7 WHERE id = 6", "UPDATE orders SET id = 6 WHERE id = 5")
    followed.tick()
    assert followed.rows("1", "SELECT id, note FROM orders ORDER BY id") == [(6, "five"), (7, "six")]
    assert followed.rows("1", "SELECT * FROM lines ORDER BY 1, 2") == [(6, 1), (6, 2), (7, 1)]


CIRCLE = """
CREATE TABLE heads (id bigint PRIMARY KEY, tenant_id integer NOT NULL REFERENCES tenants, last_id bigint NOT NULL);
CREATE TABLE entries (id bigint PRIMARY KEY, head_id bigint NOT NULL REFERENCES heads);
ALTER TABLE heads ADD CONSTRAINT heads_last FOREIGN KEY (last_id) REFERENCES entries {};
"""


def test_scenario_18_rows_that_reference_each_other_arrive_together(follow: Follower) -> None:
    followed = follow(CIRCLE.format("DEFERRABLE INITIALLY DEFERRED"), target_ddl=CIRCLE.format(""))
    flags = "SELECT conname, condeferrable, condeferred FROM pg_constraint WHERE contype = 'f' ORDER BY 1"
    before = followed.rows("1", flags)
    changed = {name: make_deferrable(target.connection, followed.flow) for name, target in followed.databases.items()}
    followed.write("INSERT INTO heads VALUES (1, 1, 10)", "INSERT INTO entries VALUES (10, 1)")
    followed.tick()
    followed.write(
        "INSERT INTO entries VALUES (11, 1)", "UPDATE heads SET last_id = 11", "DELETE FROM entries WHERE id = 10"
    )
    followed.tick()
    followed.write("DELETE FROM entries", "DELETE FROM heads")
    followed.tick()
    for name, keys in changed.items():
        make_immediate(followed.databases[name].connection, keys)
    assert followed.rows("1", flags) == before


def test_rows_that_reference_each_other_wait_where_the_keys_are_not_deferrable(follow: Follower) -> None:
    followed = follow(CIRCLE.format("DEFERRABLE INITIALLY DEFERRED"), target_ddl=CIRCLE.format(""))
    followed.write("INSERT INTO heads VALUES (1, 1, 10)", "INSERT INTO entries VALUES (10, 1)")
    result = followed.try_tick()
    assert list(result.failures) == ["1"]
    assert isinstance(result.failures["1"], DatabaseError)
    assert result.failures["1"].sqlstate == "23503"


def test_scenario_22_a_truncated_table_with_new_rows(follow: Follower) -> None:
    followed = orders(follow)
    followed.write(
        "TRUNCATE orders CASCADE",
        "INSERT INTO orders VALUES (2, 2, 1), (900, 1, 1)",
        "INSERT INTO lines VALUES (21, 900, 1, 'new')",
    )
    followed.tick()
    assert followed.rows("1", "SELECT id FROM orders") == [(900,)]
    assert followed.rows("1", "SELECT id FROM lines") == [(21,)]
    assert followed.rows("1", "SELECT id FROM notes") == []


def test_scenario_27_a_key_that_is_written_differently_stays_one_row(follow: Follower) -> None:
    followed = follow(
        "CREATE TABLE rates (rate numeric PRIMARY KEY, tenant_id integer NOT NULL REFERENCES tenants, body text);"
        "CREATE TABLE uses (id bigint PRIMARY KEY, rate numeric NOT NULL REFERENCES rates ON UPDATE CASCADE);"
        "INSERT INTO rates VALUES (1.0, 1, 'a'), (2.0, 1, 'b'); INSERT INTO uses VALUES (1, 1.0);"
    )
    followed.write("UPDATE rates SET rate = 1.00 WHERE rate = 1")
    followed.tick()
    assert followed.rows("1", "SELECT rate::text FROM rates ORDER BY 1") == [("1.00",), ("2.0",)]
    followed.write("DELETE FROM uses", "DELETE FROM rates WHERE rate = 1", "INSERT INTO rates VALUES (1.000, 2, 'c')")
    followed.tick()
    assert followed.rows("1", "SELECT rate::text FROM rates") == [("2.0",)]


def test_scenario_27_a_key_without_case(follow: Follower) -> None:
    ddl = (
        "CREATE EXTENSION citext;"
        "CREATE TABLE people (name citext PRIMARY KEY, tenant_id integer NOT NULL REFERENCES tenants);"
        "INSERT INTO people VALUES ('Ann', 1), ('Bob', 2);"
    )
    try:
        followed = follow(ddl)
    except psycopg.errors.FeatureNotSupported:
        pytest.skip("the server has no citext")
    followed.write("UPDATE people SET name = 'ANN' WHERE name = 'ann'")
    followed.tick()
    assert followed.rows("1", "SELECT name::text FROM people") == [("ANN",)]


def test_what_is_committed_after_the_log_was_read_waits_for_the_next_tick(follow: Follower) -> None:
    followed = orders(follow)
    followed.write("UPDATE orders SET amount = 100 WHERE id = 2")

    def read_late(connection: Connection, since: Position) -> tuple[Position, tuple[LogEntry, ...]]:
        batch = read_batch(connection, since)
        followed.write("UPDATE orders SET amount = 200 WHERE id = 2", "DELETE FROM lines WHERE order_id = 2")
        return batch

    result = tick(followed.source, followed.databases, followed.flow, followed.position, read_batch=read_late)
    assert not result.failures
    assert followed.rows("1", "SELECT amount FROM orders WHERE id = 2") == [(100,)]
    assert len(followed.rows("1", "SELECT FROM lines WHERE order_id = 2")) == 3
    followed.position = result.position
    followed.tick()
    assert followed.rows("1", "SELECT amount FROM orders WHERE id = 2") == [(200,)]
