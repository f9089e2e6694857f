"""References guessed from names and types, and the tenant root guessed from the shape of a schema."""

from __future__ import annotations

import pytest

from migrator.core.init.references import (
    candidate_keys,
    dangling_columns,
    polymorphic_pairs,
    singular,
    tables_of_types,
    words,
)
from migrator.core.init.tenant_root_candidates import RootChoice, choose, hidden_keys, rank, tenant_columns
from migrator.core.schema.catalog import Catalog, Table
from tests.schema import catalog, key, public, table


def guessed(found: Catalog) -> set[str]:
    return {one.label for one in candidate_keys(found)}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("customerAddressID", ("customer", "address", "id")),
        ("customer_address_id", ("customer", "address", "id")),
        ("HTTPServerId", ("http", "server", "id")),
        ("société_id", ("société", "id")),
        ("a b-c", ("a", "b", "c")),
    ],
)
def test_words(name: str, expected: tuple[str, ...]) -> None:
    assert words(name) == expected


def test_references_to_keys_of_several_columns() -> None:
    tasks = table("v1_task", "id bigint!", "inserted_at timestamptz!", pk="id, inserted_at")
    orders = table("orders", "tenant_id uuid!", "id integer!", "day date!", pk="tenant_id, id")
    slots = table(
        "v1_slot", "task_id bigint", "task_inserted_at timestamptz", "order_id integer", "tenant_id uuid", pk=""
    )
    logs = table("v1_log", "task_id bigint", "task_inserted_at date", "order_id integer", pk="")
    lines = table("v1_line", "task_id bigint", "inserted_at timestamptz", pk="")
    assert guessed(catalog(tasks, orders, slots, logs, lines)) == {
        "v1_slot(task_id, task_inserted_at) -> v1_task(id, inserted_at)",
        "v1_slot(tenant_id, order_id) -> orders(tenant_id, id)",
    }


def test_a_column_of_many_tables_that_is_named_like_no_table_may_name_the_tenants() -> None:
    accounts, services = table("accounts", "id bigint!", "tenant_id bigint"), table("services", "id bigint!")
    many = [table(f"t{number}", "id bigint!", "tenant_id bigint", "company_id uuid") for number in range(3)]
    found = list(tenant_columns(catalog(accounts, services, *many), ()))
    assert [(str(root), len(keys)) for root, keys in found] == [("accounts", 4)]
    assert {one.label for one in found[0][1]} > {"t0(tenant_id) -> accounts(id)", "accounts(tenant_id) -> accounts(id)"}
    # A table of that name would be meant, and what is declared is known.
    assert list(tenant_columns(catalog(accounts, table("tenants", "id bigint!"), *many), ())) == []
    assert list(tenant_columns(catalog(accounts, *many), [key("t0", "tenant_id", "accounts")])) == []


@pytest.mark.parametrize(
    ("plural", "one"),
    [("companies", "company"), ("boxes", "box"), ("addresses", "address"), ("status", "status"), ("orders", "order"),
     ("journaux", "journal"), ("classes", "class"), ("people", "person"), ("analysis", "analysis")],
)  # fmt: skip
def test_singular(plural: str, one: str) -> None:
    assert singular(plural) == one


def test_references_by_name_and_type() -> None:
    accounts = table("accounts", "id bigint!", "code text!", unique=("code",))
    users = table("users", "id uuid!")
    orders = table(
        "orders", "id integer!", "account_id integer", "accountId text", "account_code text", "created_by uuid",
        "billing_account_id bigint", "id_account bigint", "parent_id integer", "amount_id date", "nothing_id bigint",
    )  # fmt: skip
    assert guessed(catalog(accounts, users, orders)) == {
        "orders(account_id) -> accounts(id)",
        "orders(account_code) -> accounts(code)",
        "orders(created_by) -> users(id)",
        "orders(billing_account_id) -> accounts(id)",
        "orders(id_account) -> accounts(id)",
        "orders(parent_id) -> orders(id)",
    }
    assert dangling_columns(orders, candidate_keys(catalog(accounts, users, orders))) == ("nothing_id",)


def test_a_prefix_of_the_application_is_no_part_of_the_noun() -> None:
    found = catalog(
        table("crm_account", "id bigint!"), table("shop_account", "id bigint!"),
        table("crm_deal", "id int!", "account_id bigint"),
        table("other", "id int!", "account_id bigint"),
    )  # fmt: skip
    assert guessed(found) == {"crm_deal(account_id) -> crm_account(id)"}


