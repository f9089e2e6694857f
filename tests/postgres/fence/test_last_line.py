"""Where a command leaves the source fenced, its last line says so, since when, and what lifts it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.postgres.plan.projects import ROOT, project_factory
from tests.project import Answer, Project
from tests.servers import DatabaseFactory

pytestmark = pytest.mark.timeout(300)

_NOTES = """
CREATE TABLE notes (id int PRIMARY KEY, company_id int NOT NULL REFERENCES companies, t text);
INSERT INTO notes VALUES (1, 1, 'x'), (2, 2, 'y');
"""
_SAYS = re.compile(r"The source is fenced since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC by run \S+: .*rollback.* lifts it\.")


@pytest.fixture
def project(database_factory: DatabaseFactory, prefix: str, tmp_path: Path) -> Project:
    made = project_factory(database_factory, prefix, tmp_path)(ROOT + _NOTES)
    made.succeed("dry-run")
    return made


def says_so(answer: Answer) -> bool:
    return bool(_SAYS.fullmatch(answer.document["fence"]))


def fail_in_one_database(project: Project) -> None:
    """Adds to the tenants' tree what no dry-run can ask: a check that is false in one database only."""
    (baseline,) = (project.directory / "migrations" / "tenant" / "versions").glob("0001*.py")
    text = baseline.read_text(encoding="utf-8")
    text = text.replace("import run_scripts", "import run_scripts\nfrom alembic import op")
    statement = "ALTER TABLE notes ADD CHECK (current_database() !~ '_b$')"
    call = re.search(r"    run_scripts\(__file__.*\)\n", text)
    assert call is not None
    baseline.write_text(text.replace(call[0], f"{call[0]}    op.execute({statement!r})\n", 1), encoding="utf-8")


def test_every_command_says_so_until_the_fence_is_lifted(project: Project) -> None:
    assert not project.run("dry-run").document["fence"]
    assert says_so(project.succeed("migrate", "--without-backup"))
    assert says_so(project.succeed("verify"))
    refused = project.run("backup")
    assert refused.exit_code == 3
    assert says_so(refused)
    assert _SAYS.fullmatch(refused.stderr.rstrip().splitlines()[-1])
    run = str(project.run("status").document["run_id"])
    assert project.succeed("rollback", "--confirm", run).document["fence"] == ""


def test_some_targets_failed_and_the_server_says_nothing_more(project: Project) -> None:
    fail_in_one_database(project)
    project.succeed("dry-run")
    failed = project.run("migrate", "--without-backup")
    assert failed.exit_code == 4
    assert says_so(failed)


def test_a_rehearsal_that_fails_never_says_that_the_source_is_fenced(project: Project) -> None:
    fail_in_one_database(project)
    failed = project.run("dry-run", "--rehearse")
    assert failed.exit_code == 4
    assert failed.document["fence"] == ""
    assert "fenced" not in failed.error
