"""Tables that inherit, and rows that only a query gives to a tenant: from init to the writes carried back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.postgres.plan.projects import ROOT, ProjectFactory, blocking, project_factory, remedies
from tests.project import Project
from tests.servers import DatabaseFactory

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def make(database_factory: DatabaseFactory, prefix: str, tmp_path: Path) -> ProjectFactory:
    return project_factory(database_factory, prefix, tmp_path)


def with_entry(project: Project, table: str, entry: str) -> None:
    """Puts another entry in the place of the table's in migrator.toml."""
    text = project.toml.read_text(encoding="utf-8")
    start = text.index(f"[tables.{table}]")
    end = text.find("\n[", start + 1)
    rest = "" if end < 0 else text[end:]
    project.toml.write_text(f"{text[:start]}[tables.{table}]\n{entry}\n{rest}", encoding="utf-8")


INHERITING = (
    ROOT
    + """
CREATE TABLE things (id int PRIMARY KEY, name text);
CREATE TABLE sub_things (extra int, PRIMARY KEY (id)) INHERITS (things);
CREATE TABLE owned (company_id int NOT NULL REFERENCES companies, PRIMARY KEY (id)) INHERITS (things);
CREATE TABLE owned_more (note text, PRIMARY KEY (id)) INHERITS (owned);
INSERT INTO things VALUES (1, 'a');
INSERT INTO sub_things VALUES (2, 'b', 3);
INSERT INTO owned VALUES (3, 'c', 1), (4, 'd', 2);
INSERT INTO owned_more VALUES (5, 'e', 1, 'n');
"""
)


def test_the_parent_of_tenants_tables_comes_with_them(make: ProjectFactory) -> None:
    project = make(INHERITING)
    assert 'target = "shared"\nreplicate = ["tenant"]' in project.toml.read_text()
    project.succeed("dry-run")
    project.succeed("migrate", "--without-backup")
    read = "SELECT tableoid::regclass::text, id FROM things ORDER BY 2"
    assert project.fetch("a", read) == [("things", 1), ("owned", 3), ("owned_more", 5)]
    assert project.fetch("b", read) == [("things", 1), ("owned", 4)]
    assert project.fetch("shared", read) == [("things", 1), ("sub_things", 2)]
    project.succeed("verify")
    project.execute("a", "INSERT INTO owned_more VALUES (9, 'late', 1, 'x'); UPDATE owned SET name = 'C' WHERE id = 3;")
    run = str(project.run("status").document["run_id"])
    project.succeed("rollback", "--replay-writes", "--confirm", run)
    assert project.fetch("", "SELECT tableoid::regclass::text, id, name FROM things ORDER BY 2") == [
        ("things", 1, "a"),
        ("sub_things", 2, "b"),
        ("owned", 3, "C"),
        ("owned", 4, "d"),
        ("owned_more", 5, "e"),
        ("owned_more", 9, "late"),
    ]


def test_apart_they_block_and_the_remedy_is_the_parents_entry(make: ProjectFactory) -> None:
    project = make(INHERITING)
    project.replace('replicate = ["tenant"]\n', "")
    answer = project.run("dry-run")
    assert blocking(answer) == {
        f"placement of {table}": "it inherits from things, which goes to shared: the two have to be together"
        for table in ("owned", "owned_more")
    }
    assert '[tables."things"] replicate = ["tenant"]' in remedies(answer)
    assert "ALTER TABLE public.owned NO INHERIT public.things;" in remedies(answer)
    with_entry(project, "things", 'target = "shared"\nreplicate = ["tenant"]')
    project.succeed("dry-run")


def test_rows_that_name_their_tenant_do_not_follow_a_parent_into_shared(make: ProjectFactory) -> None:
    """Without an entry of its own the child is placed by its key, and not by what it inherits from."""
    project = make(INHERITING)
    text = project.toml.read_text()
    for table in ("owned", "owned_more"):
        start = text.index(f"[tables.{table}]")
        end = text.find("\n[", start + 1)
        text = text[:start] + (text[end:] if end >= 0 else "")
    project.toml.write_text(text)
    placed = {row["table"]: row["target"] for row in project.succeed("dry-run").section("Placements")}
    assert (placed["owned"], placed["owned_more"], placed["sub_things"]) == ("tenant", "tenant", "shared")


