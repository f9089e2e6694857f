"""The audit counts rows on a real server: without a tenant, without a parent, with another tenant's parent."""

from __future__ import annotations

import pytest

from tests.audit_facts import found
from tests.audit_source import ROOT, TENANT_TABLES, read, rows, run


def test_rows_without_a_tenant_are_counted_by_why(database_url: str) -> None:
    run(
        database_url,
        ROOT,
        """
        CREATE TABLE orders (id bigint PRIMARY KEY, company_id integer);
        CREATE TABLE lines (id bigint PRIMARY KEY, order_id bigint REFERENCES orders);
        INSERT INTO orders VALUES (1, 1), (2, 2), (3, NULL), (4, 99), (5, 99), (6, 98);
        INSERT INTO lines VALUES (11, 1), (12, NULL), (13, 3), (14, 4), (15, 5), (16, 2);
        """,
    )
    facts = read(database_url, {"orders": {"target": "tenant", "key": "company_id"}})
    orders, lines = (
        counted for name in ("orders", "lines") for counted in facts.unowned if counted.relation.name == name
    )
    assert (orders.total, orders.unset, orders.unreachable, orders.unknown) == (6, 1, 0, 3)
    assert orders.unknown_keys == ("99", "98")
    assert orders.samples == ("id=3", "id=4", "id=5", "id=6")
    assert (lines.total, lines.unset, lines.beneath, lines.unreachable, lines.unknown) == (6, 1, 1, 0, 2)
    assert rows("S03", facts) == {"public.orders": 4, "public.lines": 4}


def test_a_key_in_text_that_only_looks_alike_is_unknown(database_url: str) -> None:
    run(
        database_url, ROOT,
        """CREATE TABLE notes (id bigint PRIMARY KEY, company text COLLATE "C");
        INSERT INTO notes VALUES (1, '1'), (2, '01'), (3, ' 2'), (4, '2')""",
    )  # fmt: skip
    facts = read(database_url, {"notes": {"target": "tenant", "key": "company"}})
    assert rows("S03", facts) == {"public.notes": 2}
    assert {key: finding.severity for key, finding in found("S04", facts).items()} == {"public.notes(company)": "E"}


def test_global_rows_of_a_mixed_table_are_no_finding(database_url: str) -> None:
    run(
        database_url, ROOT,
        """CREATE TABLE labels (id bigint PRIMARY KEY, company_id integer);
        INSERT INTO labels VALUES (1, 1), (2, NULL), (3, NULL), (4, 77)""",
    )  # fmt: skip
    facts = read(database_url, {"labels": {"target": "tenant", "key": "company_id", "unowned": "replicate"}})
    assert rows("S03", facts) == {"public.labels": 1}
    assert found("S03", facts)["public.labels"].samples == ("id=4",)


def test_rows_under_a_global_parent_are_as_global_as_the_parent(database_url: str) -> None:
    run(
        database_url,
        ROOT,
        """
        CREATE TABLE templates (id bigint PRIMARY KEY, company_id integer);
        CREATE TABLE pages (id bigint PRIMARY KEY);
        CREATE TABLE steps (id bigint PRIMARY KEY, template_id bigint);
        CREATE TABLE notes (id bigint PRIMARY KEY, about_type text, about_id bigint);
        INSERT INTO templates VALUES (1, 1), (2, NULL);
        INSERT INTO steps VALUES (11, 1), (12, 2), (13, 404);
        INSERT INTO notes VALUES (21, 'Template', 2), (22, 'Step', 12), (23, 'Template', 1), (24, 'Step', 404),
            (25, 'X', 1);
        """,
    )
    mixed = {"target": "tenant", "unowned": "replicate"}
    facts = read(
        database_url,
        {
            "templates": {**mixed, "key": "company_id"},
            "steps": {**mixed, "virtual": [{"key": "template_id -> templates.id"}]},
            "notes": {
                **mixed,
                "polymorphic": [
                    {"type": "about_type", "id": "about_id", "tables": {"Template": "templates", "Step": "steps"}}
                ],
            },
        },
    )
    assert rows("S03", facts) == {"public.steps": 1, "public.notes": 2}
    assert found("S03", facts)["public.notes"].samples == ("id=24", "id=25")


