"""Whose row it is, as the gate finds out while it is written: over every kind of key path, before and after."""

from __future__ import annotations

from typing import Any

import psycopg

from migrator.postgres.gate.decision import decide, read_fenced, read_generation
from migrator.postgres.gate.freeze import Entrants
from tests.postgres.gate.monolith import RUN, Monolith

# Orders 1, 7, … are of company 2; 2, 8, … of company 3. Lines, remarks and the first 24 files have the orders' numbers.
OF_TENANT = (
    "UPDATE companies SET name = 'x' WHERE id = 2",
    "INSERT INTO orders (company_id) VALUES (2)",
    "UPDATE orders SET note = 'x' WHERE id = 1",
    "DELETE FROM orders WHERE id = 7",
    "UPDATE orders SET company_id = NULL WHERE id = 1",
    "INSERT INTO lines (order_id) VALUES (1)",
    "UPDATE lines SET quantity = 2 WHERE order_id = 1",
    "UPDATE lines SET order_id = 2 WHERE order_id = 1",
    "UPDATE lines SET order_id = 1 WHERE order_id = 2",
    "DELETE FROM lines WHERE order_id = 1",
    "INSERT INTO remarks (line_id) VALUES (1)",
    "UPDATE remarks SET body = 'x' WHERE line_id = 1",
    "DELETE FROM remarks WHERE line_id = 1",
    "INSERT INTO files (owner_type, owner_id) VALUES ('order', 1)",
    "INSERT INTO files (owner_type, owner_id) VALUES ('company', 2)",
    "UPDATE files SET owner_type = 'company', owner_id = 2 WHERE id = 2",
    "DELETE FROM files WHERE owner_type = 'company' AND owner_id = 2",
    "INSERT INTO labels (order_id) VALUES (7)",
    "INSERT INTO labels (company_id) VALUES (2)",
    "DELETE FROM labels WHERE company_id = 2",
    "INSERT INTO events (company_id, at) VALUES (2, '2023-01-01')",
    "INSERT INTO events_new (company_id, at, id) VALUES (2, '2024-02-02', 999)",
    "UPDATE events SET at = at + 1 WHERE company_id = 2",
    "DELETE FROM events_old WHERE company_id = 2",
    "INSERT INTO units VALUES ('kg', 'x'); UPDATE orders SET note = 'x' WHERE id = 1",
    "WITH gone AS (DELETE FROM remarks WHERE line_id = 1 RETURNING id) SELECT count(*) FROM gone",
    "DO $$ BEGIN UPDATE orders SET note = 'x' WHERE id = 1; END $$",
    "TRUNCATE remarks",
    "TRUNCATE companies CASCADE",
)
OF_OTHERS = (
    "UPDATE companies SET name = 'x' WHERE id = 1",
    "INSERT INTO companies (id, name) VALUES (99, 'new')",
    "INSERT INTO orders (company_id) VALUES (3)",
    "INSERT INTO orders (company_id) VALUES (NULL)",
    "UPDATE orders SET note = 'x' WHERE id = 2",
    "DELETE FROM orders WHERE id = 3",
    "UPDATE orders SET company_id = 4 WHERE id = 2",
    "UPDATE lines SET order_id = 3 WHERE order_id = 2",
    "INSERT INTO remarks (line_id) VALUES (2)",
    "INSERT INTO remarks (line_id) VALUES (99999)",
    "DELETE FROM files WHERE owner_type = 'company' AND owner_id = 3",
    "INSERT INTO files (owner_type, owner_id) VALUES ('order', 2), ('nothing of ours', 2)",
    "INSERT INTO labels (order_id) VALUES (2)",
    "INSERT INTO events (company_id, at) VALUES (3, '2023-01-01'), (3, '2024-02-02')",
    "UPDATE events SET at = at + 400 WHERE company_id = 3",
    "INSERT INTO units VALUES ('kg', 'x')",
    "UPDATE orders SET note = 'x' WHERE false",
)


def fence(monolith: Monolith, *tenants: str) -> int:
    """Arms and decides, without anything in between."""
    monolith.arm_and_wait(tenants)
    with monolith.coordinator() as connection:
        gate = monolith.gate(connection)
        generation = read_generation(connection)
        assert gate.try_shut(Entrants.WAIT)
        return decide(gate, tenants, generation)


def refused(application: psycopg.Connection[Any], statement: str) -> psycopg.Error | None:
    """The error that the statement ends with, or None; nothing of it stays."""
    try:
        with application.transaction(force_rollback=True):
            application.execute(statement.encode())
    except psycopg.Error as error:
        return error
    return None


def test_the_rows_of_a_fenced_tenant_take_no_writes_and_all_others_do(monolith: Monolith) -> None:
    assert fence(monolith, "2", "5") == 1
    with monolith.coordinator() as connection:
        assert read_fenced(connection) == {"2": 1, "5": 1}
    with monolith.write() as application:
        for statement in OF_TENANT:
            refusal = refused(application, statement)
            assert refusal is not None, f"passed: {statement}"
            assert refusal.sqlstate == "25006", f"{statement}: {refusal}"
            assert RUN in str(refusal.diag.message_detail)
            assert "map" in str(refusal.diag.message_hint) or "TRUNCATE" in statement
        for statement in OF_OTHERS:
            assert refused(application, statement) is None, statement


def test_the_check_is_planned_once_a_session_and_not_for_each_row(monolith: Monolith) -> None:
    settings = "SELECT count(*) FROM pg_proc WHERE 'plan_cache_mode=force_generic_plan' = ANY (proconfig)"
    with psycopg.connect(monolith.url) as connection:
        assert connection.execute(settings).fetchone() == (0,)
    monolith.arm(["1"])
    with psycopg.connect(monolith.url) as connection:
        assert connection.execute(settings).fetchone() == (len(monolith.captured),)
