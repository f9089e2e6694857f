"""verify finds what is wrong with a split, and names it: each fault is planted in a good split and taken out again."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.postgres.shop import Shop, shop_on
from tests.project import Answer
from tests.servers import PostgresServer

ONE, TWO = "tenant_1", "tenant_2"


@pytest.fixture(scope="module")
def shop(server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A split shop that verifies; every test leaves it as it was, which is seen to at the end."""
    with shop_on(server, tmp_path_factory.mktemp("verify"), f"v{uuid.uuid4().hex[:8]}") as made:
        made.split()
        yield made
        made.succeed("verify")


@contextmanager
def planted(shop: Shop, *faults: tuple[str, str, str]) -> Iterator[Answer]:
    """What verify says while the faults (database, statement, its reverse) are in."""
    for database, fault, _ in faults:
        shop.execute(database, fault)
    try:
        answer = shop.run("verify")
        assert answer.exit_code == 1, answer.document["headline"]
        assert answer.document["status"] == "findings"
        # Never the rollback itself: the rows may be what applications wrote.
        assert answer.document["next"] == [f"migrator --config {shop.toml} rollback --validate"]
        yield answer
    finally:
        for database, _, cure in reversed(faults):
            shop.execute(database, cure)


def rows_named(answer: Answer, shop: Shop) -> set[tuple[str, str, str, str]]:
    """(database, table, key, kind) of every row that verify names."""
    return {
        (row["database"].removeprefix(f"{shop.prefix}_"), row["table"].removeprefix("public."), row["key"], row["kind"])
        for row in answer.document["rows"]
    }


def test_a_good_split_verifies_as_often_as_one_likes(shop: Shop) -> None:
    first, second = shop.succeed("verify"), shop.succeed("verify")
    assert first.summary == second.summary
    assert first.summary["databases_examined"] == 5
    assert first.summary["references_checked"] == 2


def test_a_deleted_row_is_missing(shop: Shop) -> None:
    with planted(shop, (ONE, "DELETE FROM notes WHERE id = 3", "INSERT INTO notes VALUES (3, 1, 'Note 3')")) as answer:
        assert rows_named(answer, shop) == {(ONE, "notes", "{3}", "missing")}
        assert answer.summary["differences"] == 1


def test_a_changed_row_differs(shop: Shop) -> None:
    with planted(
        shop,
        (
            ONE,
            "UPDATE customers SET name = 'Somebody else' WHERE id = 6",
            "UPDATE customers SET name = 'Customer 6' WHERE id = 6",
        ),
    ) as answer:
        assert rows_named(answer, shop) == {(ONE, "customers", "{6}", "different")}


def test_an_added_row_is_extra(shop: Shop) -> None:
    with planted(
        shop, (ONE, "INSERT INTO notes VALUES (2, 1, 'of nobody')", "DELETE FROM notes WHERE id = 2")
    ) as answer:
        assert rows_named(answer, shop) == {(ONE, "notes", "{2}", "extra")}


def test_rows_of_a_composite_key_and_of_a_partition_are_named(shop: Shop) -> None:
    with planted(
        shop,
        (
            ONE,
            "UPDATE order_lines SET quantity = 99 WHERE order_id = 2 AND line = 2",
            "UPDATE order_lines SET quantity = 2 WHERE order_id = 2 AND line = 2",
        ),
        (
            ONE,
            "DELETE FROM events WHERE id = 3",
            "INSERT INTO events VALUES (3, 1, '2024-06-04', 'Event 3')",
        ),
    ) as answer:
        assert rows_named(answer, shop) == {
            (ONE, "order_lines", "{2,2}", "different"),
            (ONE, "events", "{3,2024-06-04}", "missing"),
        }


