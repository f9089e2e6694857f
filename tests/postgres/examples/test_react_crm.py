"""react-crm from backup to rollback: as it is checked in, and as init places it by itself, unedited."""

from __future__ import annotations

import shutil
from pathlib import Path

import psycopg
import pytest

from examples.monoliths.filling import load
from examples.monoliths.react_crm import REACT_CRM
from migrator import revisions
from migrator.postgres.schema.catalog import Objects, read_objects
from tests.postgres.workspaces import state
from tests.project import Project
from tests.servers import DatabaseFactory

TREES = ("auth", "shared", "tenant")


@pytest.fixture
def example(database_url: str, prefix: str, tmp_path: Path) -> Project:
    """The directory as it is checked in, and its monolith with every flaw."""
    load(database_url, REACT_CRM, scale=0.02)
    directory = tmp_path / "react-crm"
    shutil.copytree(REACT_CRM.directory, directory)
    return Project.make(directory, database_url, prefix, (directory / "migrator.toml").read_text(encoding="utf-8"))


def go_all_the_way(project: Project, databases: int) -> None:
    """Every stage in its order, there and back: the source ends as it began."""
    before = state(project.source)
    project.succeed("backup")
    assert project.run("audit").exit_code == 1
    assert project.run("dry-run").exit_code == 1
    assert project.succeed("clean", "--execute").summary["rows"] >= 12
    planned = project.succeed("dry-run")
    assert planned.summary["databases"] == databases
    assert project.succeed("migrate").summary["databases"] == databases
    assert len([name for name in project.databases() if not name.endswith(("_template", "_bare"))]) == databases + 1
    verified = project.succeed("verify")
    assert verified.summary["differences"] == 0
    project.succeed("rollback", "--confirm", str(verified.document["run_id"]), "--restore-quarantine")
    assert project.databases() == ["migrator"]
    assert state(project.source) == before


@pytest.mark.exhaustive
def test_the_example_as_it_is_checked_in(example: Project) -> None:
    go_all_the_way(example, 3)


def test_what_init_writes_unedited(example: Project) -> None:
    customers = example.value("", "SELECT count(*) FROM customers")
    shutil.rmtree(example.directory / "migrations")
    example.toml.unlink()
    (example.directory / ".env").unlink()
    project = Project(example.directory, example.source, example.prefix)
    written = project.run(
        "init", "--source", example.source, "--prefix", example.prefix, "--into", str(project.directory)
    )
    assert written.exit_code == 0, written.document
    go_all_the_way(project, customers + 2)


def test_the_trees_are_what_init_writes(example: Project, database_factory: DatabaseFactory) -> None:
    def made(tree: Path) -> Objects:
        url = database_factory()
        revisions.upgrade(tree, lambda: psycopg.connect(url))
        with psycopg.connect(url) as connection:
            return read_objects(connection)

    shutil.rmtree(example.directory / "migrations")
    example.succeed("init", "--trees", "--no-owner")
    for name in TREES:
        assert made(example.directory / "migrations" / name) == made(REACT_CRM.directory / "migrations" / name)


def test_the_audit_finds_what_the_document_lists(database_url: str, prefix: str, example: Project) -> None:
    # What is large here is large by its share of all rows: the whole example is needed for it.
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    load(database_url, REACT_CRM, scale=1)
    answer = example.run("audit", "--rule", "G02", "--rule", "G16", "--rule", "S23")
    findings = answer.document["findings"]
    assert [item["object"] for item in findings if item["id"] == "S23"] == ["revision 011"]
    assert {item["object"] for item in findings if item["id"] == "G02"} >= {
        "messages(customer_id)", "activities(customer_id)", "invoices(customer_id)"
    }  # fmt: skip
    assert {item["object"] for item in findings if item["id"] == "G16"} >= {
        "activities.created_at", "invoices.created_at", "work_orders.scheduled_date", "work_orders.status"
    }  # fmt: skip
