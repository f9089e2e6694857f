"""What each kind of rule takes, and what it leaves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from examples.topsteel.generator import load
from migrator.core.placement.place import place
from migrator.errors import ConfigurationError
from migrator.postgres.clean.select import count_rule
from migrator.postgres.placement.tenants import read_tenants
from migrator.postgres.schema.catalog import read_catalog
from migrator.settings.load import load_settings
from tests.postgres.workspaces import WorkspaceFactory, fetch, run_sql, state
from tests.stages import clean

TOPSTEEL = Path(__file__).parents[3] / "examples" / "topsteel" / "migrator.toml"

TENANTS = """
CREATE TABLE tenants (id integer PRIMARY KEY, code text NOT NULL, name text NOT NULL);
INSERT INTO tenants VALUES (1, 'one', 'One & Co'), (2, 'two', 'Two');
CREATE TABLE users (id integer PRIMARY KEY, email text, login text);
INSERT INTO users VALUES
    (1, 'ann@company.fr', 'ann'), (2, 'bob@example.com', 'bob'), (3, 'eve@sub.example.org', 'eve'),
    (4, 'joe@test.fr', 'joe'), (5, 'ann+test3@company.fr', 'anna'), (6, NULL, 'test_7'), (7, 'x@company.fr', 'testard'),
    (8, 'contest@company.fr', 'contest'), (9, 'Test@company.fr', NULL), (10, NULL, NULL), (11, 'a@latest.fr', 'b');
CREATE TABLE sessions (id integer PRIMARY KEY, expires_at timestamptz);
INSERT INTO sessions VALUES (1, now() - interval '8 days'), (2, now() - interval '6 days'), (3, 'infinity'), (4, NULL),
    (5, '-infinity');
