"""What refuses following a source, and what is to be known before: each by name, with what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from migrator.core.online.captured import captured_tables
from migrator.core.online.refusals import (
    ForeignPart,
    LongTransaction,
    OnlineFacts,
    UserTrigger,
    online_refusals,
)
from migrator.core.placement.place import place
from migrator.core.plan.checks import Check
from migrator.core.schema.catalog import Catalog, Column, Index, Table
from migrator.settings import Settings
from tests.schema import catalog, key, public, table
from tests.unit.placement.test_place import TARGETS, TENANTS

ORDERS = table(
    "orders", "id bigint! seq", "tenant_id integer!", "note text", keys=(key("orders", "tenant_id", "tenants"),)
)
LINES = table(
    "lines", "order_id bigint!", "n integer!", pk="order_id, n", keys=(key("lines", "order_id", "orders"),),
    indexes=(Index("lines_pkey", public("lines"), ("order_id", "n"), "", unique=True, primary=True),),
)  # fmt: skip


def checks(
    *tables: Table, facts: OnlineFacts | None = None, configured: Mapping[str, Any] | None = None, run: str = "",
    tenants: Mapping[str, Any] | None = None, **more: Any,
) -> list[Check]:  # fmt: skip
    """What is said of a source with these tables."""
    source: Catalog = replace(catalog(TENANTS, *tables), **more)
    settings = Settings.model_validate(
        {"tenants": {"root": "tenants", **(tenants or {})}, "targets": TARGETS, "tables": configured or {}}
    )
    placements = place(source, settings)
    captured = captured_tables(source, placements)
    return list(online_refusals(source, placements, captured, facts or OnlineFacts(), run=run))


def test_a_plain_source_is_followed_without_a_word() -> None:
    assert checks(ORDERS, LINES) == []


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (OnlineFacts(standby=True), "standby"),
        (OnlineFacts(plpgsql=False), "plpgsql"),
        (OnlineFacts(fence="20200101-000000-0000"), "fenced by run 20200101-000000-0000"),
        (OnlineFacts(capture="20200101-000000-0000"), "captures its changes already"),
        (OnlineFacts(publications=("everything",)), "everything publishes all tables"),
        (OnlineFacts(always=(UserTrigger(public("orders"), "Audit"),)), "its trigger Audit is ENABLE ALWAYS"),
        (OnlineFacts(foreign=(ForeignPart(public("orders_far"), public("orders")),)), "orders_far is a foreign table"),
    ],
)
def test_what_refuses(facts: OnlineFacts, said: str) -> None:
    (refusal,) = checks(ORDERS, LINES, facts=facts)
    assert refusal.state == "block"
    assert said in refusal.detail
    assert refusal.remedy
    assert refusal.name.startswith("online: ")


def test_what_is_on_tables_that_stay_behind_refuses_nothing() -> None:
    facts = OnlineFacts(
        always=(UserTrigger(public("aside"), "audit"),), foreign=(ForeignPart(public("far"), public("aside")),)
    )
    assert checks(ORDERS, LINES, facts=facts) == []


def test_the_runs_own_capture_is_no_hindrance() -> None:
    assert checks(ORDERS, facts=OnlineFacts(capture="mine"), run="mine") == []


def test_an_old_server_is_refused() -> None:
    (refusal,) = checks(ORDERS, server_version=110022)
    assert (refusal.state, refusal.detail) == ("block", "PostgreSQL 11 is older than 12")
    assert checks(ORDERS, server_version=120000) == []


def test_a_table_that_is_read_by_a_query_is_refused() -> None:
    configured = {"orders": {"query": "SELECT * FROM orders", "target": "tenant", "key": "tenant_id"}}
    (refusal,) = checks(ORDERS, configured=configured)
    assert (refusal.name, refusal.state) == ("online: orders", "block")
    assert "query" in refusal.detail


@pytest.mark.parametrize(
    ("rows", "size", "state"),
    [(20_000, 1 << 30, "warn"), (20_001, 0, "block"), (-1, 8192, "warn"), (-1, 1 << 30, "block"), (0, 0, "warn")],
)
def test_scenario_38_a_table_without_a_key(rows: int, size: int, state: str) -> None:
    loose = table("loose", "tenant_id integer!", "body text", pk="", keys=(key("loose", "tenant_id", "tenants"),))
    (check,) = checks(replace(loose, rows=rows, bytes=size))
    assert (check.name, check.state) == ("online: loose", state)
    assert "ALTER TABLE public.loose ADD PRIMARY KEY" in check.remedy


def test_a_tenant_that_is_computed_on_reading() -> None:
    computed = replace(
        ORDERS, columns=(*ORDERS.columns[:1], Column("tenant_id", "integer", generated="v"), *ORDERS.columns[2:])
    )
    (check,) = checks(computed)
    assert check.state == "block"
    assert "depends on tenant_id" in check.detail
    stored = replace(
        computed, columns=tuple(replace(one, generated="s" * bool(one.generated)) for one in computed.columns)
    )
    assert checks(stored) == []


def test_a_tree_of_tenants_is_to_be_left_as_it_is() -> None:
    root = table("tenants", "id int!", "parent_id int", keys=(key("tenants", "parent_id", "tenants"),))
    source = catalog(root, ORDERS)
    settings = Settings.model_validate({"tenants": {"root": "tenants", "tree": "top"}, "targets": TARGETS})
    placements = place(source, settings)
    (check,) = online_refusals(source, placements, captured_tables(source, placements), OnlineFacts())
    assert (check.name, check.state) == ("online: tenants", "warn")
    assert "parent_id" in check.detail


@pytest.mark.parametrize(
    ("index", "warned"),
    [
        (None, True),
        (Index("i", public("lines"), ("order_id",), ""), False),
        (Index("i", public("lines"), ("order_id", "n"), ""), False),
        (Index("i", public("lines"), ("n", "order_id"), ""), True),
        (Index("i", public("lines"), ("order_id",), "", valid=False), True),
        (Index("i", public("lines"), ("order_id",), "", partial=True), True),
    ],
)
def test_a_key_of_a_path_without_an_index(index: Index | None, warned: bool) -> None:
    found = checks(ORDERS, replace(LINES, indexes=(index,) if index else ()))
    assert [(one.name, one.state) for one in found] == [("online: lines", "warn")] * warned
    assert all("CREATE INDEX CONCURRENTLY ON public.lines (order_id);" in one.remedy for one in found)


@pytest.mark.parametrize(
    ("columns", "unique", "warned"),
    [
        (("email text!",), "email", True),
        (("email text!",), "email, tenant_id", False),
        (("token uuid!",), "token", False),
        (("number bigint! numbers",), "number", False),
        (("order_id bigint!", "n integer!"), "order_id, n", False),
        (("unit text!", "n integer!"), "unit, n", True),
    ],
)
def test_a_unique_key_in_which_tenants_may_meet(columns: tuple[str, ...], unique: str, warned: bool) -> None:
    units = table("units", "code text!", pk="code")
    keys = [key("members", "tenant_id", "tenants")]
    if "order_id" in unique:
        keys.append(key("members", "order_id", "orders"))
    if "unit" in unique:
        keys.append(key("members", "unit", "units", "code"))
    members = table("members", "id bigint! seq", "tenant_id integer!", *columns, unique=(unique,), keys=tuple(keys))
    configured = {"units": {"target": "shared"}}
    found = checks(ORDERS, units, members, configured=configured)
    assert [(one.name, one.state) for one in found] == [("online: members", "warn")] * warned


@pytest.mark.parametrize(
    ("facts", "name", "said"),
    [
        (OnlineFacts(unlogged=(public("visits"),)), "unlogged tables", "visits"),
        (OnlineFacts(hot=(public("counters"),)), "hot rows", "counters"),
        (OnlineFacts(long=(LongTransaction("pid 7 (ann, psql)", 61.0),)), "long transactions",
         "pid 7 (ann, psql) for 61 s"),
    ],
)  # fmt: skip
def test_what_is_to_be_known(facts: OnlineFacts, name: str, said: str) -> None:
    (check,) = checks(ORDERS, LINES, facts=facts)
    assert (check.name, check.state) == (f"online: {name}", "warn")
    assert said in check.detail


def test_short_transactions_are_none_of_our_business() -> None:
    assert checks(ORDERS, facts=OnlineFacts(long=(LongTransaction("pid 7", 59.0),))) == []


def test_refusals_come_first() -> None:
    found = checks(ORDERS, replace(LINES, indexes=()), facts=OnlineFacts(hot=(public("a"),), standby=True))
    assert [one.state for one in found] == ["block", "warn", "warn"]
