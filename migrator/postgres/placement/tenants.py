"""Reads the tenants from the tenant root."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from psycopg import sql

from migrator.core.placement.key_paths import TenantTree
from migrator.core.schema.catalog import Relation
from migrator.postgres.placement.key_path import is_top, tops_of
from migrator.postgres.session.connect import Connection
from migrator.settings import Tenants


class TenantRow(NamedTuple):
    """A row of the tenant root: its key, the text that its slug is made of, and its name."""

    key: str
    slug: str
    name: str


def read_tenants(
    connection: Connection, settings: Tenants, root: Relation | None, key: str | None, tree: TenantTree | None = None
) -> list[TenantRow]:
    """Every tenant, in the order of the key's own type, as PostgreSQL writes them.

    `root` and `key` are those that `place` resolved; without a root there is the configured default tenant, or none.
    With a `tree` the tenants are the rows at its top.
    """
    if root is None or key is None:
        default = settings.default
        return [TenantRow(default.key, default.slug, default.name)] if default else []
    statement = sql.SQL(
        "SELECT {key}::text, coalesce({slug}::text, ''), coalesce({name}::text, '') FROM ONLY {root} r "
        "WHERE {top} ORDER BY {key}"
    ).format(
        top=sql.SQL("true") if tree is None else is_top(tree),
        key=sql.Identifier(key),
        slug=sql.Identifier(settings.slug or key),
        name=sql.Identifier(settings.name or settings.slug or key),
        root=sql.Identifier(*root),
    )
    return [TenantRow(str(tenant), slug, name) for tenant, slug, name in connection.execute(statement)]


def read_members(connection: Connection, tree: TenantTree | None) -> Mapping[str, tuple[str, ...]]:
    """The keys of all rows below each tenant at the top of a tree, its own among them; empty without a tree."""
    if tree is None:
        return {}
    groups: dict[str, list[str]] = {}
    for node, top in connection.execute(tops_of(tree)):
        groups.setdefault(top, []).append(node)
    return {top: tuple(nodes) for top, nodes in groups.items()}


def count_levels(connection: Connection, tree: TenantTree) -> tuple[int, int]:
    """(rows at the top of a tree, rows below one)."""
    row = connection.execute(
        sql.SQL("SELECT count(*) FILTER (WHERE {0}), count(*) FILTER (WHERE NOT {0}) FROM ONLY {1} r").format(
            is_top(tree), sql.Identifier(*tree.root)
        )
    ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])
