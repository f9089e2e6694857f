"""Key paths: shortest, own column first, several in order, never chosen between silently."""

from __future__ import annotations

from typing import Any

import pytest

from migrator.core.placement.model import Placement, Placements
from migrator.core.placement.place import place
from migrator.core.schema.catalog import Table
from migrator.errors import ConfigurationError
from migrator.settings import Settings
from tests.audit_facts import SPLIT
from tests.schema import catalog, key, public, table

COMPANIES = table("companies", "id integer!", "code text!", unique=("code",))


def placed(*tables: Table, **configured: dict[str, Any]) -> Placements:
    return place(catalog(COMPANIES, *tables), Settings.model_validate({**SPLIT, "tables": configured}))


def path(found: Placements, name: str) -> tuple[str, ...]:
    placement = found.tables[public(name)]
    assert isinstance(placement, Placement)
    assert placement.key_path is not None
    return placement.key_path.label


def test_the_own_column_wins_over_a_parent() -> None:
    clients = table("clients", "id int!", "company_id integer!", keys=(key("clients", "company_id", "companies"),))
    orders = table(
        "orders", "id int!", "company_id integer", "client_id int!",
        keys=(key("orders", "company_id", "companies"), key("orders", "client_id", "clients")),
    )  # fmt: skip
    assert path(placed(clients, orders), "orders") == ("orders.company_id",)


def test_a_composite_key_that_carries_the_tenant_needs_no_join_through_any_number_of_tables() -> None:
    first = table(
        "a", "company_id integer!", "no int!", pk="company_id, no", keys=(key("a", "company_id", "companies"),)
    )
    second = table(
        "b", "company_id integer!", "no int!", "a_no int!", pk="company_id, no",
        keys=(key("b", "company_id, a_no", "a", "company_id, no"),),
    )  # fmt: skip
    third = table("c", "id int!", "t integer!", "b_no int!", keys=(key("c", "t, b_no", "b", "company_id, no"),))
    found = placed(first, second, third)
    assert path(found, "b") == ("b.company_id",)
    assert path(found, "c") == ("c.t",)


def test_a_key_to_a_unique_code_leads_to_the_root_itself() -> None:
    notes = table("notes", "id int!", "code text!", keys=(key("notes", "code", "companies", "code"),))
    assert path(placed(notes), "notes") == ("notes.code -> companies.code", "companies.id")


def test_a_declared_path_wins_over_a_shorter_virtual_one() -> None:
    clients = table("clients", "id int!", "company_id integer!", keys=(key("clients", "company_id", "companies"),))
    orders = table("orders", "id int!", "client_id int!", keys=(key("orders", "client_id", "clients"),))
    lines = table("lines", "id int!", "order_id int!", "client int", keys=(key("lines", "order_id", "orders"),))
    found = placed(clients, orders, lines, lines={"virtual": ["client -> clients.id"]})
    assert path(found, "lines")[0] == "lines.order_id -> orders.id"
    assert not found.tables[public("lines")].inferred


def test_an_inferred_key_marks_whatever_rests_on_it() -> None:
    clients = table("clients", "id int!", "company integer!")
    orders = table("orders", "id int!", "client_id int!", keys=(key("orders", "client_id", "clients"),))
    found = placed(clients, orders, clients={"virtual": [{"key": "company -> companies.id", "inferred": "all of 3"}]})
    assert path(found, "clients") == ("clients.company",)
    assert found.tables[public("clients")].inferred
    assert found.tables[public("orders")].inferred
    assert [one.label for one in found.severed] == ["clients(company) -> companies(id)"]


def test_a_polymorphic_pair_that_names_rows_of_another_database_is_severed() -> None:
    notes = table("notes", "id int!", "company_id integer!", "about_type text", "about_id int",
                  keys=(key("notes", "company_id", "companies"),))  # fmt: skip
    pair = {"type": "about_type", "id": "about_id", "tables": {"Company": "companies", "Note": "notes"}}
    found = placed(notes, notes={"polymorphic": [pair]})
    assert [one.label for one in found.severed if one.when] == [
        "notes(about_id) -> companies(id) where about_type is 'Company'"
    ]


def test_two_columns_that_reference_the_root_are_not_chosen_between() -> None:
    links = table(
        "links", "id int!", "left_id integer!", "right_id integer!",
        keys=(key("links", "left_id", "companies"), key("links", "right_id", "companies")),
    )  # fmt: skip
    found = placed(links)
    assert [one.relation for one in found.undecided] == [public("links")]
    assert "links.left_id" in found.undecided[0].reason
    assert "links.right_id" in found.undecided[0].reason


