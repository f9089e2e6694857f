"""Servers as they are met: a streaming standby, PgBouncer, a partition by postgres_fdw; skipped where missing."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from migrator.postgres.plan import pooler
from migrator.postgres.plan.pooler import is_pooled
from migrator.postgres.programs.account import server_account
from migrator.postgres.programs.local_server import LocalServer
from migrator.postgres.session.connect import Endpoint
from tests.pgbouncer import behind, pgbouncer
from tests.postgres.plan.projects import ROOT, ProjectFactory, blocking, is_fenced, load, project_factory
from tests.project import Project, awaited
from tests.servers import DatabaseFactory, PostgresServer

pytestmark = pytest.mark.timeout(300)

NOTES = """
CREATE TABLE notes (id int PRIMARY KEY, company_id int NOT NULL REFERENCES companies);
INSERT INTO notes VALUES (1, 1), (2, 2);
"""


@pytest.fixture
def make(database_factory: DatabaseFactory, prefix: str, tmp_path: Path) -> ProjectFactory:
    return project_factory(database_factory, prefix, tmp_path)


def database_of(project: Project) -> str:
    return str(conninfo_to_dict(project.source)["dbname"])


# -- a standby --------------------------------------------------------------------------------------------------------


@pytest.fixture
def standby(server: PostgresServer, server_directory: Path) -> Iterator[LocalServer]:
    """Streams from the tests' server, with everything that is in it now."""
    program = server.bin_dir / "pg_basebackup"
    if not isinstance(server, LocalServer) or not program.is_file():
        pytest.skip("the tests' server has no pg_basebackup beside it")
    account = server_account()
    data = server_directory / "data"
    subprocess.run(
        [program, "-d", server.url(), "-D", data, "-R", "-X", "stream", "-c", "fast"],
        check=True,
        capture_output=True,
        cwd="/",
        **(account.credentials() if account else {}),
    )
    for lock in data.glob(".s.PGSQL.*"):  # of the primary's socket, which is in its data directory
        lock.unlink()
    with LocalServer.start(data, bin_dir=server.bin_dir) as started:
        yield started


def test_a_streaming_standby_is_told_as_such(make: ProjectFactory, standby: LocalServer) -> None:
    project = make(ROOT + NOTES)
    name = database_of(project)
    url = standby.url(name)

    def arrived() -> bool:
        try:
            with psycopg.connect(url) as connection:
                return connection.execute("SELECT count(*) FROM notes").fetchone() == (2,)
        except psycopg.Error:
            return False

    awaited(arrived)
    # With the targets on the primary, and with everything on the standby.
    answer = project.run("--source", url, "--target", project.source, "dry-run")
    assert answer.exit_code == 1, answer.document
    assert "it is a standby" in blocking(answer)["the source's server"]
    for command in ("backup", "dry-run", "migrate"):
        refused = project.run("--source", url, command)
        assert refused.exit_code in (3, 5), refused.document
        assert "standby" in refused.error or "recovery" in refused.error, refused.error
    assert not is_fenced(project)


# -- PgBouncer --------------------------------------------------------------------------------------------------------

# Starts PgBouncer in the pool mode of that name before the tests' server; returns the conninfo of a database by it.
Bouncer = Callable[[str], Callable[[str], str]]


@pytest.fixture
def bouncer(server: PostgresServer, server_directory: Path) -> Iterator[Bouncer]:
    with ExitStack() as running:

        def start(mode: str) -> Callable[[str], str]:
            parameters = running.enter_context(pgbouncer(server, server_directory, behind(server), mode))
            return lambda database: make_conninfo("", **parameters, dbname=database)

        yield start


def test_pgbouncer_in_transaction_mode_is_refused_on_either_side(make: ProjectFactory, bouncer: Bouncer) -> None:
    project = make(ROOT + NOTES)
    url = bouncer("transaction")
    assert is_pooled(Endpoint(url(database_of(project))))
    assert not is_pooled(Endpoint(project.source))
    for command in ("backup", "dry-run", "migrate"):
        refused = project.run("--source", url(database_of(project)), command)
        assert refused.exit_code == 3, refused.document
        assert "behind a pooler in transaction mode" in refused.error
    target = project.run("--target", url("postgres"), "dry-run")
    assert target.exit_code == 3
    assert "behind a pooler in transaction mode" in target.error
    assert not is_fenced(project)