def test_of_several_tables_that_end_so_the_shortest_name_is_meant() -> None:
    found = catalog(
        table("app_message", "id bigint!"), table("app_attachment_message", "id bigint!"),
        table("index_queue", "id bigint!", "message_id bigint"),
    )  # fmt: skip
    assert guessed(found) == {"index_queue(message_id) -> app_message(id)"}


def test_lower_case_names_without_underscores() -> None:
    found = catalog(
        table("teams", "id character varying(26)!"), table("channels", "id text!", "teamid text", "paid text")
    )
    assert guessed(found) == {"channels(teamid) -> teams(id)"}


def test_declared_columns_are_left_alone() -> None:
    accounts = table("accounts", "id bigint!")
    orders = table("orders", "id int!", "account_id bigint", keys=(key("orders", "account_id", "accounts"),))
    assert guessed(catalog(accounts, orders)) == set()


def test_polymorphic_pairs_and_their_tables() -> None:
    comments = table("comments", "id int!", "commentable_type text", "commentable_id text", "type text", "kind_id int")
    (pair,) = polymorphic_pairs(comments)
    assert (pair.type, pair.id) == ("commentable_type", "commentable_id")
    found = catalog(comments, table("posts", "id int!"), table("admin_users", "id int!"))
    assert tables_of_types(found, pair, {"Post": 3, "Admin::User": 1, "App\\Models\\Post": 1, "Gone": 1}) == {
        "Post": public("posts"), "Admin::User": public("admin_users"), "App\\Models\\Post": public("posts"),
    }  # fmt: skip


def chosen(*tables: Table) -> RootChoice:
    found = catalog(*tables)
    return choose(rank(found, found.foreign_keys), found.foreign_keys)


def child(name: str, *parents: str) -> Table:
    return table(
        name, "id int!", *(f"{parent}_id int!" for parent in parents),
        keys=tuple(key(name, f"{parent}_id", parent) for parent in parents),
    )  # fmt: skip


def test_the_table_that_much_hangs_on_is_the_root_and_not_its_lookups() -> None:
    found = chosen(
        table("countries", "id int!"), child("cabinets", "countries"), child("users", "cabinets"),
        child("patients", "cabinets"), child("visits", "patients"), child("bills", "cabinets", "patients"),
    )  # fmt: skip
    assert found.chosen is not None
    assert found.chosen.relation == public("cabinets")


def test_of_two_levels_the_outer_one_is_the_tenant() -> None:
    found = chosen(
        table("organizations", "id int!"), child("projects", "organizations"),
        child("issues", "projects"), child("boards", "projects"), child("labels", "projects"),
        child("members", "organizations"),
    )  # fmt: skip
    assert found.chosen is not None
    assert found.chosen.relation == public("organizations")


def test_two_tables_alike_are_not_chosen_between() -> None:
    found = chosen(
        table("companies", "id int!"), table("organizations", "id int!"),
        child("a", "companies"), child("b", "organizations"), child("c", "companies"), child("d", "organizations"),
    )  # fmt: skip
    assert found.chosen is None
    assert "companies, organizations" in found.why


def test_a_central_document_does_not_contest_what_is_named_like_a_tenant() -> None:
    found = chosen(
        table("project", "id int!"), child("folders", "project"), child("flows", "folders"),
        child("members", "project"),
        *(child(name, "flows") for name in ("runs", "steps", "hooks", "tests")),
    )  # fmt: skip
    assert found.chosen is not None
    assert found.chosen.relation == public("project")


def test_the_key_is_the_unique_column_that_others_reference() -> None:
    found = chosen(
        table("companies", "id int!", "code text!", unique=("code",)),
        *(
            table(name, "id int!", "company_code text!", keys=(key(name, "company_code", "companies", "code"),))
            for name in ("orders", "bills", "visits")
        ),
    )
    assert found.chosen is not None
    assert found.chosen.key == "code"


def test_a_part_of_a_primary_key_may_be_the_tenants_key() -> None:
    found = catalog(
        table("namespaces", "partition_id int!", "id uuid!", pk="partition_id, id"),
        table("tenant_users", "tenant_id int!", "user_id int!", pk="tenant_id, user_id",
              keys=(key("tenant_users", "tenant_id", "tenants"),)),
        table("readings", "shard int!", "id int!", pk="shard, id"),
    )  # fmt: skip
    assert hidden_keys(found) == ((public("namespaces"), "id"),)


def test_people_are_no_tenants() -> None:
    found = chosen(table("users", "id int!"), child("posts", "users"), child("likes", "users", "posts"))
    assert found.chosen is None
    assert "users" in found.why
