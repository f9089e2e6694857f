"""Going back with large objects: what applications made of them in the targets comes back, or is said to be lost."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from migrator.commands.changes.conflicts import Settlement
from migrator.errors import RefusedError
from migrator.postgres.backup.dump import server_version
from migrator.postgres.programs.programs import find_program
from migrator.postgres.session.connect import Endpoint
from tests.safety.case import Variation
from tests.safety.test_going_back import back, write
from tests.safety.trial import Trial, plan, split, trial
from tests.servers import PostgresServer
from tests.stages import rollback

PICTURES = Variation(
    monolith="""
CREATE TABLE pictures (id int PRIMARY KEY, company_id int NOT NULL REFERENCES companies, content oid);
INSERT INTO pictures VALUES (1, 1, lo_from_bytea(4240001, 'first')), (2, 2, lo_from_bytea(4240002, 'second')),
    (3, 1, lo_from_bytea(4240003, ''));
""",
    tenant="CREATE TABLE pictures (id int PRIMARY KEY, company_id int NOT NULL, content oid);",
    tables={"pictures": {"target": "tenant", "large_objects": ["content"]}},
)
# A new one of more than one part, one that is written anew, and one that is emptied.
WRITTEN = """
INSERT INTO pictures VALUES (4, 1, lo_from_bytea(4240004, convert_to(repeat('new \\', 300000), 'UTF8')));
SELECT lo_truncate(lo_open(4240001, 393216), 0), lo_put(4240001, 0, 'another'), lo_put(4240003, 0, 'filled');
"""


@pytest.fixture
def album(server: PostgresServer, template: str) -> Iterator[Trial]:
    with trial(server.url, template, PICTURES) as made:
        made.run(plan)
        made.run(split)
        yield made


def objects(here: Trial, database: str) -> dict[int, bytes]:
    with psycopg.connect(here.url_of(f"{here.prefix}_{database}")) as connection:
        found = connection.execute(
            "SELECT oid::bigint, lo_get(oid) FROM pg_largeobject_metadata WHERE oid::bigint / 1000 = 4240"
        )
        return dict(found.fetchall())


def test_large_objects_come_back_with_the_rows_that_name_them(album: Trial) -> None:
    write(album, "acme", WRITTEN)
    wanted = {**objects(album, "acme"), **objects(album, "bolt")}
    outcome = back(album.workspace(), replay=True)
    assert outcome.exit_code == 0, outcome.headline
    assert objects(album, "mono") == wanted
    assert len(wanted[4240004]) == 1_500_000


def test_a_number_that_two_tenants_gave_is_a_conflict(album: Trial) -> None:
    new = "INSERT INTO pictures SELECT id + 10, company_id, lo_from_bytea(4240009, name::bytea) "
    for database in ("acme", "bolt"):
        write(album, database, new + "FROM pictures, current_database() AS name WHERE id < 3")
    outcome = back(album.workspace(), replay=True, settlement=Settlement(accept=True))
    assert outcome.summary["conflicts"] == 1
    (file,) = Path(album.directory).rglob("conflicts.*.jsonl")
    assert "4240009 is another one" in json.loads(file.read_text())["reason"]
    assert objects(album, "mono")[4240009] == f"{album.prefix}_acme".encode()


def test_saved_large_objects_are_replayed_by_psql(album: Trial) -> None:
    write(album, "acme", WRITTEN)
    wanted = {**objects(album, "acme"), **objects(album, "bolt")}
    directory = Path(album.directory) / "writes"
    assert back(album.workspace(), save=directory).exit_code == 0
    assert {path.stat().st_mode & 0o777 for path in directory.rglob("*") if path.is_file()} == {0o600}
    url = album.url_of(album.source)
    psql = find_program("psql", server_version(Endpoint(url)), None)
    here = directory / f"{album.prefix}_acme"
    done = subprocess.run([psql, "-X", "-f", "replay.sql", url], cwd=here, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert objects(album, "mono") == wanted


def test_one_that_no_row_names_is_told_and_not_lost_in_silence(album: Trial) -> None:
    write(album, "bolt", "SELECT lo_from_bytea(4240010, 'in a column of text somewhere')")
    assert rollback(album.workspace(), validate=True).exit_code == 1
    for options in ({}, {"replay": True}):
        with pytest.raises(RefusedError, match="4240010"):
            back(album.workspace(), **options)
    assert back(album.workspace(), discard_writes=True).exit_code == 0
    assert album.is_back() == []


def test_a_newer_one_of_the_source_is_not_written_over(album: Trial) -> None:
    write(album, "acme", "UPDATE pictures SET content = content WHERE id = 3; SELECT lo_put(4240003, 0, 'x')")
    write(album, "mono", "SELECT lo_put(4240001, 0, 'newer')")
    with pytest.raises(RefusedError, match="which of the two is the newer"):
        back(album.workspace(), replay=True)
    assert objects(album, "mono")[4240001] == b"newer"
