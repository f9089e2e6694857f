"""What a table inherits from its parent tables: columns, and so keys.

PostgreSQL hands down columns and checks, never foreign keys. What a column names, it names in rows of the child too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from migrator.core.placement.key_paths import KeyPath
from migrator.core.schema.catalog import Catalog, ForeignKey, Relation


def inherited_keys(catalog: Catalog) -> Mapping[Relation, tuple[ForeignKey, ...]]:
    """For each inheriting table the foreign keys of those above it that it does not declare itself, as virtual ones.

    A partitioned table has those that each of its partitions declares.
    """
    inherited: dict[Relation, tuple[ForeignKey, ...]] = {}
    for key in catalog.common_keys:
        inherited[key.table] = (*inherited.get(key.table, ()), key)
    for relation, table in catalog.tables.items():
        declared = {(key.columns, key.referenced) for key in table.foreign_keys}
        keys: dict[tuple[tuple[str, ...], Relation], ForeignKey] = {}
        for above in ancestors(catalog, relation):
            for key in catalog.tables[above].foreign_keys:
                known = (key.columns, key.referenced)
                if known not in declared and known not in keys:
                    keys[known] = replace(
                        key, name="", table=relation, validated=False, virtual=True, evidence=f"as {above} declares it"
                    )
        if keys:
            inherited[relation] = (*inherited.get(relation, ()), *keys.values())
    return inherited


def ancestors(catalog: Catalog, relation: Relation) -> Iterator[Relation]:
    """The tables that it inherits from, the nearest first, each once."""
    waiting = list(catalog.tables[relation].parents)
    seen: set[Relation] = set()
    while waiting:
        above = waiting.pop(0)
        if above in seen or above not in catalog.tables:
            continue
        seen.add(above)
        yield above
        waiting += catalog.tables[above].parents


def inherited_path(path: KeyPath, relation: Relation) -> KeyPath:
    """The path of a table that inherits from the one which has `path`: the same, from its own rows on."""
    if not path.hops:
        return replace(path, relation=relation, otherwise=())
    first = replace(path.hops[0], name="", table=relation, validated=False, virtual=True)
    return replace(path, hops=(first, *path.hops[1:]), otherwise=())