def test_partitions_are_counted_once_and_inheriting_tables_by_themselves(database_url: str) -> None:
    run(
        database_url,
        ROOT,
        """
        CREATE TABLE events (id bigint, company_id integer, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
        CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
        CREATE TABLE events_2 PARTITION OF events DEFAULT;
        INSERT INTO events VALUES (1, 1, '2024-02-01'), (2, NULL, '2024-02-01'), (3, NULL, '2026-01-01');
        CREATE TABLE base (id bigint PRIMARY KEY, company_id integer);
        CREATE TABLE derived (extra text, PRIMARY KEY (id)) INHERITS (base);
        INSERT INTO base VALUES (1, NULL);
        INSERT INTO derived VALUES (2, NULL, 'x'), (3, 1, 'y');
        """,
    )
    placed = {"target": "tenant", "key": "company_id"}
    facts = read(database_url, {"events": placed, "base": placed, "derived": placed})
    assert rows("S03", facts) == {"public.events": 2, "public.base": 1, "public.derived": 1}
    assert found("S03", facts)["public.events"].samples == ("id=2, at=2024-02-01", "id=3, at=2026-01-01")
    assert set(found("S16", facts)) == {"public.derived"}


@pytest.mark.parametrize(
    "query",
    [
        "SELECT id, nullif(substr(owner, 2), '') AS company FROM public.raw",
        "SELECT id, nullif(substr(owner, 2), '') AS company FROM raw",
    ],
)
def test_a_table_made_by_a_query_is_counted_as_the_query_reads_it(database_url: str, query: str) -> None:
    run(
        database_url,
        ROOT,
        "CREATE TABLE raw (id bigint PRIMARY KEY, owner text); INSERT INTO raw VALUES (1, 'c1'), (2, 'x')",
    )
    facts = read(database_url, {"raw": {"target": "tenant", "key": "company", "query": query}})
    (counted,) = facts.unowned
    assert (counted.total, counted.unset, counted.unknown, counted.samples) == (2, 1, 0, ("(2,)",))


def test_a_monolith_of_one_company_has_no_strangers(database_url: str) -> None:
    run(database_url, "CREATE TABLE notes (id bigint PRIMARY KEY); INSERT INTO notes VALUES (1)")
    facts = read(
        database_url, {"notes": {"target": "tenant"}},
        tenants={"default": {"key": "1", "name": "Top", "slug": "top", "column": "company_id"}},
    )  # fmt: skip
    assert facts.unowned == ()
    assert rows("S03", facts) == {}


def test_a_row_that_references_another_tenants_row_is_counted(database_url: str) -> None:
    run(
        database_url,
        ROOT,
        TENANT_TABLES,
        """
        CREATE TABLE pages (id bigint PRIMARY KEY, quote_id bigint NOT NULL REFERENCES quotes,
                            client_id bigint REFERENCES clients);
        INSERT INTO clients VALUES (1, 1), (2, 2);
        INSERT INTO quotes VALUES (1, 1, 1), (2, 2, 1), (3, 2, 2), (4, 1, NULL), (5, 1, 2);
        INSERT INTO pages VALUES (1, 1, 1), (2, 1, 2), (3, 3, 2), (4, 2, 2);
        """,
    )
    path = ["quote_id -> quotes.id", "quotes.company_id"]
    facts = read(database_url, {"pages": {"target": "tenant", "key_path": path}})
    assert rows("S06", facts) == {
        "public.quotes(client_id)->public.clients(id)": 2,
        "public.pages(client_id)->public.clients(id)": 1,
    }
    assert found("S06", facts)["public.quotes(client_id)->public.clients(id)"].samples == ("id=2", "id=5")
    assert rows("S07", facts) == rows("S24", facts) == {}


def test_composite_keys_that_carry_the_tenant_cannot_leave_it(database_url: str) -> None:
    run(
        database_url,
        ROOT,
        """
        CREATE TABLE depots (company_id integer REFERENCES companies, code text, PRIMARY KEY (company_id, code));
        CREATE TABLE stocks (id bigint PRIMARY KEY, company_id integer NOT NULL REFERENCES companies, depot text,
                             FOREIGN KEY (company_id, depot) REFERENCES depots);
        INSERT INTO depots VALUES (1, 'A');
        INSERT INTO stocks VALUES (1, 1, 'A'), (2, 2, NULL);
        """,
    )
    facts = read(database_url)
    assert rows("S06", facts) == rows("S07", facts) == {}


def test_a_row_whose_parent_no_tenant_gets_is_counted(database_url: str) -> None:
    run(
        database_url,
        ROOT,
        """
        CREATE TABLE labels (id bigint PRIMARY KEY, company_id integer, parent_id bigint REFERENCES labels);
        CREATE TABLE articles (id bigint PRIMARY KEY, company_id integer NOT NULL REFERENCES companies,
                               label_id bigint REFERENCES labels);
        INSERT INTO labels VALUES (1, NULL, NULL), (2, 1, 1), (3, 77, NULL), (4, NULL, 2), (5, NULL, 1);
        INSERT INTO articles VALUES (1, 1, 1), (2, 1, 2), (3, 2, 3), (4, 2, 2);
        """,
    )
    labels = {"target": "tenant", "key": "company_id"}
    shared = read(database_url, {"labels": {**labels, "unowned": "shared"}})
    own, tree = "public.articles(label_id)->public.labels(id)", "public.labels(parent_id)->public.labels(id)"
    assert rows("S24", shared) == {own: 2, tree: 1}
    assert rows("S06", shared) == {own: 1}
    replicated = read(database_url, {"labels": {**labels, "unowned": "replicate"}})
    assert rows("S24", replicated) == {own: 1, tree: 1}
    assert found("S24", replicated)[tree].samples == ("id=4",)
    # What blocks as a row without a tenant is not told twice.
    assert rows("S24", read(database_url, {"labels": {**labels, "unowned": "block"}})) == {}


