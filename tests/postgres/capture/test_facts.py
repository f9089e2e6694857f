"""The facts that refuse following are read from a server that has each of them."""

from __future__ import annotations

import psycopg
import pytest

from migrator.core.online.refusals import ForeignPart, OnlineFacts, UserTrigger
from migrator.core.schema.catalog import Relation
from migrator.postgres.capture.facts import read_online_facts
from migrator.postgres.fence.fence import raise_fence
from migrator.postgres.session.connect import Endpoint, session
from tests.postgres.capture.shop_capture import RUN, execute, install, lock_wait
from tests.postgres.shop import load_shop
from tests.project import awaited
from tests.servers import DatabaseFactory, PostgresServer


@pytest.fixture
def source(database_factory: DatabaseFactory) -> str:
    url = database_factory()
    load_shop(url)
    return url


def facts(url: str) -> OnlineFacts:
    with session(Endpoint(url), purpose="test") as connection:
        return read_online_facts(connection)


def public(name: str) -> Relation:
    return Relation("public", name)


def test_a_plain_source_has_none(source: str) -> None:
    assert facts(source) == OnlineFacts()


def test_each_is_read(source: str) -> None:
    execute(
        source,
        "ALTER TABLE orders ENABLE ALWAYS TRIGGER orders_noted",
        "CREATE TRIGGER noted AFTER INSERT ON events_2024 FOR EACH ROW EXECUTE FUNCTION note_order()",
        "ALTER TABLE events_2024 ENABLE ALWAYS TRIGGER noted",
        "CREATE UNLOGGED TABLE visits (id int)",
        "CREATE TABLE mixed (at date) PARTITION BY RANGE (at)",
        "CREATE UNLOGGED TABLE mixed_a PARTITION OF mixed DEFAULT",
        "CREATE PUBLICATION everything FOR ALL TABLES",
        "CREATE PUBLICATION single FOR TABLE notes",
    )
    with psycopg.connect(source) as writer:
        writer.execute("UPDATE notes SET body = body")
        read, pid = facts(source), writer.info.backend_pid
    assert read.always == (UserTrigger(public("events"), "noted"), UserTrigger(public("orders"), "orders_noted"))
    assert read.unlogged == (public("mixed_a"), public("visits"))
    assert read.publications == ("everything",)
    (open_one,) = read.long
    assert f"pid {pid}" in open_one.holder
    assert open_one.seconds >= 0


def test_a_partition_that_is_a_foreign_table(source: str) -> None:
    with psycopg.connect(source) as connection:
        if not connection.execute("SELECT FROM pg_available_extensions WHERE name = 'postgres_fdw'").fetchall():
            pytest.skip("the server has no postgres_fdw")
    execute(
        source,
        "CREATE EXTENSION postgres_fdw",
        "CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw",
        "CREATE TABLE spread (id int) PARTITION BY LIST (id)",
        "CREATE FOREIGN TABLE spread_far PARTITION OF spread FOR VALUES IN (1) SERVER far",
        "CREATE FOREIGN TABLE alone (id int) SERVER far",
    )
    assert facts(source).foreign == (ForeignPart(public("spread_far"), public("spread")),)


def test_a_row_that_everybody_updates(source: str) -> None:
    execute(source, "CREATE TABLE counters (id int PRIMARY KEY, n int)", "INSERT INTO counters VALUES (1, 0)",
            "DO $$ BEGIN FOR i IN 1..5000 LOOP UPDATE counters SET n = n + 1; END LOOP; END $$",
            "ANALYZE counters")  # fmt: skip
    awaited(lambda: facts(source).hot == (public("counters"),))  # statistics arrive when the session has ended


def test_whose_fence_and_whose_capture_are_there(source: str) -> None:
    install(source)
    assert facts(source) == OnlineFacts(capture=RUN)
    with session(Endpoint(source), purpose="test") as connection:
        raise_fence(connection, [public("notes")], lock_wait(source), run=RUN, epoch="e1")
        assert read_online_facts(connection) == OnlineFacts(capture=RUN, fence=RUN)


def test_without_plpgsql(source: str, server: PostgresServer) -> None:
    execute(source, "DROP EXTENSION plpgsql CASCADE")
    assert facts(source) == OnlineFacts(plpgsql=False)
