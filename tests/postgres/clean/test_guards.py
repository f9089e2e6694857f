"""What clean must not disturb, and what must stop it: triggers, writers, row security, fences, foreign schemas."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from psycopg import sql

from migrator.errors import ConfigurationError, DatabaseError, RefusedError
from tests.postgres.workspaces import WorkspaceFactory, fetch, run_sql, said, state
from tests.stages import clean

ORDERS = """
CREATE TABLE orders (id integer PRIMARY KEY, note text);
CREATE TABLE lines (id integer PRIMARY KEY, order_id integer REFERENCES orders ON DELETE CASCADE);
INSERT INTO orders SELECT n, 'x' FROM generate_series(1, 10) n;
INSERT INTO lines SELECT n, n FROM generate_series(1, 10) n;
"""
RULE = {"one": {"table": "orders", "where": "id = 1"}}


@pytest.fixture
def source(database_url: str) -> str:
    run_sql(database_url, ORDERS)
    return database_url


@contextmanager
def transaction(url: str, statement: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A session in a transaction that has executed the statement and stays open."""
    with psycopg.connect(url, application_name="the ERP") as connection:
        connection.execute(statement.encode())
        yield connection


FENCE = """CREATE SCHEMA migrator_fence;
COMMENT ON SCHEMA migrator_fence IS 'migrator {"run": "run-1", "role": "fence", "epoch": "e"}'"""


def wait_until_blocked(url: str) -> None:
    """Waits for a session of migrator to wait for a lock."""
    deadline = time.monotonic() + 20
    statement = (
        "SELECT FROM pg_stat_activity WHERE application_name LIKE 'migrator clean%' AND wait_event_type = 'Lock' "
        "AND datname = current_database()"
    )
    while not fetch(url, statement):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_triggers_neither_fire_nor_change(source: str, make_workspace: WorkspaceFactory) -> None:
    run_sql(
        source,
        """
        CREATE TABLE log (what text);
        CREATE FUNCTION log() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN INSERT INTO public.log VALUES (TG_NAME); RETURN coalesce(NEW, OLD); END';
        CREATE FUNCTION veto() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
        CREATE TABLE p (id integer, order_id integer REFERENCES orders) PARTITION BY RANGE (id);
        CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
        CREATE TABLE p2 PARTITION OF p DEFAULT;
        INSERT INTO p VALUES (1, 1), (11, 1), (12, 2);
        CREATE TRIGGER p_log AFTER INSERT OR DELETE ON p FOR EACH ROW EXECUTE FUNCTION log();
        CREATE TRIGGER p1_log AFTER INSERT OR DELETE ON p1 FOR EACH ROW EXECUTE FUNCTION log();
        ALTER TABLE p2 ENABLE ALWAYS TRIGGER p_log;
        ALTER TABLE ONLY p1 ENABLE REPLICA TRIGGER p1_log;
        CREATE TRIGGER a_veto BEFORE DELETE ON orders FOR EACH ROW EXECUTE FUNCTION veto();
        CREATE TRIGGER b_always AFTER DELETE OR INSERT ON orders FOR EACH STATEMENT EXECUTE FUNCTION log();
        CREATE TRIGGER "c %s off" AFTER DELETE OR INSERT ON orders FOR EACH ROW EXECUTE FUNCTION log();
        CREATE TRIGGER d_replica AFTER DELETE OR INSERT ON lines FOR EACH ROW EXECUTE FUNCTION log();
        ALTER TABLE orders ENABLE ALWAYS TRIGGER b_always;
        ALTER TABLE orders DISABLE TRIGGER "c %s off";
        ALTER TABLE lines ENABLE REPLICA TRIGGER d_replica;
        """,
    )
    work = make_workspace(source, clean=RULE)
    before = state(source)
    assert len({row[2] for row in before.triggers}) == 4

    assert clean(work, execute=True).summary["rows"] == 4
    assert state(source).triggers == before.triggers
    clean(work, restore=True)
    assert state(source) == before


def test_a_rule_of_the_rewriter_is_refused(source: str, make_workspace: WorkspaceFactory) -> None:
    run_sql(source, "CREATE RULE keep AS ON DELETE TO lines DO INSTEAD NOTHING")
    work = make_workspace(source, clean=RULE)
    before = state(source)
    with pytest.raises(RefusedError, match="rewrite rule keep on lines"):
        clean(work, execute=True)
    assert state(source) == before


