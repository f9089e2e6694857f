"""Keys that only partitions declare count as declared ones: they block, they lead to the tenant, they are severed."""

from __future__ import annotations

from tests.postgres.init.described import Describe

PARTITIONED = """
CREATE TABLE tenants (id int PRIMARY KEY, name text UNIQUE NOT NULL);
CREATE TABLE users (id int PRIMARY KEY, email text, password text);
CREATE TABLE customers (id int PRIMARY KEY, tenant_id int NOT NULL REFERENCES tenants);
INSERT INTO tenants SELECT i, 'tenant ' || i FROM generate_series(1, 3) i;
INSERT INTO users SELECT i, 'u' || i, 'x' FROM generate_series(1, 3) i;
INSERT INTO customers SELECT i, 1 + i % 3 FROM generate_series(1, 30) i;
"""

OF_ONE = """
CREATE TABLE payments (
    id int NOT NULL, tenant_id int NOT NULL REFERENCES tenants, buyer int NOT NULL, at date, PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
CREATE TABLE payments_1 PARTITION OF payments FOR VALUES FROM ('2026-01-01') TO ('2026-07-01') PARTITION BY LIST (id);
CREATE TABLE payments_1a PARTITION OF payments_1 DEFAULT;
CREATE TABLE payments_2 PARTITION OF payments FOR VALUES FROM ('2026-07-01') TO ('2027-01-01');
ALTER TABLE payments_1 ADD FOREIGN KEY (buyer) REFERENCES customers;
INSERT INTO payments SELECT i, 1 + i % 3, i, '2026-03-01' FROM generate_series(1, 30) i;
INSERT INTO payments SELECT 100 + i, 1 + i % 3, 900 + i, '2026-08-01' FROM generate_series(1, 3) i;
"""

OF_EACH = """
CREATE TABLE payments (
    id int NOT NULL, buyer int NOT NULL, clerk int, at date NOT NULL, PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
CREATE TABLE payments_1 PARTITION OF payments FOR VALUES FROM ('2026-01-01') TO ('2026-07-01') PARTITION BY LIST (id);
CREATE TABLE payments_1a PARTITION OF payments_1 DEFAULT;
CREATE TABLE payments_2 PARTITION OF payments FOR VALUES FROM ('2026-07-01') TO ('2027-01-01');
ALTER TABLE payments_1 ADD FOREIGN KEY (buyer) REFERENCES customers;
ALTER TABLE payments_2 ADD FOREIGN KEY (buyer) REFERENCES customers;
ALTER TABLE payments_2 ADD FOREIGN KEY (clerk) REFERENCES users;
INSERT INTO payments SELECT i, i, 99, '2026-03-01' FROM generate_series(1, 30) i;
INSERT INTO payments SELECT 100 + i, i, i, '2026-08-01' FROM generate_series(1, 3) i;
"""


def test_rows_that_name_another_tenants_row_block(described: Describe) -> None:
    made = described(
        PARTITIONED,
        OF_ONE,
        "INSERT INTO payments SELECT 200 + i, 1 + (i + 1) % 3, i, '2026-04-01' FROM generate_series(1, 3) i",
    )
    answer = made.project.run("dry-run")
    assert answer.exit_code == 1
    blocking = [row for row in answer.section("Readiness") if row["result"] == "BLOCKS"]
    assert [row["check"] for row in blocking] == ["S06 payments_1(buyer) -> customers(id)"]
    # Rows of the other partition, which the key is not declared for, are not asked.
    assert any(str(value).startswith("3 rows of payments name") for value in blocking[0].values())


def test_rows_whose_parent_is_missing_block(described: Describe) -> None:
    lost = "SET session_replication_role = replica; INSERT INTO payments VALUES (300, 1, 77, '2026-05-01')"
    made = described(PARTITIONED, OF_ONE, lost)
    answer = made.project.run("dry-run")
    assert answer.exit_code == 1
    blocking = [row["check"] for row in answer.section("Readiness") if row["result"] == "BLOCKS"]
    assert blocking == ["S07 payments_1(buyer) -> customers(id)"]


def test_what_each_partition_declares_leads_to_the_tenant(described: Describe) -> None:
    made = described(PARTITIONED, OF_EACH)
    assert made.targets["payments"] == "tenant"
    audit = made.project.run("audit")
    assert [row["object"] for row in audit.document["findings"] if row["id"] == "S05"] == [
        "payments_2(clerk) -> users(id)", "customers(tenant_id) -> tenants(id)"
    ]  # fmt: skip
    made.split()
    assert len(made.rows("tenant_1", "payments")) == 11
    # The reference across databases is checked in the rows of the partition that declares it, and no others.
    made.project.execute("auth", "DELETE FROM users WHERE id = 1")
    answer = made.project.run("verify")
    assert answer.exit_code == 1
