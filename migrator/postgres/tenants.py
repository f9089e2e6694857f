"""Reading the tenants: one row of the tenant root each."""

from __future__ import annotations

from psycopg import sql

from migrator.core.catalog import Relation
from migrator.core.settings import Tenants
from migrator.postgres.connect import Connection


def read_tenants(
    connection: Connection, settings: Tenants, root: Relation | None, key: str | None
) -> list[tuple[str, str, str]]:
    """(key, text for the slug, name) of every tenant, in the order of the key's own type, as PostgreSQL writes them.

    `root` and `key` are those that `place` resolved; without a root there is the configured default tenant, or none.
    """
    if root is None or key is None:
        default = settings.default
        return [(default.key, default.slug, default.name)] if default else []
    statement = sql.SQL(
        "SELECT {key}::text, coalesce({slug}::text, ''), coalesce({name}::text, '') FROM ONLY {root} ORDER BY {key}"
    ).format(
        key=sql.Identifier(key),
        slug=sql.Identifier(settings.slug or key),
        name=sql.Identifier(settings.name or settings.slug or key),
        root=sql.Identifier(*root),
    )
    return [(str(found), slug, name) for found, slug, name in connection.execute(statement)]
