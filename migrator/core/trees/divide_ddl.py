"""Divides the DDL of a database among the trees of the targets that share it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from migrator.core.placement.model import Placement, Placements
from migrator.core.schema.catalog import Catalog, Relation
from migrator.core.schema.identifiers import qualified
from migrator.core.trees.division import PASSIVE, ROUTINES, Division, Entry, ScriptFile, bare_name
from migrator.settings import Settings

_MOVED = {"VIEW": "VIEW", "MATERIALIZED VIEW": "MATERIALIZED VIEW"}


def divide_ddl(
    division: Division, host: str, members: Sequence[str], homes: Mapping[Relation, str]
) -> Mapping[str, tuple[Entry, ...]]:
    """A database's entries by the tree that makes them, each in its order.

    Tables are made by their own tree, what needs several by the last of theirs, and what needs none by the first that
    needs it: so in the order of `members` everything finds what it needs. `homes` names each table's target.
    """
    entries = division.targets[host]
    number = {name: at for at, name in enumerate(members)}
    place: dict[int, int] = {}
    for entry in entries:
        tables = [number[homes[one]] for one in division.tables[entry.id] if homes.get(one) in number]
        if tables:
            place[entry.id] = max(tables)
    fixed = {entry.id for entry in entries if entry.relation is not None or entry.kind in PASSIVE}
    for entry in reversed(entries):
        if entry.kind in PASSIVE:
            continue
        here = place.setdefault(entry.id, 0)
        for one in division.needs[entry.id]:
            if one not in fixed:
                place[one] = min(place.get(one, here), here)
    for entry in entries:
        if entry.kind in PASSIVE:
            place[entry.id] = max((place.get(one, 0) for one in division.needs[entry.id]), default=0)
    return {name: tuple(entry for entry in entries if place[entry.id] == at) for name, at in number.items()}


def naming(
    target: str, entries: Iterable[Entry], placements: Placements, catalog: Catalog, settings: Settings
) -> tuple[ScriptFile, ...]:
    """The statements that take one target's tables and views from the source's names to their own, if there are any.

    ALTER takes indexes, constraints, owned sequences and every reference along.
    """
    statements = [
        statement
        for placement in sorted(placements.tables.values(), key=lambda placed: placed.relation)
        if placement.target == target and placement.relation in catalog.tables
        for statement in _renamed(placement, catalog)
    ]
    schema = settings.targets[target].schema_
    if schema is not None:
        statements += [
            f"ALTER {_MOVED[entry.kind]} {qualified(entry.schema, bare_name(entry))} SET SCHEMA {qualified(schema)};"
            for entry in entries
            if entry.kind in _MOVED and entry.schema != schema
        ]
    return (ScriptFile("001_names.sql", "\n".join(statements) + "\n"),) if statements else ()


def outdated(entries: Iterable[Entry], division: Division, placements: Placements) -> Iterator[str]:
    """What to say of functions whose text uses tables by the names that they had in the source."""
    for entry in entries:
        if entry.kind not in ROUTINES:
            continue
        renamed = [
            f"{relation} ({placements.tables[relation].destination})"
            for relation in sorted(division.tables[entry.id])
            if relation in placements.tables and placements.tables[relation].destination != relation
        ]
        if renamed:
            yield f"{entry.title} names {', '.join(renamed)} as the source did: correct it in a revision of your own"


def _renamed(placement: Placement, catalog: Catalog) -> Iterator[str]:
    here, there = placement.relation, placement.destination
    table = catalog.tables[here]
    for before, after in placement.columns.items():
        change = (
            f"RENAME COLUMN {qualified(before)} TO {qualified(after)}" if after else f"DROP COLUMN {qualified(before)}"
        )
        yield f"ALTER TABLE {qualified(*here)} {change};"
    if there.schema != here.schema:
        for one in (here, *table.partitions):
            yield f"ALTER TABLE {qualified(*one)} SET SCHEMA {qualified(there.schema)};"
    if there.name != here.name:
        yield f"ALTER TABLE {qualified(there.schema, here.name)} RENAME TO {qualified(there.name)};"
