"""Values that a target's column would refuse: names of objects that it will not have, labels, lengths, other types."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.postgres.plan.projects import (
    ROOT,
    ProjectFactory,
    blocking,
    is_fenced,
    project_factory,
    remedies,
    split_and_back,
)
from tests.servers import DatabaseFactory

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def make(database_factory: DatabaseFactory, prefix: str, tmp_path: Path) -> ProjectFactory:
    return project_factory(database_factory, prefix, tmp_path)


ITEMS = """
CREATE DOMAIN named AS regclass;
CREATE TYPE pair AS (a regclass, b int);
CREATE TABLE users (id int PRIMARY KEY, email text, password text);
CREATE TABLE items (id int PRIMARY KEY, company_id int NOT NULL REFERENCES companies, kind {0});
INSERT INTO items VALUES (1, 1, {1}), (2, 2, {2}), (3, 2, {3});
"""

# The column's type, the values of three rows, and what blocks: what the tenants' databases do not know of the second.
NAMES = {
    "a table": ("regclass", "'items'", "'users'", "NULL", "public.users", "relation"),
    "an array": ("regclass[]", "'{items}'", "'{items,users}'", "'{}'", "{public.items,public.users}", "relation"),
    "a domain": ("named", "'items'", "'users'", "'items'", "public.users", "relation"),
    "a row type": ("regtype", "'text'", "'users'", "'int'", "public.users", "type"),
    "a composite": ("pair", "ROW('items', 1)::pair", "ROW('users', 2)::pair", "NULL", "(public.users,2)", "relation"),
}  # fmt: skip


@pytest.mark.parametrize("case", NAMES)
def test_names_of_objects_that_a_target_will_not_have_block(make: ProjectFactory, case: str) -> None:
    type_, *values, shown, kind = NAMES[case]
    project = make(ROOT + ITEMS.format(type_, *values))
    answer = project.run("dry-run")
    assert blocking(answer) == {
        "value kind of items": "1 row of items holds in kind what it cannot hold there in target 'tenant' "
        f'({kind} "public.users" does not exist): id=2 {shown}'
    }
    assert project.run("migrate", "--without-backup").exit_code == 3
    assert not is_fenced(project)
    assert type_ == "regclass" or "Correct the rows" in remedies(answer) or "kept as text" in remedies(answer)
    # As the remedy says: the name is kept as text there.
    (script,) = (project.directory / "migrations" / "tenant" / "versions" / "0001_baseline").glob("*_tables.sql")
    text = script.read_text()
    column = f"kind {type_}" if type_ in ("regclass", "regclass[]", "regtype") else f"kind public.{type_}"
    assert column in text
    script.write_text(text.replace(column, "kind text"))
    project.succeed("dry-run")
    project.succeed("migrate", "--without-backup")
    project.succeed("verify")
    assert project.value("b", "SELECT kind FROM items WHERE id = 2") == shown
    run = str(project.run("status").document["run_id"])
    project.succeed("rollback", "--confirm", run)


def test_names_that_every_database_knows_travel(make: ProjectFactory) -> None:
    split_and_back(make(ROOT + ITEMS.format("regclass", "'items'", "'pg_class'", "NULL")))


def test_the_name_of_an_index_comes_before_the_index(make: ProjectFactory) -> None:
    """Rows are copied into databases whose indexes are built afterwards."""
    project = make(ROOT + ITEMS.format("regclass", "'items'", "'items_pkey'", "'pg_class'"))
    assert blocking(project.run("dry-run"))["value kind of items"].endswith(": id=2 public.items_pkey")


# The source's column and value, the type that the target's tree gives it, and what the server says of the value.
CHANGED = {
    "a number that does not fit": ("bigint", "'5000000000'", "integer", "out of range", "5000000000"),
    "a text that is too long": ("text", "'abcdef'", "character varying(5)", "value too long", "abcdef"),
    "a text that is no number": ("text", "'seven'", "integer", "invalid input syntax", "seven"),
    "a label that is not there": ("mood", "'sad'", "public.mood", "invalid input value for enum", "sad"),
}


@pytest.mark.parametrize("case", CHANGED)
def test_values_that_another_type_does_not_take_block(make: ProjectFactory, case: str) -> None:
    before, value, after, reason, shown = CHANGED[case]
    project = make(
        ROOT
        + "CREATE TYPE mood AS ENUM ('good', 'sad');"
        + ITEMS.format(before, value, value if before == "mood" else "NULL", "NULL")
    )
    versions = project.directory / "migrations" / "tenant" / "versions" / "0001_baseline"
    for script in versions.glob("*.sql"):
        text = script.read_text()
        if before == "mood":
            text = text.replace("    'good',\n    'sad'", "    'good'")
        script.write_text(text.replace(f"kind {before}", f"kind {after}"))
    detail = blocking(project.run("dry-run"))["value kind of items"]
    assert reason in detail
    assert detail.endswith(f": id=1 {shown}, id=2 {shown}" if before == "mood" else f": id=1 {shown}")


def test_every_value_of_a_large_table_is_tried(make: ProjectFactory) -> None:
    """The values come in parts; those that are refused are found among many that are not."""
    project = make(
        ROOT
        + ITEMS.format("text", "'1'", "'2'", "'3'")
        + "INSERT INTO items SELECT n, 1 + n % 2, CASE WHEN n % 4000 = 0 THEN 'x' || n ELSE n::text END "
        "FROM generate_series(10, 12000) n;"
    )
    versions = project.directory / "migrations" / "tenant" / "versions" / "0001_baseline"
    for script in versions.glob("*.sql"):
        script.write_text(script.read_text().replace("kind text", "kind integer"))
    detail = blocking(project.run("dry-run"))["value kind of items"]
    assert detail.startswith("3 rows of items hold in kind what it cannot hold there in target 'tenant'")
    assert detail.endswith(": id=12000 x12000, id=4000 x4000, id=8000 x8000")
