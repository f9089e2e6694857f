"""The fence: no role writes, nothing waits behind it for long, nothing of it stays; and what happens without it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from migrator.core.schema.catalog import Relation
from migrator.errors import DatabaseError
from migrator.postgres.fence.fence import lift_fence, raise_fence, read_fence
from migrator.postgres.fence.locks import LockWait
from migrator.postgres.schema.catalog import read_catalog
from migrator.postgres.session.connect import Endpoint, session
from tests.postgres.shop import Shop, await_moment, load_shop, make_shop, make_slow
from tests.postgres.workspaces import state
from tests.servers import DatabaseFactory, PostgresServer


@pytest.fixture
def source(database_factory: DatabaseFactory) -> str:
    url = database_factory()
    load_shop(url)
    return url


def tables(url: str) -> list[Relation]:
    with session(Endpoint(url), purpose="test") as connection:
        catalog = read_catalog(connection)
    return [name for table in catalog.tables.values() for name in (table.relation, *table.partitions)]


def fence(url: str, *, patience: int = 5) -> list[str]:
    """Raises the fence on every table; returns what was said meanwhile."""
    said: list[str] = []
    with session(Endpoint(url), purpose="test") as connection:
        wait = LockWait(Endpoint(url), 1, patience, said.append)
        raise_fence(connection, tables(url), wait, run="20200101-000000-0000", epoch="e1")
    return said


def lift(url: str) -> int:
    with session(Endpoint(url), purpose="test") as connection:
        return lift_fence(connection, LockWait(Endpoint(url), 1, 5, lambda _: None))


@pytest.fixture
def writer(server: PostgresServer, source: str, prefix: str) -> Iterator[str]:
    """A role that may write to every table."""
    role = sql.Identifier(f"{prefix}_writer")
    with psycopg.connect(source) as connection:
        connection.execute(sql.SQL("CREATE ROLE {}").format(role))
        connection.execute(sql.SQL("GRANT ALL ON ALL TABLES IN SCHEMA public TO {}").format(role))
    yield f"{prefix}_writer"
    with psycopg.connect(source) as connection:
        connection.execute(sql.SQL("DROP OWNED BY {}").format(role))
        connection.execute(sql.SQL("DROP ROLE {}").format(role))


WRITES = (
    "INSERT INTO notes (tenant_id, body) VALUES (1, 'x')",
    "INSERT INTO notes (tenant_id, body) SELECT 1, 'x' WHERE false",
    "UPDATE customers SET name = name",
    "UPDATE customers SET name = name WHERE false",
    "DELETE FROM order_lines",
    "TRUNCATE order_lines",
    "TRUNCATE tenants CASCADE",
    "INSERT INTO events (tenant_id, at, body) VALUES (1, '2024-02-02', 'x')",
    "INSERT INTO events_2024 (id, tenant_id, at, body) VALUES (77777, 1, '2024-02-02', 'x')",
    "UPDATE events_rest SET body = 'x'",
    "DELETE FROM events_2024",
    "TRUNCATE events_rest",
    "INSERT INTO units VALUES ('kg', 'Kilo') ON CONFLICT (code) DO UPDATE SET label = 'Kilo'",
    "MERGE INTO units USING (VALUES ('kg')) v (code) ON units.code = v.code WHEN MATCHED THEN UPDATE SET label = 'x'",
    "WITH gone AS (DELETE FROM notes RETURNING id) SELECT count(*) FROM gone",
    "COPY notes (tenant_id, body) FROM PROGRAM 'echo 1'",
)


@pytest.mark.parametrize("how", ["superuser", "writer", "replica", "triggers-off"])
def test_no_role_writes_by_no_statement(source: str, writer: str, how: str) -> None:
    before = state(source)
    fence(source)
    with psycopg.connect(source, autocommit=True) as connection:
        match how:
            case "writer":
                connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(writer)))
            case "replica":
                connection.execute("SET session_replication_role = replica")
            case "triggers-off":
                connection.execute("SET session_replication_role = local")
        for statement in WRITES:
            if statement.startswith("COPY") and how == "writer":
                continue  # needs pg_execute_server_program
            if statement.startswith("MERGE") and connection.info.server_version < 150000:
                continue
            with pytest.raises(psycopg.Error) as caught:
                connection.execute(statement.encode())
            assert caught.value.sqlstate == "25006", f"{statement}: {caught.value}"
            assert "20200101-000000-0000" in str(caught.value.diag.message_detail)
        assert connection.execute("SELECT count(*) FROM notes").fetchall() == [(6,)]
        connection.execute("BEGIN; SELECT * FROM notes FOR SHARE; COMMIT")
    assert lift(source) == len(tables(source))
    after = state(source)
    assert (after.digests, after.objects, after.triggers) == (before.digests, before.objects, before.triggers)


def test_it_waits_for_a_writer_and_lets_the_next_ones_pass(source: str) -> None:
    with psycopg.connect(source) as writer:
        writer.execute("UPDATE customers SET name = 'in flight' WHERE id = 1")
        with pytest.raises(DatabaseError) as caught:
            fence(source, patience=2)
        assert "customers could not be locked" in caught.value.message
        assert f"pid {writer.info.backend_pid}" in caught.value.message
        # Between its attempts nobody queues: another writer is not held up for longer than one of them.
        with psycopg.connect(source) as other:
            other.execute("SET lock_timeout = '3s'")
            other.execute("UPDATE customers SET name = 'another' WHERE id = 2")
    # The writer's transaction has committed: the same call completes what it began, under the epoch that it began.
    assert fence(source) == []
    with session(Endpoint(source), purpose="test") as connection:
        standing = read_fence(connection)
    assert standing is not None
    assert (standing.run, standing.epoch) == ("20200101-000000-0000", "e1")
    assert standing.fenced == set(tables(source))
    with psycopg.connect(source) as connection:
        assert connection.execute("SELECT name FROM customers WHERE id = 1").fetchall() == [("in flight",)]


def test_lifting_twice_does_no_harm(source: str) -> None:
    fence(source)
    assert lift(source) > 0
    assert lift(source) == 0
    with session(Endpoint(source), purpose="test") as connection:
        assert read_fence(connection) is None


def test_without_the_fence_rows_written_meanwhile_are_counted_and_shown(
    source: str, prefix: str, tmp_path: Path
) -> None:
    shop: Shop = make_slow(make_shop(tmp_path / "shop", source, prefix))
    shop.plan()
    process = shop.start("migrate", "--without-backup", "--no-fence")
    await_moment(shop, process, "copying")
    shop.execute(
        "",
        "INSERT INTO notes (tenant_id, body) VALUES (1, 'late'), (1, 'later'), (3, 'latest'); "
        "DELETE FROM order_lines WHERE order_id = 1",
    )
    answer = shop.end(process)
    assert answer is not None
    assert answer.exit_code == 0, answer.document
    assert answer.summary["fenced"] is False
    title = "The source was written to since the snapshot"
    written = {
        (row["table"], row["tenant"]): (row["rows in the snapshot"], row["rows now"]) for row in answer.section(title)
    }
    assert written.keys() == {("public.notes", "1"), ("public.notes", "3"), ("public.order_lines", "3")}
    assert written["public.notes", "1"] == (2, 4)
    # What the snapshot held is proven all the same, and verify goes on telling what came after it.
    verified = shop.succeed("verify")
    assert len(verified.section(title)) == 3
    assert verified.summary["source_changes_since_snapshot"] == 3
