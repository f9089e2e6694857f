"""Rules on the split of tables as they are placed: S01, S02, S04, S05, S09."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migrator.core.audit.facts import Facts
from migrator.core.audit.finding import Category, Observation, Severity, rule
from migrator.core.audit.places import key_place, place
from migrator.core.placement.model import Undecided
from migrator.core.result.wording import listed, plural
from migrator.core.schema.catalog import ForeignKey, Relation, Table

_INTEGERS = frozenset({"smallint", "integer", "bigint"})
# Types whose values compare alike when both are written as text, as the copy compares keys.
_TEXTS = frozenset({"text", "character varying", "citext", "name"})


@rule(
    "S01", "E", Category.READINESS, "tables", "Table without a placement",
    why="Every table has to go somewhere, or be left behind with a reason: a table that nobody decided on would be "
    "lost without a word.",
    remedy='Place it in migrator.toml: [tables.NAME] target = "…", or ignore = "the reason".',
)  # fmt: skip
def unplaced_table(facts: Facts) -> Iterator[Observation]:
    """Tables of the source that no target and no `ignore` names."""
    for undecided in facts.placements.undecided:
        if not _lacks_path(facts, undecided):
            yield Observation(
                str(undecided.relation), place(undecided.relation),
                f"It is not placed: {undecided.reason}. "
                + (undecided.remedy or f"Possible targets: {', '.join(undecided.candidates) or 'none'}."),
            )  # fmt: skip
    known = facts.placements.tables.keys() | {undecided.relation for undecided in facts.placements.undecided}
    for relation in facts.catalog.tables.keys() - known:
        yield Observation(str(relation), place(relation), "No placement names it.")


@rule(
    "S02", "E", Category.READINESS, "tables", "Tenant table without a way to its tenant",
    why="A row can be given to a tenant only by a key of its own, or over foreign keys that lead to one.",
    remedy='Say how its rows find their tenant: [tables.NAME] key = "column", or key_path = ["column -> table.column", '
    '"table.tenant_key"]; or place it elsewhere.',
)  # fmt: skip
def tenant_table_without_path(facts: Facts) -> Iterator[Observation]:
    """Tables that are to go to the tenants, although no key path leads there, or several do."""
    for undecided in facts.placements.undecided:
        if _lacks_path(facts, undecided):
            yield Observation(
                str(undecided.relation), place(undecided.relation),
                f"It goes to the target {undecided.candidates[0]!r}, but {undecided.reason}.",
            )  # fmt: skip
    for placement in facts.placements.tables.values():
        if placement.per_tenant and placement.key_path is None:
            yield Observation(
                str(placement.relation), place(placement.relation),
                f"It goes to the target {placement.target!r}, but has neither a tenant key nor a key path.",
            )  # fmt: skip


def _lacks_path(facts: Facts, undecided: Undecided) -> bool:
    """Whether the target is settled, a tenants' one, and only the way there is missing."""
    return len(undecided.candidates) == 1 and facts.tenant_targets.issuperset(undecided.candidates)


@rule(
    "S04", "E", Category.READINESS, "tables", "Tenant keys of different types",
    why="Keys are compared as text: '7' in a text column and 7 in a number are equal, but '07', 7.0 or a padded '7 ' "
    "are not, and their rows would belong to nobody.",
    remedy="Give the column the type of the tenant root's key, after looking at the values that do not convert.",
)  # fmt: skip
def tenant_keys_of_different_types(facts: Facts) -> Iterator[Observation]:
    """Key columns whose type is not the one of the tenant root's key; where both write values alike, it only warns."""
    root, root_key = facts.placements.tenant_root, facts.placements.root_key
    expected = _column_type(facts, root, root_key) if root and root_key else None
    if expected is None:
        return
    seen: set[tuple[Relation, str]] = set()
    all_known = {counted.relation for counted in facts.unowned if not counted.unknown}
    for placement in facts.tenant_placements():
        path = placement.key_path
        if path is None or path.column is None or placement.query is not None or (path.relation, path.column) in seen:
            continue
        if path.lookup is not None:  # the server compares the two
            continue
        seen.add((path.relation, path.column))
        actual = _column_type(facts, path.relation, path.column)
        severity = None if actual is None else _type_gap(expected, actual)
        if severity == "E" and placement.relation in all_known:
            severity = "W"  # the rows that there are say the same as the tenants' keys
        if severity is not None:
            yield Observation(
                f"{path.relation}.{path.column}", place(path.relation, (path.column,)),
                f"It is {actual}, while the tenant key {root}.{root_key} is {expected}.",
                path.relation, severity,
            )  # fmt: skip


def _column_type(facts: Facts, relation: Relation | None, name: str | None) -> str | None:
    table = facts.catalog.tables.get(relation) if relation else None
    column = table.column(name) if table and name else None
    return facts.base_type(column.type) if column else None


def _type_gap(expected: str, actual: str) -> Severity | None:
    types = {re.sub(r"\(.*\)", "", type_).rpartition(".")[2] for type_ in (expected, actual)}
    if len(types) == 1 or types <= _TEXTS:
        return None
    return "W" if types <= _INTEGERS or types <= _TEXTS | {"character"} else "E"


