"""Rules on keys and relations: G01, G03, G04, G11, G12, G18, S11."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, count

from migrator.core.audit.facts import Facts, IndexFact, LooseConstraint
from migrator.core.audit.finding import Category, Observation, rule
from migrator.core.audit.places import key_place, place
from migrator.core.result.wording import listed, plural
from migrator.core.schema.catalog import ForeignKey, Relation, Table, strongly_connected
from migrator.core.schema.identifiers import column_list, free_name, identifier, qualified


@rule(
    "G01", "E", Category.SCHEMA, "tables", "Table without primary key",
    why="Rows cannot be told apart: a difference between source and target cannot name its rows, and a row cannot be "
    "synchronised, repaired or moved to quarantine by its key.",
    remedy="Declare a primary key. Where no column is unique, add an identity column.",
)  # fmt: skip
def no_primary_key(facts: Facts) -> Iterator[Observation]:
    """Tables without a primary key; partitions are their parent's business."""
    names = {index.name for index in facts.indexes}
    for table in facts.catalog.tables.values():
        if table.primary_key:
            continue
        alter = f"ALTER TABLE {qualified(*table.relation)}"
        if candidate := _candidate(table):
            name = identifier(free_name(table.relation, (), "pkey", names).name)
            detail = f"The unique key ({', '.join(candidate)}) is never NULL and can become it."
            fix = f"{alter} ADD CONSTRAINT {name} PRIMARY KEY ({column_list(candidate)});"
            undo = f"{alter} DROP CONSTRAINT {name};"
        else:
            column = _free_column(table)
            detail = "No unique key without NULLs can become it."
            fix = f"{alter} ADD COLUMN {column} bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY;"
            undo = f"{alter} DROP COLUMN {column};"
        yield Observation(
            str(table.relation), place(table.relation), detail, table.relation, sql_fix=fix, sql_undo=undo
        )


def _candidate(table: Table) -> tuple[str, ...]:
    never_null = {column.name for column in table.columns if column.not_null}
    return min((key for key in table.unique_keys if never_null.issuperset(key)), key=len, default=())


def _free_column(table: Table) -> str:
    names = chain(("id", "row_id"), (f"row_id_{number}" for number in count(2)))
    return next(name for name in names if table.column(name) is None)


@rule(
    "G03", "W", Category.KEYS, "foreign keys", "Foreign key between columns of different types",
    why="Comparing them needs a cast, which may keep an index from being used, and values that fit one side may not "
    "fit the other.",
    remedy="Give the referencing column the type of the referenced one.",
)  # fmt: skip
def key_type_mismatch(facts: Facts) -> Iterator[Observation]:
    """Foreign keys whose columns differ in type or length, domains looked through."""
    for key in facts.catalog.foreign_keys:
        parent = facts.catalog.tables.get(key.referenced)
        if parent is None:
            continue
        gaps, fixes, undos = [], [], []
        for here, there in zip(key.columns, key.referenced_columns, strict=True):
            left, right = facts.catalog.tables[key.table].column(here), parent.column(there)
            if left and right and facts.base_type(left.type) != facts.base_type(right.type):
                gaps.append(f"{here} is {left.type}, {key.referenced}.{there} is {right.type}")
                alter = f"ALTER TABLE {qualified(*key.table)} ALTER COLUMN {identifier(here)} TYPE "
                fixes.append(f"{alter}{right.type};")
                undos.append(f"{alter}{left.type};")
        if gaps:
            yield Observation(
                key.label, key_place(key), f"{'; '.join(gaps)}.", key.table,
                sql_fix=" ".join(fixes), sql_undo=" ".join(undos),
            )  # fmt: skip


