"""Whatever statements run, the log holds every row that changed, with its key and route before and after."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from migrator.core.online.captured import CapturedTable, LogEntry
from migrator.core.schema.catalog import Relation
from tests.postgres.capture.shop_capture import Reader, install
from tests.servers import PostgresServer, create_database, drop_databases

SCHEMA = """
CREATE TABLE owners (id int PRIMARY KEY);
CREATE TABLE items (
    id int PRIMARY KEY, owner_id int REFERENCES owners ON DELETE CASCADE ON UPDATE CASCADE, amount numeric
);
CREATE TABLE lines (n int PRIMARY KEY, item_id int REFERENCES items ON DELETE SET NULL ON UPDATE CASCADE);
CREATE TABLE parted (
    id int, part int, owner_id int REFERENCES owners ON DELETE CASCADE ON UPDATE CASCADE, PRIMARY KEY (id, part)
) PARTITION BY LIST (part);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1);
CREATE TABLE parted_2 PARTITION OF parted FOR VALUES IN (2) PARTITION BY RANGE (id);
CREATE TABLE parted_2_low PARTITION OF parted_2 FOR VALUES FROM (MINVALUE) TO (3);
CREATE TABLE parted_2_rest PARTITION OF parted_2 DEFAULT;
CREATE TABLE parted_rest PARTITION OF parted DEFAULT;
CREATE TABLE base (id int PRIMARY KEY, owner_id int);
CREATE TABLE derived (PRIMARY KEY (id)) INHERITS (base);
CREATE TABLE loose (owner_id int, body text);
CREATE FUNCTION follow_items() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO loose VALUES (NEW.owner_id, 'by a trigger');
    RETURN NEW;
