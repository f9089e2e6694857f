"""Rows read by their keys: by an index where the key has one, and the same rows whatever a key looks like."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from migrator.core.placement.key_paths import KeyPath
from migrator.core.placement.model import Placement
from migrator.core.plan.transfer import Transfer, TransferColumn
from migrator.core.schema.catalog import Relation
from migrator.postgres.changes.read_changes import Sides, foreign_keys_of
from migrator.postgres.placement.column_types import column_types
from migrator.postgres.placement.from_items import ROW
from migrator.postgres.placement.keyed_rows import KeyedRows
from migrator.postgres.placement.select_rows import key_text
from migrator.postgres.schema.catalog import read_catalog
from migrator.postgres.session.connect import Connection, Endpoint, session
from tests.servers import DatabaseFactory, PostgresServer, create_database, drop_databases

TABLE = Relation("public", 'T a"ble')
_WILD = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
_HARD = st.sampled_from(
    ["", " ", "NULL", "null", "{}", "{a,b}", '"', "\\", "\\N", "'", "a''b", "$1", "%s", "é", "e\u0301", ","]
)
# By the type of a key's column, values of it as texts, not necessarily as the server writes them.
VALUES = {
    "text": _WILD | _HARD,
    "character varying(12)": _WILD | _HARD,
    "character(12)": _HARD,
    "integer": st.integers(-(2**31), 2**31 - 1).map(str),
    "bigint": st.integers(-(2**63), 2**63 - 1).map(str),
    "numeric": st.decimals(-(10**9), 10**9, places=3).map(str) | st.sampled_from(["0", "0.0", "NaN", "1.00", "1e3"]),
    "numeric(12,2)": st.decimals(-10, 10, places=2).map(str),
    "double precision": st.floats(allow_infinity=True).map(str),
    "timestamp with time zone": st.sampled_from(
        ["2024-03-31 02:30:00+02", "2024-03-31 01:30:00.000001+00", "infinity", "0044-03-15 00:00:00+00 BC"]
    ),
    "date": st.dates().map(str),
    "interval": st.sampled_from(["1 day", "24 hours", "1 mon -3 days", "0"]),
    "uuid": st.uuids().map(str),
    "bytea": st.binary(max_size=5).map(lambda value: "\\x" + value.hex()),
    "boolean": st.sampled_from(["t", "f"]),
    "text[]": st.sampled_from(["{}", "{NULL}", '{"NULL"}', '{"a,b"}', "{a,b}", '{"\\"","\\\\"}']),
    "public.mood": st.sampled_from(["glad", "so, so"]),
    "public.word": _HARD,
    "inet": st.sampled_from(["10.0.0.1", "10.0.0.1/8", "::1"]),
}


def keyed(types: Sequence[str]) -> tuple[KeyedRows, tuple[str, ...]]:
    """The rows of TABLE with a key of that many columns."""
    key = tuple(f"Key {number}" for number, _ in enumerate(types))
    source = sql.SQL("ONLY {} AS t").format(sql.Identifier(*TABLE))
    values = {"key": key_text(key), "payload": sql.SQL("{}.payload").format(ROW)}
    return KeyedRows(source, (), values, key, TABLE), key


def make(connection: Connection, types: Sequence[str], key: Sequence[str]) -> None:
    columns = [
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(type_)) for name, type_ in zip(key, types, strict=True)
    ]
    connection.execute(
        sql.SQL("CREATE TABLE {} ({}, payload text, UNIQUE ({}))").format(
            sql.Identifier(*TABLE), sql.SQL(", ").join(columns), sql.SQL(", ").join(map(sql.Identifier, key))
        )
    )


@pytest.fixture(scope="module")
def connection(server: PostgresServer) -> Iterator[Connection]:
    name = f"keyed_{uuid.uuid4().hex[:8]}"
    create_database(server.url(), name)
    try:
        with session(Endpoint(server.url(name)), purpose="test") as connection:
            connection.execute(
                "CREATE TYPE public.mood AS ENUM ('glad', 'so, so'); CREATE DOMAIN public.word AS text NOT NULL"
            )
            yield connection
    finally:
        drop_databases(server.url(), name)


keys_and_types = st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=3).flatmap(
    lambda types: st.tuples(
        st.just(types), st.lists(st.tuples(*(VALUES[type_] for type_ in types)), min_size=1, max_size=6)
    )
)


@settings(
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(given_keys=keys_and_types, wanted=st.integers(0, 63))
def test_the_rows_of_some_keys_are_those_of_a_whole_scan(
    connection: Connection, given_keys: tuple[list[str], list[tuple[str, ...]]], wanted: int
) -> None:
    types, rows = given_keys
    keyed_rows, key = keyed(types)
    with connection.transaction(force_rollback=True):
        make(connection, types, key)
        insert = sql.SQL("INSERT INTO {} VALUES ({}, {}) ON CONFLICT DO NOTHING")
        for number, row in enumerate(rows):
            parts = [sql.SQL("%s::{}").format(sql.SQL(type_)) for type_ in types]
            connection.execute(
                insert.format(sql.Identifier(*TABLE), sql.SQL(", ").join(parts), sql.Literal(str(number))), row
            )
        every = connection.execute(keyed_rows.select("key", "payload")).fetchall()
        keys = [found for number, (found, _) in enumerate(every) if wanted >> number & 1]
        expected = sorted(row for row in every if row[0] in keys)
        statement = keyed_rows.by_index(keys, column_types(connection, TABLE, key), "payload")
        assert (
            sorted(keyed_rows.of_keys(connection, [*keys, "{nobody}"] if types == ["text"] else keys, "payload"))
            == expected
        )
        # Of all of these types the texts come back as the values that they are of: nothing is left to a scan.
        assert sorted(connection.execute(statement).fetchall()) == expected


def test_an_index_is_used_for_a_key_of_two_columns(connection: Connection) -> None:
    types = ["bigint", "text"]
    keyed_rows, key = keyed(types)
    with connection.transaction(force_rollback=True):
        make(connection, types, key)
        connection.execute(
            sql.SQL("INSERT INTO {} SELECT n, 'row ' || n, repeat('x', 100) FROM generate_series(1, 20000) n").format(
                sql.Identifier(*TABLE)
            )
        )
        connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(*TABLE)))
        keys = [f'{{{n},"row {n}"}}' for n in range(1, 20000, 400)]
        statement = keyed_rows.by_index(keys, column_types(connection, TABLE, key), "payload")
        ((plan,),) = connection.execute(sql.SQL("EXPLAIN (FORMAT JSON) {}").format(statement)).fetchall()
        assert len(list(keyed_rows.of_keys(connection, keys, "payload"))) == len(keys)
    assert_by_index(plan, TABLE)


def test_an_index_is_used_where_the_tenant_is_a_join_away(connection: Connection) -> None:
    """As rollback reads the rows of one tenant that are gone from its database."""
    with connection.transaction(force_rollback=True):
        connection.execute(
            "CREATE TABLE public.customers (id bigint PRIMARY KEY, tenant integer NOT NULL);"
            "CREATE TABLE public.orders "
            "(id bigint PRIMARY KEY, customer bigint REFERENCES public.customers, note text);"
            "INSERT INTO public.customers SELECT n, n % 5 FROM generate_series(1, 500) n;"
            "INSERT INTO public.orders SELECT n, 1 + n % 500, repeat('x', 100) FROM generate_series(1, 20000) n;"
            "ANALYZE public.customers; ANALYZE public.orders"
        )
        catalog = read_catalog(connection)
        orders, customers = Relation("public", "orders"), Relation("public", "customers")
        path = KeyPath(catalog.tables[orders].foreign_keys, customers, "tenant")
        transfer = Transfer(
            Placement(orders, "tenant", True, orders, "", path),
            "tenant",
            True,
            tuple(TransferColumn(name, name) for name in catalog.tables[orders].column_names),
        )
        rows = Sides(transfer, catalog, "1").source
        keys = [f"{{{n}}}" for n in range(5, 20000, 500)]
        statement = rows.by_index(keys, ["bigint"], "tenant", "row")
        ((plan,),) = connection.execute(sql.SQL("EXPLAIN (FORMAT JSON) {}").format(statement)).fetchall()
        found = connection.execute(statement).fetchall()
        of_others = foreign_keys_of(connection, transfer, catalog, "2", keys)
    assert {key for key, _, _ in found} == set(keys)
    assert {tenant for _, tenant, _ in found} == {"1"}
    assert of_others == dict.fromkeys(keys, "1")
    assert_by_index(plan, orders)


def assert_by_index(plan: list[dict[str, Any]], relation: Relation) -> None:
    scans = {node["Node Type"] for node in nodes(plan[0]["Plan"]) if node.get("Relation Name") == relation.name}
    assert scans
    assert scans <= {"Index Scan", "Index Only Scan", "Bitmap Heap Scan"}, json.dumps(plan, indent=1)


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


def test_what_no_index_finds_is_found_all_the_same(connection: Connection) -> None:
    """A part of the key is NULL, or the text is no value of the column's type."""
    types = ["integer", "text"]
    keyed_rows, key = keyed(types)
    with connection.transaction(force_rollback=True):
        make(connection, types, key)
        connection.execute(
            sql.SQL("INSERT INTO {} VALUES (1, NULL, 'a'), (2, 'NULL', 'b'), (3, 'x', 'c')").format(
                sql.Identifier(*TABLE)
            )
        )
        found = {key: payload for key, payload in keyed_rows.of_keys(connection, ["{1,NULL}", '{2,"NULL"}'], "payload")}
        assert found == {"{1,NULL}": "a", '{2,"NULL"}': "b"}
        some = list(keyed_rows.of_keys(connection, ["{none,x}", "{3,x}"], "payload"))
        assert some == [("{3,x}", "c")]


