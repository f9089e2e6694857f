"""What a failing revision is told by: the file, its line and the statement, before the fence."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.postgres.plan.projects import ROOT, blocking, project_factory, remedies
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


_CODE = {
    "a name that is not defined": ("    op.execute(statment)", "line 5, in op.execute(statment): NameError: name 'sta"),
    "a call that a library refuses": ("    op.add_column(7)", "line 5, in op.add_column(7): "),
    "a file that is not there": ("    open('nowhere.sql')", "line 5, in open('nowhere.sql'): FileNotFoundError"),
    "an exit": ("    raise SystemExit('not today')", "in raise SystemExit('not today'): SystemExit: not today"),
    "an assertion": ("    assert op is None, 'no'", "line 5, in assert op is None, 'no': AssertionError: no"),
    "an import": ("    import no_such_module", "line 5, in import no_such_module: No module named"),
    "no statement": ("    pass\ndel upgrade", "versions/0009_more.py: AttributeError: module"),
    "the driver's own connection": (
        "    op.get_bind().connection.cursor().execute('SELECT no_column')",
        "line 5, in op.get_bind().connection.cursor().execute('SELECT no_column'): UndefinedColumn: column",
    ),
}


@pytest.mark.parametrize("code", _CODE)
def test_an_exception_of_a_revision_is_an_error_of_the_revision(project: Project, code: str) -> None:
    body, expected = _CODE[code]
    versions = project.directory / "migrations" / "tenant" / "versions"
    (versions / "0009_more.py").write_text(
        "from alembic import op\n"
        "revision = '0009'\n"
        f"down_revision = '{'0002' if (versions / '0002_names.py').exists() else '0001'}'\n"
        f"def upgrade():\n{body}\n"
    )
    answer = project.run("dry-run")
    assert answer.exit_code == 1
    said = blocking(answer)["schema of tenant"]
    assert "versions/0009_more.py" in said
    assert expected in said


def test_an_exception_at_the_top_of_a_revision_or_of_the_models_ends_the_command(project: Project) -> None:
    tree = project.directory / "migrations" / "tenant"
    for file, code in (("versions/0009_more.py", "revision = nmae"), ("env.py", "import json\n)")):
        before = (tree / file).read_text() if (tree / file).exists() else None
        (tree / file).write_text(code + "\n")
        answer = project.run("dry-run")
        if before is None:
            (tree / file).unlink()
        else:
            (tree / file).write_text(before)
        said = str(answer.document["error"]) if "error" in answer.document else str(blocking(answer))
        assert answer.exit_code in (1, 2)
        assert f"{file} line {len(code.splitlines())}, in {code.splitlines()[-1]}" in said
    project.succeed("dry-run")


def test_an_exception_of_ours_stays_a_bug(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Raised beneath env.py, but by migrator's own part of it."""

    def broken(*_: object) -> None:
        raise NameError("ours")

    monkeypatch.setattr("migrator.revisions.environment._run", broken)
    assert project.run("dry-run").exit_code == 70


def test_a_column_that_came_after_init_blocks(project: Project) -> None:
    project.succeed("dry-run")
    project.execute("", "ALTER TABLE notes ADD COLUMN added text")
    answer = project.run("dry-run")
    assert answer.exit_code == 1
    assert "has no column 'added'" in blocking(answer)["schema of tenant"]


def test_a_role_that_the_server_lacks_is_to_be_made_there_and_the_revision_left_alone(project: Project) -> None:
    (script,) = (project.directory / "migrations" / "tenant" / "versions" / "0001_baseline").glob("*_tables.sql")
    text = script.read_text(encoding="utf-8")
    script.write_text(f'{text}\nALTER TABLE public.notes OWNER TO "Nobody Here";\n', encoding="utf-8")
    answer = project.run("dry-run")
    assert 'role "Nobody Here" does not exist' in blocking(answer)["schema of tenant"]
    assert 'CREATE ROLE "Nobody Here"; and where it owns tables, GRANT "Nobody Here" TO' in remedies(answer)
    assert "Correct the revision" not in remedies(answer)