CREDENTIALS = (
    ROOT
    + """
CREATE TABLE logins (id int PRIMARY KEY, email text, password_hash text);
CREATE TABLE staff (company_id int NOT NULL REFERENCES companies, PRIMARY KEY (id)) INHERITS (logins);
INSERT INTO logins VALUES (1, 'x', 'y');
INSERT INTO staff VALUES (2, 'x', 'y', 1);
"""
)


def test_credentials_are_not_replicated_for_a_child_of_the_tenants(make: ProjectFactory) -> None:
    project = make(CREDENTIALS)
    text = project.toml.read_text()
    assert "replicate =" not in "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    answer = project.run("dry-run")
    assert answer.exit_code == 1
    (detail,) = (text for name, text in blocking(answer).items() if name == "placement of staff")
    assert "it inherits from logins" in detail
    assert "replicate" not in remedies(answer)


LINKED = (
    ROOT
    + """
CREATE TABLE links (company_id int NOT NULL REFERENCES companies, order_no text PRIMARY KEY);
CREATE TABLE orders (id int PRIMARY KEY, no text NOT NULL, total numeric);
CREATE TABLE lines (id int PRIMARY KEY, order_id int NOT NULL REFERENCES orders, what text);
INSERT INTO links VALUES (1, 'a'), (2, 'b'), (2, 'c');
INSERT INTO orders VALUES (1, 'a', 1.0), (2, 'b', 2), (3, 'c', 3);
INSERT INTO lines VALUES (1, 1, 'x'), (2, 2, 'y'), (3, 3, 'z');
"""
)
OF_ORDERS = 'query = "SELECT o.*, l.company_id FROM orders o JOIN links l ON l.order_no = o.no"\nkey = "company_id"'
OF_LINES = (
    'query = "SELECT n.*, l.company_id FROM lines n JOIN orders o ON o.id = n.order_id JOIN links l '
    'ON l.order_no = o.no"\nkey = "company_id"'
)


def test_a_key_that_only_a_query_has_says_whose_the_row_is_and_does_not_travel(make: ProjectFactory) -> None:
    project = make(LINKED)
    with_entry(project, "orders", f'target = "tenant"\n{OF_ORDERS}')
    with_entry(project, "lines", f'target = "tenant"\n{OF_LINES}')
    # The trees are those of the first placement: dry-run says which command writes them anew.
    assert "migrator init --trees" in remedies(project.run("dry-run"))
    project.succeed("init", "--trees")
    project.succeed("dry-run")
    project.succeed("migrate", "--without-backup")
    project.succeed("verify")
    assert project.fetch("b", "SELECT * FROM orders ORDER BY id") == [(2, "b", 2), (3, "c", 3)]
    assert project.fetch("a", "SELECT * FROM lines") == [(1, 1, "x")]
    run = str(project.run("status").document["run_id"])
    project.succeed("rollback", "--confirm", run)


def test_a_key_column_that_the_table_has_travels_or_is_asked_about(make: ProjectFactory) -> None:
    """The query only reads the table: leaving out a column of the source is not done without a word."""
    project = make(LINKED)
    with_entry(project, "links", 'target = "tenant"\nquery = "SELECT * FROM links"\nkey = "company_id"')
    for script in (project.directory / "migrations" / "tenant" / "versions" / "0001_baseline").glob("*.sql"):
        script.write_text(script.read_text().replace("    company_id integer NOT NULL,\n", ""))
    assert "has no column 'company_id'" in blocking(project.run("dry-run"))["schema of tenant"]


def test_no_path_leads_through_a_table_whose_tenant_only_its_query_knows(make: ProjectFactory) -> None:
    project = make(LINKED)
    with_entry(project, "orders", f'target = "tenant"\n{OF_ORDERS}')
    with_entry(project, "lines", 'target = "tenant"')
    assert project.run("audit").exit_code == 1
    detail = blocking(project.run("dry-run"))["placement of lines"]
    assert detail == "it hangs on orders, whose tenant only its query knows: read it by a query with a key too"