CREATE TABLE orders (id integer PRIMARY KEY, tenant_id integer REFERENCES tenants, deleted_at timestamptz);
CREATE TABLE lines (id integer PRIMARY KEY, order_id integer, deleted_at date);
CREATE TABLE notes (id integer PRIMARY KEY, tenant_id integer, order_id integer);
INSERT INTO orders VALUES (1, 1, NULL), (2, 2, '2001-01-01'), (3, 2, '2999-01-01'), (4, NULL, NULL);
INSERT INTO lines VALUES (1, 1, NULL), (2, 1, '2001-01-01'), (3, 99, NULL), (4, 4, NULL), (5, NULL, NULL), (6, 2, NULL);
INSERT INTO notes VALUES (1, 1, 1), (2, 1, 2), (3, 77, 1), (4, NULL, 1), (5, 2, NULL);
ALTER TABLE lines ADD FOREIGN KEY (order_id) REFERENCES orders NOT VALID;
"""
SPLIT: dict[str, Any] = {
    "tenants": {"root": "tenants", "slug": "code", "name": "name"},
    "targets": {
        "auth": {"database": "{prefix}_auth", "migrations": "auth"},
        "tenant": {"database": "{prefix}_{slug}", "migrations": "tenant", "per_tenant": True},
    },
    "tables": {
        "users": {"target": "auth"},
        "sessions": {"target": "auth"},
        "orders": {"target": "tenant"},
        "lines": {"target": "tenant"},
        "notes": {"target": "tenant", "key": "tenant_id"},
    },
}


def taken(
    url: str, make_workspace: WorkspaceFactory, rule: dict[str, Any], **settings: Any
) -> list[tuple[str, bool, str | None, int]]:
    """(table, hanging, tenant, rows) that a rule takes; that count_rule agrees, and that they come back, is seen to."""
    work = make_workspace(url, **{**SPLIT, **settings}, clean={"it": rule})
    before = state(url)
    outcome = clean(work, execute=True)
    shares = outcome.data["rules"][0]["shares"]
    with work.read_source("test") as connection:
        clean(work, restore=True)
        assert state(url) == before
        catalog = read_catalog(connection)
        placements = place(catalog, work.settings)
        tenants = read_tenants(connection, work.settings.tenants, placements.tenant_root, placements.root_key)
        keys = [key for key, _, _ in tenants]
        counted = count_rule(connection, "it", work.settings.clean["it"], catalog, placements, keys)
    assert sum(counted.values()) == sum(share["rows"] for share in shares if not share["dependent"])
    return [
        (share["table"].removeprefix("public."), share["dependent"], share["tenant"], share["rows"]) for share in shares
    ]


@pytest.fixture
def source(database_url: str) -> str:
    run_sql(database_url, TENANTS)
    return database_url


def test_test_accounts(source: str, make_workspace: WorkspaceFactory) -> None:
    work = make_workspace(source, **SPLIT, clean={"it": {"kind": "test-accounts"}})
    clean(work, execute=True)
    assert fetch(source, "SELECT array_agg(id ORDER BY id) FROM users") == [([1, 7, 8, 10, 11],)]


def test_test_accounts_by_a_condition_of_ones_own(source: str, make_workspace: WorkspaceFactory) -> None:
    rule = {"kind": "test-accounts", "table": "users", "where": "users.login IN (SELECT login FROM users WHERE id = 1)"}
    assert taken(source, make_workspace, rule) == [("users", False, None, 1)]


def test_expired_sessions(source: str, make_workspace: WorkspaceFactory) -> None:
    rule = {"kind": "expired-sessions", "older_than": "7 days"}
    assert taken(source, make_workspace, rule) == [("sessions", False, None, 2)]
    del rule["older_than"]
    assert taken(source, make_workspace, rule) == [("sessions", False, None, 3)]


def test_soft_deleted(source: str, make_workspace: WorkspaceFactory) -> None:
    rule = {"kind": "soft-deleted", "older_than": "1 year"}
    expected = [("lines", False, "1", 1), ("orders", False, "2", 1), ("lines", True, "2", 1)]
    assert taken(source, make_workspace, rule) == expected
    narrowed = {**rule, "table": "orders", "where": "tenant_id = 1"}
    assert taken(source, make_workspace, narrowed) == []


def test_orphans(source: str, make_workspace: WorkspaceFactory) -> None:
    assert taken(source, make_workspace, {"kind": "orphans"}) == [("lines", False, None, 1)]
    assert taken(source, make_workspace, {"kind": "orphans", "table": "notes"}) == []


def test_orphans_of_a_key_that_only_the_configuration_declares(source: str, make_workspace: WorkspaceFactory) -> None:
    run_sql(source, "INSERT INTO notes VALUES (6, 1, 42), (7, 1, 43)")
    hops = ["order_id -> orders.id", "orders.tenant_id"]
    tables = {**SPLIT["tables"], "notes": {"target": "tenant", "key_path": hops}}
    rule = {"kind": "orphans", "table": "notes"}
    assert taken(source, make_workspace, rule, tables=tables) == [("notes", False, None, 2)]


def test_orphans_of_a_key_of_two_columns_that_must_match_in_full(source: str, make_workspace: WorkspaceFactory) -> None:
    run_sql(
        source,
        """
        CREATE TABLE stock (a integer, b integer, PRIMARY KEY (a, b));
        CREATE TABLE move (id integer PRIMARY KEY, a integer, b integer);
        INSERT INTO stock VALUES (1, 1);
        INSERT INTO move VALUES (1, 1, 1), (2, 1, 2), (3, 1, NULL), (4, NULL, NULL);
        ALTER TABLE move ADD FOREIGN KEY (a, b) REFERENCES stock MATCH FULL NOT VALID;
        """,
    )
    tables = {**SPLIT["tables"], "stock": {"ignore": "test"}, "move": {"ignore": "test"}}
    rule = {"kind": "orphans", "table": "move"}
    assert taken(source, make_workspace, rule, tables=tables) == [("move", False, None, 2)]


def test_unowned(source: str, make_workspace: WorkspaceFactory) -> None:
    expected = [
        ("lines", False, None, 3),  # of an order without a tenant, of a missing order, of no order
        ("notes", False, "77", 1),
        ("notes", False, None, 1),
        ("orders", False, None, 1),
    ]
    assert taken(source, make_workspace, {"kind": "unowned"}) == expected


def test_rows_that_are_global_by_intent_are_not_unowned(source: str, make_workspace: WorkspaceFactory) -> None:
    tables = {**SPLIT["tables"], "notes": {"target": "tenant", "key": "tenant_id", "unowned": "replicate"}}
    rule = {"kind": "unowned", "table": "notes"}
    assert taken(source, make_workspace, rule, tables=tables) == [("notes", False, "77", 1)]


def test_cross_tenant(source: str, make_workspace: WorkspaceFactory) -> None:
    run_sql(source, "ALTER TABLE notes ADD FOREIGN KEY (order_id) REFERENCES orders")
    # note 2 is of tenant 1 and references an order of tenant 2; note 3 is of a tenant that there is not.
    expected = [("notes", False, "1", 1), ("notes", False, "77", 1)]
    assert taken(source, make_workspace, {"kind": "cross-tenant"}) == expected


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"table": "nowhere", "where": "true"}, "the source has no table 'nowhere'"),
        ({"table": "users"}, "needs table and where"),
        ({"table": "users", "where": "emial = 'x'"}, 'column "emial" does not exist'),
        ({"table": "users", "where": "true) OR (true"}, ""),
        ({"table": "users", "where": "true); DELETE FROM users; --"}, "cannot be run"),
        ({"table": "users", "where": "1 / 0 = id"}, "division by zero"),
        ({"kind": "soft-deleted", "older_than": "next week"}, "invalid input syntax for type interval"),
        ({"kind": "expired-sessions", "table": "users"}, "finds no column that says when"),
        ({"kind": "expired-sessions", "table": "sessions", "column": "until"}, "has no column 'until'"),
        ({"kind": "orphans", "where": "true"}, "where has no meaning"),
        ({"kind": "unowned", "table": "users"}, "is not a table of tenants' rows"),
        ({"kind": "test-accounts", "table": "lines"}, "finds no column of e-mail addresses"),
    ],
)
def test_what_cannot_be_understood_is_said(
    source: str, make_workspace: WorkspaceFactory, rule: dict[str, Any], said: str
) -> None:
    work = make_workspace(source, **SPLIT, clean={"it": rule})
    before = state(source)
    if said:
        with pytest.raises(ConfigurationError, match=r"\[clean.it\]") as caught:
            clean(work, execute=True)
        assert said in caught.value.message
        assert state(source) == before
    else:
        assert clean(work).summary["rows"] == 11


def test_the_flaws_of_the_reference_erp(database_url: str, make_workspace: WorkspaceFactory) -> None:
    counts = load(database_url, tenants=5, scale=0.05, shape="many")
    settings = load_settings(TOPSTEEL, environment={}).model_dump(
        include={"tenants", "targets", "tables", "clean"}, by_alias=True, exclude_none=True
    )
    work = make_workspace(database_url, **settings)
    before = state(database_url)

    outcome = clean(work, execute=True)

    rows = {
        rule["rule"]: (rule["rows"] - rule["dependent_rows"], rule["dependent_rows"]) for rule in outcome.data["rules"]
    }
    flaws = counts.flaws
    assert rows == {
        "test-accounts": (flaws.test_accounts, sum(flaws.test_account_dependents.values())),
        "expired-sessions": (flaws.expired_sessions, 0),
        "deleted-clients": (flaws.soft_deleted["clients"].old, sum(flaws.soft_deleted_dependents.values())),
        "deleted-documents": (flaws.soft_deleted["documents"].old, 0),
        "lines-without-article": (flaws.orphans["commande_lignes.article_id"], 0),
        "payments-without-invoice": (flaws.orphans["paiements.facture_id"], sum(flaws.orphan_dependents.values())),
        "lost-documents": (flaws.unowned["documents"], 0),
        "quotes-of-others": (flaws.cross_tenant["devis"], sum(flaws.cross_tenant_dependents.values())),
        "documents-of-others": (flaws.cross_tenant["documents"], 0),
    }
    after = state(database_url)
    assert (after.objects, after.triggers, after.sequences) == (before.objects, before.triggers, before.sequences)
    clean(work, restore=True)
    assert state(database_url) == before