END
$$;
CREATE TRIGGER items_follow BEFORE INSERT ON items FOR EACH ROW EXECUTE FUNCTION follow_items();
"""
ROUTES = {
    "owners": (), "items": ("owner_id",), "lines": ("item_id",), "parted": ("owner_id",), "base": ("owner_id",),
    "derived": ("owner_id",), "loose": ("owner_id",),
}  # fmt: skip
KEYS = {
    "owners": ("id",), "items": ("id",), "lines": ("n",), "parted": ("id", "part"), "base": ("id",),
    "derived": ("id",), "loose": (),
}  # fmt: skip
TABLES = tuple(
    CapturedTable(number, Relation("public", name), KEYS[name], ROUTES[name], formatted=False)
    for number, name in enumerate(KEYS, 1)
)

# {a} and {b} are small numbers: keys, owners, amounts or partitions.
STATEMENTS = (
    "INSERT INTO owners VALUES ({a}) ON CONFLICT DO NOTHING",
    "INSERT INTO owners SELECT n FROM generate_series(1, {a}) n ON CONFLICT DO NOTHING",
    "UPDATE owners SET id = {b} WHERE id = {a}",
    "UPDATE owners SET id = id + 10 WHERE id > {a}",
    "DELETE FROM owners WHERE id = {a}",
    "INSERT INTO items VALUES ({a}, {b}, 1.0) ON CONFLICT (id) DO UPDATE SET owner_id = excluded.owner_id",
    "INSERT INTO items VALUES ({a}, {b}, 2.0), ({b}, {a}, 2.0) ON CONFLICT DO NOTHING",
    "UPDATE items SET owner_id = {b} WHERE id <= {a}",
    "UPDATE items SET amount = amount + {b}",
    "UPDATE items SET amount = amount * 1.00, owner_id = owner_id",
    "UPDATE items SET id = {b} WHERE id = {a}",
    "WITH gone AS (DELETE FROM items WHERE id = {a} RETURNING *) INSERT INTO lines SELECT {b}, NULL FROM gone",
    "DELETE FROM items USING owners WHERE owners.id = items.owner_id AND owners.id = {a}",
    "INSERT INTO lines VALUES ({a}, {b}) ON CONFLICT (n) DO UPDATE SET item_id = NULL",
    "UPDATE lines SET n = n + 20 WHERE n = {a}",
    "INSERT INTO parted VALUES ({a}, {b}, {a}) ON CONFLICT DO NOTHING",
    "INSERT INTO parted_2 VALUES ({a}, 2, {b}) ON CONFLICT DO NOTHING",
    "INSERT INTO parted_2_low VALUES ({a}, 2, {b}) ON CONFLICT DO NOTHING",
    "UPDATE parted SET part = {b} WHERE id = {a}",
    "UPDATE parted_2 SET id = {b} WHERE id = {a}",
    "UPDATE parted SET part = part + 1, owner_id = {b} WHERE part <= {a}",
    "DELETE FROM parted_rest WHERE owner_id = {a}",
    "INSERT INTO base VALUES ({a}, {b}) ON CONFLICT DO NOTHING",
    "INSERT INTO derived VALUES ({a}, {b}) ON CONFLICT DO NOTHING",
    "UPDATE base SET owner_id = {b} WHERE id = {a}",
    "DELETE FROM base WHERE owner_id = {a}",
    "INSERT INTO loose VALUES ({a}, 'x')",
    "UPDATE loose SET body = body || '{b}' WHERE owner_id = {a}",
    "DELETE FROM loose WHERE owner_id = {a}",
    "TRUNCATE lines",
    "TRUNCATE owners CASCADE",
    "TRUNCATE parted_1",
    "TRUNCATE base",
    "SET CONSTRAINTS ALL IMMEDIATE",
    "DO $$ BEGIN INSERT INTO owners VALUES ({a}); RAISE EXCEPTION 'no'; EXCEPTION WHEN OTHERS THEN NULL; END $$",
    "SET LOCAL session_replication_role = replica",
    "SET LOCAL session_replication_role = origin",
    "SET LOCAL migrator.applier = off",
)
MERGES = (
    "MERGE INTO items USING (VALUES ({a}, {b})) AS v (id, owner_id) ON items.id = v.id "
    "WHEN MATCHED AND v.owner_id = 2 THEN DELETE WHEN MATCHED THEN UPDATE SET owner_id = v.owner_id "
    "WHEN NOT MATCHED THEN INSERT VALUES (v.id, v.owner_id, 3.0)",
    "MERGE INTO parted USING (VALUES ({a}, {b})) AS v (id, part) ON parted.id = v.id "
    "WHEN MATCHED THEN UPDATE SET part = v.part WHEN NOT MATCHED THEN INSERT VALUES (v.id, v.part, NULL)",
)


@dataclass(frozen=True)
class Copy:
    """Rows that come by COPY."""

    table: str
    line: str


Step = str | Copy


@dataclass(frozen=True)
class Transaction:
    """Steps, each of which may fail by itself; "savepoint", "back" and "release" nest."""

    isolation: str
    steps: tuple[Step, ...]
    commits: bool


small = st.integers(1, 4)


@st.composite
def steps(draw: st.DrawFn) -> Step:
    a, b = draw(small), draw(small)
    kind = draw(st.sampled_from(["statement"] * 12 + ["merge", "copy", "savepoint", "back", "release"]))
    if kind == "statement":
        return draw(st.sampled_from(STATEMENTS)).format(a=a, b=b)
    if kind == "merge":
        return draw(st.sampled_from(MERGES)).format(a=a, b=b)
    if kind == "copy":
        return draw(st.sampled_from([Copy("items", f"{a}\t{b}\t7"), Copy("parted", f"{a}\t{b}\t{b}")]))
    return kind


transactions = st.builds(
    Transaction,
    st.sampled_from(["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"]),
    st.lists(steps(), min_size=1, max_size=8).map(tuple),
    st.booleans() | st.just(True),
)

State = Mapping[str, Mapping[tuple[str, ...], tuple[Any, ...]]]


@pytest.fixture(scope="module")
def source(server: PostgresServer) -> Iterator[str]:
    name = f"covering_{uuid.uuid4().hex[:8]}"
    create_database(server.url(), name)
    try:
        with psycopg.connect(server.url(name)) as connection:
            connection.execute(SCHEMA)
        install(server.url(name), TABLES)
        yield server.url(name)
    finally:
        drop_databases(server.url(), name)


def rows_of(connection: psycopg.Connection[Any], table: CapturedTable) -> dict[tuple[str, ...], tuple[Any, ...]]:
    """Each row's text by its key; of a table without a key every row, numbered in order."""
    columns = ", ".join(f"{name}::text" for name in table.columns)
    only = "ONLY " if table.relation.name in ("base", "derived") else ""
    read = connection.execute(
        f"SELECT {columns}, t::text FROM {only}{table.relation.name} t ORDER BY t::text".encode()  # noqa: S608
    ).fetchall()
    if not table.key:
        return {(str(number),): row for number, row in enumerate(read)}
    return {row[: len(table.key)]: row for row in read}


