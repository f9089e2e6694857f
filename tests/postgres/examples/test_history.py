"""The Alembic history of react-crm: it runs to 010, fails at 011 as the audit says, and its models are incomplete."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from examples.monoliths.react_crm import REACT_CRM
from migrator import revisions
from migrator.errors import DatabaseError
from migrator.postgres.schema.catalog import Objects, read_objects
from tests.servers import DatabaseFactory

TREE = REACT_CRM.directory / "alembic"

Connect = Callable[[], Any]


def opening(url: str) -> Connect:
    return lambda: psycopg.connect(url)


def objects(url: str) -> Objects:
    with psycopg.connect(url) as connection:
        return read_objects(connection)


@pytest.fixture
def connect(database_url: str) -> Connect:
    """Opens a database as it was before the history began."""
    with psycopg.connect(database_url) as connection:
        connection.execute(REACT_CRM.script("bootstrap.sql").encode())
    return opening(database_url)


def test_there_are_eleven_revisions_in_one_line() -> None:
    assert revisions.heads(TREE) == ("011",)
    assert len(list((TREE / "versions").glob("*.py"))) == 11


def test_the_history_runs_to_010(connect: Connect) -> None:
    revisions.upgrade(TREE, connect, "010")
    assert revisions.current(connect) == ("010",)


def test_revision_011_fails_because_its_table_does_not_exist(connect: Connect) -> None:
    revisions.upgrade(TREE, connect, "010")
    with pytest.raises(DatabaseError, match='relation "users" does not exist') as caught:
        revisions.upgrade(TREE, connect)
    assert isinstance(getattr(caught.value.__cause__, "orig", None), psycopg.errors.UndefinedTable)
    assert revisions.current(connect) == ("010",)


def test_on_an_empty_database_it_fails_at_the_same_place(database_url: str, database_factory: DatabaseFactory) -> None:
    with pytest.raises(DatabaseError, match='relation "users" does not exist'):
        revisions.upgrade(TREE, opening(database_url))
    assert revisions.current(opening(database_url)) == ()

    bootstrapped = database_factory()
    with psycopg.connect(bootstrapped) as connection:
        connection.execute(REACT_CRM.script("bootstrap.sql").encode())
    for url in (database_url, bootstrapped):
        revisions.upgrade(TREE, opening(url), "010")
    assert objects(database_url) == objects(bootstrapped)


def test_the_history_can_be_taken_back(connect: Connect, database_url: str) -> None:
    before = objects(database_url)
    revisions.upgrade(TREE, connect, "010")
    revisions.downgrade(TREE, connect)
    after = dict(objects(database_url))
    left = {identity for kind, identity in after.keys() - before.keys() if "alembic_version" not in identity}
    assert left == set()
    assert before.keys() <= after.keys()


def test_the_models_know_the_core_alone(connect: Connect) -> None:
    revisions.upgrade(TREE, connect, "010")
    found = revisions.differences(TREE, connect)
    unknown = [change for change in found if change.startswith("('remove_table'")]
    assert len(unknown) == 36
    assert all(change.startswith(("('remove_table'", "('remove_index'")) for change in found)


def test_the_monolith_is_what_the_history_makes_once_it_is_corrected(
    tmp_path: Path, database_factory: DatabaseFactory
) -> None:
    corrected = tmp_path / REACT_CRM.name
    shutil.copytree(REACT_CRM.directory, corrected)
    (revision,) = (corrected / "alembic" / "versions").glob("011_*.py")
    text = revision.read_text(encoding="utf-8")
    revision.write_text(text.replace('"users.id"', '"api_users.id"'), encoding="utf-8")
    made, monolith = database_factory(), database_factory()
    revisions.upgrade(corrected / "alembic", opening(made))
    with psycopg.connect(monolith) as connection:
        for script in ("monolith.sql", "monolith_after_load.sql"):
            connection.execute(REACT_CRM.script(script).encode())
    assert objects(made) == objects(monolith)
