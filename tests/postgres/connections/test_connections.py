"""connections: who serves which rows from the first dry-run to the end, read by libpq and by a real PgBouncer."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.pgbouncer import pgbouncer
from tests.postgres.plan.projects import ROOT, ProjectFactory, project_factory
from tests.project import Project
from tests.servers import DatabaseFactory, PostgresServer

NOTES = """
CREATE TABLE notes (id int PRIMARY KEY, company_id int NOT NULL REFERENCES companies);
INSERT INTO notes VALUES (1, 1), (2, 2);
"""


@pytest.fixture
def make(database_factory: DatabaseFactory, prefix: str, tmp_path: Path) -> ProjectFactory:
    return project_factory(database_factory, prefix, tmp_path)


def states(project: Project) -> dict[str, str]:
    document = project.succeed("connections")
    return {name: entry["state"] for name, entry in document.document["map"]["tenants"].items()}


def test_the_map_follows_the_run(make: ProjectFactory) -> None:
    project = make(ROOT + NOTES)
    assert project.run("connections").exit_code == 3
    project.succeed("dry-run")
    assert set(states(project).values()) == {"monolith"}
    project.succeed("migrate", "--yes", "--without-backup")
    assert set(states(project).values()) == {"live"}
    run = project.succeed("status").document["run_id"]
    tenant = min(states(project))
    project.succeed("rollback", "--tenant", tenant, "--confirm", run)
    assert {name: state for name, state in states(project).items() if state != "live"} == {tenant: "frozen"}
    project.succeed("rollback", "--confirm", run)
    assert set(states(project).values()) == {"monolith"}


def test_a_split_beside_a_source_that_takes_writes_serves_nothing(make: ProjectFactory) -> None:
    project = make(ROOT + NOTES)
    project.succeed("dry-run")
    project.succeed("migrate", "--yes", "--without-backup", "--no-fence")
    assert set(states(project).values()) == {"monolith"}


def test_a_service_file_and_pgbouncer_lead_to_each_database(
    make: ProjectFactory, server: PostgresServer, server_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make(ROOT + NOTES)
    project.succeed("dry-run")
    services, databases = server_directory / "pg_service.conf", server_directory / "databases.ini"
    project.succeed("connections", "--format", "pg_service", "--write", str(services))
    project.succeed("migrate", "--yes", "--without-backup")
    entries = project.succeed("connections").document["map"]["tenants"].values()
    project.succeed("connections", "--format", "pgbouncer", "--write", str(databases))
    user = psycopg.conninfo.conninfo_to_dict(project.source).get("user")
    monkeypatch.setenv("PGSERVICEFILE", str(services))
    for entry in entries:
        with psycopg.connect(make_conninfo("", service=entry["name"], user=user)) as connection:
            assert connection.info.dbname != entry["database"]  # written while the monolith served it
    project.succeed("connections", "--format", "pg_service", "--write", str(services))
    with pgbouncer(server, server_directory, databases.read_text(), "session") as parameters:
        for entry in entries:
            for conninfo in (
                make_conninfo("", service=entry["name"], user=user),
                make_conninfo("", **parameters, dbname=entry["name"]),
            ):
                with psycopg.connect(conninfo) as connection:
                    assert connection.execute("SELECT current_database()").fetchone() == (entry["database"],)


def test_what_is_printed_is_what_is_written(
    make: ProjectFactory, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    project = make(ROOT + NOTES)
    project.succeed("dry-run")
    file = tmp_path / "map.json"
    project.succeed("connections", "--format", "json", "--write", str(file))
    assert json.loads(file.read_text())["tenants"]
    assert file.stat().st_mode & 0o777 == 0o644
    refused = project.run("connections", "--format", "json", "--write", str(tmp_path / "nowhere" / "map.json"))
    assert refused.exit_code == 2
    assert project.run("connections", "--tenant", "nobody").exit_code == 3
