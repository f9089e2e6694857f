"""The rows of the three further monoliths: as many as said, always the same, wrong exactly where they say so."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql

from examples.monoliths.__main__ import MONOLITHS
from examples.monoliths.filling import Counts, load
from examples.monoliths.monolith import Monolith
from migrator.postgres.catalog import read_catalog
from tests.servers import DatabaseFactory

SCALE = 0.03
EVERY = sql.SQL("true")

each = pytest.mark.parametrize("monolith", MONOLITHS.values(), ids=MONOLITHS.keys())


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


def count(url: str, table: str, where: sql.Composable = EVERY) -> int:
    query = sql.SQL("SELECT count(*) FROM {} WHERE {}").format(sql.Identifier(table), where)
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])


@each
def test_every_table_has_the_rows_that_are_reported(monolith: Monolith, database_url: str) -> None:
    counts = load(database_url, monolith, scale=SCALE)
    with psycopg.connect(database_url) as connection:
        tables = read_catalog(connection).tables
    assert counts.rows.keys() == {str(relation) for relation in tables}
    assert {name: count(database_url, name) for name in counts.rows} == counts.rows
    assert min(counts.rows.values()) > 0
    assert counts.total == sum(counts.rows.values())


@each
def test_the_flaws_are_found_in_the_numbers_that_are_reported(monolith: Monolith, database_url: str) -> None:
    counts = load(database_url, monolith, scale=SCALE)
    assert {flaw.name: count(database_url, flaw.table, flaw.where) for flaw in monolith.flaws} == counts.flaws


@each
def test_nothing_hangs_on_a_flawed_row(monolith: Monolith, database_url: str) -> None:
    load(database_url, monolith, scale=SCALE)
    with psycopg.connect(database_url) as connection:
        catalog = read_catalog(connection)
    for flaw in monolith.flaws:
        table = catalog.find(flaw.table)
        assert table is not None
        for key in catalog.referencing.get(table, ()):
            held = sql.SQL("{} AND {} IN (SELECT {} FROM {})").format(
                flaw.where,
                sql.Identifier(flaw.table, key.referenced_columns[0]),
                sql.Identifier(key.columns[0]),
                sql.Identifier(*key.table),
            )
            assert count(database_url, flaw.table, held) == 0, f"{key.label}: {flaw.name}"


@each
def test_the_same_arguments_give_the_same_rows(monolith: Monolith, database_factory: DatabaseFactory) -> None:
    first, again, other = (database_factory() for _ in range(3))
    counts = [load(first, monolith, scale=SCALE), load(again, monolith, scale=SCALE)]
    counts.append(load(other, monolith, scale=SCALE, seed=2))
    assert counts[0] == counts[1] == counts[2]
    assert contents(first) == contents(again)
    assert contents(first) != contents(other)


@each
@pytest.mark.parametrize("scale", [0.001, 0.2])
def test_any_scale_fits_together(monolith: Monolith, scale: float, database_url: str) -> None:
    counts = load(database_url, monolith, scale=scale)
    assert counts.total > 0


@each
def test_sequences_go_on_after_the_rows(monolith: Monolith, database_url: str) -> None:
    load(database_url, monolith, scale=SCALE)
    with psycopg.connect(database_url) as connection:
        for table in read_catalog(connection).tables.values():
            for column in table.columns:
                if column.sequence is not None:
                    query = sql.SQL("SELECT nextval({}) > max({}) FROM {}").format(
                        sql.Literal(sql.Identifier(*column.sequence).as_string(connection)),
                        sql.Identifier(column.name),
                        sql.Identifier(*table.relation),
                    )
                    row = connection.execute(query).fetchone()
                    assert row == (True,), column.sequence


@each
def test_a_database_that_is_not_empty_is_left_alone(monolith: Monolith, database_url: str) -> None:
    load(database_url, monolith, scale=SCALE)
    before = contents(database_url)
    with pytest.raises((psycopg.errors.DuplicateTable, psycopg.errors.DuplicateObject)):
        load(database_url, monolith, scale=SCALE)
    assert contents(database_url) == before


@each
def test_a_scale_of_nothing_is_refused(monolith: Monolith, database_url: str) -> None:
    with pytest.raises(ValueError, match="positive scale"):
        load(database_url, monolith, scale=0)


@pytest.mark.parametrize(
    ("name", "strangers"),
    [
        (
            "crm-services",
            'SELECT count(*) FROM facture f JOIN client_base c ON c.id = f."clientBaseId"'
            ' WHERE c."organisationId" <> f."organisationId"',
        ),
        (
            "nukleo-domains",
            'SELECT count(*) FROM task_documents td JOIN tasks t ON t.id = td."taskId"'
            ' JOIN projects p ON p.id = t."projectId" JOIN documents d ON d.id = td."documentId"'
            ' JOIN projects q ON q.id = d."projectId" WHERE p."companyId" <> q."companyId"',
        ),
        (
            "react-crm",
            "SELECT count(*) FROM invoices i JOIN work_orders w ON w.id = i.work_order_id"
            " WHERE w.customer_id <> i.customer_id",
        ),
    ],
)
def test_what_belongs_together_has_one_owner(name: str, strangers: str, database_url: str) -> None:
    load(database_url, MONOLITHS[name], scale=SCALE)
    with psycopg.connect(database_url) as connection:
        assert connection.execute(strangers.encode()).fetchone() == (0,)


def test_counts_are_printed_as_plain_values() -> None:
    assert Counts({"a": 2, "b": 3}, {"orphans a.b": 1}).document() == {
        "total": 5,
        "rows": {"a": 2, "b": 3},
        "flaws": {"orphans a.b": 1},
    }