def test_pgbouncer_in_session_mode_is_no_obstacle(make: ProjectFactory, bouncer: Bouncer) -> None:
    project = make(ROOT + NOTES)
    assert not is_pooled(Endpoint(bouncer("session")(database_of(project))))


def test_a_server_is_asked_once_a_process(make: ProjectFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    project = make(ROOT + NOTES)
    asked: list[Endpoint] = []

    def counted(endpoint: Endpoint) -> bool:
        asked.append(endpoint)
        return False

    monkeypatch.setattr(pooler, "is_pooled", counted)
    pooler.require_sessions.cache_clear()
    project.succeed("audit")
    first = len(asked)
    project.succeed("dry-run")
    assert (first, len(asked)) == (1, 1)
    pooler.require_sessions.cache_clear()


# -- postgres_fdw -----------------------------------------------------------------------------------------------------

FOREIGN = """
CREATE EXTENSION postgres_fdw;
CREATE SCHEMA cold;
CREATE TABLE cold.events_old (id int, company_id int, at date, body text);
CREATE SERVER loop FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '{host}', dbname {name});
CREATE USER MAPPING FOR CURRENT_USER SERVER loop OPTIONS (user 'postgres');
CREATE TABLE events (
    id int, company_id int NOT NULL, at date NOT NULL, body text
) PARTITION BY RANGE (at);
CREATE TABLE events_new PARTITION OF events FOR VALUES FROM ('2024-01-01') TO (MAXVALUE);
ALTER TABLE events_new ADD FOREIGN KEY (company_id) REFERENCES companies;
CREATE FOREIGN TABLE events_cold PARTITION OF events FOR VALUES FROM (MINVALUE) TO ('2024-01-01')
    SERVER loop OPTIONS (schema_name 'cold', table_name 'events_old');
INSERT INTO events_new VALUES (1, 1, '2024-05-05', 'n'), (2, 2, '2024-05-05', 'n');
INSERT INTO cold.events_old VALUES (3, 1, '2020-01-01', 'old'), (4, 2, '2020-01-01', 'old');
"""


def test_a_partition_on_another_server_blocks_until_its_rows_are_here(
    server: PostgresServer, database_factory: DatabaseFactory, prefix: str, tmp_path: Path
) -> None:
    url = database_factory(prefix)
    with psycopg.connect(url) as connection:
        if not connection.execute("SELECT FROM pg_available_extensions WHERE name = 'postgres_fdw'").fetchall():
            pytest.skip("this server has no postgres_fdw")
    host = conninfo_to_dict(server.url()).get("host")
    load(url, ROOT + FOREIGN.replace("{host}", str(host)).replace("{name}", f"'{prefix}'"))
    with psycopg.connect(url) as connection:
        if connection.execute("SELECT count(*) FROM events").fetchone() != (4,):
            pytest.skip("the server cannot reach itself")
    project = Project(tmp_path / "project", url, prefix)
    project.directory.mkdir()
    environment = {"MIGRATOR_SOURCE_URL": url, "MIGRATOR_PREFIX": prefix}
    project.run("init", "--into", str(project.directory), "--tenant-root", "companies", environment=environment)
    (project.directory / ".env").write_text(f"MIGRATOR_SOURCE_URL='{url}'\nMIGRATOR_PREFIX={prefix}\n")
    answer = project.run("dry-run")
    assert answer.exit_code == 1
    ((name, detail),) = blocking(answer).items()
    assert name == "partition events_cold of events"
    assert "its rows are on the server loop" in detail
    assert project.run("migrate", "--without-backup").exit_code == 3
    assert not is_fenced(project)
    # As the remedy says: the rows are brought here, and the foreign table is taken off.
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in (
            "ALTER TABLE public.events DETACH PARTITION public.events_cold",
            "CREATE TABLE events_before PARTITION OF events FOR VALUES FROM (MINVALUE) TO ('2024-01-01')",
            "ALTER TABLE events_before ADD FOREIGN KEY (company_id) REFERENCES companies",
            "INSERT INTO events SELECT * FROM events_cold",
            "DROP EXTENSION postgres_fdw CASCADE",
            "DROP SCHEMA cold CASCADE",
        ):
            connection.execute(statement.encode())
    shutil.rmtree(project.directory / "migrations")
    project.toml.unlink()
    project.run("init", "--into", str(project.directory), "--tenant-root", "companies", environment=environment)
    project.succeed("dry-run")
    project.succeed("migrate", "--without-backup")
    project.succeed("verify")
    assert project.fetch("a", "SELECT id FROM events ORDER BY 1") == [(1,), (3,)]
