"""Captured tables: every placed table and every table that paths pass through, with all the columns that paths read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from migrator.core.online.captured import CapturedTable, LogEntry, captured_tables
from migrator.core.placement.place import place
from migrator.core.schema.catalog import Table
from migrator.settings import Settings
from tests.schema import catalog, key, table
from tests.unit.placement.test_place import CLIENTS, ORDERS, TARGETS, TENANTS, UNITS, USERS


def captured(
    *tables: Table, configured: Mapping[str, Any] | None = None, tenants: Mapping[str, Any] | None = None
) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """By the table's name its key and its route."""
    settings = Settings.model_validate(
        {"tenants": {"root": "tenants", **(tenants or {})}, "targets": TARGETS, "tables": configured or {}}
    )
    source = catalog(*tables) if any(one.relation.name == "tenants" for one in tables) else catalog(TENANTS, *tables)
    return {str(one.relation): (one.key, one.route) for one in captured_tables(source, place(source, settings))}


def test_routes_hold_what_paths_read_at_their_start_and_on_their_way() -> None:
    assert captured(USERS, CLIENTS, ORDERS, configured={"users": {"target": "auth"}}) == {
        "tenants": (("id",), ()),
        "users": (("id",), ()),
        "clients": (("id",), ("tenant_id",)),  # created_by leads to nobody's rows
        "orders": (("id",), ("client_id",)),
    }


def test_an_ignored_table_is_not_captured_and_neither_is_one_that_nobody_placed() -> None:
    assert captured(CLIENTS, UNITS, USERS, configured={"users": {"ignore": "left"}}).keys() == {"tenants", "clients"}


def test_a_path_over_a_column_that_is_no_primary_key_has_that_in_its_route() -> None:
    shops = table("shops", "id bigint!", "code text!", "tenant_id integer!", unique=("code",),
                  keys=(key("shops", "tenant_id", "tenants"),))  # fmt: skip
    sales = table("sales", "id bigint!", "shop text", keys=(key("sales", "shop", "shops", "code"),))
    routes = captured(shops, sales)
    assert routes["shops"] == (("id",), ("code", "tenant_id"))
    assert routes["sales"] == (("id",), ("shop",))


def test_a_polymorphic_pair_is_two_columns() -> None:
    notes = table("notes", "id bigint!", "about text", "about_id bigint")
    pair = {"type": "about", "id": "about_id", "tables": {"client": "clients", "order": "orders"}}
    routes = captured(CLIENTS, ORDERS, notes, configured={"notes": {"polymorphic": [pair]}})
    assert routes["notes"] == (("id",), ("about", "about_id"))


def test_a_row_that_names_others_has_all_that_chooses_it() -> None:
    links = table("links", "no bigint!", "flow_id bigint!", "role text", "client_id bigint!", "note text", pk="no")
    path = ["id -> first of links.flow_id where role = 'owner'", "client_id -> clients.id", "clients.tenant_id"]
    configured = {"flows": {"key_path": path}, "links": {"target": "shared"}}
    routes = captured(CLIENTS, table("flows", "id bigint!"), links, configured=configured)
    assert routes["links"] == (("no",), ("flow_id", "role", "client_id"))
    assert routes["flows"] == (("id",), ())


def test_of_several_naming_rows_the_primary_key_chooses_whatever_the_key_is() -> None:
    links = table("links", "no bigint!", "code text!", "flow_id bigint!", "client_id bigint!", pk="no",
                  unique=("code",))  # fmt: skip
    path = ["id -> first of links.flow_id", "client_id -> clients.id", "clients.tenant_id"]
    configured = {"flows": {"key_path": path}, "links": {"target": "shared", "columns": {"no": ""}}}
    routes = captured(CLIENTS, table("flows", "id bigint!"), links, configured=configured)
    assert routes["links"] == (("code",), ("no", "flow_id", "client_id"))


def test_the_tree_above_a_tenant_is_in_the_roots_route() -> None:
    root = table("tenants", "id int!", "parent_id int", keys=(key("tenants", "parent_id", "tenants"),))
    assert captured(root, CLIENTS, tenants={"tree": "top"})["tenants"] == (("id",), ("parent_id",))


@pytest.mark.parametrize(
    ("columns", "pk", "unique", "expected"),
    [
        (("id bigint!", "tenant_id integer!"), "id", (), ("id",)),
        (("code text!", "tenant_id integer!"), "", ("code",), ("code",)),
        (("code text", "tenant_id integer!"), "", ("code",), ()),  # it may be null
        (("code text!", "tenant_id integer!"), "", (), ()),
    ],
)
def test_a_key_is_what_tells_every_row_apart(
    columns: tuple[str, ...], pk: str, unique: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    items = table("items", *columns, pk=pk, unique=unique, keys=(key("items", "tenant_id", "tenants"),))
    assert captured(items)["items"] == (expected, ("tenant_id",))


def test_numbers_stay_a_tables_for_as_long_as_its_columns_do() -> None:
    source = catalog(TENANTS, CLIENTS, ORDERS)
    placements = place(source, Settings.model_validate({"tenants": {"root": "tenants"}, "targets": TARGETS}))
    first = captured_tables(source, placements)
    assert [one.number for one in first] == [1, 2, 3]
    assert captured_tables(source, placements, first) == first
    clients, *others = first
    before = (CapturedTable(7, clients.relation, clients.key, ("created_by",)), *others)
    again = captured_tables(source, placements, before)
    assert again[0] == CapturedTable(8, clients.relation, clients.key, clients.route, formatted=False)
    assert again[1:] == tuple(others)


def test_an_entry_names_its_values() -> None:
    orders = CapturedTable(3, ORDERS.relation, ("id",), ("client_id",))
    assert LogEntry(3, ("12",), (None,)).values(orders) == {"id": "12", "client_id": None}
    assert LogEntry(3, None).values(orders) == {}


@pytest.mark.parametrize(
    ("type_", "formatted"),
    [("bigint!", False), ("numeric(10,2)!", False), ("character varying(20)!", False), ("citext!", False),
     ("timestamp with time zone!", True), ("date!", True), ("double precision!", True), ("bytea!", True),
     ("daterange!", True), ("public.amount!", True)],
)  # fmt: skip
def test_values_whose_text_a_session_decides_are_known(type_: str, formatted: bool) -> None:
    items = table("items", f"id {type_}", "tenant_id integer!", keys=(key("items", "tenant_id", "tenants"),))
    source = catalog(TENANTS, items)
    placements = place(source, Settings.model_validate({"tenants": {"root": "tenants"}, "targets": TARGETS}))
    assert captured_tables(source, placements)[0].formatted is formatted


@pytest.mark.parametrize(
    ("key_", "route"),
    [(("a",), ()), (("a",), ("r",)), (("a", "b"), ()), (("a", "b", "c"), ("r",)), (("a", "b"), ("r", "s", "t"))],
)
def test_an_entry_is_kept_as_first_columns_and_more(key_: tuple[str, ...], route: tuple[str, ...]) -> None:
    orders = CapturedTable(3, ORDERS.relation, key_, route)
    values = tuple(f"value of {name}" for name in key_)
    for found in (tuple(name.upper() for name in route), tuple(None for _ in route)):
        more = [*values[1:], *found[1:]]
        assert LogEntry.of(orders, values[0], found[0] if found else None, more) == LogEntry(3, values, found)
    assert LogEntry.of(orders, None, None, ()) == LogEntry(3, None)
