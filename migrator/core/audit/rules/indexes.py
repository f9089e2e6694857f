"""Rules on indexes: G02, G05, G06, G07, G16."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from migrator.core.audit.facts import Facts, IndexFact
from migrator.core.audit.finding import Category, Observation, rule
from migrator.core.audit.places import place
from migrator.core.schema.catalog import Relation, Table
from migrator.core.schema.identifiers import column_list, free_name, identifier, qualified

# Rows from which a search is worth an index on every write: in any database, or in one of which they are a hundredth.
_LARGE, _LARGE_HERE = 100_000, 1_000
_FILTERED = frozenset(
    {"status", "state", "statut", "etat", "created_at", "scheduled_date", "scheduled_at", "due_date", "date_echeance"}
)


@rule(
    "G02", "W", Category.INDEXING, "foreign keys", "Foreign key without an index",
    why="Deleting or changing a parent row reads the whole referencing table to look for children, once for each row, "
    "while it holds locks; joins from the parent's side do likewise.",
    remedy="Create an index that begins with the key's columns.",
)  # fmt: skip
def uncovered_foreign_key(facts: Facts) -> Iterator[Observation]:
    """Foreign keys whose columns, in any order, are not the beginning of a usable index."""
    by_table = _by_table(facts)
    names = {index.name for index in facts.indexes}
    for key in facts.catalog.foreign_keys:
        table = facts.catalog.tables[key.table]
        if _covered(table, key.columns, by_table, facts.branches):
            continue
        name = free_name(table.relation, key.columns, "idx", names)
        yield Observation(
            f"{table.relation}({', '.join(key.columns)})", place(table.relation, key.columns),
            f"It references {key.referenced}; no usable index begins with its columns.", table.relation,
            sql_fix=_created(table, key.columns, name), sql_undo=_dropped(table, name),
        )  # fmt: skip


def _created(table: Table, columns: Iterable[str], name: Relation) -> str:
    how = _concurrently(table)
    return f"CREATE INDEX{how} {identifier(name.name)} ON {qualified(*table.relation)} ({column_list(columns)});"


def _dropped(table: Table, name: Relation) -> str:
    return f"DROP INDEX{_concurrently(table)} {qualified(*name)};"


def _concurrently(table: Table) -> str:
    # A partitioned table's index is neither built nor dropped concurrently.
    return "" if table.kind == "p" else " CONCURRENTLY"


def _by_table(facts: Facts) -> Mapping[Relation, Sequence[IndexFact]]:
    by_table: dict[Relation, list[IndexFact]] = defaultdict(list)
    for index in facts.indexes:
        by_table[index.table].append(index)
    return by_table


def _covered(
    table: Table,
    columns: tuple[str, ...],
    by_table: Mapping[Relation, Sequence[IndexFact]],
    branches: Collection[Relation],
) -> bool:
    """Whether an index of the table serves a search by these columns, or each of its partitions has one that does."""
    if any(serves(index, columns) for index in by_table.get(table.relation, ())):
        return True
    leaves = [partition for partition in table.partitions if partition not in branches]
    return bool(leaves) and all(any(serves(index, columns) for index in by_table.get(leaf, ())) for leaf in leaves)


def serves(index: IndexFact, columns: tuple[str, ...]) -> bool:
    """Whether the index finds every row that has given values in these columns, whatever their order."""
    if not index.valid or index.building:
        return False
    if index.predicate is not None and index.predicate not in _not_null(columns):
        return False
    if index.method == "hash":
        return index.columns == columns
    return index.method == "btree" and set(index.columns[: len(columns)]) == set(columns)


def _not_null(columns: Iterable[str]) -> set[str]:
    # The only predicate that a search by `column = value` implies.
    return {f"({identifier(column)} IS NOT NULL)" for column in columns}


@rule(
    "G05", "W", Category.INDEXING, "indexes", "Invalid index",
    why="A CREATE INDEX CONCURRENTLY that failed left it: every write maintains it, no query uses it.",
    remedy="Build it again, or drop it.",
)  # fmt: skip
def invalid_index(facts: Facts) -> Iterator[Observation]:
    """Indexes that are not valid, save those being built now and the parents of partitions' indexes."""
    for index in facts.indexes:
        if not index.valid and not index.building and not index.partitioned:
            yield Observation(
                str(index.name), place(index.name), f"The index on {index.table} is invalid.", index.root,
                sql_fix=f"REINDEX INDEX CONCURRENTLY {qualified(*index.name)};",
            )  # fmt: skip