@rule(
    "G04", "E", Category.KEYS, "tables", "Constraint that is not validated",
    why="It was added without looking at the rows that were there, so it promises what may not hold. The targets' "
    "constraints are valid ones, and rows that violate them cannot be loaded.",
    remedy="Find and mend the rows (S07 counts the orphans of foreign keys), then validate the constraint.",
)  # fmt: skip
def not_validated(facts: Facts) -> Iterator[Observation]:
    """NOT VALID and NOT ENFORCED constraints, of tables and of domains.

    A foreign key only warns where its rows were counted and none violates it.
    """
    for loose in facts.loose_constraints:
        kind = {"f": "foreign key", "c": "check constraint", "n": "not-null constraint"}.get(loose.kind, "constraint")
        violations = _violations(facts, loose)
        yield Observation(
            f"{loose.name} on {loose.table}", place(loose.table, (loose.name,)),
            f"The {kind} is {'NOT VALID' if loose.enforced else 'NOT ENFORCED'}: {_definition(loose)}."
            f"{'' if violations is None else _verdict(violations)}",
            None if loose.domain else loose.table,
            "W" if violations == 0 else None,
            # What rows violate cannot be validated: the statement would only fail.
            sql_fix="" if violations else _validation(loose),
        )  # fmt: skip


def _definition(loose: LooseConstraint) -> str:
    return loose.definition.removesuffix(" NOT VALID").removesuffix(" NOT ENFORCED")


def _violations(facts: Facts, loose: LooseConstraint) -> int | None:
    """How many rows violate a foreign key, where they were counted."""
    if loose.kind != "f":
        return None
    name = (loose.table, loose.name)
    return next((each.orphans for each in facts.references if (each.key.table, each.key.name) == name), None)


def _verdict(violations: int) -> str:
    if not violations:
        return " No row violates it: it can be validated now."
    return f" {plural(violations, 'row')} {'violates' if violations == 1 else 'violate'} it (S07)."


def _validation(loose: LooseConstraint) -> str:
    alter = f"ALTER {'DOMAIN' if loose.domain else 'TABLE'} {qualified(*loose.table)}"
    if loose.enforced:
        return f"{alter} VALIDATE CONSTRAINT {identifier(loose.name)};"
    # Enforcement of a check cannot be switched on; it has to be dropped and added again.
    return f"{alter} ALTER CONSTRAINT {identifier(loose.name)} ENFORCED;" if loose.kind == "f" else ""


@rule(
    "G11", "W", Category.KEYS, "foreign keys", "Composite foreign key that one NULL switches off",
    why="With MATCH SIMPLE a row in which any column of the key is NULL is not checked at all.",
    remedy="Make the columns NOT NULL, declare the key MATCH FULL, or add CHECK (num_nulls(a, b) IN (0, 2)).",
)  # fmt: skip
def partly_null_key(facts: Facts) -> Iterator[Observation]:
    """Foreign keys over several columns, not MATCH FULL, of which some may be NULL."""
    for key in facts.catalog.foreign_keys:
        if len(key.columns) < 2 or key.match == "f":
            continue
        table = facts.catalog.tables[key.table]
        nullable = [name for name in key.columns if (column := table.column(name)) and not column.not_null]
        if nullable:
            yield Observation(key.label, key_place(key), f"Columns that may be NULL: {', '.join(nullable)}.", key.table)


@rule(
    "G12", "I", Category.KEYS, "indexes", "Unique key that NULL evades",
    why="NULL differs from NULL: any number of rows may have none, and of a key of several columns the others may "
    "then repeat.",
    remedy="Where that is not meant: NOT NULL on the column, NULLS NOT DISTINCT on the key (PostgreSQL 15), or a "
    "second unique index WHERE the column IS NULL.",
)  # fmt: skip
def nullable_unique_key(facts: Facts) -> Iterator[Observation]:
    """Unique indexes with columns that may be NULL, unless another unique index looks after the rows that have none."""
    for index in facts.indexes:
        table = facts.catalog.tables.get(index.table)
        if table is None or not index.unique or not index.nulls_distinct or not index.valid:
            continue
        nullable = [
            column.name
            for name in index.columns
            if (column := table.column(name) if name else None)
            and not column.not_null
            and f"({identifier(column.name)} IS NOT NULL)" not in (index.predicate or "")
            and not any(_minds_the_rest(other, index, column.name) for other in facts.indexes)
        ]
        if nullable:
            alter = f"ALTER TABLE {qualified(*table.relation)} ALTER COLUMN {{}} {{}} NOT NULL;"
            yield Observation(
                str(index.name), place(index.name), f"On {index.table}, {listed(nullable)} may be NULL.", index.root,
                sql_fix=" ".join(alter.format(identifier(name), "SET") for name in nullable),
                sql_undo=" ".join(alter.format(identifier(name), "DROP") for name in nullable),
            )  # fmt: skip


