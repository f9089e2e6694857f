"""Compares the tables that migrate read with those that the source has later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from migrator.core.schema.catalog import Catalog

# A table's partitions by its name, both as "schema.table".
TableNames = Mapping[str, Sequence[str]]


def table_names(catalog: Catalog) -> dict[str, list[str]]:
    """Each table with its partitions."""
    return {
        relation.full_name: [partition.full_name for partition in table.partitions]
        for relation, table in catalog.tables.items()
    }


def parent_names(catalog: Catalog) -> dict[str, list[str]]:
    """Each table with those that it inherits from."""
    return {
        relation.full_name: [parent.full_name for parent in table.parents] for relation, table in catalog.tables.items()
    }


def table_changes(before: TableNames, now: TableNames, parents: TableNames) -> tuple[str, ...]:
    """What came and went between the two, a sentence each; `parents` are those that tables of now inherit from."""
    attached = {partition for partitions in now.values() for partition in partitions}
    were_attached = {partition for partitions in before.values() for partition in partitions}
    changes: list[str] = []
    for name in sorted(before.keys() | now.keys()):
        if name not in before:
            if name not in were_attached:
                inherited = parents.get(name)
                changes.append(f"{name} is new" + (f" and inherits from {', '.join(inherited)}" if inherited else ""))
        elif name not in now:
            if name not in attached:
                changes.append(f"{name} is gone")
        else:
            there, were = set(now[name]), set(before[name])
            changes += [f"{partition} has joined {name} as a partition" for partition in sorted(there - were)]
            changes += [f"{partition} is no partition of {name} any more" for partition in sorted(were - there)]
    return tuple(changes)