@rule(
    "G06", "W", Category.INDEXING, "indexes", "Duplicate index",
    why="Every write maintains both, and each takes its disk and memory.",
    remedy="Drop the one that no constraint stands on.",
)  # fmt: skip
def duplicate_index(facts: Facts) -> Iterator[Observation]:
    """Indexes that hold what another index of the same table holds, in the same order, with the same operators."""
    alike: dict[tuple[Relation, str], list[IndexFact]] = defaultdict(list)
    for index in facts.indexes:
        if index.valid and not index.attached and index.signature:
            alike[index.table, index.signature].append(index)
    for group in alike.values():
        kept, *others = sorted(group, key=_worth)
        for index in others:
            if _replaceable(index, kept):
                yield Observation(
                    str(index.name), place(index.name), f"On {index.table} it is the same as {kept.name.name}.",
                    index.root, sql_fix=removal(index),
                )  # fmt: skip


def _worth(index: IndexFact) -> tuple[bool, bool, bool, bool, str]:
    return (not index.primary, not index.referenced, not index.constraint, not index.unique, index.name.name)


def _replaceable(index: IndexFact, kept: IndexFact) -> bool:
    if index.constraint == "x" or index.referenced:
        return False
    # A unique index says more than an ordinary one, an immediate one more than a deferrable one.
    return not index.unique or (kept.unique and (kept.immediate or not index.immediate))


def removal(index: IndexFact) -> str:
    """The statement that drops the index, or the constraint that it stands behind."""
    if index.constraint:
        return f"ALTER TABLE {qualified(*index.table)} DROP CONSTRAINT {identifier(index.constraint_name)};"
    return f"DROP INDEX{'' if index.partitioned else ' CONCURRENTLY'} {qualified(*index.name)};"


@rule(
    "G07", "I", Category.INDEXING, "indexes", "Index that begins another one",
    why="The longer index answers the same searches; the shorter one costs its writes and its disk.",
    remedy="Drop the shorter one, unless it is much smaller and read all the time.",
)  # fmt: skip
def prefix_index(facts: Facts) -> Iterator[Observation]:
    """Ordinary btree indexes whose columns another index of the table begins with."""
    for indexes in _by_table(facts).values():
        for index in indexes:
            longer = next((other for other in indexes if _begins(index, other)), None)
            if longer is not None:
                yield Observation(
                    str(index.name), place(index.name),
                    f"On {index.table}, {longer.name.name} begins with its columns.",
                    index.root, sql_fix=removal(index),
                )  # fmt: skip


def _begins(index: IndexFact, other: IndexFact) -> bool:
    if index.unique or index.constraint or index.referenced or index.attached or other.attached:
        return False
    plain = all(
        each.method == "btree" and each.valid and each.predicate is None and None not in each.columns and each.ordered
        for each in (index, other)
    )
    return plain and len(index.columns) < len(other.columns) and other.columns[: len(index.columns)] == index.columns


@rule(
    "G16", "W", Category.INDEXING, "tables", "Tenant key or frequent filter without an index",
    why="Whatever asks for one tenant's rows, row security policies included, reads the rows of all tenants.",
    remedy="Create the index, if queries filter by that column.",
)  # fmt: skip
def uncovered_filter(facts: Facts) -> Iterator[Observation]:
    """Tenant keys that begin no index (warning); in large tables also states and dates to sort by (for information).

    A tenant key that is a foreign key is G02's business.
    """
    by_table = _by_table(facts)
    names = {index.name for index in facts.indexes}
    everything = sum(max(table.rows, 0) for table in facts.catalog.tables.values())
    for table in facts.catalog.tables.values():
        placement = facts.placement(table.relation)
        path = placement.key_path if placement and placement.per_tenant else None
        own = path.column if path is not None and not path.hops else None
        declared = {key.columns for key in table.foreign_keys}
        large = table.rows >= _LARGE or (table.rows >= _LARGE_HERE and table.rows * 100 >= everything)
        frequent = {column.name for column in table.columns if column.name in _FILTERED} if large else set()
        for name in sorted(frequent | ({own} if own else set())):
            if table.column(name) is None or (name,) in declared or _leads(by_table.get(table.relation, ()), name):
                continue
            index = free_name(table.relation, (name,), "idx", names)
            yield Observation(
                f"{table.relation}.{name}", place(table.relation, (name,)),
                "No index begins with the tenant key." if name == own
                else f"No index begins with it, and the table has about {table.rows:,} rows.",
                table.relation, None if name == own else "I",
                sql_fix=_created(table, (name,), index), sql_undo=_dropped(table, index),
            )  # fmt: skip


def _leads(indexes: Iterable[IndexFact], column: str) -> bool:
    # Where rows come in their order, brin finds created_at as well; a partial index serves the queries it was made for.
    return any(
        index.valid and index.columns[:1] == (column,) and index.method in ("btree", "hash", "brin")
        for index in indexes
    )


RULES = (uncovered_foreign_key, invalid_index, duplicate_index, prefix_index, uncovered_filter)
