"""The FROM item of a placed table: its own rows, or the operator's query, by the name of `t`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus

from migrator.core.placement.model import Placement
from migrator.core.schema.catalog import Catalog, Relation
from migrator.errors import ConfigurationError
from migrator.postgres.session.connect import Connection, restore_search_path

# The alias of the table (or query) itself; the hops of the key path are h1, h2, …
ALIAS = "t"
ROW = sql.Identifier(ALIAS)


def qualified(relation: Relation) -> sql.Identifier:
    """The relation's name, quoted."""
    return sql.Identifier(relation.schema, relation.name)


def own_rows(catalog: Catalog, relation: Relation) -> sql.Composed:
    """The table as a FROM item without the rows of tables that inherit from it: those are tables of their own."""
    table = catalog.tables.get(relation)
    only = sql.SQL("") if table is not None and table.kind == "p" else sql.SQL("ONLY ")
    return sql.SQL("{}{}").format(only, qualified(relation))


@contextmanager
def bare_names(connection: Connection, placement: Placement) -> Iterator[None]:
    """The operator's own query finds tables by their bare names; everything else by the session's own search path."""
    if placement.search_path:
        connection.execute(set_search_path(placement))
    try:
        yield
    finally:
        if placement.search_path and connection.info.transaction_status != TransactionStatus.INERROR:
            restore_search_path(connection)


def set_search_path(placement: Placement) -> sql.Composed:
    """The statement that `bare_names` begins with."""
    path = sql.SQL(", ").join(sql.Identifier(schema) for schema in placement.search_path)
    return sql.SQL("SET search_path = {}").format(path)


def query_columns(connection: Connection, placement: Placement) -> tuple[str, ...]:
    """The columns that a placement's query yields, in order.

    Raises:
        ConfigurationError: the query cannot be run; says in the server's words why.
    """
    try:
        with connection.transaction(), bare_names(connection, placement):
            cursor = connection.execute(sql.SQL("SELECT * FROM {} LIMIT 0").format(from_item(placement, None)))
    except (psycopg.ProgrammingError, psycopg.DataError) as error:
        if isinstance(error, psycopg.errors.InsufficientPrivilege):
            raise
        raise ConfigurationError(
            f"[tables.{placement.relation}] query cannot be run: {error.diag.message_primary}.",
            "Correct it in migrator.toml; names of other schemas than the source's need their schema.",
        ) from error
    return tuple(column.name for column in cursor.description or ())


def from_item(placement: Placement, catalog: Catalog | None) -> sql.Composed:
    """The table's own rows, or the placement's query where it has one or no `catalog` is given, as `t`."""
    if placement.query is not None or catalog is None:
        # The query is the operator's own text, from migrator.toml.
        return sql.SQL("(") + sql.SQL((placement.query or "").strip().rstrip(";")) + sql.SQL("\n) AS t")
    return own_rows(catalog, placement.relation) + sql.SQL(" AS t")