@rule(
    "S05", "W", Category.READINESS, "foreign keys", "Foreign key across databases",
    why="PostgreSQL keeps foreign keys within one database. After the split the column stays, the constraint does not: "
    "nothing prevents that a row loses its parent, and ON DELETE actions no longer happen.",
    remedy="Decide who checks from now on: verify reports lost references, the application has to avoid them. A small "
    'parent table can be copied along instead: replicate = ["tenant"].',
)  # fmt: skip
def cross_database_foreign_key(facts: Facts) -> Iterator[Observation]:
    """Foreign keys whose two tables land in different databases, or whose parent is left behind.

    A tenant key that references the tenant root informs only: the whole database belongs to that tenant.
    """
    for key in facts.placements.severed:
        child, parent = facts.placement(key.table), facts.placement(key.referenced)
        if child and parent:
            yield Observation(
                key.label, key_place(key),
                f"{key.table} goes to {child.target!r}, {key.referenced} to {parent.target!r}.{_action(key.on_delete)}",
                key.table, "I" if _is_tenant_key(facts, key) else None,
            )  # fmt: skip
    for key in facts.placements.foreign_keys:
        child = facts.placement(key.table)
        if child and child.target and facts.is_ignored(key.referenced):
            yield Observation(
                key.label, key_place(key),
                f"{key.table} goes to {child.target!r}, while {key.referenced} is left behind.{_action(key.on_delete)}",
                key.table,
            )  # fmt: skip


def _is_tenant_key(facts: Facts, key: ForeignKey) -> bool:
    child = facts.placement(key.table)
    path = child.key_path if child else None
    return key.referenced == facts.placements.tenant_root and path is not None and key.columns == (path.column,)


def _action(on_delete: str) -> str:
    action = {"c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}.get(on_delete)
    return f" ON DELETE {action} will no longer happen." if action else ""


@rule(
    "S09", "W", Category.READINESS, "tables", "Unique across tenants, not after the split",
    why="A unique key without the tenant key holds over all tenants today and within one of them after the split: two "
    "tenants may then use the same value. What counts on it (a search by that value, an export, going back) breaks.",
    remedy="Decide whether the value must stay unique over all tenants. If so, give it out from one place; if not, let "
    "the key begin with the tenant key, so that it says what holds.",
)  # fmt: skip
def unique_without_tenant_key(facts: Facts) -> Iterator[Observation]:
    """Unique keys of tenant tables that do not name the tenant, generated ones summed up in one finding."""
    generated: list[str] = []
    for placement in facts.tenant_placements():
        table = facts.catalog.tables.get(placement.relation)
        if table is None:
            continue
        for index in facts.indexes:
            if index.table != table.relation or not index.unique or not index.valid or index.predicate:
                continue
            columns = tuple(column for column in index.columns if column is not None)
            if _determines_tenant(facts, table, columns, placement.key_path.column if placement.key_path else None):
                continue
            if any(_from_sequence(table, column) for column in columns):
                generated.append(str(table.relation))
            elif not all(_random(table, column) for column in columns) or not columns:
                name = place(table.relation, columns if None not in index.columns else (index.name.name,))
                yield Observation(
                    f"{table.relation}({', '.join(columns)})" if None not in index.columns else str(index.name), name,
                    f"The unique index {index.name.name} does not include the tenant key.", table.relation,
                )  # fmt: skip
    if generated:
        unique = sorted(set(generated))
        yield Observation(
            "generated keys", "generated-keys",
            f"The generated keys of {plural(len(unique), 'tenant table')} are unique within one tenant only once the "
            "run is finished: until then each database draws from a block of numbers of its own, afterwards each "
            f"sequence goes on by itself: {listed(unique)}.",
            severity="I",
        )  # fmt: skip


def _determines_tenant(facts: Facts, table: Table, columns: tuple[str, ...], own_key: str | None) -> bool:
    """Whether equal values in these columns mean the same tenant: they hold its key, or a tenant's row."""
    placement = facts.placement(table.relation)
    path = placement.key_path if placement else None
    if path is not None and not path.hops and own_key in columns:
        return True
    keys = (*table.foreign_keys, *(path.hops[:1] if path else ()))
    return any(
        set(key.columns) <= set(columns)
        and (key.referenced == facts.placements.tenant_root or facts.is_tenant_table(key.referenced))
        for key in keys
        if key.referenced != table.relation
    )


def _from_sequence(table: Table, name: str) -> bool:
    column = table.column(name)
    return column is not None and bool(column.identity or column.sequence)


def _random(table: Table, name: str) -> bool:
    """Whether its values are drawn so that no two are alike anywhere: a UUID, by the server or by the application."""
    column = table.column(name)
    if column is None:
        return False
    own_key = table.primary_key == (name,) and not any(key.columns == (name,) for key in table.foreign_keys)
    uuid = column.type == "uuid" or re.fullmatch(r"character( varying)?\(36\)", column.type)
    return bool(re.search(r"\w*uuid\w*\(", column.default or "")) or (own_key and bool(uuid))


RULES = (
    unplaced_table,
    tenant_table_without_path,
    tenant_keys_of_different_types,
    cross_database_foreign_key,
    unique_without_tenant_key,
)
