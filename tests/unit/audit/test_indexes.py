"""The rules on indexes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from migrator.core.audit.facts import IndexFact
from tests.audit_facts import facts, found, index, severities
from tests.schema import key, public, table

LINES = table(
    "lines", "id bigint!", "order_id bigint!", "article_id bigint", "company_id integer",
    keys=(key("lines", "order_id, company_id", "orders", "id, company_id"),),
)  # fmt: skip
SINGLE = replace(LINES, foreign_keys=(key("lines", "order_id", "orders"),))
ORDERS = table("orders", "id bigint!", "company_id integer!")


@pytest.mark.parametrize(
    ("columns", "settings", "covered"),
    [
        ("order_id", {}, True),
        ("order_id, article_id", {}, True),
        ("article_id, order_id", {}, False),
        ("order_id", {"valid": False}, False),
        ("order_id", {"building": True}, False),
        ("order_id", {"predicate": "(article_id IS NULL)"}, False),
        ("order_id", {"predicate": "(order_id IS NOT NULL)"}, True),
        ("order_id", {"method": "hash"}, True),
        ("order_id", {"method": "gin"}, False),
        ("order_id", {"method": "brin"}, False),
    ],
)
def test_g02_knows_which_indexes_serve_a_foreign_key(columns: str, settings: dict[str, Any], covered: bool) -> None:
    known = facts(SINGLE, ORDERS, indexes=(index("lines", columns, **settings),))
    assert severities("G02", known) == ({} if covered else {"public.lines(order_id)": "W"})


@pytest.mark.parametrize(
    ("columns", "covered"),
    [
        ("order_id, company_id", True),
        ("company_id, order_id", True),
        ("company_id, order_id, id", True),
        ("order_id", False),
        ("order_id, id, company_id", False),
    ],
)
def test_g02_takes_the_columns_of_a_composite_key_in_any_order(columns: str, covered: bool) -> None:
    known = facts(LINES, ORDERS, indexes=(index("lines", columns),))
    assert (severities("G02", known) == {}) is covered


def test_g02_writes_the_index_that_is_missing_under_a_free_name() -> None:
    taken = index("lines", "article_id", name="lines_order_id_idx")
    (finding,) = found("G02", facts(SINGLE, ORDERS, indexes=(taken,))).values()
    assert finding.sql_fix == "CREATE INDEX CONCURRENTLY lines_order_id_idx1 ON public.lines (order_id);"
    assert finding.sql_undo == "DROP INDEX CONCURRENTLY public.lines_order_id_idx1;"


def test_g02_counts_a_partitioned_table_once() -> None:
    parts = (public("lines_1"), public("lines_2"))
    partitioned = replace(SINGLE, kind="p", partitions=(*parts, public("lines_more")))
    branches = frozenset({public("lines_more")})

    def leaf(name: str) -> IndexFact:
        return index(name, "order_id", root=public("lines"))

    assert severities("G02", facts(partitioned, ORDERS, branches=branches)) == {"public.lines(order_id)": "W"}
    assert severities("G02", facts(partitioned, ORDERS, branches=branches, indexes=(leaf("lines_1"),))) != {}
    both = (leaf("lines_1"), leaf("lines_2"))
    assert severities("G02", facts(partitioned, ORDERS, branches=branches, indexes=both)) == {}
    of_parent = (index("lines", "order_id", partitioned=True),)
    assert severities("G02", facts(partitioned, ORDERS, branches=branches, indexes=of_parent)) == {}


def test_g05_names_invalid_indexes_that_nobody_builds() -> None:
    known = facts(
        LINES,
        indexes=(
            index("lines", "id", valid=False),
            index("lines", "order_id", valid=False, building=True),
            index("lines", "article_id", valid=False, partitioned=True),
        ),
    )
    assert severities("G05", known) == {"public.lines_id_idx": "W"}


def test_g06_keeps_what_constraints_stand_on() -> None:
    known = facts(
        LINES,
        indexes=(
            index("lines", "id", name="a_plain", signature="id"),
            index("lines", "id", name="lines_pkey", signature="id", unique=True, primary=True, constraint="p"),
            index("lines", "id", name="z_unique", signature="id", unique=True, constraint="u", constraint_name="z"),
            index("lines", "order_id", name="other", signature="order_id"),
            index("lines", "order_id", name="broken", signature="order_id", valid=False),
            index("lines_1", "order_id", name="of_partition", signature="order_id", attached=True),
            index("orders", "id", name="elsewhere", signature="id"),
        ),
    )
    fixes = {name: finding.sql_fix for name, finding in found("G06", known).items()}
    assert fixes == {
        "public.a_plain": "DROP INDEX CONCURRENTLY public.a_plain;",
        "public.z_unique": "ALTER TABLE public.lines DROP CONSTRAINT z;",
    }


def test_g06_leaves_alone_what_says_more() -> None:
    deferrable = index(
        "lines", "id", name="a", signature="id", unique=True, immediate=False, constraint="u", constraint_name="a"
    )
    immediate = index("lines", "id", name="b", signature="id", unique=True)
    excluding = index("lines", "id", name="c", signature="id", constraint="x", constraint_name="c")
    assert found("G06", facts(LINES, indexes=(deferrable, immediate, excluding))) == {}


def test_g07_names_an_index_that_begins_another() -> None:
    known = facts(
        LINES,
        indexes=(
            index("lines", "order_id"),
            index("lines", "order_id, article_id"),
            index("lines", "article_id", unique=True),
            index("lines", "article_id, id"),
            index("lines", "company_id", ordered=False),
            index("lines", "company_id, id"),
        ),
    )
    assert severities("G07", known) == {"public.lines_order_id_idx": "I"}


def test_g16_names_tenant_keys_and_frequent_filters_without_an_index() -> None:
    log = table("log", "id bigint!", "company_id integer", "status text", "created_at timestamptz!", rows=1_000_000)
    small = replace(log, relation=public("small"), rows=10)
    placed = {"target": "tenant", "key": "company_id"}
    known = facts(
        log, small, configured={"log": placed, "small": placed},
        indexes=(index("log", "created_at", method="brin"), index("small", "company_id")),
    )  # fmt: skip
    assert severities("G16", known) == {"public.log(company_id)": "W", "public.log(status)": "I"}


def test_g16_calls_large_what_is_large_in_its_database() -> None:
    def named(*rows: int) -> set[str]:
        tables = [table(f"t{n}", "id bigint!", "scheduled_date date", rows=n) for n in rows]
        return set(
            found("G16", facts(*tables, configured={each.relation.name: {"target": "shared"} for each in tables}))
        )

    assert named(1_000, 99_000) == {"public.t1000(scheduled_date)", "public.t99000(scheduled_date)"}
    assert named(1_000, 99_001) == {"public.t99001(scheduled_date)"}
    assert named(999) == set()
    assert named(100_000, 90_000_000) == {"public.t100000(scheduled_date)", "public.t90000000(scheduled_date)"}


def test_g16_leaves_foreign_keys_to_g02() -> None:
    clients = table("clients", "id bigint!", "company_id integer!", keys=(key("clients", "company_id", "companies"),))
    known = facts(clients)
    assert found("G16", known) == {}
    assert severities("G02", known) == {"public.clients(company_id)": "W"}
