"""Several trees in one database: which of them makes what, and what its tables are called afterwards."""

from __future__ import annotations

import dataclasses
from typing import Any

from migrator.core.placement.model import Placements
from migrator.core.placement.place import place
from migrator.core.trees.divide_ddl import divide_ddl, naming, outdated
from migrator.core.trees.division import Division, Entry, divide
from migrator.settings import Settings
from tests.schema import catalog, public, table

USERS = Entry(10, "TABLE", "public.users", "CREATE TABLE users", (1,), "public", public("users"))
ORDERS = Entry(11, "TABLE", "public.orders", "CREATE TABLE orders", (2,), "public", public("orders"))
MOOD = Entry(1, "TYPE", "public.mood", "CREATE TYPE mood", (), "public")
UNIT = Entry(2, "TYPE", "public.unit", "CREATE TYPE unit", (), "public")
UNUSED = Entry(3, "TYPE", "public.unused", "CREATE TYPE unused", (), "public")
VIEW = Entry(20, "VIEW", "public.totals", "CREATE VIEW totals", (10, 11), "public")
COMMENT = Entry(21, "COMMENT", "VIEW totals", "COMMENT ON VIEW totals", (20,))
THERE = Entry(30, "FK CONSTRAINT", "public.users key", "ALTER TABLE users", (10, 11), "public")
BACK = Entry(31, "FK CONSTRAINT", "public.orders key", "ALTER TABLE orders", (11, 10), "public")
READER = Entry(5, "FUNCTION", "public.reader()", "SELECT FROM orders", (), "public")
HOMES = {public("users"): "people", public("orders"): "sales"}
MEMBERS = ("people", "sales")

SOURCE = catalog(table("users", "id int!", "mood text"), table("orders", "id int!", partitions=(public("orders_1"),)))


def settings(**tables: dict[str, Any]) -> Settings:
    return Settings.model_validate(
        {
            "targets": {name: {"database": "erp", "schema": name, "migrations": name} for name in MEMBERS},
            "tables": {"users": {"target": "people"}, "orders": {"target": "sales"}, **tables},
        }
    )


def placed(configured: Settings) -> Placements:
    return place(SOURCE, configured)


def divided(*entries: Entry) -> Division:
    homes = {relation: frozenset({"people"}) for relation in HOMES}
    return divide(
        entries, homes, ("people",), mentions=lambda text: [public("orders")] if "FROM orders" in text else []
    )


def trees(*entries: Entry) -> dict[str, list[int]]:
    found = divide_ddl(divided(*entries), "people", MEMBERS, HOMES)
    return {target: [entry.id for entry in made] for target, made in found.items()}


def test_what_needs_two_trees_is_made_by_the_later_one() -> None:
    found = trees(MOOD, UNIT, USERS, ORDERS, VIEW, COMMENT, THERE, BACK)
    assert found == {"people": [1, 10], "sales": [2, 11, 20, 21, 30, 31]}


def test_what_two_trees_need_is_made_by_the_first_and_what_none_needs_too() -> None:
    orders = dataclasses.replace(ORDERS, dependencies=(1,))
    assert trees(MOOD, UNUSED, USERS, orders) == {"people": [1, 3, 10], "sales": [11]}


def test_a_function_is_there_before_the_default_that_calls_it_whatever_it_reads() -> None:
    users = dataclasses.replace(USERS, dependencies=(5,))
    assert trees(READER, users, ORDERS) == {"people": [5, 10], "sales": [11]}
    assert trees(READER, USERS, ORDERS) == {"people": [10], "sales": [5, 11]}


def test_tables_partitions_and_views_get_their_names() -> None:
    configured = settings(orders={"target": "sales", "as": "Order", "columns": {"id": "no"}})
    (script,) = naming("sales", [ORDERS, VIEW], placed(configured), SOURCE, configured)
    assert script.text.splitlines() == [
        "ALTER TABLE public.orders RENAME COLUMN id TO no;",
        "ALTER TABLE public.orders SET SCHEMA sales;",
        "ALTER TABLE public.orders_1 SET SCHEMA sales;",
        'ALTER TABLE sales.orders RENAME TO "Order";',
        "ALTER VIEW public.totals SET SCHEMA sales;",
    ]


def test_where_every_name_stays_there_is_no_second_revision() -> None:
    configured = Settings.model_validate(
        {"targets": {"one": {"database": "erp", "migrations": "one"}}, "tables": {"users": {"target": "one"}}}
    )
    assert naming("one", [USERS], placed(configured), SOURCE, configured) == ()


def test_a_function_that_names_a_moved_table_is_reported() -> None:
    (told,) = outdated([READER, ORDERS], divided(READER, ORDERS), placed(settings()))
    assert "orders (sales.orders)" in told


def test_a_database_goes_by_the_first_of_its_targets() -> None:
    found = placed(settings()).tables
    assert {one.home for one in found.values()} == {"people"}
    assert found[public("orders")].destination == ("sales", "orders")
    assert found[public("orders")].target == "sales"
