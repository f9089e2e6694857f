"""The rules on columns, functions and conventions."""

from __future__ import annotations

import pytest

from migrator.core.audit.facts import RoutineFact
from tests.audit_facts import facts, found, severities
from tests.schema import table


@pytest.mark.parametrize(
    ("type_", "doubtful"),
    [
        ("timestamp without time zone", True),
        ("timestamp(3) without time zone", True),
        ("timestamp without time zone[]", True),
        ("timestamp with time zone", False),
        ("money", True),
        ("character(2)", True),
        ("character varying(2)", False),
        ("json", True),
        ("jsonb", False),
        ("public.amount", True),
    ],
)
def test_g13_names_types_that_surprise(type_: str, doubtful: bool) -> None:
    known = facts(table("t", "id bigint!", f"value {type_}"), domains={"public.amount": "money"})
    assert severities("G13", known) == ({"public.t(value)": "I"} if doubtful else {})


def test_g17_names_security_definer_functions_with_the_callers_search_path() -> None:
    known = facts(
        routines=(
            RoutineFact("public.open(integer)", security_definer=True),
            RoutineFact("public.pinned()", security_definer=True, search_path=True),
            RoutineFact("public.ordinary()"),
        )
    )
    assert found("G17", known)["public.open(integer)"].sql_fix == (
        "ALTER ROUTINE public.open(integer) SET search_path = pg_catalog, public, pg_temp;"
    )
    assert len(found("G17", known)) == 1


@pytest.mark.parametrize(
    "name",
    ["password", "mot_de_passe", "secret", "api_key", "apiKey", "client_secret", "access_token", "private_key", "cvv",
     "smtp_password", "token_value", "password_plain"],
)  # fmt: skip
def test_g19_names_columns_that_look_like_secrets(name: str) -> None:
    assert severities("G19", facts(table("t", "id bigint!", f"{name} text"))) == {f"public.t({name})": "W"}


@pytest.mark.parametrize(
    ("name", "type_"),
    [
        ("password_hash", "text"),
        ("hashed_password", "text"),
        ("token_hash", "bytea"),
        ("client_secret_hash", "text"),
        ("password_digest", "text"),
        ("encrypted_password", "text"),
        ("password_changed_at", "timestamp with time zone"),
        ("password_reset_required", "boolean"),
        ("token", "integer"),
        ("tokens", "text[]"),
        ("token_type", "text"),
        ("secret_id", "text"),
        ("public_key", "text"),
        ("secretary", "text"),
        ("key", "text"),
        ("tokenized_text", "text"),
        ("pin_code_postal", "text"),
    ],
)
def test_g19_leaves_others_alone(name: str, type_: str) -> None:
    assert found("G19", facts(table("t", "id bigint!", f"{name} {type_}"))) == {}


def test_g20_names_tables_that_break_the_convention_of_their_target() -> None:
    placed = {"target": "shared"}
    others = {"broken": placed, "elsewhere": {"target": "auth"}}
    kept = [table(f"kept_{number}", "id bigint!", "created_at timestamptz") for number in range(4)]
    broken = table("broken", "id bigint!", "deleted_at timestamptz")
    elsewhere = table("elsewhere", "id bigint!")
    known = facts(
        *kept, broken, elsewhere,
        configured={**{f"kept_{number}": placed for number in range(4)}, **others},
    )  # fmt: skip
    assert severities("G20", known) == {"shared.created_at": "I"}
    assert "not: broken" in found("G20", known)["shared.created_at"].detail


def test_g21_names_what_needs_quotes_once_for_each_table() -> None:
    known = facts(
        table("Invoices", "id bigint!", "companyId bigint", "order integer", "montant_ht numeric"),
        table("journal", "id bigint!", "société text", "user_id bigint", "_private text", "n° text", "2nd text"),
        table("plain", "id bigint!", "status text", "name text", "a$b text"),
    )
    assert severities("G21", known) == {"public.Invoices": "I", "public.journal": "I"}
    assert found("G21", known)["public.Invoices"].detail == (
        "3 names of it need quotes: the table Invoices, companyId, order."
    )
    assert found("G21", known)["public.journal"].detail == "1 name of it needs quotes: 2nd."
