"""cutover and the way back: one tenant moves while the other is written to, and returns with all that it wrote."""

from __future__ import annotations

import signal
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from migrator import load_settings
from migrator.commands.follow.followed_run import open_followed
from migrator.commands.follow.rounds import Rounds
from migrator.commands.shared.workspace import RunContext, Workspace
from migrator.core.result.progress import Silent
from migrator.errors import RefusedError
from tests.postgres.online.test_follow import SHOP, held, is_like_the_source, slice_of, write
from tests.postgres.plan.projects import ROOT, ProjectFactory, project_factory
from tests.project import Project, awaited
from tests.servers import DatabaseFactory

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def make(database_factory: DatabaseFactory, prefix: str, tmp_path: Path) -> ProjectFactory:
    return project_factory(database_factory, prefix, tmp_path)


TICKETS = """
CREATE TABLE tickets (id serial PRIMARY KEY, company_id int NOT NULL REFERENCES companies, body text);
INSERT INTO tickets (company_id, body) SELECT n % 2 + 1, 'first' FROM generate_series(1, 20) n;
"""
NEW_TICKETS = "INSERT INTO tickets (company_id, body) SELECT {}, 'new' FROM generate_series(1, 50)"


def states(project: Project) -> dict[str, str]:
    entries = project.succeed("connections").document["map"]["tenants"]
    return {key: entry["state"] for key, entry in entries.items()}


def run_of(project: Project) -> str:
    return str(project.run("status").document["run_id"])


def refused(url: str, statement: str) -> bool:
    with psycopg.connect(url) as connection:
        try:
            connection.execute(statement.encode())
        except psycopg.errors.ReadOnlySqlTransaction:
            return True
    return False


def test_a_tenant_moves_and_comes_back_with_what_it_wrote(make: ProjectFactory) -> None:
    project = make(ROOT + SHOP + TICKETS)
    project.succeed("dry-run")
    follower = project.start("follow", "start", "--without-backup")
    try:
        awaited(
            lambda: [one for one in project.run("follow", "status").document["databases"] if one["state"] != "copied"],
            within=90,
        )
        write(project, 100, 10)
        moved = project.succeed("cutover", "--tenant", "a")
        assert moved.summary["moved"] == 1
        assert states(project) == {"1": "live", "2": "monolith"}
        # Its rows are refused in the source and taken in its database; nobody else notices.
        assert refused(project.source, "UPDATE orders SET v = 7 WHERE company_id = 1")
        assert not refused(project.source, "UPDATE orders SET v = v + 1 WHERE company_id = 2")
        with psycopg.connect(project.url("a")) as connection:
            connection.execute("INSERT INTO orders VALUES (500, 1, 5)")
            connection.execute("INSERT INTO lines VALUES (500, 500, 5)")
            connection.execute("DELETE FROM lines WHERE id = 8")
            connection.execute(NEW_TICKETS.format(1).encode())
        with psycopg.connect(project.source) as connection:
            connection.execute(NEW_TICKETS.format(2).encode())
        awaited(lambda: held(project, "a") == slice_of(project, 1))
        awaited(lambda: held(project, "b") == slice_of(project, 2))
        for whole in (["rollback", "--validate"], ["rollback", "--confirm", run_of(project)]):
            answer = project.run(*whole)
            assert answer.exit_code == 3, answer.document
        outlook = project.succeed("rollback", "--tenant", "a", "--validate")
        assert outlook.summary["held"] == 0
        back = project.succeed("rollback", "--tenant", "a")
        assert back.summary["moved"] == 1
        assert states(project) == {"1": "monolith", "2": "monolith"}
        assert refused(project.url("a"), "DELETE FROM lines")
        assert not refused(project.source, "UPDATE orders SET v = 8 WHERE id = 500")
        awaited(lambda: is_like_the_source(project))
        assert project.fetch("", "SELECT count(*), count(DISTINCT id) FROM tickets") == [(120, 120)]
        again = project.succeed("cutover", "--all")
        assert again.summary["moved"] == 2
        assert states(project) == {"1": "live", "2": "live"}
        assert project.end(follower, signal.SIGTERM) is not None
        # Nobody follows now; what is about the whole run is refused all the same, before anything is touched.
        for command in (
            ["migrate", "--without-backup"],
            ["finish", "--confirm", run_of(project)],
            ["rollback", "--confirm", run_of(project), "--discard-writes"],
            ["follow", "uninstall"],
        ):
            answer = project.run(*command)
            assert answer.exit_code == 3, answer.document
        with psycopg.connect(project.url("a")) as connection:
            connection.execute("DELETE FROM lines WHERE id = 500")
        back = project.succeed("rollback", "--tenant", "b")
        assert states(project) == {"1": "live", "2": "monolith"}
        assert back.summary["moved"] == 1
        assert project.succeed("rollback", "--wave", "1").summary["left"] == 0
        assert held(project, "a") == slice_of(project, 1)
        project.succeed("rollback", "--confirm", run_of(project))
    finally:
        if follower.poll() is None:
            project.end(follower, signal.SIGTERM)


def test_a_round_that_has_not_heard_of_a_move_writes_nothing_into_the_database_that_moved(make: ProjectFactory) -> None:
    project = make(ROOT + SHOP)
    project.succeed("dry-run")
    project.succeed("follow", "start", "--until-proved", "--without-backup")
    with closing(Workspace.of(load_settings(project.toml), Silent())) as workspace:
        run = workspace.current_run()
        assert run is not None
        names = [f"{project.prefix}_{slug}" for slug in "ab"]
        with Rounds(open_followed(RunContext(workspace, run)), jobs=1, sessions=2) as rounds:
            assert set(rounds.bring_on(names).positions) == set(names)
            project.succeed("cutover", "--tenant", "a")
            with psycopg.connect(project.source) as connection:
                connection.execute("UPDATE orders SET v = v + 1 WHERE company_id = 2")
            ignorant = rounds.bring_on(names)
            assert set(ignorant.positions) == {names[1]}
            assert isinstance(ignorant.failures[names[0]], RefusedError)
            assert set(rounds.bring_on(names[:1], serving=True).positions) == {names[0]}
    project.succeed("rollback", "--tenant", "a")
    project.succeed("rollback", "--confirm", run.id)
