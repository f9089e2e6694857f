"""A tenant root that is a tree: which column names the row above, and what cannot be told apart by it."""

from __future__ import annotations

from typing import Any

import pytest

from migrator.core.placement.model import Placements
from migrator.core.placement.place import place
from migrator.errors import ConfigurationError
from migrator.settings import Settings
from tests.schema import catalog, key, public, table
from tests.unit.placement.test_place import TARGETS

ORDERS = table("orders", "id int!", "org_id int!", keys=(key("orders", "org_id", "orgs"),))


def orgs(*parents: str) -> Any:
    return table(
        "orgs", "id int!", *(f"{one} int" for one in ("parent_id", "merged_into")),
        keys=tuple(key("orgs", one, "orgs") for one in parents),
    )  # fmt: skip


def placed(*parents: str, targets: Any = TARGETS, **tenants: Any) -> Placements:
    settings = Settings.model_validate({"tenants": {"root": "orgs", **tenants}, "targets": targets})
    return place(catalog(orgs(*parents), ORDERS), settings)


def test_the_top_of_the_tree_is_the_tenant_of_tenants_tables_only() -> None:
    found = placed("parent_id", tree="top")
    assert found.tree is not None
    assert (found.tree.key, found.tree.above.columns) == ("id", ("parent_id",))
    assert found.tables[public("orders")].tree == found.tree
    assert found.tables[public("orgs")].tree is None


@pytest.mark.parametrize("tenants", [{}, {"tree": "nodes"}])
def test_without_a_word_each_row_is_a_tenant(tenants: dict[str, str]) -> None:
    assert placed("parent_id", **tenants).tree is None


def test_the_column_is_named_where_there_are_several_or_none_is_declared() -> None:
    assert placed("parent_id", "merged_into", tree="top", parent="parent_id").tree is not None
    undeclared = placed(tree="top", parent="parent_id").tree
    assert undeclared is not None
    assert undeclared.above.virtual


@pytest.mark.parametrize(
    ("parents", "said"), [((), "no column that names"), (("parent_id", "merged_into"), "parent_id or merged_into")]
)
def test_no_column_is_chosen_between(parents: tuple[str, ...], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        placed(*parents, tree="top")


def test_policies_know_no_tree() -> None:
    secured = {**TARGETS, "tenant": {"database": "all", "migrations": "tenant", "row_level_security": True}}
    with pytest.raises(ConfigurationError, match="cannot be told to the policies"):
        placed("parent_id", targets=secured, tree="top")
