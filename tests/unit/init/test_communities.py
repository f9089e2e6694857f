"""Which tables belong together: given, by schema, or by what ties them."""

from __future__ import annotations

import dataclasses
from collections import defaultdict

import pytest

from migrator.core.init.communities import COMMON, Member, group_tables
from migrator.core.schema.catalog import Catalog, Relation
from migrator.errors import ConfigurationError
from tests.schema import catalog, key, public, table

# Two parts of an application, users whom both reference, and a table that nothing is tied to.
SHOP = catalog(
    table("users", "id int!"),
    table("invoices", "id int!", "user_id int", keys=(key("invoices", "user_id", "users"),)),
    table("invoice_items", "id int!", "invoice_id int", keys=(key("invoice_items", "invoice_id", "invoices"),)),
    table("payments", "id int!", "invoice_id int", keys=(key("payments", "invoice_id", "invoices"),)),
    table("projects", "id int!", "user_id int", keys=(key("projects", "user_id", "users"),)),
    table("project_phases", "id int!", "project_id int", keys=(key("project_phases", "project_id", "projects"),)),
    table("tasks", "id int!", "phase_id int", keys=(key("tasks", "phase_id", "project_phases"),)),
    table("sessions", "id int!", "user_id int", keys=(key("sessions", "user_id", "users"),)),
    table("weather", "id int!"),
)


def groups(found: tuple[Member, ...]) -> dict[str, set[str]]:
    named: dict[str, set[str]] = defaultdict(set)
    for member in found:
        named[member.group].add(member.relation.name)
    return dict(named)


def test_tables_that_reference_each_other_are_one_group_and_users_tie_nobody() -> None:
    found = group_tables(SHOP, SHOP.foreign_keys, {})
    assert groups(found) == {
        "invoices": {"invoices", "invoice_items", "payments"},
        "projects": {"projects", "project_phases", "tasks"},
        "users": {"users", "sessions"},
        COMMON: {"weather"},
    }
    assert [member.relation for member in found] == list(SHOP.tables)
    assert all(member.reason and member.inferred for member in found)


def test_the_same_tables_in_another_order_are_the_same_groups() -> None:
    turned = dataclasses.replace(SHOP, tables=dict(reversed(list(SHOP.tables.items()))))
    assert groups(group_tables(turned, turned.foreign_keys, {})) == groups(group_tables(SHOP, SHOP.foreign_keys, {}))


def test_given_groups_take_what_they_name_and_attract_the_rest() -> None:
    found = group_tables(SHOP, SHOP.foreign_keys, {"money": ["invoice*"], "people": ["public.users"]})
    assert groups(found) == {
        "money": {"invoices", "invoice_items", "payments"},
        "people": {"users", "sessions", "projects", "project_phases", "tasks"},
        COMMON: {"weather"},
    }
    inferred = {member.relation.name for member in found if member.inferred}
    assert inferred == {"payments", "sessions", "projects", "project_phases", "tasks", "weather"}


def test_the_first_group_that_names_a_table_has_it() -> None:
    found = group_tables(SHOP, SHOP.foreign_keys, {"one": ["invoices"], "other": ["*"]})
    assert groups(found)["one"] == {"invoices"}


def test_a_pattern_that_names_nothing_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="'invoce'"):
        group_tables(SHOP, SHOP.foreign_keys, {"money": ["invoce"]})


def test_several_schemas_are_the_groups() -> None:
    other = dataclasses.replace(table("orders", "id int!"), relation=Relation("Sales EU", "orders"))
    two: Catalog = dataclasses.replace(SHOP, tables={**SHOP.tables, other.relation: other})
    found = groups(group_tables(two, two.foreign_keys, {}))
    assert found == {"public": {relation.name for relation in SHOP.tables}, "sales_eu": {"orders"}}


def test_a_group_never_has_a_name_that_postgresql_keeps_for_itself() -> None:
    one = dataclasses.replace(table("a", "id int!"), relation=Relation("PG_stats", "a"))
    source = catalog(one, table("b", "id int!"))
    assert {member.group for member in group_tables(source, (), {})} == {"of_pg_stats", "public"}


def test_no_tables_are_no_groups_and_one_table_is_one() -> None:
    assert group_tables(catalog(), (), {}) == ()
    (only,) = group_tables(catalog(table("a", "id int!")), (), {})
    assert (only.relation, only.group) == (public("a"), COMMON)
