"""follow: the source is copied and followed while it is written to, ended, killed, and begun again."""

from __future__ import annotations

import signal
from pathlib import Path

import psycopg
import pytest

from migrator.postgres.schema.catalog import read_objects
from migrator.postgres.session.connect import Endpoint, session
from tests.postgres.plan.projects import ROOT, ProjectFactory, project_factory
from tests.project import Project, awaited
from tests.servers import DatabaseFactory

pytestmark = pytest.mark.timeout(300)

SHOP = """
CREATE TABLE orders (id int PRIMARY KEY, company_id int NOT NULL REFERENCES companies, v int NOT NULL DEFAULT 0);
CREATE TABLE lines (id int PRIMARY KEY, order_id int NOT NULL REFERENCES orders ON DELETE CASCADE, q int NOT NULL);
INSERT INTO orders SELECT n, n % 2 + 1, 0 FROM generate_series(1, 40) n;
INSERT INTO lines SELECT n, (n + 1) / 2, n FROM generate_series(1, 80) n;
"""
# A new order, a changed one, one that goes with its lines, and one that moves to the other tenant with its lines.
WRITES = """
INSERT INTO orders VALUES ({0} + 1, 1), ({0} + 2, 2);
INSERT INTO lines VALUES ({0} + 1, {0} + 1, 7), ({0} + 2, {0} + 2, 8);
UPDATE orders SET v = v + 1 WHERE id = {1};
DELETE FROM orders WHERE id = {1} + 1;
UPDATE orders SET company_id = 3 - company_id WHERE id = {1} + 2;
"""


@pytest.fixture
def make(database_factory: DatabaseFactory, prefix: str, tmp_path: Path) -> ProjectFactory:
    return project_factory(database_factory, prefix, tmp_path)


def write(project: Project, new: int, old: int) -> None:
    with psycopg.connect(project.source) as connection:
        connection.execute(WRITES.format(new, old).encode())


def slice_of(project: Project, tenant: int) -> tuple[object, ...]:
    """What the source holds for a tenant."""
    with psycopg.connect(project.source) as connection:
        orders = connection.execute("SELECT * FROM orders WHERE company_id = %s ORDER BY 1", [tenant]).fetchall()
        lines = connection.execute(
            "SELECT l.* FROM lines l JOIN orders o ON o.id = order_id WHERE company_id = %s ORDER BY 1", [tenant]
        ).fetchall()
    return orders, lines


def held(project: Project, slug: str) -> tuple[object, ...]:
    """What a tenant's database holds."""
    return project.fetch(slug, "SELECT * FROM orders ORDER BY 1"), project.fetch(slug, "SELECT * FROM lines ORDER BY 1")


def is_like_the_source(project: Project) -> bool:
    return all(held(project, slug) == slice_of(project, tenant) for slug, tenant in (("a", 1), ("b", 2)))


def objects(project: Project) -> object:
    with session(Endpoint(project.source), purpose="test") as connection:
        return read_objects(connection), connection.execute("SELECT nspname FROM pg_namespace ORDER BY 1").fetchall()


def test_a_source_is_followed_until_it_is_proved_and_left_as_it_was(make: ProjectFactory) -> None:
    project = make(ROOT + SHOP)
    before = objects(project)
    refused = project.run("follow", "start", "--without-backup")
    assert refused.exit_code == 3, refused.document
    project.succeed("dry-run")
    first = project.succeed("migrate", "--online", "--without-backup")
    assert first.summary["proved_databases"] == first.summary["databases"]
    assert is_like_the_source(project)
    for statement in ("UPDATE orders SET v = 9", "DELETE FROM lines", "TRUNCATE lines"):
        with psycopg.connect(project.url("a")) as connection, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute(statement.encode())
    write(project, 100, 10)
    assert not is_like_the_source(project)
    status = project.run("follow", "status")
    assert (status.exit_code, status.document["follower"]) == (1, None)
    assert status.summary["behind_rows"] > 0
    again = project.succeed("follow", "start", "--until-proved", "--without-backup")
    assert again.summary["changed_rows"] > 0
    assert is_like_the_source(project)
    project.succeed("follow", "uninstall")
    assert objects(project) == before
    assert project.succeed("follow", "status").document["status"] == "nothing-to-do"


