"""The rows of the three further monoliths: as many as said, always the same, wrong exactly where they say so."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from psycopg import sql

from examples.monoliths.__main__ import MONOLITHS
from examples.monoliths.filling import Counts, load
from examples.monoliths.monolith import Monolith
from migrator.core.schema.catalog import Catalog
from migrator.postgres.schema.catalog import read_catalog
from tests.servers import PostgresServer, create_database, drop_databases

SCALE = 0.03
EVERY = sql.SQL("true")

# Rows of one owner that refer to rows of another.
STRANGERS = {
    "crm-services": """
        SELECT FROM facture f JOIN client_base c ON c.id = f."clientBaseId"
        WHERE c."organisationId" <> f."organisationId"
    """,
    "nukleo-domains": """
        SELECT FROM task_documents td
        JOIN tasks t ON t.id = td."taskId" JOIN projects p ON p.id = t."projectId"
        JOIN documents d ON d.id = td."documentId" JOIN projects q ON q.id = d."projectId"
        WHERE p."companyId" <> q."companyId"
    """,
    "react-crm": """
        SELECT FROM invoices i JOIN work_orders w ON w.id = i.work_order_id WHERE w.customer_id <> i.customer_id
    """,
}

each = pytest.mark.parametrize("monolith", MONOLITHS.values(), ids=MONOLITHS.keys())


@dataclass(frozen=True)
class Loaded:
    """A monolith in a database that the tests of this file share: read it, never change it."""

    monolith: Monolith
    url: str
    counts: Counts
    catalog: Catalog
    connection: psycopg.Connection[tuple[Any, ...]]

    def count(self, table: str, where: sql.Composable = EVERY) -> int:
        query = sql.SQL("SELECT count(*) FROM {} WHERE {}").format(sql.Identifier(table), where)
        row = self.connection.execute(query).fetchone()
        assert row is not None
        return int(row[0])


@pytest.fixture(scope="module", params=list(MONOLITHS.values()), ids=list(MONOLITHS))
def loaded(request: pytest.FixtureRequest, server: PostgresServer) -> Iterator[Loaded]:
    monolith: Monolith = request.param
    name = f"rows_{uuid.uuid4().hex[:8]}"
    create_database(server.url(), name)
    try:
        counts = load(server.url(name), monolith, scale=SCALE)
        with psycopg.connect(server.url(name), autocommit=True) as connection:
            yield Loaded(monolith, server.url(name), counts, read_catalog(connection), connection)
    finally:
        drop_databases(server.url(), name)


def contents(url: str) -> dict[str, str]:
    """Each table's rows as one hash."""
    with psycopg.connect(url) as connection:
        found = {}
        for relation in read_catalog(connection).tables:
            query = sql.SQL("SELECT md5(coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), '')) FROM {} t")
            row = connection.execute(query.format(sql.Identifier(*relation))).fetchone()
            assert row is not None
            found[str(relation)] = str(row[0])
    return found


def test_every_table_has_the_rows_that_are_reported(loaded: Loaded) -> None:
    rows = loaded.counts.rows
    assert rows.keys() == {str(relation) for relation in loaded.catalog.tables}
    assert {name: loaded.count(name) for name in rows} == rows
    assert min(rows.values()) > 0
    assert loaded.counts.total == sum(rows.values())


def test_the_flaws_are_found_in_the_numbers_that_are_reported(loaded: Loaded) -> None:
    found = {flaw.name: loaded.count(flaw.table, flaw.where) for flaw in loaded.monolith.flaws}
    assert found == loaded.counts.flaws
    assert min(found.values()) > 0


def test_nothing_hangs_on_a_flawed_row(loaded: Loaded) -> None:
    for flaw in loaded.monolith.flaws:
        table = loaded.catalog.find(flaw.table)
        assert table is not None
        for key in loaded.catalog.referencing.get(table, ()):
            held = sql.SQL("{} AND {} IN (SELECT {} FROM {})").format(
                flaw.where,
                sql.Identifier(flaw.table, key.referenced_columns[0]),
                sql.Identifier(key.columns[0]),
                sql.Identifier(*key.table),
            )
            assert loaded.count(flaw.table, held) == 0, f"{key.label}: {flaw.name}"


def test_only_the_keys_of_orphans_are_not_validated(loaded: Loaded) -> None:
    lax = {(key.table.name, *key.columns) for key in loaded.catalog.foreign_keys if not key.validated}
    assert lax == {(flaw.table, flaw.column) for flaw in loaded.monolith.flaws if flaw.kind == "orphans"}


def test_what_belongs_together_has_one_owner(loaded: Loaded) -> None:
    assert loaded.connection.execute(STRANGERS[loaded.monolith.name].encode()).fetchall() == []


def test_sequences_go_on_after_the_rows(loaded: Loaded) -> None:
    drawing = [
        (table, column, column.sequence)
        for table in loaded.catalog.tables.values()
        for column in table.columns
        if column.sequence is not None
    ]
    assert {sequence for _, _, sequence in drawing} == set(loaded.catalog.sequences)
    for table, column, sequence in drawing:
        query = sql.SQL("SELECT (SELECT last_value FROM {}) = max({}) FROM {}").format(
            sql.Identifier(*sequence), sql.Identifier(column.name), sql.Identifier(*table.relation)
        )
        assert loaded.connection.execute(query).fetchone() == (True,), sequence


def test_a_database_that_is_not_empty_is_left_alone(loaded: Loaded) -> None:
    before = contents(loaded.url)
    with pytest.raises((psycopg.errors.DuplicateTable, psycopg.errors.DuplicateObject)):
        load(loaded.url, loaded.monolith, scale=SCALE)
    assert contents(loaded.url) == before


def test_the_same_arguments_give_the_same_rows(loaded: Loaded, database_url: str) -> None:
    assert load(database_url, loaded.monolith, scale=SCALE) == loaded.counts
    assert contents(database_url) == contents(loaded.url)


def test_another_seed_gives_other_rows_in_the_same_numbers(loaded: Loaded, database_url: str) -> None:
    assert load(database_url, loaded.monolith, scale=SCALE, seed=2) == loaded.counts
    assert contents(database_url) != contents(loaded.url)


@each
@pytest.mark.parametrize("scale", [0.001, 0.2])
def test_any_scale_fits_together(monolith: Monolith, scale: float, database_url: str) -> None:
    counts = load(database_url, monolith, scale=scale)
    assert min(counts.rows.values()) > 0


@each
def test_a_scale_of_nothing_is_refused(monolith: Monolith, database_url: str) -> None:
    with pytest.raises(ValueError, match="positive scale"):
        load(database_url, monolith, scale=0)


def test_counts_are_printed_as_plain_values() -> None:
    assert Counts({"a": 2, "b": 3}, {"orphans a.b": 1}).document() == {
        "total": 5,
        "rows": {"a": 2, "b": 3},
        "flaws": {"orphans a.b": 1},
    }
