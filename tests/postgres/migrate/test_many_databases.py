"""More databases than a run may hold sessions to: rows go through files."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from migrator.postgres.databases.databases import Mark, create_database
from migrator.postgres.databases.post_data import build_bare
from migrator.postgres.session.connect import Endpoint, session
from tests.project import Project
from tests.servers import ServerFactory


@contextmanager
def counted(url: str, prefix: str) -> Iterator[list[int]]:
    """The most sessions of migrator that were seen at once in the targets with that prefix, filled in meanwhile."""
    most, over = [0], threading.Event()
    source = conninfo_to_dict(url)["dbname"]

    def count() -> None:
        with psycopg.connect(url, dbname="postgres", autocommit=True) as connection:
            while not over.wait(0.02):
                ((found,),) = connection.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE starts_with(datname, %s) "
                    "AND application_name LIKE 'migrator%%' AND NOT datname = ANY (%s)",
                    [f"{prefix}_", [f"{prefix}_migrator", source]],
                ).fetchall()
                most[0] = max(most[0], found)

    counting = threading.Thread(target=count)
    counting.start()
    try:
        yield most
    finally:
        over.set()
        counting.join()


def test_with_fewer_sessions_than_databases_every_row_still_arrives_once(
    topsteel_url: str, prefix: str, tmp_path: Path
) -> None:
    project = Project.make(tmp_path, topsteel_url, prefix)
    project.succeed("clean", "--execute")
    project.succeed("dry-run")
    # Eight sessions for two workers leave each of them two of the five companies' databases at a time.
    with counted(project.source, prefix) as most:
        migrated = project.succeed("migrate", "--without-backup", "--jobs", "2", "--max-target-connections", "8")
    assert 2 <= most[0] <= 8
    assert migrated.summary["differences"] == 0
    assert not any((tmp_path / "spool").iterdir())
    assert {row["lost rows"] for row in migrated.section("Conservation: every row of the source, once")} == {0}
    proven = project.succeed("verify")
    assert proven.summary["differences"] == proven.summary["lost_rows"] == proven.summary["leaked_rows"] == 0


def test_a_bare_clone_of_many_databases_is_compacted_by_its_owner(own_server: ServerFactory) -> None:
    server = own_server()
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("CREATE ROLE ordinary LOGIN CREATEDB")
        shared = _shared_catalogs(connection)
    endpoint = Endpoint(make_conninfo(server.url(), user="ordinary"))
    sizes = {}
    with session(endpoint, purpose="test") as connection:
        create_database(connection, "template", Mark("r1", "template"))
        for name, clones in (("few", 2), ("many", 1000)):
            create_database(connection, name, Mark("r1", "bare"))
            build_bare(
                endpoint.at("template"),
                endpoint.at(name),
                (),
                clones,
                server_version=connection.info.server_version,
                programs=server.bin_dir,
            )
            row = connection.execute("SELECT pg_database_size(%s)", [name]).fetchone()
            assert row is not None
            sizes[name] = row[0]
        create_database(connection, "made", Mark("r1", "target"), template="many")
    assert sizes["many"] < 0.95 * sizes["few"]
    with psycopg.connect(server.url("made")) as connection:
        assert _shared_catalogs(connection) == shared
        assert connection.execute("SELECT count(*) FROM migrator_receipts.receipts").fetchone() == (0,)


def _shared_catalogs(connection: psycopg.Connection[Any]) -> dict[str, int]:
    query = "SELECT relname, pg_relation_filenode(oid) FROM pg_class WHERE relkind = 'r' AND relisshared"
    return dict(connection.execute(query).fetchall())
