"""What a failing revision is told by: the file, its line and the statement, before the fence."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.postgres.plan.projects import ROOT, blocking, project_factory
from tests.project import Project
from tests.servers import DatabaseFactory

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def project(database_factory: DatabaseFactory, prefix: str, tmp_path: Path) -> Project:
    return project_factory(database_factory, prefix, tmp_path)(
        ROOT + "CREATE TABLE notes (id int PRIMARY KEY, company_id int NOT NULL REFERENCES companies);"
    )


def test_a_broken_script_is_named_with_line_and_statement(project: Project) -> None:
    (script,) = (project.directory / "migrations" / "tenant" / "versions" / "0001_baseline").glob("*_tables.sql")
    text = script.read_text(encoding="utf-8")
    script.write_text(f"{text}\nCREATE TABLE public.more (\n    id nosuchtype\n);\n", encoding="utf-8")
    line = text.count("\n") + 3
    told = blocking(project.run("dry-run"))["schema of tenant"]
    assert f"versions/0001_baseline/{script.name} line {line}, in CREATE TABLE public.more ( id nosuchtype )" in told
    assert 'type "nosuchtype" does not exist' in told


def test_a_broken_revision_is_named_with_line_and_statement(project: Project) -> None:
    versions = project.directory / "migrations" / "tenant" / "versions"
    (versions / "0009_more.py").write_text(
        "from alembic import op\n"
        "revision = '0009'\n"
        f"down_revision = '{'0002' if (versions / '0002_names.py').exists() else '0001'}'\n"
        "def upgrade():\n"
        "    op.execute('CREATE TABLE more (id nosuchtype)')\n"
    )
    told = blocking(project.run("dry-run"))["schema of tenant"]
    assert "versions/0009_more.py line 5, in CREATE TABLE more (id nosuchtype)" in told


def test_a_column_that_came_after_init_blocks(project: Project) -> None:
    project.succeed("dry-run")
    project.execute("", "ALTER TABLE notes ADD COLUMN added text")
    answer = project.run("dry-run")
    assert answer.exit_code == 1
    assert "has no column 'added'" in blocking(answer)["schema of tenant"]
