"""The load generator's ledger is what the databases hold, and every way in which they may not be is seen."""

from __future__ import annotations

import time
from collections.abc import Iterator
from decimal import Decimal

import psycopg
import pytest

from benchmarks.online import monolith
from benchmarks.online.compare import compare_monolith, compare_places, compare_users
from benchmarks.online.ledger import Ledger
from benchmarks.online.load import Load, LoadError, LoadOptions, Outcome
from benchmarks.online.operations import PlaceOrder
from benchmarks.online.routing import Map, Still
from benchmarks.online.rows import Book
from benchmarks.online.samples import summarise
from benchmarks.online.workload import Mix
from benchmarks.online.writer import Writer
from tests.servers import DatabaseFactory, PostgresServer, create_database, drop_databases

COMPANIES = 4
OPTIONS = LoadOptions(COMPANIES, rate=150, processes=2, writers=3)
TABLES = ("orders", "lines", "notes", "customers", "settings", "counters")


@pytest.fixture(scope="module")
def loaded(server: PostgresServer) -> Iterator[tuple[str, Outcome]]:
    """The name of a database that a load has written to for a moment, and what that load met."""
    name = "online_load_template"
    create_database(server.url(), name)
    try:
        monolith.create(server.url(name), COMPANIES, orders=20)
        with Load(Still(server.url(name)), OPTIONS) as load:
            load.mark("quiet")
            time.sleep(1.7)
        yield name, load.outcome
    finally:
        drop_databases(server.url(), name)


@pytest.fixture
def copy(loaded: tuple[str, Outcome], database_factory: DatabaseFactory) -> str:
    """The URL of a copy of that database, to be damaged."""
    return database_factory(template=loaded[0])


def test_what_was_acknowledged_is_what_the_monolith_holds(loaded: tuple[str, Outcome], copy: str) -> None:
    outcome = loaded[1]
    assert compare_monolith(outcome.ledger, copy) == compare_places(outcome.ledger, Map(copy)) == ()
    assert outcome.samples.failures == []
    # All kinds of rows are there to be compared; the load was as it was asked to be.
    assert set(outcome.ledger.rows) == {"orders", "lines", "notes", "customers", "settings", "users"}
    assert sum(outcome.ledger.counted.values()) > 0
    quiet = summarise(outcome.samples, outcome.stretches("quiet"))
    assert quiet.done + outcome.unserved > 150
    assert 3 < quiet.rows / quiet.done < 10


@pytest.mark.each
@pytest.mark.parametrize(
    ("damage", "table", "what"),
    [
        ("DELETE FROM notes WHERE id = (SELECT max(id) FROM notes)", "notes", {"missing"}),
        ("DELETE FROM orders WHERE id = (SELECT max(id) FROM orders)", "lines", {"missing"}),
        ("UPDATE lines SET quantity = quantity + 1 WHERE id = (SELECT max(id) FROM lines)", "lines", {"different"}),
        (
            "UPDATE orders SET placed_at = placed_at + interval '1 us' WHERE id = (SELECT max(id) FROM orders)",
            "orders",
            {"different"},
        ),
        # No sum or count of a column's values sees this.
        (
            "UPDATE orders o SET total = other.total FROM orders other WHERE o.id IN ({ends}) AND other.id IN ({ends}) "
            "AND o.id <> other.id",
            "orders",
            {"different"},
        ),
        ("UPDATE orders SET company_id = 1 + company_id % 4 WHERE id IN ({ends})", "notes", {"different"}),
        (
            "INSERT INTO notes (line_id, body) SELECT line_id, body FROM notes WHERE id > 0 LIMIT 1",
            "notes",
            {"surplus"},
        ),
        (
            "ALTER TABLE notes DROP CONSTRAINT notes_pkey; INSERT INTO notes SELECT * FROM notes WHERE id > 0 LIMIT 1",
            "notes",
            {"twice"},
        ),
        ("UPDATE counters SET value = value - 1 WHERE company_id = 2", "counters", {"different"}),
        ("UPDATE settings SET company_id = NULL WHERE company_id = 1", "settings", {"different"}),
        ("DELETE FROM users", "users", {"missing"}),
        ("INSERT INTO orders (company_id, stamp, total, placed_at) VALUES (1, 0, 0, now())", "orders", {"surplus"}),
    ],
)
def test_damage_is_seen(loaded: tuple[str, Outcome], copy: str, damage: str, table: str, what: set[str]) -> None:
    ends = "SELECT max(id) FROM orders UNION ALL SELECT min(id) FROM orders WHERE id > 0"
    with psycopg.connect(copy) as connection:
        connection.execute(damage.replace("{ends}", ends).encode())
    differences = compare_monolith(loaded[1].ledger, copy)
    assert {one.what for one in differences if one.table == table} == what
    assert compare_places(loaded[1].ledger, Map(copy)) == differences
    assert compare_users(loaded[1].ledger, copy) == tuple(one for one in differences if one.table == "users")


def test_a_key_given_to_two_writers_is_seen(copy: str) -> None:
    writer = Writer(1, COMPANIES, Mix(), Still(copy), seed=1)
    with psycopg.connect(copy) as connection:
        change = PlaceOrder(1, Decimal(1)).execute(connection)
    writer.book.apply(change)
    other = Book()
    other.apply(change)
    ledger = Ledger.of([writer.book, other], COMPANIES)
    assert ("orders", change.witness.key) in ledger.twice
    assert {one.what for one in compare_places(ledger, Map(copy))} >= {"twice"}


def test_a_load_whose_database_is_not_there_says_so() -> None:
    with pytest.raises(LoadError, match="did not begin"), Load(Still("host=/nowhere"), OPTIONS):
        pass
