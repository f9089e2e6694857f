"""Going back after several tenants have written: all of it comes back, or is held, renumbered, and tried again."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from tests.postgres.shop import Shop, load_shop, make_shop
from tests.postgres.workspaces import state
from tests.servers import DatabaseFactory

pytestmark = pytest.mark.timeout(300)

TENANTS = 12

# What applications of one tenant do: rows that hang on each other, numbers from three kinds of sequences.
WALK = """
INSERT INTO customers (tenant_id, name) VALUES ({tenant}, 'new'), ({tenant}, 'newer');
UPDATE customers SET parent_id = (SELECT max(id) FROM customers) WHERE name = 'new';
INSERT INTO sales (customer_id, net, note) SELECT id, {tenant}, 'placed' FROM customers WHERE name ~ '^new';
INSERT INTO order_lines SELECT id, 1, 'kg', {tenant} FROM sales WHERE note = 'placed';
INSERT INTO notes (tenant_id, body) VALUES ({tenant}, 'noted');
INSERT INTO events (tenant_id, at, body) VALUES ({tenant}, '2024-07-01', 'happened');
"""


@pytest.fixture
def shop(database_factory: DatabaseFactory, prefix: str, tmp_path: Path) -> Shop:
    url = database_factory()
    load_shop(url, tenants=TENANTS, orders=12)
    with psycopg.connect(url) as connection:
        # A key that tenants do not share by right, and numbers that no room is left for.
        connection.execute("ALTER TABLE customers ADD email text UNIQUE")
    made = make_shop(tmp_path / "shop", url, prefix)
    with (made.directory / "tenant" / "schema.sql").open("a", encoding="utf-8") as schema:
        schema.write("\nALTER TABLE customers ADD email text;\n")
    return made


def test_what_twelve_tenants_wrote_comes_back_to_the_last_row(shop: Shop) -> None:
    before = state(shop.source)
    shop.split()
    for tenant in range(1, TENANTS + 1):
        shop.execute(f"tenant_{tenant}", WALK.format(tenant=tenant))
    outlook = shop.run("rollback", "--validate")
    assert outlook.exit_code == 1
    assert outlook.summary["conflicts"] == 0
    assert outlook.document["next"][0].endswith("--replay-writes")
    answer = shop.take_back("--replay-writes")
    assert answer.exit_code == 0, answer.document
    assert answer.summary["conflicts"] == 0
    after = state(shop.source)
    assert after.objects == before.objects
    added = {"customers": 2, "orders": 2, "order_lines": 2, "notes": 1, "events": 1}
    assert after.rows == {name: rows + added.get(name, 0) * TENANTS for name, rows in before.rows.items()}
    # Each row is at home where it was written.
    for tenant in range(1, TENANTS + 1):
        written = shop.fetch(
            "",
            "SELECT c.tenant_id, o.amount FROM orders o JOIN customers c ON c.id = o.customer_id "  # noqa: S608
            f"JOIN order_lines l ON l.order_id = o.id WHERE o.note = 'placed' AND l.quantity = {tenant}",
        )
        assert written == [(tenant, tenant)] * 2
    # The next numbers are nobody's.
    shop.execute(
        "",
        "INSERT INTO customers (tenant_id, name) VALUES (1, 'later');"
        "INSERT INTO notes (tenant_id, body) VALUES (1, 'later');"
        "INSERT INTO orders (customer_id, amount) SELECT id, 1 FROM customers WHERE name = 'later'",
    )


def write_emails(shop: Shop) -> None:
    for tenant in (1, 2):
        shop.execute(
            f"tenant_{tenant}",
            f"INSERT INTO customers (tenant_id, name, email) VALUES ({tenant}, 'first', 'a@b.c');"  # noqa: S608
            "INSERT INTO sales (customer_id, net, note) SELECT id, 1, 'held' FROM customers WHERE name = 'first'",
        )


@pytest.mark.exhaustive
def test_a_natural_key_that_two_tenants_gave_is_foretold_held_and_tried_again(shop: Shop) -> None:
    shop.split()
    write_emails(shop)
    outlook = shop.run("rollback", "--validate")
    # The customer, and the order that hangs on it.
    assert outlook.summary["conflicts"] == 2
    assert outlook.summary["conflicts_settled_by_new_numbers"] == 0
    found = outlook.section("Changes that conflict with the source")
    assert {(row["tenant"], row["table"], row["changes"]) for row in found} == {
        ("2", "customers", 1),
        ("2", "orders", 1),
    }
    assert "--save-writes DIR --replay-writes --accept-conflicts" in outlook.document["next"][0]

    source = state(shop.source)
    refused = shop.take_back("--replay-writes")
    assert refused.exit_code == 3
    assert "a@b.c" in refused.error
    # Numbers do not help where none is in the way.
    assert shop.take_back("--replay-writes", "--renumber").exit_code == 3
    assert state(shop.source) == source
    assert f"tenant_{TENANTS}" in shop.databases()

    answer = shop.take_back("--replay-writes", "--accept-conflicts", "--save-writes", str(shop.directory / "kept"))
    assert answer.exit_code == 1
    assert answer.summary["conflicts"] == 2
    assert shop.databases() == ["migrator"]
    retry = next(command for command in answer.document["next"] if "--retry-conflicts" in command)
    file = retry.split()[-1]
    assert any("--retry-conflicts" in command for command in shop.succeed("status").document["next"])

    again = shop.run("rollback", "--retry-conflicts", file)
    assert again.exit_code == 1
    assert (again.summary["changes_carried_back"], again.summary["conflicts"]) == (0, 2)
    assert "0 changes of " in again.document["headline"]
    # Another number is offered only where one settles something.
    assert again.document["next"][0].endswith(f"--retry-conflicts {file}")
    shop.execute("", "UPDATE customers SET email = NULL WHERE tenant_id = 1 AND email = 'a@b.c'")
    done = shop.succeed("rollback", "--retry-conflicts", file)
    assert (done.summary["changes_carried_back"], done.summary["conflicts"]) == (2, 0)
    held = "SELECT c.tenant_id FROM orders o JOIN customers c ON c.id = o.customer_id WHERE note = 'held' ORDER BY 1"
    assert shop.fetch("", held) == [(1,), (2,)]
    assert not shop.succeed("status").section("Changes that wait")
    # Once more does nothing twice.
    assert shop.succeed("rollback", "--retry-conflicts", file).summary["changes_carried_back"] == 0


def take_numbers(shop: Shop) -> None:
    """Two tenants give the same numbers by themselves, to rows that others reference."""
    for tenant in (1, 2):
        shop.execute(
            f"tenant_{tenant}",
            "INSERT INTO customers (id, tenant_id, name) "  # noqa: S608
            f"VALUES (900001, {tenant}, 'max + 1'), (900002, {tenant}, 'below');"
            "UPDATE customers SET parent_id = 900001 WHERE id = 900002;"
            "UPDATE customers SET parent_id = 900002 WHERE id = (SELECT min(id) FROM customers);"
            "INSERT INTO sales (id, customer_id, net, note) OVERRIDING SYSTEM VALUE "
            "VALUES (900001, 900001, 7, 'taken'), (900002, 900002, 8, 'taken');"
            f"INSERT INTO order_lines VALUES (900001, 1, 'kg', {tenant}), (900001, 2, 'm', {tenant}), "
            f"(900002, 1, 'pc', {tenant})",
        )


def check_renumbered(shop: Shop) -> None:
    rows = shop.fetch(
        "",
        "SELECT c.tenant_id, c.name, p.name, o.amount, count(l), min(l.quantity), max(l.quantity) FROM orders o "
        "JOIN customers c ON c.id = o.customer_id LEFT JOIN customers p ON p.id = c.parent_id "
        "JOIN order_lines l ON l.order_id = o.id WHERE o.note = 'taken' GROUP BY 1, 2, 3, 4 ORDER BY 1, 2",
    )
    assert rows == [
        (tenant, name, parent, amount, lines, tenant, tenant)
        for tenant in (1, 2)
        for name, parent, amount, lines in (("below", "max + 1", 8, 1), ("max + 1", None, 7, 2))
    ]
    below = (
        "SELECT c.tenant_id, p.tenant_id FROM customers c JOIN customers p ON p.id = c.parent_id WHERE p.name = 'below'"
    )
    assert sorted(shop.fetch("", below)) == [(1, 1), (2, 2)]


def test_rows_whose_number_is_taken_get_another_and_all_that_references_them_follows(shop: Shop) -> None:
    shop.split()
    take_numbers(shop)
    outlook = shop.run("rollback", "--validate")
    assert outlook.summary["conflicts_settled_by_new_numbers"] == 4
    assert outlook.document["next"][0].endswith("--replay-writes --renumber")
    assert shop.take_back("--replay-writes").exit_code == 3
    answer = shop.take_back("--replay-writes", "--renumber")
    assert answer.exit_code == 0, answer.document
    assert answer.summary["rows_renumbered"] == 4
    check_renumbered(shop)


def test_new_numbers_are_given_later_too(shop: Shop) -> None:
    shop.split()
    take_numbers(shop)
    answer = shop.take_back("--replay-writes", "--accept-conflicts")
    assert answer.exit_code == 1
    file = next(command for command in answer.document["next"] if "--retry-conflicts" in command).split()[-1]
    again = shop.run("rollback", "--retry-conflicts", file)
    assert again.exit_code == 1
    assert again.document["next"][0].endswith(" --renumber")
    shop.succeed("rollback", "--retry-conflicts", file, "--renumber")
    check_renumbered(shop)
