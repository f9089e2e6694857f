"""Where the fence does not hold: tables of the source that take writes while it is said to be fenced."""

from __future__ import annotations

from collections.abc import Sequence

from migrator.core.schema.catalog import Relation
from migrator.postgres.session.connect import Connection, query, rows


def fence_gaps(connection: Connection, schemas: Sequence[str] = ()) -> tuple[Relation, ...]:
    """The tables that a standing fence lets writes through to: somebody disabled its trigger there, or dropped it.

    Tables that came after the fence are among them. `schemas` limits where is looked; none means everywhere.
    """
    refusal = query("fence/fence_function").split("$refuse$")[1]
    scope = {"schemas": list(schemas) or None, "refusal": refusal}
    return tuple(Relation(schema, name) for schema, name in rows(connection, "fence/fence_gaps", scope))
