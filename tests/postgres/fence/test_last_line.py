"""Where a command leaves the source fenced, its last line says so, since when, and what lifts it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from socket import gethostname

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

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


def test_every_report_says_what_it_is_about_and_who_wrote_it(project: Project) -> None:
    parameters = conninfo_to_dict(project.source)
    for command in (("status",), ("audit",), ("rollback", "--confirm", "x"), ("migrate",), ("plan", "show")):
        told = project.run(*command, "--report", str(project.directory / "report.txt")).document["origin"]
        assert (told["source"], told["role"]) == (parameters["dbname"], parameters["user"])
        assert told["server"].startswith("local socket")
        text = (project.directory / "report.txt").read_text(encoding="utf-8").splitlines()[1]
        assert text.startswith(
            f"{told['source']} on {told['server']} as {told['role']}, from {gethostname()} by migrator"
        )
    (kept,) = (project.directory / "backups" / "audit").glob("*.json")
    assert json.loads(kept.read_text(encoding="utf-8"))["origin"]["source"] == parameters["dbname"]
    assert project.run("verify", "--nonsense").document["origin"]["source"] is None


def test_commands_that_only_look_or_are_refused_at_once_say_so_too(project: Project) -> None:
    project.succeed("migrate", "--without-backup")
    assert says_so(project.run("status"))
    assert says_so(project.run("lock"))
    assert says_so(project.run("plan", "show"))
    for command in (("rollback",), ("rollback", "--confirm", "x"), ("finish",)):
        refused = project.run(*command)
        assert refused.exit_code == 3
        assert says_so(refused)


def test_of_a_complete_split_it_says_how_it_ends_and_always_the_same_moment(project: Project) -> None:
    migrated = project.succeed("migrate", "--without-backup")
    lines = {answer.document["fence"] for answer in (migrated, project.run("verify"), project.run("status"))}
    (line,) = lines | {project.run("migrate").document["fence"]}
    assert "The split is complete" in line
    assert "finish` ends the run for good" in line
    assert "goes on" not in line


def test_what_lifts_it_after_finish_is_finish(project: Project) -> None:
    run = project.succeed("migrate", "--without-backup").document["run_id"]
    finished = project.succeed("finish", "--confirm", run)
    for answer in (finished, project.run("verify"), project.run("status"), project.run("rollback", "--confirm", run)):
        line = answer.document["fence"]
        assert re.match(r"The source is fenced since .* UTC by run \S+, which is finished: it takes no writes", line)
        assert f"finish --retire unfence --confirm {run}` lifts it." in line
        assert "rollback" not in line
    assert project.succeed("finish", "--confirm", run, "--retire", "unfence").document["fence"] == ""
    assert project.run("status").document["fence"] == ""


def test_where_the_journal_is_lost_it_says_what_lifts_the_fence_then(project: Project) -> None:
    run = project.succeed("migrate", "--without-backup").document["run_id"]
    with psycopg.connect(project.source, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{project.prefix}_migrator" WITH (FORCE)'.encode())
    line = project.run("status").document["fence"]
    assert line.startswith(f"The source is fenced by run {run}, which the journal does not know")
    assert f"rollback --adopt --confirm {run}` lifts it." in line


def test_where_the_source_does_not_answer_it_says_that_it_cannot_be_known(project: Project) -> None:
    project.succeed("migrate", "--without-backup")
    for command in (("status",), ("verify",), ("rollback",)):
        answer = project.run(*command, "--source", "postgresql://postgres@127.0.0.1:1/nobody")
        assert answer.exit_code == 5
        assert answer.document["fence"].startswith("Whether the source is fenced cannot be known")
        assert answer.stderr.rstrip().splitlines()[-1] == answer.document["fence"]


def test_where_only_the_targets_server_is_gone_the_source_says_so_itself(project: Project) -> None:
    run = project.succeed("migrate", "--without-backup").document["run_id"]
    gone = "postgresql://postgres@127.0.0.1:1/postgres"
    for command in (("status",), ("verify",), ("rollback", "--validate")):
        answer = project.run(*command, "--target", gone)
        assert answer.exit_code == 5
        assert answer.document["fence"].startswith(
            f"The source is fenced by run {run}: it takes no writes. The journal"
        )
    project.succeed("rollback", "--confirm", run)
    assert project.run("status", "--target", gone).document["fence"] == ""


def test_some_targets_failed_and_the_server_says_nothing_more(project: Project) -> None:
    fail_in_one_database(project)
    project.succeed("dry-run")
    failed = project.run("migrate", "--without-backup")
    assert failed.exit_code == 4
    assert says_so(failed)
    assert "migrate` goes on under the fence" in project.run("status").document["fence"]


def test_a_rehearsal_that_fails_never_says_that_the_source_is_fenced(project: Project) -> None:
    fail_in_one_database(project)
    failed = project.run("dry-run", "--rehearse")
    assert failed.exit_code == 4
    assert failed.document["fence"] == ""
    assert "fenced" not in failed.error
