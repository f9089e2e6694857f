"""The examples of other layouts, split as they are: every stage, each table's rows on both sides, and back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from examples.monoliths.__main__ import MONOLITHS
from examples.monoliths.filling import load
from migrator.core.placement.model import Placements
from migrator.core.placement.place import place
from migrator.core.schema.catalog import Relation
from migrator.postgres.schema.catalog import read_catalog, read_objects
from migrator.postgres.session.connect import Endpoint, session
from migrator.settings import Settings
from migrator.settings.load import load_settings
from tests.project import Answer, Project
from tests.servers import DatabaseFactory


@dataclass(frozen=True)
class Example:
    """An example's own directory, run on a monolith of the test: its migrator.toml and its trees unedited."""

    project: Project
    settings: Settings
    placements: Placements
    directory: Path

    def run(self, *arguments: str) -> Answer:
        return self.project.run(
            *arguments,
            environment={
                "MIGRATOR_SOURCE_URL": self.project.source,
                "MIGRATOR_PREFIX": self.project.prefix,
                "MIGRATOR_BACKUPS": str(self.directory / "backups"),
                "MIGRATOR_LOGS": str(self.directory / "logs"),
            },
        )

    def succeed(self, *arguments: str) -> Answer:
        answer = self.run(*arguments)
        assert answer.exit_code == 0, (arguments, answer.document.get("error"), answer.document["headline"])
        return answer

    def url(self, target: str) -> str:
        """The conninfo of the target's database."""
        return make_conninfo(
            self.project.source, dbname=self.settings.targets[target].database.format(prefix=self.project.prefix)
        )


@pytest.fixture(params=[pytest.param("crm-services", marks=pytest.mark.exhaustive), "nukleo-domains"])
def example(
    request: pytest.FixtureRequest, database_factory: DatabaseFactory, prefix: str, tmp_path: Path
) -> Iterator[Example]:
    monolith = MONOLITHS[request.param]
    source = database_factory(f"{prefix}_monolith")
    load(source, monolith, scale=0.01)
    settings = load_settings(monolith.directory / "migrator.toml", environment={})
    with psycopg.connect(source) as connection:
        placements = place(read_catalog(connection), settings)
    found = Example(Project(monolith.directory, source, prefix), settings, placements, tmp_path)
    yield found
    if "rolled back" not in [state for (state,) in found.project.journal("SELECT outcome FROM runs")]:
        # Its databases have names of their own, which no prefix finds again.
        run = found.run("status").document["run_id"]
        found.run("rollback", "--confirm", run, "--discard-writes")


def contents(url: str, relation: Relation) -> tuple[Any, ...]:
    """How many rows a table has, and a hash of them in any order."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            sql.SQL("SELECT count(*), sum(hashtextextended(t::text, 0)::numeric) FROM {} t").format(
                sql.Identifier(*relation)
            )
        ).fetchone()
    assert row is not None
    return row


def objects(url: str) -> dict[tuple[str, str], str]:
    with session(Endpoint(url), purpose="test") as connection:
        return dict(read_objects(connection))


@pytest.mark.timeout(300)  # sixteen databases, each with a template and a bare clone
def test_an_example_is_split_as_it_is_and_taken_back(example: Example) -> None:
    source = example.project.source
    before = objects(source)
    example.succeed("backup")
    assert example.run("audit").exit_code == 1  # the data is wrong on purpose
    example.succeed("clean", "--execute")
    example.succeed("dry-run")
    made = example.succeed("migrate")
    assert made.summary["databases"] == len(example.settings.hosted)
    verified = example.succeed("verify")
    assert verified.summary["references_checked"] == len(example.placements.severed)
    for placement in example.placements.tables.values():
        there = contents(example.url(placement.target), placement.destination)
        assert there == contents(source, placement.relation), placement.relation
        assert there[0] > 0, placement.relation
    keys = [key for key in before if key[0] == "constraint" and "FOREIGN KEY" in before[key]]
    declared = [
        identity
        for host in example.settings.hosted
        for (kind, identity), text in objects(example.url(host)).items()
        if kind == "constraint" and "FOREIGN KEY" in text
    ]
    assert len(declared) == len(keys) - len(example.placements.severed)
    for role, reader in example.settings.roles.readers.items():
        reads_and_nothing_else(example, role, reader.read)
    run = verified.document["run_id"]
    gone = example.succeed("rollback", "--confirm", run)
    assert gone.summary["source_identical"]
    assert gone.summary["roles_dropped"] == len(example.settings.roles.readers)
    assert objects(source) == before
    with psycopg.connect(source) as connection:
        left = {name for (name,) in connection.execute("SELECT datname FROM pg_database")}
        assert not left & {
            psycopg.conninfo.conninfo_to_dict(example.url(host))["dbname"] for host in example.settings.hosted
        }
        roles = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
        assert not roles & example.settings.roles.readers.keys()


def reads_and_nothing_else(example: Example, role: str, targets: tuple[str, ...]) -> None:
    placements = example.placements.tables.values()
    for target in targets:
        table = next(one.destination for one in placements if one.target == target)
        name = sql.Identifier(*table)
        with psycopg.connect(example.url(target), autocommit=True) as connection:
            granted = connection.execute("SELECT has_database_privilege(%s, current_database(), 'CONNECT')", [role])
            assert granted.fetchone() == (True,)
            connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
            assert connection.execute(sql.SQL("SELECT FROM {}").format(name)).fetchone() is not None
            for refused in ("DELETE FROM {}", "TRUNCATE {}", "DROP TABLE {}"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(sql.SQL(refused).format(name))
