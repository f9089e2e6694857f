"""What the tests of backup and clean share: a workspace on a database of the test, and what a database holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import psycopg

from migrator.commands.shared.workspace import Workspace
from migrator.core.result.progress import Silent
from migrator.core.verify.digests import Digest
from migrator.postgres.schema.catalog import read_catalog, read_objects
from migrator.postgres.session.connect import Endpoint, session
from migrator.postgres.verify.digest import whole_table
from migrator.settings import Settings


class Listening(Silent):
    """Progress that remembers what was said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)


class WorkspaceFactory(Protocol):
    """Makes a workspace on that source; its control and scratch databases bear the test's prefix."""

    def __call__(self, url: str, **settings: Any) -> Workspace: ...


@contextmanager
def workspaces(prefix: str, directory: Path) -> Iterator[WorkspaceFactory]:
    """A factory of workspaces that are closed at the end."""
    made: list[Workspace] = []

    def make(url: str, **settings: Any) -> Workspace:
        made.append(_workspace(url, prefix, directory, **settings))
        return made[-1]

    try:
        yield make
    finally:
        for workspace in made:
            workspace.close()


def said(workspace: Workspace) -> list[str]:
    """What the workspace's progress was told."""
    assert isinstance(workspace.progress, Listening)
    return workspace.progress.said


def _workspace(url: str, prefix: str, directory: Path, **settings: Any) -> Workspace:
    limits = {"lock_timeout": 1, "fence_patience": 2, **settings.pop("limits", {})}
    document = {
        "source": {"url": url, "prefix": prefix},
        "limits": limits,
        "paths": {"backups": str(directory / "backups"), **settings.pop("paths", {})},
        "root": str(directory),
        **settings,
    }
    return Workspace.of(Settings.model_validate(document), Listening())


@dataclass(frozen=True)
class State:
    """Everything that clean may not change for good: rows, definitions, triggers, sequences."""

    digests: Mapping[str, Digest]
    objects: Mapping[tuple[str, str], str]
    triggers: list[tuple[Any, ...]]
    sequences: Mapping[Any, Any]

    @property
    def rows(self) -> dict[str, int]:
        return {name.removeprefix("public."): digest.rows for name, digest in self.digests.items()}


def state(url: str) -> State:
    """What the database holds now."""
    with session(Endpoint(url), purpose="test") as connection:
        catalog = read_catalog(connection)
        return State(
            {one.relation: one for one in (whole_table(connection, table) for table in catalog.tables.values())},
            read_objects(connection),
            connection.execute(
                "SELECT tgrelid::regclass::text, tgname, tgenabled::text FROM pg_trigger "
                "WHERE NOT tgisinternal ORDER BY 1, 2"
            ).fetchall(),
            catalog.sequences,
        )


def run_sql(url: str, script: str) -> None:
    """Executes a script in one transaction."""
    with psycopg.connect(url) as connection:
        connection.execute(script.encode())


def fetch(url: str, statement: str) -> list[tuple[Any, ...]]:
    """The rows of a query."""
    with psycopg.connect(url) as connection:
        return connection.execute(statement.encode()).fetchall()
