"""Rows of extensions' configuration tables are in every database that has the extension, and are accounted for."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.project import Project
from tests.servers import PostgresServer, ServerFactory, create_database

CONTROL = "default_version = '1.0'\nrelocatable = true\n"
# As PostGIS and pg_partman have them: rows of the extension's own, and rows of the database's, told by a condition.
SCRIPT = """
CREATE TABLE regions (id int PRIMARY KEY, name text, built_in boolean NOT NULL DEFAULT false, upper text
    GENERATED ALWAYS AS (upper(name)) STORED);
INSERT INTO regions VALUES (1, 'world', true);
CREATE TABLE region_jobs (id int PRIMARY KEY, region_id int REFERENCES regions);
CREATE SEQUENCE region_numbers;
CREATE DOMAIN region AS int CHECK (value > 0);
SELECT pg_catalog.pg_extension_config_dump('regions', 'WHERE NOT built_in');
SELECT pg_catalog.pg_extension_config_dump('region_jobs', '');
SELECT pg_catalog.pg_extension_config_dump('region_numbers', '');
"""
MONOLITH = """
CREATE SCHEMA extra;
CREATE EXTENSION regions SCHEMA extra;
CREATE TABLE companies (id int PRIMARY KEY, slug text UNIQUE NOT NULL);
CREATE TABLE plots (id int PRIMARY KEY, company_id int NOT NULL REFERENCES companies, place extra.region);
INSERT INTO companies VALUES (1, 'a'), (2, 'b');
INSERT INTO plots VALUES (1, 1, 7), (2, 2, 7);
INSERT INTO extra.regions VALUES (7, 'own'), (8, E'with\\ttab and \\\\');
INSERT INTO extra.region_jobs VALUES (1, 7);
SELECT setval('extra.region_numbers', 41);
"""


@pytest.fixture
def extensions() -> Iterator[Path]:
    """A directory with the extension, which a server of another user can read."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        directory.chmod(0o755)
        folder = directory / "extension"
        folder.mkdir()
        (folder / "regions.control").write_text(CONTROL)
        (folder / "regions--1.0.sql").write_text(SCRIPT)
        yield directory


@pytest.fixture
def project(server: PostgresServer, own_server: ServerFactory, extensions: Path, tmp_path: Path) -> Project:
    """A monolith with such an extension, described by init."""
    with psycopg.connect(server.url()) as connection:
        if connection.info.server_version < 180000:
            pytest.skip("before 18 an extension can only be put among the server's own files")
    started = own_server({"extension_control_path": f"{extensions}:$system"})
    create_database(started.url(), "monolith")
    with psycopg.connect(started.url("monolith")) as connection:
        connection.execute(MONOLITH.encode())
    project = Project(tmp_path / "split", started.url("monolith"), "monolith")
    project.succeed("init", "--source", project.source, "--into", str(project.directory))
    return project


def test_they_are_in_each_database_and_counted(project: Project) -> None:
    project.succeed("dry-run")
    project.succeed("migrate", "--without-backup")
    verified = project.succeed("verify")
    for name in ("a", "b"):
        assert project.fetch(name, "SELECT id, name, upper FROM extra.regions ORDER BY 1") == project.fetch(
            "", "SELECT id, name, upper FROM extra.regions ORDER BY 1"
        )
        assert project.fetch(name, "SELECT * FROM extra.region_jobs") == [(1, 7)]
        # Past what the source gave, in a block of the database's own.
        assert project.value(name, "SELECT nextval('extra.region_numbers')") > 41
    conserved = {row["table"]: row["source rows"] for row in verified.section("Conservation")}
    assert conserved["extra.regions"] == 2
    assert conserved["extra.region_jobs"] == 1
    # A row that one database lost is told.
    project.execute("a", "DELETE FROM extra.region_jobs")
    answer = project.run("verify")
    assert answer.exit_code == 1
    assert [(row["table"], row["kind"]) for row in answer.section("Differences")] == [("extra.region_jobs", "missing")]