def test_a_row_in_another_tenants_database_is_a_leak(shop: Shop) -> None:
    with planted(
        shop,
        (TWO, "DELETE FROM notes WHERE id = 1", "INSERT INTO notes VALUES (1, 2, 'Note 1')"),
        (ONE, "INSERT INTO notes VALUES (1, 2, 'Note 1')", "DELETE FROM notes WHERE id = 1"),
    ) as answer:
        assert answer.summary["leaked_rows"] == 1
        (leak,) = answer.section("Rows of another tenant")
        assert (leak["database"], leak["table"], leak["rows"]) == (f"{shop.prefix}_{ONE}", "notes", 1)
        assert rows_named(answer, shop) == {(ONE, "notes", "{1}", "extra"), (TWO, "notes", "{1}", "missing")}


def test_a_leak_is_found_over_the_key_path(shop: Shop) -> None:
    with planted(
        shop,
        (
            ONE,
            "INSERT INTO customers (id, tenant_id, name) VALUES (10, 2, 'of two'); "
            "INSERT INTO sales (id, customer_id, number, net) OVERRIDING SYSTEM VALUE VALUES (3, 10, 3, 1)",
            "DELETE FROM sales WHERE id = 3; DELETE FROM customers WHERE id = 10",
        ),
    ) as answer:
        leaks = {leak["table"]: leak["rows"] for leak in answer.section("Rows of another tenant")}
        assert leaks == {"customers": 1, "sales": 1}


def test_the_audit_names_a_database_that_is_not_like_its_template(shop: Shop) -> None:
    assert shop.succeed("audit", "--rule", "S22").document["findings"] == []
    with planted(shop, (TWO, "CREATE INDEX by_hand ON notes (body)", "DROP INDEX by_hand")):
        (finding,) = shop.run("audit", "--rule", "S22").document["findings"]
    assert finding["key"] == f"S22:{shop.prefix}_{TWO}"
    assert finding["detail"] == "1 object against the template: index public.by_hand is extra."


@pytest.mark.parametrize(
    ("fault", "cure", "kind", "named", "how"),
    [
        (
            "DROP INDEX customers_name_idx",
            "CREATE INDEX customers_name_idx ON customers (lower(name))",
            "index",
            "customers_name_idx",
            "missing",
        ),
        ("CREATE VIEW extra AS SELECT 1", "DROP VIEW extra", "view", "extra", "extra"),
        (
            "ALTER TABLE customers DISABLE ROW LEVEL SECURITY",
            "ALTER TABLE customers ENABLE ROW LEVEL SECURITY",
            "",
            "customers",
            "different",
        ),
        (
            "ALTER TABLE sales DISABLE TRIGGER sales_noted",
            "ALTER TABLE sales ENABLE TRIGGER sales_noted",
            "trigger",
            "sales_noted",
            "different",
        ),
        (
            "ALTER TABLE sales DROP CONSTRAINT sales_net_check; "
            "ALTER TABLE sales ADD CONSTRAINT sales_net_check CHECK (net >= 0) NOT VALID",
            "ALTER TABLE sales VALIDATE CONSTRAINT sales_net_check",
            "constraint",
            "sales_net_check",
            "different",
        ),
        (
            "ALTER TABLE sales ALTER COLUMN number DROP DEFAULT",
            "ALTER TABLE sales ALTER COLUMN number SET DEFAULT nextval('document_number_seq')",
            "",
            "sales",
            "different",
        ),
        (
            "GRANT SELECT ON notes TO PUBLIC",
            # Back to no list of privileges at all, which a REVOKE alone does not give.
            "REVOKE SELECT ON notes FROM PUBLIC; UPDATE pg_class SET relacl = NULL WHERE oid = 'notes'::regclass",
            "",
            "notes",
            "different",
        ),
        (
            "COMMENT ON TABLE customers IS 'Something else'",
            "COMMENT ON TABLE customers IS 'Customers of the tenant'",
            "",
            "customers",
            "different",
        ),
    ],
    ids=["index", "view", "row-security", "trigger", "not-valid", "default", "grant", "comment"],
)
def test_a_schema_that_is_not_its_templates_is_named(
    shop: Shop, fault: str, cure: str, kind: str, named: str, how: str
) -> None:
    with planted(shop, (ONE, fault, cure)) as answer:
        assert answer.summary["differences"] == 0
        found = answer.section("Schemas that differ")
        assert {row["database"] for row in found} == {f"{shop.prefix}_{ONE}"}
        assert any(
            kind in row["kind"] and named in row["object"] and row["against the template"] == how for row in found
        ), found


