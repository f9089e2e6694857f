"""The server crashes under the load: whatever was acknowledged is there, and the ledger knows of every COMMIT."""

from __future__ import annotations

import time
from contextlib import suppress

import psycopg

from benchmarks.online import monolith
from benchmarks.online.compare import compare_monolith
from benchmarks.online.load import Load, LoadError, LoadOptions
from benchmarks.online.routing import Still
from tests.servers import FORGETFUL, ServerFactory, create_database

COMPANIES = 3
OPTIONS = LoadOptions(COMPANIES, rate=200, processes=1, writers=6)


def crashed(own_server: ServerFactory, settings: dict[str, str]) -> tuple[str, Load]:
    """A load that went on over two crashes of its server; returns the monolith's URL, and the load that has ended."""
    server = own_server(settings)
    create_database(server.url(), "monolith")
    url = server.url("monolith")
    monolith.create(url, COMPANIES)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
    with Load(Still(url), OPTIONS) as load:
        for _ in range(2):
            time.sleep(0.5)
            server.restart("immediate")
        time.sleep(0.5)
    return url, load


def test_nothing_that_was_acknowledged_is_lost_in_a_crash(own_server: ServerFactory) -> None:
    # Written down before it is acknowledged, though not to a disk: the machine goes on.
    url, load = crashed(own_server, {"fsync": "off"})
    outcome = load.outcome
    assert outcome.samples.reconnected + outcome.samples.doubts > 0
    assert outcome.samples.failures == []
    assert compare_monolith(outcome.ledger, url) == ()


def test_a_server_that_forgets_what_it_acknowledged_is_found_out(own_server: ServerFactory) -> None:
    # Where a COMMIT is in doubt its row may be older than its writer ever knew it, which ends the load.
    with suppress(LoadError):
        url, load = crashed(own_server, dict(FORGETFUL))
        assert compare_monolith(load.outcome.ledger, url) != ()


def test_sessions_that_are_ended_cost_no_write(database_url: str) -> None:
    monolith.create(database_url, COMPANIES)
    with Load(Still(database_url), OPTIONS) as load, psycopg.connect(database_url, autocommit=True) as connection:
        for _ in range(12):
            time.sleep(0.1)
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name LIKE 'load %' AND datname = current_database()"
            )
    outcome = load.outcome
    assert outcome.samples.reconnected > 0
    assert outcome.samples.failures == []
    assert compare_monolith(outcome.ledger, database_url) == ()
