"""The Alembic trees of the reference ERP, and migrator.revisions, which runs any tree."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from migrator import revisions
from migrator.errors import ConfigurationError, DatabaseError
from migrator.postgres.session.connect import Endpoint, revision_connect

TREES = Path(__file__).parents[3] / "migrations"
AUTH, SHARED, TENANT = (TREES / name for name in ("auth", "shared", "tenant"))

# What is left of a tree in the schema public: relations, functions and types, but for Alembic's own table.
_OBJECTS = """
SELECT relname, relkind::text FROM pg_class WHERE relnamespace = 'public'::regnamespace
UNION ALL
SELECT proname, 'function' FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL
SELECT typname, 'type' FROM pg_type WHERE typnamespace = 'public'::regnamespace
"""


_PRIVILEGES = """
SELECT classid::regclass, objid FROM pg_shdepend
WHERE deptype = 'a' AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def connector(url: str) -> revisions.Connect:
    return partial(revision_connect, Endpoint(url), "test")


def fetch(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode()).fetchall()


def objects(url: str) -> set[tuple[str, str]]:
    return {(name, kind) for name, kind in fetch(url, _OBJECTS) if "alembic_version" not in name}


@pytest.fixture(params=[AUTH, SHARED, TENANT], ids=lambda tree: tree.name)
def tree(request: pytest.FixtureRequest) -> Path:
    chosen: Path = request.param
    return chosen


def test_up_down_and_up_again_without_a_difference_to_the_models(tree: Path, database_url: str) -> None:
    connect = connector(database_url)
    assert revisions.current(connect) == ()
    revisions.upgrade(tree, connect)
    assert revisions.current(connect) == revisions.heads(tree)
    assert revisions.differences(tree, connect) == ()
    made = objects(database_url)
    assert len(made) > 10

    revisions.upgrade(tree, connect)
    assert objects(database_url) == made

    revisions.downgrade(tree, connect)
    assert revisions.current(connect) == ()
    assert objects(database_url) == set()
    # Roles stay, but hold no privilege here that would make them impossible to drop.
    assert fetch(database_url, _PRIVILEGES) == []

    revisions.upgrade(tree, connect)
    assert objects(database_url) == made


def test_each_revision_can_be_taken_back_alone(tree: Path, database_url: str) -> None:
    connect = connector(database_url)
    before: list[set[tuple[str, str]]] = []
    for number in range(1, int(revisions.heads(tree)[0]) + 1):
        before.append(objects(database_url))
        revisions.upgrade(tree, connect, f"{number:04}")
    for expected in reversed(before):
        revisions.downgrade(tree, connect, "-1")
        assert objects(database_url) == expected