def test_a_row_that_a_writer_adds_meanwhile_moves_too(source: str, make_workspace: WorkspaceFactory) -> None:
    work = make_workspace(source, clean=RULE, limits={"lock_timeout": 10, "fence_patience": 10})
    results: list[object] = []
    thread = threading.Thread(target=lambda: results.append(clean(work, execute=True).summary["rows"]))
    with transaction(source, "INSERT INTO lines VALUES (100, 1)") as writer:
        thread.start()
        wait_until_blocked(source)
        writer.commit()
    thread.join(20)
    assert results == [3]
    assert state(source).rows == {"orders": 9, "lines": 9}


def test_a_table_that_comes_into_play_meanwhile_is_locked_too(source: str, make_workspace: WorkspaceFactory) -> None:
    run_sql(source, "CREATE TABLE parcels (id integer, line_id integer REFERENCES lines ON DELETE CASCADE)")
    run_sql(source, "CREATE TABLE labels (id integer, order_id integer REFERENCES orders)")
    work = make_workspace(source, clean=RULE, limits={"lock_timeout": 10, "fence_patience": 10})
    run_sql(source, "DELETE FROM lines WHERE order_id = 1")
    results: list[object] = []
    thread = threading.Thread(target=lambda: results.append(clean(work, execute=True).summary["rows"]))
    # While clean has seen no line of order 1, one comes, and a parcel with it.
    with transaction(source, "INSERT INTO lines VALUES (100, 1); INSERT INTO parcels VALUES (1, 100)") as writer:
        thread.start()
        wait_until_blocked(source)
        writer.commit()
    thread.join(20)
    assert results == [3]
    assert state(source).rows == {"orders": 9, "lines": 9, "parcels": 0, "labels": 0}


def test_who_holds_the_lock_is_said(source: str, make_workspace: WorkspaceFactory) -> None:
    work = make_workspace(source, clean=RULE, limits={"lock_timeout": 1, "fence_patience": 2})
    before = state(source)
    with transaction(source, "UPDATE lines SET order_id = 2 WHERE id = 2") as writer:
        held_by = rf"lines by pid {writer.info.backend_pid} \(postgres, the ERP, idle in transaction"
        with pytest.raises(DatabaseError, match=held_by):
            clean(work, execute=True)
        assert re.search(held_by, said(work)[0])
    assert state(source) == before
    assert clean(work, execute=True).summary["rows"] == 2


def test_readers_are_not_disturbed(source: str, make_workspace: WorkspaceFactory) -> None:
    work = make_workspace(source, clean=RULE)
    with transaction(source, "SELECT count(*) FROM orders, lines") as reader:
        assert clean(work, execute=True).summary["rows"] == 2
        reader.execute("SELECT count(*) FROM orders")


def test_row_security_never_hides_rows(source: str, make_workspace: WorkspaceFactory, prefix: str) -> None:
    role = f"{prefix}_owner"
    name = sql.Identifier(role)
    with psycopg.connect(source, autocommit=True) as connection:
        for statement in (
            "CREATE ROLE {} LOGIN CREATEDB",
            "ALTER TABLE orders OWNER TO {}",
            "ALTER TABLE lines OWNER TO {}",
            "ALTER TABLE orders ENABLE ROW LEVEL SECURITY",
            "ALTER TABLE orders FORCE ROW LEVEL SECURITY",
        ):
            connection.execute(sql.SQL(statement).format(name))
    try:
        work = make_workspace(source.replace("postgres@", f"{role}@"), clean=RULE)
        with pytest.raises(DatabaseError, match="row-level security"):
            clean(work)
    finally:
        _drop_role(source, role)


