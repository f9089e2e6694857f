"""Whether the databases hold what the ledger says: each acknowledged row once, as acknowledged, and no other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any, Literal

import psycopg

from benchmarks.online.ledger import Ledger
from benchmarks.online.routing import Map
from benchmarks.online.rows import Row, TableName

# Each table's rows with their company first, then the key; rows with negative keys are not the load's.
_READ: Mapping[TableName, str] = {
    "orders": "SELECT company_id, id, stamp, total, placed_at, remark FROM orders WHERE id > 0",
    "lines": (
        "SELECT o.company_id, l.id, l.order_id, l.position, l.quantity, l.article "
        "FROM lines l LEFT JOIN orders o ON o.id = l.order_id WHERE l.id > 0"
    ),
    "notes": (
        "SELECT o.company_id, n.id, n.line_id, n.body FROM notes n "
        "LEFT JOIN lines l ON l.id = n.line_id LEFT JOIN orders o ON o.id = l.order_id WHERE n.id > 0"
    ),
    "customers": "SELECT company_id, id, email, credit FROM customers",
    "settings": "SELECT company_id, id, name, value FROM settings",
    "counters": "SELECT company_id, company_id, name, value FROM counters",
    "users": "SELECT NULL::integer, id, email, logins FROM users",
}
# Those of a company's own database.
_OWN: tuple[TableName, ...] = ("orders", "lines", "notes", "customers", "settings", "counters")

What = Literal["missing", "surplus", "different", "twice"]


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that is not as it was acknowledged; `place` is a database's name."""

    place: str
    table: TableName
    key: object
    what: What
    expected: Row | None = None
    actual: Row | None = None

    def __str__(self) -> str:
        rows = f": acknowledged {self.expected}, read {self.actual}"
        return f"{self.place}.{self.table} {self.key} is {self.what}{rows}"


def compare_places(ledger: Ledger, routes: Map) -> tuple[Difference, ...]:
    """Compares each company where the map says that it is; in the monolith, all others and what is no company's."""
    live = routes.live()
    found = list(_given_twice(ledger))
    found += _compare(ledger, routes.monolith, {None, *ledger.companies} - live.keys(), tuple(_READ), live.keys())
    for company, place in live.items():
        # Its database holds nothing else than its rows, and a copy of the settings that are everybody's.
        found += _compare(ledger, place.conninfo, {company, None}, _OWN, frozenset())
    return tuple(found)


def compare_monolith(ledger: Ledger, monolith: str) -> tuple[Difference, ...]:
    """Compares the monolith with all of the ledger: before anybody has moved, or once the way back has caught up."""
    compared = _compare(ledger, monolith, {None, *ledger.companies}, tuple(_READ), frozenset())
    return (*_given_twice(ledger), *compared)


def compare_users(ledger: Ledger, conninfo: str) -> tuple[Difference, ...]:
    """Compares the users in the database that they have followed to."""
    return tuple(_compare(ledger, conninfo, {None}, ("users",), frozenset()))


def _given_twice(ledger: Ledger) -> Iterator[Difference]:
    for table, key in ledger.twice:
        yield Difference("ledger", table, key, "twice")


def _compare(
    ledger: Ledger, conninfo: str, companies: Set[int | None], tables: tuple[TableName, ...], beyond: Set[int]
) -> Iterator[Difference]:
    """One database; rows of the companies `beyond` are left over there, and not looked at."""
    with psycopg.connect(conninfo) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        place = connection.info.dbname
        for table in tables:
            expected = ledger.expected(table, companies)
            read = connection.execute(_READ[table].encode()).fetchall()
            rows = [_row(table, values) for values in read if values[0] not in beyond]
            yield from compare_rows(place, table, expected, rows)


def compare_rows(
    place: str, table: TableName, expected: Mapping[object, Row], rows: list[tuple[object, Row]]
) -> Iterator[Difference]:
    """Each acknowledged row of a table with what was read of it: keys with rows, in any order."""
    seen: set[object] = set()
    for key, row in rows:
        acknowledged = expected.get(key)
        if key in seen:
            yield Difference(place, table, key, "twice", acknowledged, row)
        elif acknowledged is None:
            yield Difference(place, table, key, "surplus", None, row)
        elif acknowledged != row:
            yield Difference(place, table, key, "different", acknowledged, row)
        seen.add(key)
    for key in expected.keys() - seen:
        yield Difference(place, table, key, "missing", expected[key])


def _row(table: TableName, values: tuple[Any, ...]) -> tuple[object, Row]:
    company, *others = values
    if table == "counters":
        key = (others[0], others[1])
        return key, (company, (others[2],))
    return others[0], (company, tuple(others))
