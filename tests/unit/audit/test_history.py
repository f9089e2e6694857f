"""The rule on Alembic histories."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migrator.core.audit.facts import HistoryFact, RevisionFault, TargetFacts
from migrator.core.plan.steps import PrepareTarget, Tree
from tests.audit_facts import facts, found, severities
from tests.schema import planned, public, table

WHOLE = HistoryFact("alembic", ("011",), tables=frozenset({public("companies"), public("alembic_version")}))
FAULT = RevisionFault("011", 'relation "users" does not exist', "011_x.py", 23, "CREATE TABLE c ()", "users")


def test_s23_is_silent_without_a_history_and_about_one_that_makes_the_source() -> None:
    assert found("S23", facts()) == {}
    assert found("S23", facts(table("alembic_version", "id text"), history=WHOLE)) == {}
    assert found("S23", facts(history=replace(WHOLE, unknown_tables=()))) == {}


@pytest.mark.parametrize(
    ("tables", "hint"),
    [
        (("api_users", "clients"), " There is a table api_users."),
        (("users_of_api", "clients"), " There is a table users_of_api."),
        (("user", "clients"), " There is a table user."),
        (("clients",), ""),
    ],
)
def test_s23_says_which_revision_fails_where_and_why(tables: tuple[str, ...], hint: str) -> None:
    history = replace(WHOLE, fault=FAULT, tables=frozenset(public(name) for name in tables))
    # Where it ended half-way, tables that are missing and models say nothing.
    (finding,) = found("S23", facts(table("other", "id bigint!"), history=history)).values()
    assert (finding.key, finding.object, finding.severity) == ("S23:fault:011", "revision 011", "E")
    assert finding.detail == (
        'It fails on an empty database (011_x.py, line 23): relation "users" does not exist.'
        f"{hint} The statement: CREATE TABLE c ()"
    )


def test_s23_names_a_history_that_cannot_be_loaded() -> None:
    history = HistoryFact("alembic", (), RevisionFault("", "it cannot be loaded: No module named 'app'"))
    (finding,) = found("S23", facts(history=history)).values()
    assert (finding.object, finding.detail) == ("alembic", "it cannot be loaded: No module named 'app'.")


def test_s23_names_several_heads_of_any_tree() -> None:
    tree = Tree("auth", "migrations/auth", ("a", "b"))
    fork = PrepareTarget("auth", "default", (tree,), "erp_auth_template", "erp_auth_bare")
    known = facts(targets=TargetFacts(planned(fork)), history=replace(WHOLE, heads=("1", "2")))
    assert severities("S23", known) == {"heads:auth": "E", "heads:history": "E"}
    assert found("S23", known)["heads:auth"].detail == "It has 2 heads: a, b. `upgrade head` refuses to choose."


def test_s23_compares_what_the_history_makes_with_the_source_and_its_models() -> None:
    history = replace(
        WHOLE, tables=frozenset({public("companies"), public("dropped")}), unknown_tables=("log", "notes"),
        other_changes=("('add_column', …)",),
    )  # fmt: skip
    findings = found("S23", facts(table("by_hand", "id bigint!"), history=history))
    assert {name: finding.severity for name, finding in findings.items()} == dict.fromkeys(
        ("not-made", "not-there", "unknown-to-models", "other-than-models"), "W"
    )
    assert findings["not-made"].detail == "1 table of the source that the history does not make: by_hand."
    assert findings["not-there"].detail == "1 table that the history makes and the source does not have: dropped."
    assert findings["unknown-to-models"].detail == (
        "Its models lack 2 tables, which autogenerate would drop: log, notes."
    )