def _minds_the_rest(other: IndexFact, index: IndexFact, column: str) -> bool:
    """Whether the other index is unique among the rows in which that column is NULL."""
    return (
        other.table == index.table
        and other.unique
        and f"({identifier(column)} IS NULL)" in (other.predicate or "")
        and set(other.columns) <= set(index.columns)
    )


@rule(
    "G18", "I", Category.KEYS, "foreign keys", "Foreign key declared twice",
    why="Each write is checked twice for the same thing.",
    remedy="Drop one of the two constraints.",
)  # fmt: skip
def duplicate_key(facts: Facts) -> Iterator[Observation]:
    """Foreign keys over the same columns to the same columns."""
    first: dict[str, ForeignKey] = {}
    for key in sorted(facts.catalog.foreign_keys, key=lambda key: (not key.validated, key.name)):
        kept = first.setdefault(_pairs(key), key)
        if kept is not key:
            yield Observation(
                f"{key.name} on {key.table}", place(key.table, (key.name,)),
                f"It repeats {kept.name}: {kept.label}.", key.table,
                sql_fix=f"ALTER TABLE {qualified(*key.table)} DROP CONSTRAINT {identifier(key.name)};",
            )  # fmt: skip


def _pairs(key: ForeignKey) -> str:
    pairs = sorted(zip(key.columns, key.referenced_columns, strict=True))
    return f"{place(key.table)}->{place(key.referenced)}:{pairs}"


@rule(
    "S11", "W", Category.KEYS, "tables", "Cycle of foreign keys",
    why="No order of loading or deleting these tables satisfies their keys row by row. migrator copies first and adds "
    "the keys afterwards; clean and other tools need deferrable keys, or NULLs, to get through.",
    remedy="Make one key of the cycle DEFERRABLE, or nullable and filled later. A table that references itself (a "
    "tree) only needs parents before children.",
)  # fmt: skip
def key_cycle(facts: Facts) -> Iterator[Observation]:
    """Tables that reference each other in a circle (warning), or themselves (for information)."""
    edges: dict[Relation, set[Relation]] = {relation: set() for relation in facts.catalog.tables}
    for key in facts.catalog.foreign_keys:
        if key.referenced in edges:
            edges[key.table].add(key.referenced)
    for component in strongly_connected(edges):
        if len(component) > 1:
            keys = [
                key
                for key in facts.catalog.foreign_keys
                if key.table in component and key.referenced in component and key.table != key.referenced
            ]
            deferrable = [key for key in keys if key.deferrable]
            yield Observation(
                " <-> ".join(str(relation) for relation in component), ",".join(place(table) for table in component),
                f"{listed(key.label for key in keys)}. "
                + (f"Deferrable: {listed(key.name for key in deferrable)}." if deferrable else "None is deferrable."),
            )  # fmt: skip
    for key in facts.catalog.foreign_keys:
        if key.table == key.referenced:
            yield Observation(
                key.label, key_place(key),
                f"The table references itself; the key is {'' if key.deferrable else 'not '}deferrable.", key.table,
                severity="I",
            )  # fmt: skip


RULES = (
    no_primary_key,
    key_type_mismatch,
    not_validated,
    partly_null_key,
    nullable_unique_key,
    duplicate_key,
    key_cycle,
)