def test_an_owner_without_superuser_is_enough(source: str, make_workspace: WorkspaceFactory, prefix: str) -> None:
    role = f"{prefix}_owner"
    run_sql(
        source,
        """
        CREATE FUNCTION veto() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
        CREATE TRIGGER veto BEFORE INSERT OR DELETE ON orders FOR EACH ROW EXECUTE FUNCTION veto();
        ALTER TABLE orders ENABLE ALWAYS TRIGGER veto;
        ALTER TABLE lines DROP CONSTRAINT lines_order_id_fkey;
        INSERT INTO lines VALUES (77, 77);
        ALTER TABLE lines ADD FOREIGN KEY (order_id) REFERENCES orders NOT VALID;
        """,
    )
    name = sql.Identifier(role)
    with psycopg.connect(source, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB").format(name))
        connection.execute(sql.SQL("ALTER TABLE orders OWNER TO {}").format(name))
        connection.execute(sql.SQL("ALTER TABLE lines OWNER TO {}").format(name))
        connection.execute(
            sql.SQL("GRANT CREATE ON DATABASE {} TO {}").format(sql.Identifier(connection.info.dbname), name)
        )
    try:
        rules = {**RULE, "orphans": {"kind": "orphans"}}
        work = make_workspace(source.replace("postgres@", f"{role}@"), clean=rules)
        before = state(source)
        assert clean(work, execute=True).summary["rows"] == 3
        clean(work, restore=True)
        assert state(source) == before
        work.journal.close()
    finally:
        _drop_role(source, role)


def _drop_role(url: str, role: str) -> None:
    """Takes a role away with what it owns; the control database, which it owns too, goes to the test's superuser."""
    name = sql.Identifier(role)
    with psycopg.connect(url, autocommit=True) as connection:
        for (database,) in connection.execute(
            "SELECT datname FROM pg_database WHERE datdba = %s::regrole", [role]
        ).fetchall():
            connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO CURRENT_USER").format(sql.Identifier(database)))
            with psycopg.connect(url, dbname=database, autocommit=True) as other:
                other.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(name))
        connection.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(name))
        connection.execute(sql.SQL("DROP ROLE {}").format(name))


def test_a_fenced_source_is_refused(source: str, make_workspace: WorkspaceFactory) -> None:
    run_sql(source, FENCE)
    work = make_workspace(source, clean=RULE)
    assert clean(work).summary["rows"] == 2
    with pytest.raises(RefusedError, match="fenced by run run-1"):
        clean(work, execute=True)
    with pytest.raises(RefusedError, match="fenced by run run-1"):
        clean(work, restore=True)


def test_a_quarantine_that_is_not_ours_is_refused(source: str, make_workspace: WorkspaceFactory) -> None:
    run_sql(source, "CREATE SCHEMA migrator_quarantine; CREATE TABLE migrator_quarantine.rows (x integer)")
    work = make_workspace(source, clean=RULE)
    with pytest.raises(RefusedError, match="was not made by migrator"):
        clean(work, execute=True)
    # It is the application's own table then, as any other is.
    assert state(source).rows == {"orders": 10, "lines": 10, "migrator_quarantine.rows": 0}


def test_unknown_rules_and_contradictions_are_refused(source: str, make_workspace: WorkspaceFactory) -> None:
    work = make_workspace(source, clean=RULE)
    with pytest.raises(ConfigurationError, match="no rule"):
        clean(work, rules=("two",))
    with pytest.raises(ConfigurationError, match="exclude each other"):
        clean(work, execute=True, restore=True)


def test_without_rules_there_is_nothing_to_do(source: str, make_workspace: WorkspaceFactory) -> None:
    work = make_workspace(source)
    for outcome in (clean(work), clean(work, execute=True), clean(work, restore=True)):
        assert (outcome.status, outcome.exit_code) == ("nothing-to-do", 0)
    assert fetch(source, "SELECT FROM pg_namespace WHERE nspname LIKE 'migrator%'") == []


def test_a_lost_session_leaves_everything_as_it_was(source: str, make_workspace: WorkspaceFactory) -> None:
    work = make_workspace(source, clean=RULE, limits={"lock_timeout": 20, "fence_patience": 20})
    before = state(source)
    errors: list[Exception] = []

    def attempt() -> None:
        try:
            clean(work, execute=True)
        except DatabaseError as error:
            errors.append(error)

    thread = threading.Thread(target=attempt)
    with transaction(source, "LOCK TABLE orders IN SHARE MODE"):
        thread.start()
        wait_until_blocked(source)
        fetch(
            source,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'migrator clean%' "
            "AND datname = current_database()",
        )
        thread.join(20)
    assert [error.exit_code for error in errors if isinstance(error, DatabaseError)] == [5]
    assert state(source) == before
    assert clean(work, execute=True).summary["rows"] == 2


def test_what_a_killed_clean_still_does_is_ended(source: str, make_workspace: WorkspaceFactory) -> None:
    work = make_workspace(source, clean=RULE)
    run = work.journal.open_run(work.source_id, "test")
    with psycopg.connect(source, application_name=f"migrator clean {run.id}") as orphan:
        orphan.execute("LOCK TABLE orders IN SHARE ROW EXCLUSIVE MODE")
        assert clean(work, execute=True).summary["rows"] == 2
        with pytest.raises(psycopg.OperationalError):
            orphan.execute("SELECT 1")
    assert "Ended the session of an interrupted clean" in said(work)[0]
