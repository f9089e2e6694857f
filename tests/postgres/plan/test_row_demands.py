"""Rows that the target's constraints would refuse: counted before the fence, by rule, with their keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.postgres.plan.projects import ROOT, ProjectFactory, blocking, is_fenced, load, project_factory, remedies
from tests.servers import DatabaseFactory

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def make(database_factory: DatabaseFactory, prefix: str, tmp_path: Path) -> ProjectFactory:
    return project_factory(database_factory, prefix, tmp_path)


_FUNCTION = "CREATE OR REPLACE FUNCTION norm(t text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT {0}(t) $$;"
_ITEMS = "CREATE TABLE items (id int PRIMARY KEY, company_id int NOT NULL REFERENCES companies, t text{0});"
_ROWS = "INSERT INTO items (id, company_id, t) VALUES (1, 1, 'Abc'), (2, 2, 'Def'), (3, 2, 'GHI');"

# What the source's catalog says is valid, and is not any more: the script, what blocks, and what it says.
CHANGED = {
    "a check whose function has changed": (
        _FUNCTION.format("lower") + _ITEMS.format(" CONSTRAINT same CHECK (t = initcap(norm(t)) OR t = norm(t))")
        + _ROWS.replace("GHI", "Ghi") + _FUNCTION.format("reverse"),
        "check same of items",
        "3 rows of items would not pass the check same in target 'tenant': id=1, id=2, id=3",
    ),
    "a generated column whose function has changed": (
        _FUNCTION.format("lower") + _ITEMS.format(", n text GENERATED ALWAYS AS (norm(t)) STORED")
        + _ROWS + _FUNCTION.format("upper"),
        "generated n of items",
        "3 rows of items hold something else in the generated column n",
    ),
    "a domain whose function has changed": (
        _FUNCTION.format("lower") + "CREATE DOMAIN word AS text CONSTRAINT lowered CHECK (norm(value) <> 'DEF');"
        + _ITEMS.format("").replace("t text", "t word") + _ROWS.replace("Def", "DEF") + _FUNCTION.format("upper"),
        "check lowered (t) of items",
        "1 row of items would not pass the check lowered (t) in target 'tenant': id=2",
    ),
    "a check that fails for a row": (
        "CREATE FUNCTION ratio(t text) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT 1 $$;"
        + _ITEMS.format(" CONSTRAINT whole CHECK (ratio(t) > 0)") + _ROWS
        + "CREATE OR REPLACE FUNCTION ratio(t text) RETURNS int LANGUAGE sql IMMUTABLE AS "
        "$$ SELECT 1 / (length(t) - 3) $$;",
        "check whole of items",
        "division by zero",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("script", "name", "detail"), CHANGED.values(), ids=CHANGED.keys())
def test_what_held_when_the_rows_came_is_asked_again(make: ProjectFactory, script: str, name: str, detail: str) -> None:
    project = make(ROOT + script)
    answer = project.run("dry-run")
    assert answer.exit_code == 1
    assert detail in blocking(answer)[name]
    assert project.run("migrate", "--without-backup").exit_code == 3
    assert not is_fenced(project)


def test_the_remedy_of_a_generated_column_is_enough(make: ProjectFactory) -> None:
    script, name, _ = CHANGED["a generated column whose function has changed"]
    project = make(ROOT + script)
    answer = project.run("dry-run")
    assert list(blocking(answer)) == [name]
    load(project.source, remedies(answer).partition(": ")[2])
    project.succeed("dry-run")
    project.succeed("migrate", "--without-backup")


# What only the target's tree says of the rows: its statement, what blocks, and what it says.
STRICTER = {
    "a column that is not null there": (
        "ALTER TABLE items ALTER COLUMN u SET NOT NULL", "not null u of items",
        "1 row of items holds NULL in u, which is NOT NULL there in target 'tenant': id=4",
    ),
    "a key that the source does not have": (
        "ALTER TABLE items ADD UNIQUE (t)", "unique t of items",
        "2 rows of items hold the same t as another row of their database",
    ),
    "a foreign key that the source does not have": (
        "ALTER TABLE items ADD FOREIGN KEY (u) REFERENCES items", "foreign key items_u_fkey of items",
        "1 row of items names a row by the key items_u_fkey that their database will not have in target 'tenant': id=3",
    ),
    "a check that the source does not have": (
        "ALTER TABLE items ADD CONSTRAINT high CHECK (u > 5)", "check high of items",
        "2 rows of items would not pass the check high in target 'tenant': id=1, id=2",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("statement", "name", "detail"), STRICTER.values(), ids=STRICTER.keys())
def test_what_the_tree_demands_beyond_the_source_is_asked(
    make: ProjectFactory, statement: str, name: str, detail: str
) -> None:
    # Alike in two tenants is no fault; alike in one is. Row 3 names a row of the other tenant.
    rows = "INSERT INTO items VALUES (1, 1, 'x', 1), (2, 2, 'x', 2), (3, 2, 'y', 1), (4, 2, 'y', NULL);"
    project = make(ROOT + _ITEMS.format(", u int") + rows.replace("(3, 2, 'y', 1)", "(3, 2, 'y', 9)"))
    project.succeed("dry-run")
    (baseline,) = (project.directory / "migrations" / "tenant" / "versions").glob("0001*.py")
    text = baseline.read_text(encoding="utf-8")
    text = text.replace("import run_scripts", "import run_scripts\nfrom alembic import op")
    baseline.write_text(
        text.replace("run_scripts(__file__)\n", f"run_scripts(__file__)\n    op.execute({statement!r})\n", 1)
    )
    answer = project.run("dry-run")
    assert answer.exit_code == 1
    assert detail in blocking(answer)[name]
