"""Foreign keys that stand in a circle of tables: no order of writing satisfies them, so they are checked at the end.

Only the catalog changes. The tables' owner may do so, and nobody else works in a database that is not open yet.
"""

from __future__ import annotations

from collections.abc import Iterable

from psycopg import sql

from migrator.core.schema.catalog import ForeignKey
from migrator.postgres.placement.from_items import qualified
from migrator.postgres.session.connect import Connection
from migrator.postgres.sync.flow import Flow


def make_deferrable(connection: Connection, flow: Flow) -> tuple[ForeignKey, ...]:
    """Lets the keys of circles be checked at the end of a transaction; returns those that could not be before."""
    immediate = tuple(key for key in flow.cyclic if not key.deferrable)
    _alter(connection, immediate, sql.SQL("DEFERRABLE INITIALLY IMMEDIATE"))
    return immediate


def make_immediate(connection: Connection, keys: Iterable[ForeignKey]) -> None:
    """Gives keys that `make_deferrable` returned back the state that the schema declares."""
    _alter(connection, keys, sql.SQL("NOT DEFERRABLE"))


def _alter(connection: Connection, keys: Iterable[ForeignKey], state: sql.SQL) -> None:
    with connection.transaction():
        for key in keys:
            connection.execute(
                sql.SQL("ALTER TABLE {} ALTER CONSTRAINT {} {}").format(
                    qualified(key.table), sql.Identifier(key.name), state
                )
            )
