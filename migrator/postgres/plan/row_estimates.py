"""About how many rows tables have that nobody has analysed: as the planner guesses, from their size."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from psycopg import sql

from migrator.core.schema.catalog import Relation
from migrator.postgres.session.connect import Connection


def row_estimates(connection: Connection, relations: Iterable[Relation]) -> Mapping[Relation, int]:
    """Rows by table, partitions and what inherits from it included; nothing of them is read."""
    guessed = {}
    for relation in relations:
        statement = sql.SQL("EXPLAIN (FORMAT JSON) SELECT FROM {}").format(sql.Identifier(*relation))
        ((plans,),) = connection.execute(statement).fetchall()
        guessed[relation] = int(plans[0]["Plan"]["Plan Rows"])
    return guessed
