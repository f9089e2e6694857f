"""Partitions that come later: fenced, kept out while the source is read, and named where they came anyhow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from migrator.commands.proof.records import copy_steps
from migrator.core.schema.catalog import Relation
from migrator.errors import RefusedError
from migrator.postgres.copy.row_counts import lock_against_ddl
from migrator.postgres.fence.fence import fences_partitions, lift_fence, raise_fence, read_fence
from migrator.postgres.fence.locks import LockWait
from migrator.postgres.schema.catalog import read_catalog
from migrator.postgres.schema.partitions import require_same_partitions
from migrator.postgres.session.connect import Endpoint, session
from tests.postgres.shop import Shop, load_shop, make_shop
from tests.postgres.workspaces import state
from tests.servers import DatabaseFactory

pytestmark = pytest.mark.timeout(300)

PARTS = """
CREATE TABLE depths (id bigint, at date NOT NULL, kind text NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE depths_2024 PARTITION OF depths FOR VALUES FROM ('2024-01-01') TO ('2025-01-01') PARTITION BY LIST (kind);
CREATE TABLE depths_2024_a PARTITION OF depths_2024 FOR VALUES IN ('a');
CREATE TABLE alone (id bigint, at date NOT NULL, kind text NOT NULL);
INSERT INTO alone VALUES (1, '2026-01-01', 'a'), (2, '2026-01-01', 'b');
"""
ATTACH = "ALTER TABLE depths ATTACH PARTITION alone FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')"
RUN = "20200101-000000-0000"


@pytest.fixture
def source(database_factory: DatabaseFactory) -> str:
    url = database_factory()
    with psycopg.connect(url) as connection:
        connection.execute(PARTS)
    return url


# -- the fence -------------------------------------------------------------------------------------------------------


@pytest.fixture
def fenced(source: str) -> Iterator[str]:
    """The source behind the fence; lifted, nothing of it is left."""
    before = state(source)
    with session(Endpoint(source), purpose="test") as connection:
        if not fences_partitions(connection.info.server_version):
            pytest.skip("before 15 a partition's copy of the trigger could not be switched off by its owner")
        catalog = read_catalog(connection)
        tables = [name for table in catalog.tables.values() for name in (table.relation, *table.partitions)]
        wait = LockWait(Endpoint(source), 1, 5, lambda _: None)
        for _ in range(2):  # the second finds it standing
            raise_fence(connection, tables, wait, run=RUN, epoch="e1")
        standing = read_fence(connection)
        assert standing is not None
        assert standing.fenced == set(tables)
        assert standing.fencing_partitions == {Relation("public", "depths")}
        yield source
        assert lift_fence(connection, wait) == len(tables)
    assert state(source).triggers == before.triggers


@pytest.mark.parametrize("role", ["origin", "replica"])
def test_a_partition_that_is_made_or_attached_later_takes_no_writes(fenced: str, role: str) -> None:
    with psycopg.connect(fenced, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE depths_2025 PARTITION OF depths FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');"
            "CREATE TABLE depths_2024_b PARTITION OF depths_2024 FOR VALUES IN ('b');"
            "CREATE TABLE depths_2024_c PARTITION OF depths_2024 FOR VALUES IN ('c') PARTITION BY LIST (id);"
            "CREATE TABLE depths_2024_c_1 PARTITION OF depths_2024_c FOR VALUES IN (1);"
            "CREATE TABLE loose (LIKE depths); INSERT INTO loose VALUES (7, '2027-01-01', 'a');"
            "ALTER TABLE depths ATTACH PARTITION loose FOR VALUES FROM ('2027-01-01') TO ('2028-01-01')"
        )
        connection.execute(sql.SQL("SET session_replication_role = {}").format(sql.SQL(role)))
        for statement in (
            "INSERT INTO depths_2025 VALUES (1, '2025-02-02', 'a')",
            "INSERT INTO depths_2024_b VALUES (1, '2024-02-02', 'b')",
            "INSERT INTO depths_2024_c_1 VALUES (1, '2024-02-02', 'c')",
            "COPY depths_2025 FROM PROGRAM 'printf \"1\\t2025-02-02\\ta\\n\"'",
            "UPDATE loose SET kind = 'b'",
            "DELETE FROM loose",
        ):
            with pytest.raises(psycopg.errors.ReadOnlySqlTransaction) as caught:
                connection.execute(statement.encode())
            assert RUN in str(caught.value.diag.message_detail)
        connection.execute("SET session_replication_role = origin")
        connection.execute(
            "ALTER TABLE depths DETACH PARTITION loose; DROP TABLE depths_2025, depths_2024_b, depths_2024_c"
        )


# -- while the source is read ----------------------------------------------------------------------------------------


def test_nothing_is_attached_or_detached_while_the_source_is_read_and_writers_pass(source: str) -> None:
    with session(Endpoint(source), purpose="test") as reader, psycopg.connect(source, autocommit=True) as other:
        other.execute("SET lock_timeout = '100ms'")
        with reader.transaction():
            reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            lock_against_ddl(reader, read_catalog(reader))
            statements = [
                ATTACH,
                "CREATE TABLE depths_2025 PARTITION OF depths FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')",
                "ALTER TABLE depths DETACH PARTITION depths_2024",
                "ALTER TABLE depths_2024 DETACH PARTITION depths_2024_a",
            ]
            if other.info.server_version >= 140000:
                statements.append("ALTER TABLE depths_2024 DETACH PARTITION depths_2024_a CONCURRENTLY")
            for statement in statements:
                with pytest.raises(psycopg.errors.LockNotAvailable):
                    other.execute(statement.encode())
            other.execute("INSERT INTO depths VALUES (1, '2024-02-02', 'a')")
            other.execute("VACUUM depths_2024_a")
        other.execute(ATTACH)


def test_a_role_that_only_reads_sees_that_a_partition_was_attached(source: str, prefix: str) -> None:
    role = sql.Identifier(f"{prefix}_reader")
    with psycopg.connect(source, autocommit=True) as owner, session(Endpoint(source), purpose="test") as reader:
        owner.execute(sql.SQL("CREATE ROLE {0}; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {0}").format(role))
        try:
            reader.execute(sql.SQL("SET ROLE {}").format(role))
            catalog = read_catalog(reader)
            with reader.transaction():
                lock_against_ddl(reader, catalog)
                owner.execute(
                    "CREATE TABLE late (LIKE depths);"
                    "ALTER TABLE depths ATTACH PARTITION late FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')"
                )
            with pytest.raises(RefusedError) as caught:
                require_same_partitions(Endpoint(source), catalog)
            assert "public.late has joined public.depths as a partition" in caught.value.message
            owner.execute("ALTER TABLE depths DETACH PARTITION late")
            require_same_partitions(Endpoint(source), catalog)
        finally:
            reader.execute("RESET ROLE")
            owner.execute(sql.SQL("DROP OWNED BY {0}; DROP ROLE {0}").format(role))


# -- after migrate ---------------------------------------------------------------------------------------------------

JOINED = """
CREATE TABLE {name} (LIKE events);
INSERT INTO {name} VALUES (9001, 1, '2031-05-05', 'attached'), (9002, 2, '2031-05-06', 'attached');
"""
# The default partition is searched for rows that belong into the new one; it has none.
JOINS = "ALTER TABLE events ATTACH PARTITION {name} FOR VALUES FROM ('2031-01-01') TO ('2032-01-01')"


@pytest.fixture
def shop(database_factory: DatabaseFactory, prefix: str, tmp_path: Path) -> Shop:
    url = database_factory()
    load_shop(url)
    return make_shop(tmp_path / "shop", url, prefix)


def attach(shop: Shop, name: str) -> None:
    with psycopg.connect(shop.source) as connection:
        connection.execute((JOINED + JOINS).format(name=name).encode())


def test_migrate_stops_where_no_lock_kept_a_partition_out(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """As for a role that only reads: the lock is not to be had, and rows join what has been read in part."""
    shop.plan()

    def joined(*arguments: Any) -> Any:
        attach(shop, "events_2031")
        return copy_steps(*arguments)

    monkeypatch.setattr("migrator.commands.migrate.frozen_source.lock_against_ddl", lambda *_: None)
    monkeypatch.setattr("migrator.commands.migrate.units.copy_steps", joined)
    refused = shop.run("migrate", "--without-backup", "--no-fence")
    assert refused.exit_code == 3
    assert "public.events_2031 has joined public.events as a partition" in refused.error
    monkeypatch.undo()
    shop.split("--no-fence")
    shop.succeed("verify")
    assert shop.value("tenant_1", "SELECT body FROM events WHERE id = 9001") == "attached"


def test_rows_that_joined_behind_the_fence_are_named_and_never_deleted(shop: Shop) -> None:
    shop.split()
    shop.execute("tenant_1", "UPDATE events SET body = 'by the application' WHERE id = (SELECT min(id) FROM events)")
    attach(shop, "events_2031")
    told = "public.events_2031 has joined public.events as a partition"
    refused = shop.run("verify")
    assert refused.exit_code == 3
    assert told in refused.error
    outlook = shop.run("rollback", "--validate")
    assert outlook.exit_code == 1
    (why,) = (one for one in outlook.document["sections"] if one["title"] == "Why it cannot be told")
    assert told in why["text"]
    # Compared with the databases they would look like rows that applications had deleted there.
    kept = shop.take_back("--replay-writes")
    assert kept.exit_code == 3
    assert told in kept.error
    assert shop.value("", "SELECT count(*) FROM events_2031") == 2
    shop.execute("", "ALTER TABLE events DETACH PARTITION events_2031; DROP TABLE events_2031")
    assert shop.take_back("--replay-writes").exit_code == 0
    assert shop.value("", "SELECT count(*) FROM events WHERE body = 'by the application'") == 1


@pytest.mark.exhaustive
def test_given_up_they_are_told_with_what_else_changed_in_the_source(shop: Shop) -> None:
    shop.split()
    attach(shop, "events_2031")
    taken = shop.take_back("--discard-writes")
    assert taken.exit_code == 1
    (changed,) = taken.section("Tables of the source that changed")
    assert changed["table"] == "public.events"
    assert changed["rows now"] == changed["rows when migrate read it"] + 2


@pytest.mark.exhaustive
def test_an_inheriting_table_that_came_later_is_named(shop: Shop) -> None:
    shop.split()
    with psycopg.connect(shop.source) as connection:
        connection.execute("CREATE TABLE more_notes () INHERITS (notes)")
    for command in ("verify", "rollback"):
        answer = shop.run(command) if command == "verify" else shop.take_back()
        assert answer.exit_code == 3
        assert "public.more_notes is new and inherits from public.notes" in answer.error
    shop.execute("", "DROP TABLE more_notes")
    shop.succeed("verify")
    assert shop.take_back().exit_code == 0
