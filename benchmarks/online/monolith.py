"""Makes the monolith of the load."""

from __future__ import annotations

from pathlib import Path

import psycopg

from benchmarks.online.ledger import COUNTER

_HERE = Path(__file__).parent
# Rows that nobody writes to, all of them: what the copy has to carry beside the load's own.
_LINES = 3


def create_tables(conninfo: str) -> None:
    """Makes the tables in an empty database."""
    with psycopg.connect(conninfo) as connection:
        connection.execute((_HERE / "schema.sql").read_bytes())


def create(conninfo: str, companies: int, orders: int = 0) -> None:
    """Makes the tables in an empty database, the companies 1 to `companies`, and so many orders that nobody writes to.

    Each of these orders is seven rows: three lines with a note each.
    """
    create_tables(conninfo)
    with psycopg.connect(conninfo) as connection:
        connection.execute(
            "INSERT INTO companies SELECT n, 'c' || lpad(n::text, 4, '0'), 'Company ' || n "
            "FROM generate_series(1, %s) n",
            [companies],
        )
        connection.execute("INSERT INTO counters SELECT id, %s, 0 FROM companies", [COUNTER])
        connection.execute(
            "INSERT INTO orders (id, company_id, stamp, total, placed_at) "
            "SELECT -n, 1 + n %% %s, 0, n %% 1000000 / 100.0, timestamptz '2021-01-01 00:00:00Z' + n * interval '29 s' "
            "FROM generate_series(1::bigint, %s) n",
            [companies, orders],
        )
        connection.execute(
            "INSERT INTO lines (id, order_id, position, quantity) "
            "SELECT -n, -((n + %(lines)s - 1) / %(lines)s), 1 + n %% %(lines)s, 1 + n %% 40 "
            "FROM generate_series(1::bigint, %(lines)s * %(orders)s) n",
            {"lines": _LINES, "orders": orders},
        )
        connection.execute(
            "INSERT INTO notes (id, line_id, body) SELECT id, id, 'note ' || md5(id::text) FROM lines WHERE id < 0"
        )
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