def state(url: str) -> State:
    with psycopg.connect(url) as connection:
        return {table.relation.name: rows_of(connection, table) for table in TABLES}


def run(url: str, transaction: Transaction) -> None:
    """Carries a transaction out; a step that fails is as if it had not been."""
    with psycopg.connect(url) as connection:
        merges = connection.info.server_version >= 150000
        connection.execute(f"SET TRANSACTION ISOLATION LEVEL {transaction.isolation}")
        open_savepoints = 0
        for step in transaction.steps:
            if step == "savepoint":
                open_savepoints += 1
                connection.execute("SAVEPOINT s")
            elif step in ("back", "release"):
                if open_savepoints:
                    connection.execute("ROLLBACK TO s" if step == "back" else "RELEASE s")
                    open_savepoints -= step == "release"
            elif merges or "MERGE" not in str(step):
                connection.execute("SAVEPOINT step")
                try:
                    perform(connection, step)
                    connection.execute("RELEASE step")
                except psycopg.Error:
                    connection.execute("ROLLBACK TO step")
        if transaction.commits:
            connection.commit()
        else:
            connection.rollback()


def perform(connection: psycopg.Connection[Any], step: Step) -> None:
    if isinstance(step, Copy):
        with connection.cursor().copy(f"COPY {step.table} FROM STDIN") as copy:
            copy.write(f"{step.line}\n")
    else:
        connection.execute(step.encode())


def assert_covered(before: State, after: State, entries: Sequence[LogEntry]) -> None:
    for table in TABLES:
        old, new = before[table.relation.name], after[table.relation.name]
        logged = {(*entry.key, *entry.route) for entry in entries if entry.number == table.number and entry.key}
        if any(entry.number == table.number and entry.key is None for entry in entries):
            continue
        changed = {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
        assert not changed or table.key, f"{table.relation} changed, and the log does not say so"
        for key in changed:
            for side in (old, new):
                if key in side:
                    assert side[key][:-1] in logged, f"{table.relation} {key}: {side[key]} is not in {logged}"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(transactions, min_size=1, max_size=4))
def test_what_changed_is_logged(source: str, script: Sequence[Transaction]) -> None:
    reader = Reader(source, TABLES)
    before = state(source)
    for transaction in script:
        run(source, transaction)
        after = state(source)
        entries = reader.entries()
        assert_covered(before, after, entries)
        if not transaction.commits:
            assert (after, entries) == (before, [])
        before = after


def test_a_capture_that_looks_away_is_noticed(source: str) -> None:
    """The property can fail: without the entry for the row as it has become, a move is not covered."""
    reader = Reader(source, TABLES)
    run(source, Transaction("READ COMMITTED", ("INSERT INTO owners VALUES (1), (2) ON CONFLICT DO NOTHING",
                                               "TRUNCATE items CASCADE",
                                               "INSERT INTO items VALUES (1, 1, 1.0)"), True))  # fmt: skip
    reader.entries()
    before = state(source)
    run(source, Transaction("READ COMMITTED", ("UPDATE items SET owner_id = 2 WHERE id = 1",), True))
    entries = reader.entries()
    assert_covered(before, state(source), entries)
    for missing in entries:
        with pytest.raises(AssertionError):
            assert_covered(before, state(source), [entry for entry in entries if entry != missing])
