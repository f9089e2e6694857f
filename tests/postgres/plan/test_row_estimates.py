"""Tables that nobody has analysed have an end in the progress too."""

from __future__ import annotations

import psycopg

from migrator.core.schema.catalog import Relation
from migrator.postgres.plan.row_estimates import row_estimates
from migrator.postgres.schema.catalog import read_catalog
from migrator.postgres.session.connect import Endpoint, session

_TABLES = """
CREATE TABLE "Odd name" (id int, t text);
CREATE TABLE parts (id int, at int) PARTITION BY RANGE (at);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10);
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (10) TO (20);
ALTER TABLE "Odd name" SET (autovacuum_enabled = off);
INSERT INTO "Odd name" SELECT i, 'x' FROM generate_series(1, 5000) i;
INSERT INTO parts SELECT i, i % 20 FROM generate_series(1, 8000) i;
"""


def test_rows_are_guessed_from_the_size_where_statistics_know_nothing(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(_TABLES)
    with session(Endpoint(database_url), purpose="test") as connection:
        assert read_catalog(connection).tables[Relation("public", "Odd name")].rows < 0
        guessed = row_estimates(connection, [Relation("public", "Odd name"), Relation("public", "parts")])
    assert 1000 < guessed[Relation("public", "Odd name")] < 50_000
    assert 1000 < guessed[Relation("public", "parts")] < 80_000