def test_writes_are_followed_while_it_runs_and_after_it_was_killed(make: ProjectFactory) -> None:
    project = make(ROOT + SHOP)
    project.succeed("dry-run")
    follower = project.start("follow", "start", "--without-backup")
    try:
        awaited(lambda: project.run("follow", "status").document["databases"], within=60)
        for number in range(3):
            write(project, 200 + 10 * number, 10 + 5 * number)
        awaited(lambda: is_like_the_source(project))
        status = project.succeed("follow", "status")
        assert status.document["follower"]
        proven = project.succeed("verify")
        assert proven.summary["equal_databases"] == proven.summary["databases"]
        assert proven.summary["compared_rows"] > 100
        refused = project.run("migrate", "--without-backup")
        assert refused.exit_code == 3
    finally:
        assert project.end(follower, signal.SIGKILL) is None
    write(project, 300, 30)
    follower = project.start("follow", "start", "--without-backup")
    try:
        awaited(lambda: is_like_the_source(project), within=60)
        stopped = project.succeed("follow", "stop")
        assert stopped.document["status"] == "done"
    finally:
        answer = project.end(follower)
    assert answer is not None
    assert (answer.exit_code, answer.document["end"]) == (0, "asked")


def test_a_followed_run_is_taken_back_whole(make: ProjectFactory) -> None:
    project = make(ROOT + SHOP)
    before = objects(project)
    project.succeed("dry-run")
    run = str(project.succeed("follow", "start", "--until-proved", "--without-backup").document["run_id"])
    write(project, 100, 10)
    assert project.succeed("status").document["run_id"] == run
    outlook = project.succeed("rollback", "--validate")
    assert "written" not in str(outlook.document["sections"])
    project.succeed("rollback", "--confirm", run)
    assert objects(project) == before
    assert project.databases() == ["migrator"]
    project.succeed("dry-run")
    project.succeed("migrate", "--without-backup")


def test_a_value_that_is_exchanged_in_a_followed_database_is_seen_while_writes_go_on(make: ProjectFactory) -> None:
    project = make(ROOT + SHOP)
    project.succeed("dry-run")
    project.succeed("follow", "start", "--until-proved", "--without-backup")
    with psycopg.connect(project.url("a")) as connection:
        connection.execute("SET migrator.applier = on")  # as nobody but the follower does
        connection.execute("UPDATE lines l SET q = o.q FROM lines o WHERE (l.id, o.id) IN ((3, 4), (4, 3))")
    write(project, 100, 10)
    answer = project.run("verify")
    assert answer.exit_code == 1, answer.document
    assert [(row["database"], row["table"]) for row in answer.section("Differences")] == [
        (f"{project.prefix}_a", "public.lines")
    ]
    assert answer.summary["equal_databases"] == answer.summary["databases"] - 1


PAST_THE_TRIGGERS = (
    "ALTER TABLE orders DISABLE TRIGGER ALL",
    "UPDATE orders SET v = 77 WHERE id = 5",
    "DELETE FROM lines WHERE id = 3",
    "INSERT INTO orders VALUES (500, 1, 7)",
    "ALTER TABLE orders ENABLE TRIGGER ALL",
    "ALTER TABLE lines ALTER q TYPE bigint USING q * 100",
    "ALTER TABLE lines ALTER q TYPE int",
)


def test_what_passed_the_triggers_by_is_read_as_a_whole(make: ProjectFactory) -> None:
    project = make(ROOT + SHOP)
    project.succeed("dry-run")
    project.succeed("follow", "start", "--until-proved", "--without-backup")
    for statement in PAST_THE_TRIGGERS:
        with psycopg.connect(project.source) as connection:
            connection.execute(statement.encode())
    assert not is_like_the_source(project)
    project.succeed("follow", "start", "--until-proved", "--without-backup")
    assert is_like_the_source(project)


def test_a_source_that_refuses_to_be_followed_is_left_as_it_is(make: ProjectFactory) -> None:
    project = make(ROOT + SHOP)
    with psycopg.connect(project.source) as connection:
        connection.execute("CREATE PUBLICATION everything FOR ALL TABLES")
    project.succeed("dry-run")
    before = objects(project)
    refused = project.run("follow", "start", "--until-proved", "--without-backup")
    assert refused.exit_code == 3, refused.document
    assert "everything publishes all tables" in str(refused.document)
    assert objects(project) == before
    with psycopg.connect(project.source) as connection:
        connection.execute("DROP PUBLICATION everything")
    project.succeed("follow", "start", "--until-proved", "--without-backup")
