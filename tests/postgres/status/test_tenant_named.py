"""A tenant is named by its key, its slug or its database, whichever command takes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.postgres.plan.projects import ROOT, project_factory
from tests.servers import DatabaseFactory

pytestmark = pytest.mark.timeout(300)

_NOTES = """
CREATE TABLE notes (id serial PRIMARY KEY, company_id int NOT NULL REFERENCES companies, t text);
INSERT INTO notes (company_id, t) VALUES (1, 'x'), (2, 'y');
"""


def test_every_command_knows_a_tenant_by_the_same_names(
    database_factory: DatabaseFactory, prefix: str, tmp_path: Path
) -> None:
    project = project_factory(database_factory, prefix, tmp_path)(ROOT + _NOTES)
    project.succeed("dry-run")
    run = str(project.succeed("migrate", "--without-backup").document["run_id"])
    for name in ("2", "b", f"{prefix}_b"):
        (state,) = project.succeed("status", "--tenant", name).document["database_states"]
        assert state["tenant"] == "2"
        assert {block["database"] for block in project.succeed("sequences", "--tenant", name).document["blocks"]} == {
            f"{prefix}_b"
        }
        assert project.succeed("rollback", "--tenant", name, "--validate").document["status"] == "done"
    for command in ("status", "sequences", "rollback"):
        assert project.run(command, "--tenant", "nobody").exit_code == 3
    # A split that lacks a tenant is not called complete.
    project.succeed("rollback", "--tenant", "b", "--confirm", run)
    assert "migrate` goes on under the fence" in project.run("status").document["fence"]