def alembic(tree: Path, *arguments: str, url: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != revisions.URL_VARIABLE}
    if url is not None:
        environment[revisions.URL_VARIABLE] = url
    return subprocess.run(
        [sys.executable, "-m", "alembic", "-c", str(tree / "alembic.ini"), *arguments],
        env=environment,
        cwd="/",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_alembic_command_works_on_each_tree(tree: Path, database_url: str) -> None:
    upgraded = alembic(tree, "-x", f"url={database_url}", "upgrade", "head")
    assert upgraded.returncode == 0, upgraded.stderr
    assert "Running upgrade" in upgraded.stderr
    checked = alembic(tree, "check", url=database_url)
    assert (checked.returncode, checked.stdout) == (0, "No new upgrade operations detected.\n"), checked.stderr
    downgraded = alembic(tree, "downgrade", "base", url=database_url.replace("postgresql://", "postgresql+psycopg://"))
    assert downgraded.returncode == 0, downgraded.stderr
    assert objects(database_url) == set()


def test_the_alembic_command_writes_sql_without_a_database(tree: Path, database_url: str) -> None:
    written = alembic(tree, "upgrade", "head", "--sql")
    assert written.returncode == 0, written.stderr
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(written.stdout.encode())
    assert revisions.current(connector(database_url)) == revisions.heads(tree)


def test_the_alembic_command_says_when_no_database_is_named() -> None:
    failed = alembic(AUTH, "current")
    assert failed.returncode != 0
    assert revisions.URL_VARIABLE in failed.stderr + failed.stdout


def test_a_difference_is_found(database_url: str) -> None:
    revisions.upgrade(TENANT, connector(database_url))
    with psycopg.connect(database_url) as connection:
        connection.execute("ALTER TABLE clients DROP COLUMN portail")
        connection.execute("DROP INDEX paiements_facture_id_idx")
        connection.execute("ALTER TABLE devis ALTER numero SET DEFAULT nextval('audit_log_id_seq')")
    found = " ".join(revisions.differences(TENANT, connector(database_url)))
    assert all(name in found for name in ("portail", "paiements_facture_id_idx", "numero"))


def test_looking_for_differences_draws_no_number(database_url: str) -> None:
    revisions.upgrade(TENANT, connector(database_url))
    revisions.differences(TENANT, connector(database_url))
    assert fetch(database_url, "SELECT is_called FROM numero_piece_seq") == [(False,)]


def write_tree(directory: Path, *, env: str, revision: str = "") -> Path:
    (directory / "versions").mkdir(parents=True)
    (directory / "env.py").write_text(env)
    if revision:
        (directory / "versions" / "a.py").write_text(
            f'from alembic import op\nrevision = "a"\ndown_revision = None\n\n\ndef upgrade():\n    {revision}\n'
        )
    return directory


RUN = "from migrator.revisions import run_environment\nrun_environment(None)\n"


def test_a_missing_tree_is_named(tmp_path: Path, database_url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"env\.py is missing"):
        revisions.upgrade(tmp_path / "nowhere", connector(database_url))
    with pytest.raises(ConfigurationError, match=r"env\.py is missing"):
        revisions.heads(tmp_path)


def test_an_unknown_revision_is_named(database_url: str) -> None:
    with pytest.raises(ConfigurationError, match="9999"):
        revisions.upgrade(AUTH, connector(database_url), "9999")


def test_a_tree_that_cannot_be_imported_is_named(tmp_path: Path, database_url: str) -> None:
    tree = write_tree(tmp_path / "tree", env="import nothing_of_that_name\n")
    with pytest.raises(ConfigurationError, match="nothing_of_that_name"):
        revisions.upgrade(tree, connector(database_url))


def test_a_failed_revision_leaves_nothing(tmp_path: Path, database_url: str) -> None:
    tree = write_tree(tmp_path / "tree", env=RUN, revision='op.execute("CREATE TABLE made (); SELECT 1 / 0")')
    with pytest.raises(DatabaseError, match="division by zero"):
        revisions.upgrade(tree, connector(database_url))
    assert objects(database_url) == set()


def test_an_environment_that_goes_its_own_way_is_found_out(tmp_path: Path, database_url: str) -> None:
    tree = write_tree(tmp_path / "tree", env="", revision='op.execute("CREATE TABLE made ()")')
    with pytest.raises(ConfigurationError, match="not in the database that migrator opened"):
        revisions.upgrade(tree, connector(database_url))


def test_a_tree_with_a_percent_sign_and_spaces_in_its_path(tmp_path: Path, database_url: str) -> None:
    tree = write_tree(tmp_path / "100 % tree", env=RUN, revision='op.execute("CREATE TABLE made ()")')
    revisions.upgrade(tree, connector(database_url))
    assert ("made", "r") in objects(database_url)


def test_a_tree_without_metadata_has_nothing_to_compare(tmp_path: Path, database_url: str) -> None:
    tree = write_tree(tmp_path / "tree", env=RUN)
    with pytest.raises(ConfigurationError, match="without metadata"):
        revisions.differences(tree, connector(database_url))
