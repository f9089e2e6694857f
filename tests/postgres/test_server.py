"""A server of our own: made, configured, found again, crashed, stopped, and nothing else disturbed."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from migrator.errors import ConfigurationError, DatabaseError
from migrator.postgres import account, embedded
from migrator.postgres.embedded import embedded_bin_dir, runnable_bin_dir
from migrator.postgres.server import LocalServer, temporary_server
from tests.servers import DatabaseFactory, PostgresServer, ServerFactory, drop_databases

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="is about what root has to do differently")


def value(url: str, statement: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(statement).fetchone()
    assert row is not None
    return row[0]


def test_the_session_server_answers_in_utf8(server: PostgresServer, server_url: str) -> None:
    assert value(server_url, "SHOW server_encoding") == "UTF8"
    assert value(server.url("template1"), "SELECT current_database()") == "template1"
    assert (server.bin_dir / "pg_dump").exists()
    assert (server.bin_dir / "pg_restore").exists()


def test_databases_of_a_test_are_empty_and_apart(
    database_url: str, database_factory: DatabaseFactory, prefix: str
) -> None:
    other = database_factory(f"{prefix}_other")
    with psycopg.connect(database_url) as connection:
        connection.execute("CREATE TABLE only_here (id int)")
    assert value(other, "SELECT to_regclass('only_here') IS NULL")
    assert value(
        database_factory(template=psycopg.conninfo.conninfo_to_dict(database_url)["dbname"]),
        "SELECT to_regclass('only_here') IS NOT NULL",
    )


def test_a_prefix_is_cleared_of_every_database(
    server_url: str, database_factory: DatabaseFactory, prefix: str
) -> None:
    url = database_factory(f"{prefix}_templates")
    with psycopg.connect(server_url, autocommit=True) as connection, psycopg.connect(url):
        connection.execute(f"ALTER DATABASE {prefix}_templates IS_TEMPLATE true")
        assert drop_databases(server_url, prefix) == [f"{prefix}_templates"]
