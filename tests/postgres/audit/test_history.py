"""The audit runs an Alembic history from nothing, and says which revision fails and why."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import psycopg
import pytest

from examples.monoliths.react_crm import REACT_CRM
from migrator.core.result.outcome import Outcome
from migrator.errors import ConfigurationError, DatabaseError
from tests.audit_facts import SPLIT
from tests.audit_source import ROOT, run
from tests.postgres.workspaces import WorkspaceFactory, fetch
from tests.stages import audit

REVISION = """
import sqlalchemy as sa
from alembic import op
revision, down_revision = {revision!r}, {down!r}


def upgrade():
    {body}
"""
MAKES_ROOT = 'op.create_table("companies", sa.Column("id", sa.Integer, primary_key=True), sa.Column("code", sa.Text))'


def findings(outcome: Outcome) -> dict[str, Any]:
    return {item["key"].removeprefix("S23:"): item for item in outcome.data["findings"] if item["id"] == "S23"}


def write_history(directory: Path, *bodies: str, env: str = "raise AssertionError('env.py was run')") -> Path:
    """A history of revisions 1, 2, … with these upgrades."""
    (directory / "versions").mkdir(parents=True)
    (directory / "env.py").write_text(env, encoding="utf-8")
    for number, body in enumerate(bodies, 1):
        text = REVISION.format(revision=str(number), down=str(number - 1) if number > 1 else None, body=body)
        (directory / "versions" / f"{number}_x.py").write_text(text, encoding="utf-8")
    return directory


@pytest.fixture
def react_crm(database_url: str) -> str:
    """The monolith without rows, as it runs."""
    with psycopg.connect(database_url) as connection:
        for script in ("monolith.sql", "monolith_after_load.sql"):
            connection.execute(REACT_CRM.script(script).encode())
    return database_url


def test_exactly_the_fault_of_the_example_is_found(
    react_crm: str, make_workspace: WorkspaceFactory, prefix: str
) -> None:
    tree = str(REACT_CRM.directory / "alembic")
    workspace = make_workspace(react_crm, **{**SPLIT, "tenants": {}}, audit={"history": tree})
    outcome = audit(workspace)
    (finding,) = findings(outcome).values()
    assert (finding["object"], finding["severity"]) == ("revision 011", "E")
    assert finding["detail"].startswith(
        "It fails on an empty database (011_add_oauth_tables.py, line 19): "
        'relation "users" does not exist. There is a table api_users. The statement: CREATE TABLE api_clients ('
    )
    assert outcome.exit_code == 1
    assert not [name for (name,) in fetch(react_crm, "SELECT datname FROM pg_database") if f"{prefix}_history" in name]
    kinds = [item.state for item in workspace.journal.of(outcome.run_id or "").artefacts("database")]
    assert kinds == ["dropped"]


def test_once_it_is_corrected_only_the_incomplete_models_are_left(
    react_crm: str, make_workspace: WorkspaceFactory, tmp_path: Path
) -> None:
    shutil.copytree(REACT_CRM.directory, tmp_path / "corrected")
    (revision,) = (tmp_path / "corrected/alembic/versions").glob("011_*.py")
    text = revision.read_text(encoding="utf-8")
    revision.write_text(text.replace('"users.id"', '"api_users.id"'), encoding="utf-8")
    settings = {**SPLIT, "tenants": {}, "audit": {"history": "corrected/alembic"}}
    found = findings(audit(make_workspace(react_crm, **settings), rules=("S23",)))
    assert set(found) == {"unknown-to-models"}
    assert found["unknown-to-models"]["detail"].startswith("Its models lack 38 tables, which autogenerate would drop:")


def test_somebody_elses_history_is_run_without_its_environment(
    database_url: str, make_workspace: WorkspaceFactory, tmp_path: Path
) -> None:
    run(database_url, ROOT, "CREATE TABLE by_hand (id integer PRIMARY KEY)")
    concurrently = (
        'with op.get_context().autocommit_block(): op.execute("CREATE INDEX CONCURRENTLY ON companies (code)")'
    )
    tree = write_history(tmp_path / "service" / "alembic", MAKES_ROOT, concurrently, "from service_names import TABLE")
    # As `alembic init` writes it: relative to where its owners run alembic.
    (tree.parent / "alembic.ini").write_text("[alembic]\nscript_location = alembic\nprepend_sys_path = .\n")
    (tree.parent / "service_names.py").write_text("TABLE = 'companies'\n")
    outcome = audit(make_workspace(database_url, **SPLIT, audit={"history": str(tree)}), rules=("S23",))
    assert {key: item["detail"] for key, item in findings(outcome).items()} == {
        "not-made": "1 table of the source that the history does not make: by_hand."
    }


@pytest.mark.parametrize(
    ("body", "key", "said"),
    [
        ("raise ValueError('a revision of its own mind')", "fault:2", "(2_x.py, line 8): a revision of its own mind."),
        ("op.drop_table('nothing')", "fault:2", '(2_x.py, line 8): table "nothing" does not exist.'),
        ("pass\nraise ImportError('no such module')", "fault:", "it cannot be loaded: no such module."),
    ],
)
def test_whatever_a_revision_does_wrong_is_a_finding(
    database_url: str, make_workspace: WorkspaceFactory, tmp_path: Path, body: str, key: str, said: str
) -> None:
    run(database_url, ROOT)
    write_history(tmp_path / "alembic", MAKES_ROOT, body)
    found = findings(audit(make_workspace(database_url, **SPLIT, audit={"history": "alembic"}), rules=("S23",)))
    assert set(found) == {key}
    assert said in found[key]["detail"]


def test_what_was_there_before_the_history_is_loaded_first(
    database_url: str, make_workspace: WorkspaceFactory, tmp_path: Path
) -> None:
    run(database_url, ROOT)
    write_history(tmp_path / "alembic", 'op.add_column("companies", sa.Column("name", sa.Text))')
    settings: dict[str, Any] = {"history": "alembic", "history_before": ["first.sql"]}

    def look() -> dict[str, Any]:
        return findings(audit(make_workspace(database_url, **SPLIT, audit=settings), rules=("S23",)))

    with pytest.raises(ConfigurationError, match=r"first\.sql cannot be read"):
        look()
    (tmp_path / "first.sql").write_text(ROOT, encoding="utf-8")
    assert look() == {}
    (tmp_path / "first.sql").write_text("CREATE TABLE", encoding="utf-8")
    with pytest.raises(DatabaseError, match="syntax error"):
        look()
    with pytest.raises(ConfigurationError, match="not an Alembic tree"):
        audit(make_workspace(database_url, **SPLIT, audit={"history": "nowhere"}), rules=("S23",))


def test_the_history_is_not_run_for_other_rules(database_url: str, make_workspace: WorkspaceFactory) -> None:
    run(database_url, ROOT)
    audit(make_workspace(database_url, **SPLIT, audit={"history": "nowhere"}), rules=("S03",))
