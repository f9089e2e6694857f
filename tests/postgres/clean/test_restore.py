"""Rows come back as they were and where they were, or not at all."""

from __future__ import annotations

import pytest

from migrator.errors import RefusedError
from migrator.postgres.clean.quarantine import held
from migrator.postgres.session.connect import session
from tests.postgres.workspaces import WorkspaceFactory, fetch, run_sql, state
from tests.stages import clean

ORDERS = """
CREATE TABLE orders (id integer PRIMARY KEY, note text);
CREATE TABLE lines (id integer PRIMARY KEY, order_id integer REFERENCES orders ON DELETE CASCADE, quantity integer);
INSERT INTO orders SELECT n, 'x' FROM generate_series(1, 4) n;
INSERT INTO lines SELECT n, n, n FROM generate_series(1, 4) n;
"""
LINE_ONE = {"table": "lines", "where": "id = 1"}
ORDER_ONE = {"table": "orders", "where": "id = 1"}


@pytest.fixture
def source(database_url: str) -> str:
    run_sql(database_url, ORDERS)
    return database_url


def test_rows_that_no_constraint_would_let_in_come_back(source: str, make_workspace: WorkspaceFactory) -> None:
    """NOT VALID constraints forbid new rows like those that were there before them."""
    run_sql(
        source,
        """
        INSERT INTO lines VALUES (5, NULL, -1), (6, 3, -2), (7, NULL, 99);
        ALTER TABLE lines DROP CONSTRAINT lines_order_id_fkey;
        INSERT INTO lines VALUES (8, 88, 8), (9, 99, -9);
        ALTER TABLE lines ADD CONSTRAINT "the ""key" FOREIGN KEY (order_id) REFERENCES orders ON UPDATE CASCADE
            DEFERRABLE INITIALLY DEFERRED NOT VALID;
        ALTER TABLE lines ADD CONSTRAINT positive CHECK (quantity > 0) NOT VALID;
        COMMENT ON CONSTRAINT "the ""key" ON lines IS 'it''s {} %s';
        """,
    )
    work = make_workspace(source, clean={"all": {"table": "lines", "where": "quantity < 0 OR order_id > 50"}})
    before = state(source)
    assert clean(work, execute=True).summary["rows"] == 4
    clean(work, restore=True)
    assert state(source) == before
    assert fetch(source, "SELECT conname FROM pg_constraint WHERE NOT convalidated ORDER BY 1") == [
        ("positive",),
        ('the "key',),
    ]


def test_restoring_needs_what_the_rows_reference(source: str, make_workspace: WorkspaceFactory) -> None:
    work = make_workspace(source, clean={"line": LINE_ONE, "order": ORDER_ONE})
    before = state(source)
    clean(work, execute=True)
    cleaned = state(source)
    with session(work.source, purpose="test") as connection:
        assert {str(one.relation): one.rows for one in held(connection)} == {"lines": 1, "orders": 1}

    with pytest.raises(RefusedError, match=r"cannot be put back.*lines_order_id_fkey.*Nothing was changed") as caught:
        clean(work, restore=True, rules=("line",))
    assert "without --rule" in caught.value.hint
    assert state(source) == cleaned
    assert clean(work, restore=True, rules=("order",)).summary["quarantined_rows"] == 1
    assert clean(work, restore=True, rules=("line",)).summary["quarantined_rows"] == 0
    assert state(source) == before


def test_a_row_in_the_way_is_not_overwritten(source: str, make_workspace: WorkspaceFactory) -> None:
    work = make_workspace(source, clean={"order": ORDER_ONE})
    clean(work, execute=True)
    run_sql(source, "INSERT INTO orders VALUES (1, 'new')")
    before = state(source)
    with pytest.raises(RefusedError, match=r"orders_pkey.*\(id\)=\(1\) already exists"):
        clean(work, restore=True)
    assert state(source) == before
    with session(work.source, purpose="test") as connection:
        assert sum(one.rows for one in held(connection)) == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("ALTER TABLE orders ADD more text", r"other columns now .*1 of its rows"),
        ("ALTER TABLE orders RENAME note TO remark", "other columns now"),
        ("DROP TABLE lines", "lines of 1 quarantined rows is not there any more"),
    ],
)
def test_tables_that_changed_since_are_refused(
    source: str, make_workspace: WorkspaceFactory, change: str, said: str
) -> None:
    work = make_workspace(source, clean={"order": ORDER_ONE})
    clean(work, execute=True)
    run_sql(source, change)
    before = state(source)
    with pytest.raises(RefusedError, match=said):
        clean(work, restore=True)
    assert state(source) == before


def test_rows_of_an_earlier_run_come_back_too(source: str, make_workspace: WorkspaceFactory) -> None:
    work = make_workspace(source, clean={"order": ORDER_ONE, "line": {"table": "lines", "where": "id = 4"}})
    before = state(source)
    first = clean(work, execute=True, rules=("order",))
    assert first.run_id is not None
    work.journal.close_run(first.run_id, "rolled back")
    second = clean(work, execute=True)
    assert second.run_id != first.run_id
    assert {part["run"] for part in second.data["quarantine"]} == {first.run_id, second.run_id}

    assert clean(work, restore=True).summary["rows"] == 3
    assert state(source) == before
    states = [artefact.state for artefact in work.journal.of(first.run_id).artefacts("quarantine")]
    assert states == ["dropped"]
    assert fetch(source, "SELECT FROM pg_namespace WHERE nspname LIKE 'migrator%'") == []


def test_a_partitioned_key_that_is_not_valid(source: str, make_workspace: WorkspaceFactory) -> None:
    run_sql(
        source,
        """
        CREATE TABLE p (id integer, quantity integer) PARTITION BY RANGE (id);
        CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
        CREATE TABLE p2 PARTITION OF p DEFAULT;
        INSERT INTO p VALUES (1, -1), (11, -11), (12, 12);
        ALTER TABLE p ADD CONSTRAINT positive CHECK (quantity > 0) NOT VALID;
        """,
    )
    work = make_workspace(source, clean={"negative": {"table": "p", "where": "quantity < 0"}})
    before = state(source)
    assert clean(work, execute=True).summary["rows"] == 2
    clean(work, restore=True)
    assert state(source) == before
