"""Rules become selections: which tables and columns a kind finds by itself, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from migrator.core.clean.rules import (
    ByAge,
    ByCondition,
    ByLogin,
    ByMissingParent,
    ByOtherTenant,
    ByUnknownTenant,
    Selection,
    selections,
)
from migrator.core.placement.place import place
from migrator.core.schema.catalog import Catalog, Column, ForeignKey, Relation, Table
from migrator.errors import ConfigurationError
from migrator.settings import CleanRule, Settings


def relation(name: str) -> Relation:
    return Relation("public", name)


def table(name: str, keys: tuple[ForeignKey, ...] = (), **types: str) -> Table:
    columns = (Column("id", "integer", not_null=True), *(Column(column, type_) for column, type_ in types.items()))
    return Table(relation(name), columns, primary_key=("id",), unique_keys=(("id",),), foreign_keys=keys)


def key(child: str, column: str, parent: str, **rest: Any) -> ForeignKey:
    return ForeignKey(f"{child}_{column}", relation(child), (column,), relation(parent), ("id",), **rest)


TENANT_OF_ORDER = key("orders", "tenant_id", "tenants")
ORDER_OF_LINE = key("lines", "order_id", "orders", validated=False)
OTHER_ORDER = key("orders", "previous_id", "orders")
TABLES = (
    table("tenants", code="text"),
    table("users", email="text", username="text"),
    table("comptes", courriel="text"),
    table("user_sessions", expires_at="timestamp with time zone"),
    table("orders", (TENANT_OF_ORDER, OTHER_ORDER), tenant_id="integer", previous_id="integer", deleted_at="date"),
    table(
        "lines", (ORDER_OF_LINE,), order_id="integer", supprime_le="timestamp without time zone", deleted_at="boolean"
    ),
)
CATALOG = Catalog("erp", 180000, {one.relation: one for one in TABLES})
SETTINGS = Settings.model_validate(
    {
        "tenants": {"root": "tenants"},
        "targets": {
            "auth": {"database": "{prefix}_auth", "migrations": "auth"},
            "tenant": {"database": "{prefix}_{slug}", "migrations": "tenant", "per_tenant": True},
        },
        "tables": {name: {"target": "auth"} for name in ("users", "comptes", "user_sessions")},
    }
)
PLACEMENTS = place(CATALOG, SETTINGS)


def select(**rule: Any) -> tuple[Selection, ...]:
    return selections("it", CleanRule.model_validate(rule), CATALOG, PLACEMENTS)


def test_rows_need_a_table_and_a_condition() -> None:
    assert select(table="users", where="true") == (ByCondition(relation("users"), "true", "rule it"),)


def test_accounts_are_known_by_their_names() -> None:
    assert select(kind="test-accounts") == (
        ByLogin(relation("users"), "email", "username"),
        ByLogin(relation("comptes"), "courriel", None),
    )
    assert select(kind="test-accounts", table="tenants", column="code") == (ByLogin(relation("tenants"), "code", None),)


def test_points_in_time_are_known_by_name_and_type() -> None:
    assert select(kind="expired-sessions", older_than="1 day") == (
        ByAge(relation("user_sessions"), "expires_at", "1 day", None, "expired by expires_at, older than 1 day"),
    )
    # deleted_at of lines is a boolean: that says whether, not when.
    found = select(kind="soft-deleted")
    assert [(one.relation.name, one.column) for one in found if isinstance(one, ByAge)] == [
        ("orders", "deleted_at"),
        ("lines", "supprime_le"),
    ]


def test_orphans_are_looked_for_where_nobody_checks() -> None:
    assert select(kind="orphans") == (ByMissingParent(ORDER_OF_LINE),)
    assert select(kind="orphans", table="orders") == (ByMissingParent(TENANT_OF_ORDER), ByMissingParent(OTHER_ORDER))


def test_only_rows_of_tenants_can_be_without_one() -> None:
    found = select(kind="unowned")
    assert [(one.relation.name, one.unkeyed) for one in found if isinstance(one, ByUnknownTenant)] == [
        ("orders", True),
        ("lines", True),
    ]


def test_a_row_that_takes_its_tenant_from_its_parent_cannot_disagree_with_it() -> None:
    found = select(kind="cross-tenant")
    assert [one.key for one in found if isinstance(one, ByOtherTenant)] == [OTHER_ORDER]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"table": "users"}, "needs table and where"),
        ({"table": "user", "where": "true"}, "no table 'user'"),
        ({"table": "users", "where": "true", "older_than": "1 day"}, "older_than has no meaning"),
        ({"kind": "soft-deleted", "where": "true"}, "where needs table"),
        ({"kind": "soft-deleted", "table": "users"}, "finds no column that says when a row of users is soft-deleted"),
        ({"kind": "expired-sessions", "table": "users", "column": "x"}, "has no column 'x'"),
        ({"kind": "unowned", "table": "users"}, "not a table of tenants' rows"),
        ({"kind": "cross-tenant", "column": "x"}, "column has no meaning"),
        ({"kind": "test-accounts", "table": "orders"}, "finds no column of e-mail addresses"),
    ],
)
def test_a_rule_that_would_do_less_than_it_says_is_refused(rule: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=r"\[clean.it\]") as caught:
        select(**rule)
    assert said in caught.value.message
