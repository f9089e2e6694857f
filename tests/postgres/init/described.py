"""What the tests of init share: a monolith of their own, what init wrote of it, and the split by that."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from tests.project import Answer, Project
from tests.servers import DatabaseFactory


@dataclass(frozen=True)
class Described:
    """A monolith that init has described, and what it said."""

    project: Project
    answer: Answer

    @property
    def tables(self) -> Mapping[str, Mapping[str, Any]]:
        """The entries of migrator.toml."""
        tables: Mapping[str, Mapping[str, Any]] = tomllib.loads(self.project.toml.read_text(encoding="utf-8"))["tables"]
        return tables

    @property
    def targets(self) -> Mapping[str, str | None]:
        """The target of each table; "?" where it has to be decided on, None where it is left behind."""
        return {name: "?" if "decide" in entry else entry.get("target") for name, entry in self.tables.items()}

    def split(self) -> str:
        """Splits the monolith by the file as it stands and proves it; returns the run's id."""
        self.project.succeed("dry-run")
        self.project.succeed("migrate", "--without-backup")
        return str(self.project.succeed("verify").document["run_id"])

    def rows(self, database: str, table: str, column: str = "id") -> list[Any]:
        """The values of one column there, in order."""
        statement = sql.SQL("SELECT {} FROM {} ORDER BY 1").format(sql.Identifier(column), sql.Identifier(table))
        return [value for (value,) in self.project.fetch(database, statement.as_string(None))]


Describe = Callable[..., Described]


def describe(
    create: DatabaseFactory, prefix: str, directory: Path, *scripts: str, options: Sequence[str] = ()
) -> Described:
    """Runs the scripts in a database of their own, and init on that."""
    url = create(f"{prefix}_monolith")
    with psycopg.connect(url) as connection:
        for script in scripts:
            connection.execute(script.encode())
    project = Project(directory, url, prefix)
    answer = project.run("init", "--source", url, "--into", str(directory), *options)
    assert answer.exit_code in (0, 1), answer.error
    project.replace(f'prefix = "{prefix}_monolith"', f'prefix = "{prefix}"')
    return Described(project, answer)
