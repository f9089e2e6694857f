"""Dropping databases that we made, whoever is at work in them."""

from __future__ import annotations

import time

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from migrator.postgres.databases.databases import Mark, create_database, drop_database
from migrator.postgres.session.connect import Endpoint, session
from tests.servers import ServerFactory

_BUSY = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'autovacuum worker' AND datname = 'made'"
# Rows to clean up, and so slowly that the worker is there for as long as the test may take.
_SLOW = """
CREATE TABLE slow (n integer) WITH (autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1);
INSERT INTO slow SELECT generate_series(1, 200000);
DELETE FROM slow;
"""


def test_an_ordinary_role_drops_its_database_below_an_autovacuum_worker(own_server: ServerFactory) -> None:
    server = own_server({"autovacuum_naptime": "1s"})
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("CREATE ROLE ordinary LOGIN CREATEDB")
    endpoint = Endpoint(make_conninfo(server.url(), user="ordinary"))
    with session(endpoint, purpose="test") as connection:
        create_database(connection, "made", Mark("r1", "target"))
        with psycopg.connect(server.url("made"), autocommit=True) as within:
            within.execute(sql.SQL(_SLOW))
        with psycopg.connect(server.url(), autocommit=True) as watch:
            deadline = time.monotonic() + 60
            while watch.execute(_BUSY).fetchone() != (1,):
                assert time.monotonic() < deadline, "no autovacuum worker came"
                time.sleep(0.1)
        assert drop_database(connection, "made", run="r1")
        assert not drop_database(connection, "made", run="r1")


def test_sessions_that_the_role_may_not_end_keep_the_database(own_server: ServerFactory) -> None:
    server = own_server()
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("CREATE ROLE ordinary LOGIN CREATEDB")
    endpoint = Endpoint(make_conninfo(server.url(), user="ordinary"))
    with session(endpoint, purpose="test") as connection:
        create_database(connection, "made", Mark("r1", "target"))
        with (
            psycopg.connect(server.url("made")) as theirs,
            psycopg.connect(make_conninfo(server.url("made"), user="ordinary")) as ours,
        ):
            with pytest.raises(psycopg.errors.ObjectInUse):
                drop_database(connection, "made", run="r1")
            theirs.execute("SELECT 1")
            with pytest.raises(psycopg.OperationalError):
                ours.execute("SELECT 1")
        assert drop_database(connection, "made", run="r1")
