"""Resolves [tenants] against the catalog: the tenant root, its key, and the hierarchy above it."""

from __future__ import annotations

from collections.abc import Sequence

from migrator.core.placement.key_paths import TenantTree
from migrator.core.placement.references import Hops
from migrator.core.schema.catalog import Catalog, ForeignKey, Relation
from migrator.errors import ConfigurationError
from migrator.settings import Settings


def tenant_root(catalog: Catalog, settings: Settings, hops: Hops) -> tuple[Relation | None, str | None]:
    """The table with one row per tenant, and its key column; None where the tenants are listed in the file.

    Raises:
        ConfigurationError: [tenants] names a table or column that the source does not have, or a key that is not one.
    """
    tenants = settings.tenants
    if tenants.root is None:
        return None, None
    root = catalog.find(tenants.root)
    if root is None:
        raise ConfigurationError(
            f"[tenants] root: the source has no table {tenants.root!r}.",
            hops.similar(tenants.root, [str(relation) for relation in catalog.tables])
            or "Name the table with one row per tenant, or use [tenants.default] where there is none.",
        )
    table = catalog.tables[root]
    for setting in ("key", "slug", "name"):
        column = getattr(tenants, setting)
        if column is not None:
            hops.require_column(table, column, f"[tenants] {setting}")
    key = tenants.key or (table.primary_key[0] if len(table.primary_key) == 1 else None)
    if key is None:
        raise ConfigurationError(
            f"The tenant root {root} has no primary key of one column.", "Name its key column: [tenants] key."
        )
    # A part of a unique key may be unique by itself, which only the rows know: `assign_databases` looks.
    if not any(key in unique for unique in table.unique_keys):
        raise ConfigurationError(
            f"The tenant key {root}.{key} is not unique.", "Name a column with a unique key: [tenants] key."
        )
    if not any(column.name == key and column.not_null for column in table.columns):
        raise ConfigurationError(
            f"The tenant key {root}.{key} may be NULL: a tenant without a key owns nothing.",
            "Declare it NOT NULL, or name another key column: [tenants] key.",
        )
    return root, key


def tenant_tree(
    settings: Settings, root: Relation, root_key: str, keys: Sequence[ForeignKey], hops: Hops
) -> TenantTree | None:
    """The tree that the tenants are the tops of; `keys` are those of the root.

    Raises:
        ConfigurationError: no column, or more than one, names the row above.
    """
    if settings.tenants.tree != "top":
        return None
    parent = settings.tenants.parent
    above = [
        key for key in keys if key.referenced == root and len(key.columns) == 1 and parent in (None, key.columns[0])
    ]
    if parent is not None and not above:
        reference = f"{parent} -> {root.full_name}.{root_key}"
        above = [hops.reference(root, root, reference, "[tenants] parent", ())]
    if len(above) != 1:
        named = " or ".join(key.columns[0] for key in above)
        raise ConfigurationError(
            f'[tenants] tree = "top": {root} has {named or "no column"} that names the row above it.',
            "Name the column: [tenants] parent.",
        )
    secured = [name for name, target in settings.targets.items() if target.row_level_security]
    if secured:
        raise ConfigurationError(
            f'[tenants] tree = "top" cannot be told to the policies of [targets.{secured[0]}].',
            'Give the tenants databases of their own, or write tree = "nodes".',
        )
    return TenantTree(root, root_key, above[0])