@pytest.mark.parametrize("schema", ["public", "elsewhere"])
def test_keys_of_an_extensions_type(database_factory: DatabaseFactory, schema: str) -> None:
    """Equal values may be written differently, and only the row that is written so is meant."""
    url = database_factory()
    with psycopg.connect(url, autocommit=True) as plain:
        plain.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema)))
        try:
            plain.execute(sql.SQL("CREATE EXTENSION citext SCHEMA {}").format(sql.Identifier(schema)))
        except (psycopg.errors.FeatureNotSupported, psycopg.errors.UndefinedFile):
            pytest.skip("this server has no citext")
    types = [f"{schema}.citext"]
    keyed_rows, key = keyed(types)
    with session(Endpoint(url), purpose="test") as connection:
        make(connection, types, key)
        connection.execute(sql.SQL("INSERT INTO {} VALUES ('Anna', 'a'), ('ben', 'b')").format(sql.Identifier(*TABLE)))
        assert list(keyed_rows.of_keys(connection, ["{Anna}"], "payload")) == [("{Anna}", "a")]
        assert list(keyed_rows.of_keys(connection, ["{anna}"], "payload")) == []
        assert sorted(keyed_rows.of_keys(connection, ["{ben}", "{Anna}"], "payload")) == [
            ("{Anna}", "a"),
            ("{ben}", "b"),
        ]
