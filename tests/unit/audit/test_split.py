"""The rules on whether tables can be split as they are placed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migrator.core.audit.facts import CheckFact, RoutineFact, TriggerFact, ViewFact
from migrator.core.schema.catalog import Sequence
from tests.audit_facts import COMPANIES, facts, found, index, severities
from tests.schema import key, public, table

USERS = table("users", "id bigint!", "email text!")
CLIENTS = table(
    "clients", "id bigint! clients_id_seq", "company_id integer!", "email text", "created_by bigint",
    keys=(
        key("clients", "company_id", "companies"),
        key("clients", "created_by", "users", on_delete="n"),
    ),
)  # fmt: skip
CONTACTS = table("contacts", "id bigint!", "client_id bigint!", keys=(key("contacts", "client_id", "clients"),))
AUTH = {"users": {"target": "auth"}}


def test_s01_names_every_table_that_nobody_placed() -> None:
    known = facts(USERS, CLIENTS, table("leftover", "id bigint!"))
    assert severities("S01", known) == {"public.leftover": "E", "public.users": "E"}
    assert "no foreign key leads from it" in found("S01", known)["public.leftover"].detail


def test_s01_is_satisfied_by_a_placement_or_a_reason() -> None:
    known = facts(
        USERS, CLIENTS, table("leftover", "id bigint!"), configured={**AUTH, "leftover": {"ignore": "unused"}}
    )
    assert found("S01", known) == {}


def test_s02_names_a_tenant_table_without_a_way_to_its_tenant() -> None:
    known = facts(table("settings", "id bigint!", "company integer"), configured={"settings": {"target": "tenant"}})
    assert severities("S02", known) == {"public.settings": "E"}
    assert found("S01", known) == {}


def test_s02_names_a_table_with_two_equal_ways() -> None:
    links = table(
        "links", "left_id bigint!", "right_id bigint!", pk="left_id, right_id",
        keys=(key("links", "left_id", "clients"), key("links", "right_id", "clients", name="r")),
    )  # fmt: skip
    known = facts(USERS, CLIENTS, links, configured={**AUTH, "links": {"target": "tenant"}})
    assert "several key paths" in found("S02", known)["public.links"].detail


@pytest.mark.parametrize(
    ("type_", "severity"),
    [
        ("integer", None),
        ("bigint", "W"),
        ("smallint", "W"),
        ("text", "E"),
        ("numeric(10,2)", "E"),
        ("public.company_key", None),
    ],
)
def test_s04_compares_key_types_with_the_root(type_: str, severity: str | None) -> None:
    known = facts(
        table("notes", "id bigint!", f"company_id {type_}"),
        configured={"notes": {"target": "tenant", "key": "company_id"}},
        domains={"public.company_key": "integer"},
    )
    assert severities("S04", known) == ({"public.notes(company_id)": severity} if severity else {})


def test_s04_names_a_key_column_once_however_many_tables_lead_to_it() -> None:
    orders = table("orders", "id bigint!", "company_id bigint!", keys=(key("orders", "company_id", "companies"),))
    lines = table("lines", "id bigint!", "order_id bigint!", keys=(key("lines", "order_id", "orders"),))
    assert severities("S04", facts(orders, lines)) == {"public.orders(company_id)": "W"}


def test_s05_names_each_foreign_key_that_crosses() -> None:
    known = facts(USERS, CLIENTS, CONTACTS, configured=AUTH)
    assert severities("S05", known) == {
        "public.clients(created_by)->public.users(id)": "W",
        "public.clients(company_id)->public.companies(id)": "I",
    }
    assert (
        "SET NULL will no longer happen" in found("S05", known)["public.clients(created_by)->public.users(id)"].detail
    )


def test_s05_accepts_a_parent_that_is_copied_along() -> None:
    known = facts(USERS, CLIENTS, configured={"users": {"target": "auth", "replicate": ["tenant"]}})
    assert "public.clients(created_by)->public.users(id)" not in found("S05", known)


def test_s05_names_a_key_to_a_table_that_is_left_behind() -> None:
    known = facts(USERS, CLIENTS, configured={"users": {"ignore": "moves to another product"}})
    assert severities("S05", known)["public.clients(created_by)->public.users(id)"] == "W"


def test_s08_names_views_functions_and_triggers_over_two_targets() -> None:
    known = facts(
        USERS, CLIENTS, CONTACTS, configured=AUTH,
        views=(
            ViewFact(public("v_both"), tables=(public("users"), public("clients"))),
            ViewFact(public("v_one"), tables=(public("contacts"), public("clients"))),
            ViewFact(public("v_none")),
        ),
        routines=(
            RoutineFact("public.both()", body="SELECT 1 FROM clients c, public.users AS u"),
            RoutineFact("public.one()", body="SELECT count(*) FROM clients -- users\n WHERE name = 'from users'"),
            RoutineFact("public.log()", body="BEGIN INSERT INTO users (email) VALUES (NEW.email); RETURN NULL; END"),
            RoutineFact("public.variable()", body="BEGIN users := (SELECT count(*) FROM clients); END"),
            RoutineFact("public.atomic()", tables=(public("users"), public("contacts"))),
        ),
        triggers=(
            TriggerFact(public("contacts"), "logged", "public.log()"),
            TriggerFact(public("users"), "logged", "public.log()"),
        ),
        checks=(
            CheckFact(public("contacts"), "known", "public.log()"),
            CheckFact(public("contacts"), "counted", "public.one()"),
        ),
    )  # fmt: skip
    assert set(found("S08", known)) == {"public.v_both", "public.both()", "public.atomic()", "public.contacts(known)",
        "public.contacts(logged)",
    }  # fmt: skip


def test_s09_names_unique_keys_that_do_not_hold_the_tenant() -> None:
    known = facts(
        USERS, CLIENTS, CONTACTS, configured=AUTH,
        indexes=(
            index("clients", "id", unique=True, primary=True),
            index("clients", "email", unique=True),
            index("clients", "company_id, email", unique=True, name="by_company"),
            index("clients", "created_by", unique=True, predicate="(email IS NULL)"),
            index("contacts", "client_id, id", unique=True),
            index("users", "email", unique=True),
        ),
    )  # fmt: skip
    assert severities("S09", known) == {"generated-keys": "I", "public.clients(email)": "W"}


def test_s09_accepts_uuids() -> None:
    to_root = key("documents", "company_id", "companies")
    documents = table("documents", "id uuid!", "company_id integer!", keys=(to_root,))
    random = replace(documents.columns[0], default="gen_random_uuid()")
    documents = replace(documents, columns=(random, *documents.columns[1:]))
    assert found("S09", facts(documents, indexes=(index("documents", "id", unique=True),))) == {}


def test_s10_names_a_sequence_that_feeds_several_tables() -> None:
    shared = Sequence(public("numbers"), used_by=((public("clients"), "id"), (public("contacts"), "id")))
    single = Sequence(public("own"), used_by=((public("clients"), "id"), (public("clients"), "email")))
    known = facts(USERS, CLIENTS, CONTACTS, configured=AUTH, sequences=(shared, single))
    assert severities("S10", known) == {"public.numbers": "W"}
    assert "end up apart" not in found("S10", known)["public.numbers"].detail


def test_s11_names_cycles_and_self_references() -> None:
    orders = table(
        "orders", "id bigint!", "invoice_id bigint", keys=(key("orders", "invoice_id", "invoices", deferrable=True),)
    )
    invoices = table("invoices", "id bigint!", "order_id bigint", keys=(key("invoices", "order_id", "orders"),))
    tree = table("tree", "id bigint!", "parent_id bigint", keys=(key("tree", "parent_id", "tree"),))
    known = facts(COMPANIES, orders, invoices, tree)
    assert severities("S11", known) == {
        "public.invoices,public.orders": "W",
        "public.tree(parent_id)->public.tree(id)": "I",
    }
    assert "Deferrable: orders_invoice_id_fkey." in found("S11", known)["public.invoices,public.orders"].detail
