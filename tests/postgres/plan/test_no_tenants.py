"""A schema is split before it has customers, where somebody says that this is meant."""

from __future__ import annotations

from pathlib import Path

import psycopg

from tests.project import Project
from tests.servers import DatabaseFactory

MONOLITH = """
CREATE TABLE tenants (id int PRIMARY KEY, name text UNIQUE NOT NULL);
CREATE TABLE countries (code text PRIMARY KEY);
CREATE TABLE orders (id int PRIMARY KEY, tenant_id int NOT NULL REFERENCES tenants, country text REFERENCES countries);
INSERT INTO countries VALUES ('FR');
"""


def test_an_empty_tenant_root_blocks_unless_it_is_meant(
    database_factory: DatabaseFactory, prefix: str, tmp_path: Path
) -> None:
    source = database_factory(f"{prefix}_monolith")
    with psycopg.connect(source) as connection:
        connection.execute(MONOLITH.encode())
    project = Project(tmp_path, source, prefix)
    project.succeed("init", "--source", source, "--into", str(tmp_path))
    project.replace(f'prefix = "{prefix}_monolith"', f'prefix = "{prefix}"')
    answer = project.run("dry-run")
    assert answer.exit_code == 1
    assert [row["check"] for row in answer.section("Readiness") if row["result"] == "BLOCKS"] == ["tenants"]
    project.succeed("dry-run", "--no-tenants-yet")
    project.succeed("migrate", "--without-backup")
    run = project.succeed("verify").document["run_id"]
    assert project.fetch("shared", "SELECT code FROM countries") == [("FR",)]
    # What the first customer's database will be made from is there.
    assert any(name.startswith("tenant") and name.endswith("_template") for name in project.databases())
    project.succeed("rollback", "--confirm", str(run))