def test_several_paths_are_tried_in_the_order_of_the_file() -> None:
    clients = table("clients", "id int!", "company_id integer!", keys=(key("clients", "company_id", "companies"),))
    docs = table("docs", "id int!", "company integer", "client_id int", keys=(key("docs", "client_id", "clients"),))
    entry = {"key_path": [["docs.company"], ["client_id -> clients.id", "clients.company_id"]]}
    found = placed(clients, docs, docs=entry)
    tenant = found.tables[public("docs")].key_path
    assert tenant is not None
    assert [one.label for one in tenant.alternatives] == [
        ("docs.company",), ("docs.client_id -> clients.id", "clients.company_id"),
    ]  # fmt: skip
    # A child of such a table inherits both.
    pages = table("pages", "id int!", "doc_id int!", keys=(key("pages", "doc_id", "docs"),))
    child = placed(clients, docs, pages, docs=entry).tables[public("pages")].key_path
    assert child is not None
    assert [len(one.hops) for one in child.alternatives] == [1, 2]


def test_a_polymorphic_pair_leads_over_each_of_its_tables() -> None:
    posts = table("posts", "id bigint!", "company_id integer!", keys=(key("posts", "company_id", "companies"),))
    tasks = table("tasks", "id uuid!", "post_id bigint!", keys=(key("tasks", "post_id", "posts"),))
    comments = table("comments", "id int!", "on_type text", "on_id bigint")
    likes = table("likes", "id int!", "comment_id int!", keys=(key("likes", "comment_id", "comments"),))
    pair = {"type": "on_type", "id": "on_id", "tables": {"Post": "posts", "Task": "tasks"}}
    found = placed(posts, tasks, comments, likes, comments={"polymorphic": [pair]})
    tenant = found.tables[public("comments")].key_path
    assert tenant is not None
    first, second = tenant.alternatives
    assert first.hops[0].when == ("on_type", "Post")
    assert not first.hops[0].as_text
    assert second.hops[0].as_text  # a bigint is no uuid
    assert len(second.hops) == 2
    assert found.tables[public("likes")].key_path is not None
    assert all(one.when is None for one in found.severed)


def test_a_cycle_and_a_self_reference_end() -> None:
    a = table("a", "id int!", "b_id int", "a_id int", keys=(key("a", "b_id", "b"), key("a", "a_id", "a")))
    b = table("b", "id int!", "a_id int", keys=(key("b", "a_id", "a"),))
    assert {one.relation.name for one in placed(a, b).undecided} == {"a", "b"}


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"virtual": ["company -> company.id"]}, "names no table"),
        ({"virtual": ["compny -> companies.id"]}, "has no column 'compny'"),
        ({"virtual": ["id -> orders.note"]}, "is not unique"),
        ({"virtual": ["id, note -> companies.id"]}, "2 columns on one side"),
        ({"key_path": ["companies.id"]}, "must end with a column of orders"),
        ({"polymorphic": [{"type": "t", "id": "id", "tables": {}}]}, "no column 't'"),
    ],
)
def test_what_does_not_exist_is_said(entry: dict[str, Any], message: str) -> None:
    orders = table("orders", "id int!", "note text", "company integer")
    with pytest.raises(ConfigurationError, match=message):
        placed(orders, orders=entry)


def test_names_may_hold_dots_commas_and_be_anything() -> None:
    odd = table("a.b", "x.y int!", "co,pany integer", pk="x.y")
    child = table("child", "id int!", "ref int!")
    found = placed(
        odd, child,
        **{"a.b": {"virtual": ["co,pany -> companies.id"]}, "child": {"virtual": ["ref -> a.b.x.y"]}},
    )  # fmt: skip
    assert path(found, "child") == ("child.ref -> a.b.x.y", "a.b.co,pany")


def test_decide_blocks_until_it_is_replaced() -> None:
    orders = table("orders", "id int!", "company_id integer!", keys=(key("orders", "company_id", "companies"),))
    found = placed(orders, orders={"decide": ["tenant", "shared"], "reason": "two ways"})
    assert found.undecided[0].candidates == ("tenant", "shared")
    assert found.undecided[0].reason == "two ways"
    with pytest.raises(ValueError, match="remove it once you have decided"):
        placed(orders, orders={"decide": ["tenant"], "target": "tenant"})