def test_orphans_are_counted_whatever_the_catalog_claims(database_url: str) -> None:
    run(
        database_url,
        ROOT,
        """
        CREATE TABLE parent (id bigint PRIMARY KEY, a integer, b integer, UNIQUE (a, b));
        CREATE TABLE child (id bigint PRIMARY KEY, unchecked bigint, off bigint, loaded bigint, a integer, b integer,
                            c integer, d integer);
        INSERT INTO parent VALUES (1, 1, 1);
        INSERT INTO child VALUES (1, 1, 1, 1, 1, 1, 1, 1), (2, 9, 1, 1, 1, NULL, 1, 1), (3, 8, 1, 1, 1, 1, 1, NULL),
                                 (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
        ALTER TABLE child ADD FOREIGN KEY (unchecked) REFERENCES parent NOT VALID,
                          ADD CONSTRAINT off_fkey FOREIGN KEY (off) REFERENCES parent,
                          ADD FOREIGN KEY (loaded) REFERENCES parent,
                          ADD FOREIGN KEY (a, b) REFERENCES parent (a, b),
                          ADD FOREIGN KEY (c, d) REFERENCES parent (a, b) MATCH FULL NOT VALID;
        ALTER TABLE child DISABLE TRIGGER ALL;
        INSERT INTO child (id, off) VALUES (5, 7);
        ALTER TABLE child ENABLE TRIGGER ALL;
        SET session_replication_role = replica;
        INSERT INTO child (id, loaded) VALUES (6, 7);
        """,
    )
    target = {"target": "shared"}
    facts = read(database_url, {"parent": target, "child": target})
    assert rows("S07", facts) == {
        "public.child(unchecked)->public.parent(id)": 2,
        "public.child(off)->public.parent(id)": 1,
        "public.child(loaded)->public.parent(id)": 1,
        "public.child(c, d)->public.parent(a, b)": 1,
    }
    assert found("S07", facts)["public.child(unchecked)->public.parent(id)"].samples == ("id=2", "id=3")
    assert "claims to be valid" in found("S07", facts)["public.child(loaded)->public.parent(id)"].detail
    assert {name for _, name in (key.split("(") for key in found("G04", facts))} == {
        "child_unchecked_fkey)", "child_c_d_fkey)",
    }  # fmt: skip


def test_orphans_of_a_configured_key_path_are_counted(database_url: str) -> None:
    run(
        database_url,
        ROOT,
        """
        CREATE TABLE orders (id bigint PRIMARY KEY, company_id integer NOT NULL REFERENCES companies);
        CREATE TABLE lines (id bigint PRIMARY KEY, "order" integer);
        INSERT INTO orders VALUES (1, 1);
        INSERT INTO lines VALUES (1, 1), (2, 5), (3, NULL);
        """,
    )
    path = ["order -> orders.id", "orders.company_id"]
    facts = read(database_url, {"lines": {"target": "tenant", "key_path": path}})
    assert rows("S07", facts) == {"public.lines(order)->public.orders(id)": 1}
    assert "no constraint is declared" in found("S07", facts)["public.lines(order)->public.orders(id)"].detail
    assert rows("S03", facts) == {"public.lines": 2}


def test_columns_named_like_ours_and_keys_without_primary_key(database_url: str) -> None:
    run(
        database_url,
        ROOT,
        """
        CREATE TABLE "Key" ("key" bigint UNIQUE, company_id integer REFERENCES companies, label text, found boolean);
        CREATE TABLE item (t bigint REFERENCES "Key" ("key"), company_id integer NOT NULL REFERENCES companies);
        INSERT INTO "Key" VALUES (1, 1), (2, 2);
        INSERT INTO item VALUES (1, 1), (2, 1), (1, 2);
        """,
    )
    facts = read(database_url)
    assert rows("S06", facts) == {"public.item(t)->public.Key(key)": 2}
    samples = found("S06", facts)["public.item(t)->public.Key(key)"].samples
    assert samples == ("ctid=(0,2)", "ctid=(0,3)")
    assert set(found("G01", facts)) == {"public.Key", "public.item"}
