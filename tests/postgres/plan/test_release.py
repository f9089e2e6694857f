"""References that end up apart: what audit suppresses still blocks; a key that is let go does not, and is counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.postgres.plan.projects import ROOT, ProjectFactory, blocking, project_factory
from tests.project import Project
from tests.servers import DatabaseFactory

pytestmark = pytest.mark.timeout(300)

_LINKED = (
    ROOT
    + """
CREATE TABLE items (id int PRIMARY KEY, company_id int NOT NULL REFERENCES companies, linked int REFERENCES items);
INSERT INTO items VALUES (1, 1, NULL), (2, 2, NULL), (3, 2, 1), (4, 1, 1), (5, 2, 1);
"""
)
_LABEL = "items(linked) -> items(id)"
_RELEASE = """
[[tables.items.release]]
key = "linked -> items.id"
reason = "a company may copy another one's item, and says where it comes from"
"""


@pytest.fixture
def project(database_factory: DatabaseFactory, prefix: str, tmp_path: Path) -> Project:
    make: ProjectFactory = project_factory(database_factory, prefix, tmp_path)
    return make(_LINKED)


def add(project: Project, text: str) -> None:
    project.toml.write_text(project.toml.read_text(encoding="utf-8") + text, encoding="utf-8")


@pytest.mark.parametrize("suppressed", ["S06", "S06:public.items(linked)"])
def test_suppressing_a_report_unblocks_nothing(project: Project, suppressed: str) -> None:
    assert set(blocking(project.run("dry-run"))) == {f"S06 {_LABEL}"}
    keys = [one["key"] for one in project.run("audit").document["findings"] if one["id"] == "S06"]
    add(project, f'\n[audit]\nsuppress = ["{suppressed if suppressed == "S06" else keys[0]}"]\n')
    audit = project.run("audit")
    assert not [one for one in audit.document["findings"] if one["id"] == "S06"]
    assert "1 that [audit] suppress keeps out of the report" in audit.document["headline"]
    assert "stands in the way of the split" in audit.document["headline"]
    assert (audit.summary["suppressed"], audit.summary["in_the_way"]) == (1, 1)
    answer = project.run("dry-run")
    assert answer.exit_code == 1
    assert set(blocking(answer)) == {f"S06 {_LABEL}"}
    assert project.run("migrate", "--without-backup").exit_code == 3


def test_a_key_that_is_let_go_is_dropped_in_the_targets_and_counted_by_verify(project: Project) -> None:
    add(project, _RELEASE)
    answer = project.succeed("dry-run")
    (warning,) = [check for check in answer.document["checks"] if check["name"] == f"S06 {_LABEL}"]
    assert warning["state"] == "warn"
    assert "a company may copy another one's item" in warning["detail"]
    audit = project.run("audit")
    assert "stands in the way" not in audit.document["headline"].replace("Nothing stands", "")
    project.succeed("migrate", "--without-backup")
    verified = project.succeed("verify")
    assert verified.summary["released_references"] == 1  # one key, named by two rows
    assert [(one["orphans"], one["samples"]) for one in verified.document["released"] if one["orphans"]] == [(1, "1")]
    assert project.fetch("b", "SELECT id, linked FROM items ORDER BY 1") == [(2, None), (3, 1), (5, 1)]
    keys = "SELECT conname FROM pg_constraint WHERE contype = 'f'"
    assert project.fetch("a", keys) == project.fetch("b", keys) == []
    run = str(project.run("status").document["run_id"])
    project.succeed("rollback", "--confirm", run)


def test_only_a_declared_key_is_let_go(project: Project) -> None:
    add(project, _RELEASE.replace("linked -> items.id", "company_id -> items.id"))
    answer = project.run("dry-run")
    assert answer.exit_code == 2
    assert "declares no foreign key 'company_id -> items.id'" in answer.error
    assert _LABEL in answer.error


def test_letting_a_key_go_makes_the_plan_another(project: Project) -> None:
    add(project, _RELEASE)
    project.succeed("dry-run")
    text = project.toml.read_text(encoding="utf-8")
    project.toml.write_text(text.replace(_RELEASE, ""), encoding="utf-8")
    refused = project.run("migrate", "--without-backup")
    assert refused.exit_code == 3
    assert "stale" in refused.error
