"""A project made by init on a script's database: what the tests of everything before the fence begin with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from tests.project import Answer, Project
from tests.servers import DatabaseFactory

# Makes a project of a script, and runs init on it.
ProjectFactory = Callable[[str], Project]

ROOT = """
CREATE TABLE companies (id int PRIMARY KEY, slug text UNIQUE NOT NULL);
INSERT INTO companies VALUES (1, 'a'), (2, 'b');
"""


def load(url: str, script: str) -> None:
    """Runs a script; {database} in it is the database's name, quoted."""
    name = sql.Identifier(str(conninfo_to_dict(url)["dbname"])).as_string(None)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(script.replace("{database}", name).encode())


def project_factory(database_factory: DatabaseFactory, prefix: str, directory: Path) -> ProjectFactory:
    """`make(script)` is a project of init's own on a database that the script filled."""

    def make(script: str) -> Project:
        url = database_factory(prefix)
        load(url, script)
        project = Project(directory / "project", url, prefix)
        project.directory.mkdir()
        environment = {"MIGRATOR_SOURCE_URL": url, "MIGRATOR_PREFIX": prefix}
        answer = project.run(
            "init", "--into", str(project.directory), "--tenant-root", "companies", environment=environment
        )
        assert answer.exit_code in (0, 1), answer.document
        (project.directory / ".env").write_text(f"MIGRATOR_SOURCE_URL='{url}'\nMIGRATOR_PREFIX={prefix}\n")
        return project

    return make


def blocking(answer: Answer) -> Mapping[str, str]:
    """What stands in the way by dry-run, by its name."""
    return {check["name"]: check["detail"] for check in answer.document["checks"] if check["state"] == "block"}


def remedies(answer: Answer) -> str:
    """What dry-run proposes where something stands in the way."""
    return "\n".join(check["remedy"] for check in answer.document["checks"] if check["state"] == "block")


def is_fenced(project: Project) -> Any:
    """Whether a fence stands in the source."""
    return project.value("", "SELECT to_regnamespace('migrator_fence') IS NOT NULL")


def split_and_back(project: Project) -> None:
    """dry-run, migrate, verify, and rollback, all of which have to end well."""
    project.succeed("dry-run")
    project.succeed("migrate", "--without-backup")
    project.succeed("verify")
    run = str(project.run("status").document["run_id"])
    project.succeed("rollback", "--confirm", run)
