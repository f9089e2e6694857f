"""A monolith that itself subscribes to another server: rows that arrive by an apply worker are captured."""

from __future__ import annotations

import psycopg

from tests.postgres.capture.shop_capture import Reader, execute, install
from tests.postgres.workspaces import fetch
from tests.project import awaited
from tests.servers import FAST, ServerFactory

_TABLES = (
    "CREATE TABLE prices (id int PRIMARY KEY, list_id int, amount numeric)",
    "CREATE TABLE rates (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at)",
    "CREATE TABLE rates_all PARTITION OF rates DEFAULT",
)


def test_scenario_19_rows_of_a_subscription_are_captured(own_server: ServerFactory) -> None:
    server = own_server({**FAST, "wal_level": "logical"})
    url = server.url()
    execute(url, "CREATE DATABASE publisher", "CREATE DATABASE monolith")
    publisher, monolith = server.url("publisher"), server.url("monolith")
    for database in (publisher, monolith):
        execute(database, *_TABLES)
    execute(publisher, "CREATE PUBLICATION everything FOR TABLE prices, rates",
            "SELECT pg_create_logical_replication_slot('monolith', 'pgoutput')")  # fmt: skip
    reader = Reader(monolith, install(monolith))
    with psycopg.connect(monolith, autocommit=True) as connection:
        # Within one server the slot cannot be made by the subscription: it would wait for its own transaction.
        connection.execute(
            f"CREATE SUBSCRIPTION there CONNECTION '{server.url('publisher')}' PUBLICATION everything "
            "WITH (create_slot = false, slot_name = 'monolith', copy_data = false)"
        )
    try:
        execute(publisher, "INSERT INTO prices VALUES (1, 1, 10), (2, 1, 20)",
                "UPDATE prices SET list_id = 2 WHERE id = 1",
                "DELETE FROM prices WHERE id = 2", "INSERT INTO rates VALUES (7, '2024-01-01')", "TRUNCATE prices",
                "INSERT INTO prices VALUES (3, 1, 30)")  # fmt: skip
        awaited(lambda: fetch(monolith, "SELECT FROM prices WHERE id = 3"))
        assert reader.changes() == {"prices": {("1",), ("2",), ("3",), None}, "rates": {("7", "2024-01-01")}}
    finally:
        execute(monolith, "ALTER SUBSCRIPTION there DISABLE", "ALTER SUBSCRIPTION there SET (slot_name = NONE)",
                "DROP SUBSCRIPTION there")  # fmt: skip