@pytest.mark.parametrize("value", [1, 4_000_000], ids=["used-here", "used-in-the-monolith"])
def test_a_sequence_that_was_set_back_is_named(shop: Shop, value: int) -> None:
    with planted(
        shop,
        (
            ONE,
            f"SELECT setval('document_number_seq', {value})",
            "ALTER SEQUENCE document_number_seq RESTART WITH 5000001",
        ),
    ) as answer:
        assert answer.summary["sequence_collisions"] == 1
        (row,) = answer.section("Sequences")
        assert row["database"] == f"{shop.prefix}_{ONE}"
        assert (row["sequence"], row["stands at"]) == ("document_number_seq", value)


def test_a_reference_into_another_database_that_leads_nowhere_is_named(shop: Shop) -> None:
    with planted(
        shop,
        (
            ONE,
            "UPDATE customers SET created_by = 424242 WHERE id = 3",
            "UPDATE customers SET created_by = 4 WHERE id = 3",
        ),
    ) as answer:
        assert answer.summary["cross_database_orphans"] == 1
        (broken,) = answer.section("References broken across databases")
        assert broken["foreign key"] == "customers(created_by) -> users(id)"
        assert broken["database"] == f"{shop.prefix}_{ONE}"
        assert "424242" in broken["some of them"]


def test_a_parent_that_is_gone_from_auth_orphans_rows_of_every_tenant(shop: Shop) -> None:
    with planted(
        shop, ("auth", "DELETE FROM users WHERE id = 4", "INSERT INTO users VALUES (4, 'user4@company.fr')")
    ) as answer:
        assert rows_named(answer, shop) == {("auth", "users", "{4}", "missing")}
        broken = {row["database"].removeprefix(f"{shop.prefix}_") for row in answer.section("References broken")}
        expected = {
            f"tenant_{tenant}"
            for (tenant,) in shop.fetch("", "SELECT DISTINCT tenant_id FROM customers WHERE created_by = 4")
        }
        assert broken == expected


def test_a_replica_that_differs_is_named(shop: Shop) -> None:
    with planted(
        shop,
        (
            TWO,
            "UPDATE units SET label = 'Pound' WHERE code = 'kg'",
            "UPDATE units SET label = 'Kilogramme' WHERE code = 'kg'",
        ),
    ) as answer:
        assert [row["tenant"] for row in answer.section("Differences")] == ["2"]


def test_a_write_that_got_around_the_fence_is_a_difference(shop: Shop) -> None:
    around = (
        "ALTER TABLE notes DISABLE TRIGGER migrator_fence; {}; ALTER TABLE notes ENABLE ALWAYS TRIGGER migrator_fence"
    )
    with planted(
        shop,
        (
            "",
            around.format("DELETE FROM notes WHERE id = 3"),
            around.format("INSERT INTO notes VALUES (3, 1, 'Note 3')"),
        ),
    ) as answer:
        assert rows_named(answer, shop) == {(ONE, "notes", "{3}", "extra")}


def test_a_sample_says_that_it_is_one_and_still_proves_auth_and_shared(shop: Shop) -> None:
    answer = shop.succeed("verify", "--sample", "1")
    assert "(a sample: 3 of 5 databases)" in answer.document["headline"]
    assert answer.summary["sample_percent"] == 1
    shop.execute("auth", "DELETE FROM members WHERE tenant_id = 1 AND user_id = 1")
    try:
        found = shop.run("verify", "--sample", "1")
        assert found.exit_code == 1
        assert rows_named(found, shop) == {("auth", "members", "{1,1}", "missing")}
    finally:
        shop.execute("auth", "INSERT INTO members VALUES (1, 1)")
