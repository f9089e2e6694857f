"""A column called like a tenant key, of another type: placed by it where all values are tenants', else asked about."""

from __future__ import annotations

from tests.postgres.init.described import Describe

ROOT = """
CREATE TABLE tenants (id int PRIMARY KEY, name text UNIQUE NOT NULL);
CREATE TABLE orders (id int PRIMARY KEY, tenant_id int NOT NULL REFERENCES tenants);
INSERT INTO tenants SELECT i, 'tenant ' || i FROM generate_series(1, 5) i;
INSERT INTO orders SELECT i, 1 + i % 5 FROM generate_series(1, 50) i;
"""


def test_other_types_are_followed_where_every_value_is_a_tenants(described: Describe) -> None:
    made = described(
        ROOT,
        """
        CREATE DOMAIN whole AS bigint;
        CREATE DOMAIN ref AS whole CHECK (value > 0);
        CREATE TABLE a (id int PRIMARY KEY, org_id ref NOT NULL);
        CREATE TABLE b (id int PRIMARY KEY, tenant char(8) NOT NULL);
        CREATE TABLE c (id int PRIMARY KEY, "tenantId" numeric(10, 2) NOT NULL);
        CREATE TABLE part (id int PRIMARY KEY, a_id int NOT NULL REFERENCES a);
        INSERT INTO a SELECT i, 1 + i % 5 FROM generate_series(1, 50) i;
        INSERT INTO b SELECT i, 1 + i % 5 FROM generate_series(1, 50) i;
        INSERT INTO c SELECT i, 1 + i % 5 FROM generate_series(1, 50) i;
        INSERT INTO part SELECT i, i FROM generate_series(1, 50) i;
        """,
    )
    assert {name for name, target in made.targets.items() if target == "tenant"} == {"orders", "a", "b", "c", "part"}
    made.split()
    assert [len(made.rows("tenant_1", name)) for name in ("a", "b", "c", "part")] == [10] * 4


def test_what_does_not_hold_for_every_value_is_asked_about(described: Describe) -> None:
    made = described(
        ROOT,
        """
        CREATE TABLE a (id int PRIMARY KEY, tenant_id text NOT NULL);
        CREATE TABLE b (id int PRIMARY KEY, tenant_id numeric NOT NULL);
        CREATE TABLE c (id int PRIMARY KEY, tenant_id text NOT NULL);
        CREATE TABLE d (id int PRIMARY KEY, company_id text);
        CREATE TABLE e (id int PRIMARY KEY, group_id int);
        CREATE TABLE f (id int PRIMARY KEY, name text);
        INSERT INTO a SELECT i, CASE WHEN i = 7 THEN 'x' ELSE (1 + i % 5)::text END FROM generate_series(1, 50) i;
        INSERT INTO b SELECT i, CASE WHEN i = 7 THEN 1.5 ELSE 1 + i % 5 END FROM generate_series(1, 50) i;
        INSERT INTO d SELECT i, 'C' || i FROM generate_series(1, 50) i;
        INSERT INTO e SELECT i, 1 + i % 5 FROM generate_series(1, 50) i;
        """,
    )
    assert {name: target for name, target in made.targets.items() if len(name) == 1} == {
        "a": "?", "b": "?", "c": "?", "d": "?", "e": "?", "f": "shared"
    }  # fmt: skip
    assert "5 of 6 values are in tenants.id" in made.tables["a"]["reason"]
