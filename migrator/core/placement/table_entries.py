"""Finds the [tables] entry of each table, by its name or by a pattern."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from migrator.core.placement.name_patterns import owner
from migrator.core.placement.references import Hops
from migrator.core.schema.catalog import Catalog, Relation
from migrator.errors import ConfigurationError
from migrator.settings import TableSettings

# What one entry can say of many tables: where they go, and by which column of theirs.
_OF_MANY = frozenset({"target", "ignore", "decide", "reason", "key", "unowned", "replicate"})


def table_entries(
    catalog: Catalog, written: Mapping[str, TableSettings], own_objects: Sequence[str] = ()
) -> dict[Relation, TableSettings]:
    """The entry of every table that has one.

    A table's own entry wins over a pattern, except where it leaves the table undecided; a longer pattern wins over a
    shorter one. No pattern speaks of single tenants' tables, which `own_objects` tells by their names.

    Raises:
        ConfigurationError: a name or pattern fits no table, or a pattern says what only one table can have.
    """
    own: dict[Relation, TableSettings] = {}
    by_pattern: dict[Relation, TableSettings] = {}
    for name, entry in sorted(written.items(), key=lambda item: -len(item[0])):
        if catalog.find(name) is None and entry.query is None and ("*" in name or "?" in name):
            for relation in _matching(catalog, name, entry):
                by_pattern.setdefault(relation, entry)
        else:
            own[_named(catalog, name, entry)] = entry
    entries = dict(own)
    for relation, entry in by_pattern.items():
        if owner(own_objects, relation) is not None:
            continue
        said = own.get(relation)
        if said is None:
            entries[relation] = entry
        elif said.decide:
            # What is known of its keys stays known.
            decided = {field: getattr(entry, field) for field in entry.model_fields_set}
            entries[relation] = TableSettings.model_validate(
                {**said.model_dump(exclude_unset=True, by_alias=True, exclude={"decide", "reason"}), **decided}
            )
    return entries


def _matching(catalog: Catalog, pattern: str, entry: TableSettings) -> list[Relation]:
    if single := sorted(field.rstrip("_") for field in entry.model_fields_set - _OF_MANY):
        raise ConfigurationError(
            f"[tables.{pattern}]: {', '.join(single)} is for one table, not for a pattern.",
            "Write it in an entry of the table's own.",
        )
    matching = [
        relation
        for relation in catalog.tables
        if any(fnmatchcase(name, pattern) for name in (str(relation), relation.full_name))
    ]
    if not matching:
        raise ConfigurationError(f"[tables.{pattern}]: no table of the source fits.", "Correct or remove the pattern.")
    return matching


def _named(catalog: Catalog, name: str, entry: TableSettings) -> Relation:
    relation = catalog.find(name)
    if relation is not None:
        return relation
    if entry.query is not None:
        schema, _, table = name.rpartition(".")
        return Relation(schema or "public", table)
    raise ConfigurationError(
        f"[tables.{name}]: the source has no such table.",
        Hops.similar(name, [str(relation) for relation in catalog.tables])
        or "Correct the name, or remove the entry; a table made by a query needs `query`.",
    )
