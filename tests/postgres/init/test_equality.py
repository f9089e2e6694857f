"""Rows follow a declared key by the server's equality: 1 and 1.00 are one tenant, in every count and every copy."""

from __future__ import annotations

from tests.postgres.init.described import Describe

NUMBERS = """
CREATE TABLE tenants (id numeric PRIMARY KEY, name text UNIQUE NOT NULL);
CREATE TABLE orders (id int PRIMARY KEY, tenant_id numeric NOT NULL REFERENCES tenants);
CREATE TABLE items (id int PRIMARY KEY, tenant_id numeric NOT NULL, order_id int NOT NULL REFERENCES orders);
CREATE TABLE stamps (day timestamp NOT NULL, tenant_id numeric REFERENCES tenants, PRIMARY KEY (tenant_id, day));
CREATE TABLE marks (id int PRIMARY KEY, tenant_id numeric NOT NULL, day timestamp NOT NULL,
    FOREIGN KEY (tenant_id, day) REFERENCES stamps);
INSERT INTO tenants VALUES (1, 'a'), (2.0, 'b');
INSERT INTO orders VALUES (1, 1.00), (2, 2), (3, 1);
INSERT INTO items VALUES (1, 1.0, 1), (2, 2.00, 2);
INSERT INTO stamps VALUES ('2026-01-01', 1.0), ('2026-01-01', 2.00);
INSERT INTO marks VALUES (1, 1.000, '2026-01-01'), (2, 2, '2026-01-01');
"""


def test_numbers_written_differently_are_one_tenant(described: Describe) -> None:
    made = described(NUMBERS)
    assert set(made.targets.values()) == {"auth", "tenant"}
    findings = made.project.run("audit").document["findings"]
    assert {row["id"] for row in findings} & {"S03", "S06", "S24"} == set()
    made.split()
    assert made.rows("a", "orders") == [1, 3]
    assert [made.rows("b", table) for table in ("orders", "items", "marks")] == [[2], [2], [2]]
    # Rows are carried as they are: the source's own spelling of the number.
    assert str(made.project.value("a", "SELECT tenant_id FROM orders WHERE id = 1")) == "1.00"


def test_a_row_of_another_tenant_is_still_a_leak(described: Describe) -> None:
    made = described(NUMBERS)
    made.split()
    made.project.execute("a", "INSERT INTO orders VALUES (9, 2.000)")
    answer = made.project.run("verify")
    assert answer.exit_code == 1
    assert [row["table"] for row in answer.section("Rows of another tenant")] == ["orders"]


def test_a_key_that_no_tenant_has_stays_unknown(described: Describe) -> None:
    made = described(
        NUMBERS,
        """
        SET session_replication_role = replica;
        INSERT INTO orders VALUES (4, 3.0), (5, 3.00);
        """,
    )
    answer = made.project.run("dry-run")
    assert answer.exit_code == 1
    assert [(row["table"], row["unknown-key rows"]) for row in answer.section("Rows that nobody owns")] == [
        ("orders", 2)
    ]
