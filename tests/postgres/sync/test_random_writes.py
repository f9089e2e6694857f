"""Random writers and ticks between their statements: after each tick every database is its slice of the source."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack, closing
from random import Random

import psycopg
import pytest
from psycopg import sql

from migrator.postgres.sync import write_rows
from tests.postgres.sync.followed import Followed, Follower
from tests.postgres.sync.opened import open_database

# Three hops, a reference to the own table, alternatives, an undeclared key, a polymorphic pair, global rows, no key.
SHOP = """
CREATE TABLE customers (
    id integer PRIMARY KEY, tenant_id integer NOT NULL REFERENCES tenants, code text NOT NULL UNIQUE,
    parent_id integer, body text, UNIQUE (tenant_id, id),
    FOREIGN KEY (tenant_id, parent_id) REFERENCES customers (tenant_id, id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE TABLE orders (
    id integer PRIMARY KEY, customer_id integer NOT NULL REFERENCES customers ON DELETE CASCADE ON UPDATE CASCADE,
    body text
);
CREATE TABLE lines (
    order_id integer REFERENCES orders ON DELETE CASCADE ON UPDATE CASCADE, position integer, body text, number integer,
    PRIMARY KEY (order_id, position), UNIQUE (order_id, number)
);
CREATE TABLE notes (
    id integer PRIMARY KEY, order_id integer NOT NULL, position integer NOT NULL, body text,
    FOREIGN KEY (order_id, position) REFERENCES lines ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE TABLE calls (id integer PRIMARY KEY, customer_code text, tenant_id integer, body text);
CREATE TABLE files (id integer PRIMARY KEY, kind text, thing_id integer, body text);
CREATE TABLE prices (id integer PRIMARY KEY, tenant_id integer REFERENCES tenants, body text, UNIQUE (tenant_id, body));
CREATE TABLE visits (tenant_id integer NOT NULL REFERENCES tenants, body text);
CREATE INDEX ON orders (customer_id);
"""
PLACED = {
    "calls": {
        "target": "tenant",
        "virtual": ["customer_code -> customers.code"],
        "key_path": [["customer_code -> customers.code", "customers.tenant_id"], ["calls.tenant_id"]],
    },
    "files": {
        "target": "tenant",
        "polymorphic": [{"type": "kind", "id": "thing_id", "tables": {"order": "orders", "customer": "customers"}}],
    },
    "prices": {"target": "tenant", "key": "tenant_id", "unowned": "replicate"},
}
# By weight, with places for numbers (n, m: up to 9), tenants (t), texts (b).
STATEMENTS = {
    "INSERT INTO customers VALUES ({n}, {t}, {c}, {o}, {b})": 4,
    "UPDATE customers SET tenant_id = {t} WHERE id = {n}": 3,
    "UPDATE customers SET parent_id = {o}, body = {b} WHERE id = {n}": 1,
    "UPDATE customers SET code = {c} WHERE id = {n}": 2,
    "UPDATE customers SET id = {m} WHERE id = {n}": 1,
    "DELETE FROM customers WHERE id = {n}": 1,
    "INSERT INTO orders VALUES ({n}, {m}, {b})": 5,
    "UPDATE orders SET customer_id = {m} WHERE id = {n}": 3,
    "UPDATE orders SET body = {b} WHERE id = {n}": 2,
    "UPDATE orders SET id = {m} WHERE id = {n}": 2,
    "DELETE FROM orders WHERE id = {n}": 1,
    "INSERT INTO lines SELECT id, {n}, {b}, {n} FROM orders": 3,
    "INSERT INTO lines VALUES ({n}, {m}, {b}, NULL)": 3,
    "UPDATE lines SET order_id = {m} WHERE order_id = {n}": 2,
    "UPDATE lines SET position = position + 1 WHERE order_id = {n} AND position = {m}": 2,
    "UPDATE lines SET number = -1 WHERE order_id = {n} AND position = {m}": 2,
    "UPDATE lines SET number = position WHERE order_id = {n}": 2,
    "DELETE FROM lines WHERE position = {n}": 1,
    "INSERT INTO notes SELECT order_id * 10 + position, order_id, position, {b} FROM lines": 3,
    "UPDATE notes SET body = {b} WHERE id % 3 = 0": 1,
    "INSERT INTO calls VALUES ({n}, {c}, {o}, {b})": 3,
    "UPDATE calls SET customer_code = {c} WHERE id = {n}": 1,
    "DELETE FROM calls WHERE id = {n}": 1,
    "INSERT INTO files VALUES ({n}, 'order', {m}, {b})": 2,
    "INSERT INTO files VALUES ({n}, 'customer', {m}, {b})": 2,
    "UPDATE files SET thing_id = {m} WHERE id = {n}": 1,
    "INSERT INTO prices VALUES ({n}, {o}, {b})": 2,
    "UPDATE prices SET tenant_id = {t} WHERE id = {n}": 1,
    "UPDATE prices SET tenant_id = NULL WHERE id = {n}": 1,
    "DELETE FROM prices WHERE id = {n}": 1,
    "INSERT INTO visits VALUES ({t}, {b})": 1,
    "TRUNCATE orders CASCADE": 0.3,
    "TRUNCATE files": 0.2,
}


class Writer:
    """A session of an application, in a transaction more often than not."""

    def __init__(self, url: str, random: Random, statements: Mapping[str, float], base: int = 0) -> None:
        """`base` is added to every number, and tenant 1 is meant, where rows have to be one tenant's own."""
        self._random = random
        self._statements = statements
        self._base = base
        self._connection = psycopg.connect(url, options="-c lock_timeout=20ms -c deadlock_timeout=10ms")

    def step(self) -> None:
        """One statement, or the end of the transaction."""
        if self._random.random() < 0.3:
            self._connection.commit() if self._random.random() < 0.8 else self._connection.rollback()
            return
        (statement,) = self._random.choices([*self._statements], [*self._statements.values()])
        number, tenants = range(self._base + 1, self._base + 10), [1] if self._base else [1, 2]
        values = {
            "n": self._random.choice(number), "m": self._random.choice(number), "t": self._random.choice(tenants),
            "o": self._random.choice([None, 1, 2]), "c": f"code {self._random.choice(number)}",
            "b": self._random.choice([None, "a", "tab\t", "\\N", "é"]),
        }  # fmt: skip
        try:
            with self._connection.transaction():
                self._connection.execute(
                    sql.SQL(statement).format(**{name: sql.Literal(value) for name, value in values.items()})
                )
        except (psycopg.IntegrityError, psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            pass  # as an application meets them; the savepoint is gone, the transaction goes on

    def close(self) -> None:
        self._connection.close()


def write_and_tick(followed: Followed, random: Random, ticks: int) -> int:
    """How many entries of the log the ticks read."""
    entries = 0
    with ExitStack() as sessions:
        writers = [sessions.enter_context(closing(Writer(followed.url, random, STATEMENTS))) for _ in range(3)]
        for _ in range(ticks):
            for _ in range(random.randint(1, 40)):
                random.choice(writers).step()
            entries += followed.tick().entries
    return entries + followed.tick().entries


@pytest.mark.parametrize("seed", range(1, 7))
@pytest.mark.timeout(300)
def test_every_tick_ends_at_the_slice_of_its_position(
    follow: Follower, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    random = Random(seed)
    monkeypatch.setattr(write_rows, "INLINE_VALUES", random.choice([0, 20, 400]))
    assert write_and_tick(follow(SHOP, PLACED), random, ticks=20) > 50


# What a tenant's own application writes: rows that are nobody's, or another's, would be conflicts.
OWN = {
    statement: weight
    for statement, weight in STATEMENTS.items()
    if not any(name in statement for name in ("calls", "files", "prices"))
}


@pytest.mark.parametrize("seed", range(1, 7))
@pytest.mark.timeout(300)
def test_every_tick_back_ends_at_the_slice_of_its_position(
    follow: Follower, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    random = Random(seed)
    monkeypatch.setattr(write_rows, "INLINE_VALUES", random.choice([0, 20, 400]))
    followed = follow(SHOP, PLACED)
    write_and_tick(followed, random, ticks=3)
    opened = open_database(followed, "1")
    opened.write(
        "INSERT INTO customers SELECT n, 1, 'code ' || n FROM generate_series(101, 109) n",
        "INSERT INTO orders SELECT n, n, 'order' FROM generate_series(101, 109) n",
    )
    entries = 0
    with ExitStack() as sessions:
        writers = [sessions.enter_context(closing(Writer(followed.urls["1"], random, OWN, base=100))) for _ in range(2)]
        for _ in range(15):
            for _ in range(random.randint(1, 40)):
                random.choice(writers).step()
            entries += opened.tick().entries
    entries += opened.tick().entries
    assert entries > 50
    assert followed.try_tick().entries == 0  # nothing of it goes out again
