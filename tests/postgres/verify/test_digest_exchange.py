"""No exchange goes unseen by the digests: of a column's values, between tables, tenants or columns, of whole rows."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator, Sequence

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from migrator.core.placement.key_paths import KeyPath
from migrator.core.placement.model import Placement
from migrator.core.plan.transfer import Transfer, TransferColumn, base_type, has_own_hash
from migrator.core.schema.catalog import Catalog, Relation
from migrator.core.verify.digests import Digest, differences
from migrator.postgres.schema.catalog import read_catalog
from migrator.postgres.session.connect import Connection, Endpoint, session
from migrator.postgres.verify.digest import source_digests, whole_table
from tests.servers import PostgresServer, create_database, drop_databases

# A column of each family, with values that equal each other in one way or another.
FAMILIES = {
    "text": ["", " ", "a", "A", "\\N", "{}"],
    "character varying(9)": ["", " ", "a", "A", "NULL"],
    "smallint": ["0", "1", "-1"],
    "integer": ["0", "1", "-1", "2147483647"],
    "bigint": ["0", "1", "-1", "4294967295", "4294967296"],
    "numeric": ["0", "0.0", "1", "1.00", "NaN"],
    "double precision": ["0", "-0", "NaN", "1e-300"],
    "boolean": ["t", "f"],
    "date": ["2000-01-01", "infinity", "0044-03-15 BC"],
    "timestamp with time zone": ["2000-01-01 00:00:00.000001+00", "2000-01-01 01:11:34.967296+00", "infinity"],
    "timestamp without time zone": ["2000-01-01 00:00:00.000001", "2000-01-01 01:11:34.967296"],
    "interval": ["1 day", "24 hours"],
    "uuid": ["00000000-0000-0000-0000-000000000000", "6f9619ff-8b86-d011-b42d-00cf4fc964ff"],
    "bytea": ["\\x", "\\x00", "\\x0000"],
    "jsonb": ["{}", "null", '{"a": 1}', '{"a": 1.0}'],
    "json": ["{}", "{ }", "null"],
    "text[]": ["{}", "{NULL}", '{"NULL"}', "{a,b}", '{"a,b"}'],
    "integer[]": ["{}", "{1,2}", "{{1,2}}"],
    "public.mood": ["glad", "sad"],
    "public.pair": ["(1,a)", "(1,)", "(,a)"],
    "int4range": ["empty", "[1,3)"],
    "inet": ["10.0.0.1", "10.0.0.1/8"],
}
TYPES = ["text", *FAMILIES]  # two of text, so that a row can exchange its own columns
TABLES = ("left", "right")
TENANTS = ("1", "2", None)

Row = tuple[str | None, ...]  # the tenant's key, then a value of each of TYPES
State = tuple[list[Row], list[Row]]  # the rows of both tables


@pytest.fixture(scope="module")
def connection(server: PostgresServer) -> Iterator[Connection]:
    """A session to a database with two tables of equal shape."""
    name = f"exchange_{uuid.uuid4().hex[:8]}"
    create_database(server.url(), name)
    try:
        with session(Endpoint(server.url(name)), purpose="test") as connection:
            connection.execute(
                "CREATE TYPE public.mood AS ENUM ('sad', 'glad'); CREATE TYPE public.pair AS (a integer, b text)"
            )
            columns = sql.SQL(", ").join(
                sql.SQL("{} {}").format(sql.Identifier(f"c{number}"), sql.SQL(type_))
                for number, type_ in enumerate(TYPES)
            )
            for table in TABLES:
                connection.execute(
                    sql.SQL("CREATE TABLE public.{} (tenant text, {})").format(sql.Identifier(table), columns)
                )
            yield connection
    finally:
        drop_databases(server.url(), name)


def transfer(table: str, *, records: bool) -> Transfer:
    relation = Relation("public", table)
    placement = Placement(relation, "tenant", True, relation, "", KeyPath((), relation, "tenant"))
    types = ["text", *TYPES]
    names = ["tenant", *(f"c{number}" for number, _ in enumerate(TYPES))]
    columns = tuple(
        TransferColumn(name, name, type=base_type(type_) if has_own_hash(type_) else "")
        for name, type_ in zip(names, types, strict=True)
    )
    return Transfer(placement, "tenant", True, columns, record_hash=records)


def forms(connection: Connection) -> Sequence[bool]:
    return (True, False) if connection.info.server_version >= 140000 else (False,)


def digests_of(connection: Connection, catalog: Catalog, state: State) -> dict[bool, list[Digest]]:
    """The digests of both tables with these rows, by the form of the row hash."""
    with connection.transaction(force_rollback=True):
        for table, rows in zip(TABLES, state, strict=True):
            values = sql.SQL(", ").join(sql.Placeholder() for _ in ["tenant", *TYPES])
            with connection.cursor() as cursor:
                cursor.executemany(
                    sql.SQL("INSERT INTO public.{} VALUES ({})").format(sql.Identifier(table), values), rows
                )
        return {
            records: [
                digest
                for table in TABLES
                for digest in source_digests(connection, transfer(table, records=records), catalog)
            ]
            for records in forms(connection)
        }


def places(state: State) -> dict[tuple[str, str], Counter[Row]]:
    """How often each row occurs in each (table, tenant)."""
    found: dict[tuple[str, str], Counter[Row]] = {}
    for table, rows in zip(TABLES, state, strict=True):
        for row in rows:
            key = "\\N" if row[0] is None else row[0]
            found.setdefault((f"public.{table}", key), Counter())[row] += 1
    return found


rows_of = st.lists(
    st.tuples(
        st.sampled_from(TENANTS),
        *(st.sampled_from([*FAMILIES[type_], None]) for type_ in TYPES),
    ),
    min_size=1,
    max_size=4,
)
numbers = st.integers(0, 1000)


def exchanged(state: State, kind: str, one: int, other: int, column: int) -> State:
    """The rows after one exchange: of a value between two rows, of two values in a row, of one row for another."""
    rows = [list(row) for table in state for row in table]
    first, second, place = one % len(rows), other % len(rows), column % (len(TYPES) + 1)
    if kind == "values":
        rows[first][place], rows[second][place] = rows[second][place], rows[first][place]
    elif kind == "columns":
        rows[first][1], rows[first][2] = rows[first][2], rows[first][1]
    elif kind == "doubled":
        rows[first] = list(rows[second])
    elif kind == "emptied":
        rows[first][1] = "" if rows[first][1] is None else None
    else:
        rotated = [row[place] for row in rows[1:] + rows[:1]]
        for row, value in zip(rows, rotated, strict=True):
            row[place] = value
    cut = len(state[0])
    return [tuple(row) for row in rows[:cut]], [tuple(row) for row in rows[cut:]]


KINDS = ("values", "columns", "doubled", "emptied", "rotated")


@settings(
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(left=rows_of, right=rows_of, kind=st.sampled_from(KINDS), one=numbers, other=numbers, column=numbers)
def test_the_digests_differ_where_the_rows_do_and_nowhere_else(
    connection: Connection, left: list[Row], right: list[Row], kind: str, one: int, other: int, column: int
) -> None:
    catalog = read_catalog(connection)
    before: State = (left, right)
    after = exchanged(before, kind, one, other, column)
    were, are = places(before), places(after)
    expected = {place for place in were.keys() | are.keys() if were.get(place) != are.get(place)}
    digests_before, digests_after = digests_of(connection, catalog, before), digests_of(connection, catalog, after)
    for records in forms(connection):
        found = differences(digests_before[records], digests_after[records])
        assert {(item.relation, item.tenant) for item in found} == expected, f"records={records}"


# A value for each number, all of them different.
SERIES = {
    "text": "'user' || n || '@company.fr'",
    "character varying(30)": "'user' || n || '@company.fr'",
    "smallint": "n",
    "integer": "n",
    "bigint": "n * 4294967296",
    "numeric": "n / 7.0",
    "timestamp with time zone": "timestamptz '2024-01-01' + n * interval '61.5 seconds'",
    "date": "date '2024-01-01' + n",
    "uuid": "md5(n::text)",
    "bytea": "sha256(n::text::bytea)",
    "jsonb": "jsonb_build_object('n', n)",
    "integer[]": "ARRAY[n, n + 1]",
}


@pytest.mark.parametrize("type_", SERIES)
def test_the_values_of_a_column_in_another_order_are_another_digest(database_url: str, type_: str) -> None:
    with psycopg.connect(database_url) as plain:
        plain.execute(
            sql.SQL("CREATE TABLE t (id bigint, v {type}); INSERT INTO t SELECT n, ({value})::{type} FROM ").format(
                type=sql.SQL(type_), value=sql.SQL(SERIES[type_])
            )
            + sql.SQL("generate_series(1, 200) n")
        )
    with session(Endpoint(database_url), purpose="test") as connection:
        table = read_catalog(connection).tables[Relation("public", "t")]
        statements = {
            "two rows": "UPDATE public.t SET v = o.v FROM public.t o WHERE t.id IN (3, 4) AND o.id = 7 - t.id",
            "all of them": "UPDATE public.t SET v = o.v FROM public.t o WHERE o.id = 201 - t.id",
        }
        for records in forms(connection):
            before = whole_table(connection, table, records=records)
            for told, statement in statements.items():
                with connection.transaction(force_rollback=True):
                    connection.execute(sql.SQL(statement))
                    after = whole_table(connection, table, records=records)
                assert after.rows == before.rows
                assert after.hash != before.hash, f"{told}, records={records}"
            assert whole_table(connection, table, records=records) == before
