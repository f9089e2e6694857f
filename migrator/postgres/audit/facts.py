"""Reads the audit's facts in one snapshot: schema, objects and rows of the source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import psycopg

from migrator.core.audit.facts import (
    CheckFact,
    CleanableRows,
    Facts,
    HeapSize,
    IndexFact,
    LooseConstraint,
    Occupant,
    ReferenceRows,
    RoleFact,
    RoutineFact,
    TriggerFact,
    UnownedRows,
    ViewFact,
)
from migrator.core.clean.rules import selections
from migrator.core.placement.model import Placements
from migrator.core.placement.place import place
from migrator.core.result.progress import Progress
from migrator.core.schema.catalog import Catalog, ForeignKey, Relation
from migrator.postgres.audit.fact_rows import ConstraintRow, HeapRow, IndexRow, KeyRow, RelationRow, RoutineRow
from migrator.postgres.audit.row_facts import RowCounter
from migrator.postgres.clean.select import count_rule
from migrator.postgres.copy.large_objects import read_large_objects
from migrator.postgres.placement.tenants import read_tenants
from migrator.postgres.schema.catalog import read_catalog
from migrator.postgres.schema.catalog_rows import CallingCheckRow
from migrator.postgres.session.connect import Connection, rows
from migrator.postgres.session.records import records
from migrator.settings import Settings


def examine(connection: Connection, settings: Settings, progress: Progress) -> Facts:
    """Reads and counts everything that the rules look at, in one read-only snapshot.

    Every tenant table is read once for its rows' tenants and every foreign key once for its rows' parents, so the time
    grows with the rows times the keys on them. `progress` hears of each table and each clean rule.

    Raises:
        ConfigurationError: migrator.toml names a table, column or hop that the source does not have.
    """
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    with connection.transaction():
        return examine_in(connection, settings, progress)


def examine_in(connection: Connection, settings: Settings, progress: Progress) -> Facts:
    """The same in the open transaction, which has one snapshot: what else it reads agrees with these facts."""
    catalog = read_catalog(connection, settings.source.schemas)
    placements = place(catalog, settings)
    facts = replace(
        read_objects(connection, catalog, placements, settings.source.schemas),
        tenant_targets=frozenset(name for name, target in settings.targets.items() if target.per_tenant),
    )
    ignored = settings.source.ignore_large_objects or ""
    if not any(one.large_objects and one.relation in facts.closed for one in placements.tables.values()):
        # The others name objects that cannot be told from those that nobody names.
        facts = replace(facts, large_objects=read_large_objects(connection, catalog, placements, ignored))
    unowned, references = _count_rows(connection, facts, progress)
    cleanable = _count_cleanable(connection, settings, facts, progress)
    return replace(facts, unowned=unowned, references=references, cleanable=cleanable)


def read_objects(connection: Connection, catalog: Catalog, placements: Placements, schemas: Sequence[str]) -> Facts:
    """The structural facts: objects beside tables, privileges, who occupies the database. No row is counted."""
    scope = {"schemas": list(schemas) or None}
    relations = records(connection, "audit/relations", RelationRow, scope)
    ages: dict[Relation, int] = {}
    for row in relations:
        if row.age is not None:
            ages[row.root] = max(ages.get(row.root, 0), row.age)
    ((role,),) = connection.execute("SELECT current_user").fetchall()
    ((days,),) = rows(connection, "audit/statistics")
    keys = records(connection, "audit/foreign_keys", KeyRow, scope)
    return Facts(
        catalog,
        placements,
        role=role,
        indexes=tuple(_index(row) for row in records(connection, "audit/indexes", IndexRow, scope)),
        loose_constraints=tuple(
            LooseConstraint(
                Relation(row.schema, row.owner), row.name, row.kind, row.definition, row.enforced, row.of_domain
            )
            for row in records(connection, "audit/constraints", ConstraintRow, scope)
        ),
        branches=frozenset(row.relation for row in relations if row.kind == "p" and row.is_partition),
        disabled_keys=frozenset(row.key for row in keys if row.disabled),
        temporal_keys=frozenset(row.key for row in keys if row.temporal),
        triggers=tuple(
            TriggerFact(Relation(schema, table), name, routine, enabled)
            for schema, table, name, routine, enabled in rows(connection, "audit/triggers", scope)
        ),
        checks=tuple(
            CheckFact(Relation(row.schema, row.table_name), row.name, row.routine)
            for row in records(connection, "schema/calling_checks", CallingCheckRow)
        ),
        routines=tuple(
            RoutineFact(row.identity, row.language, row.body, _relations(row.used), row.as_owner, row.own_search_path)
            for row in records(connection, "audit/routines", RoutineRow, scope)
        ),
        views=tuple(
            ViewFact(Relation(schema, name), materialized, _relations(below))
            for schema, name, materialized, below in rows(connection, "audit/views", scope)
        ),
        foreign_tables={row.relation: row.server or "" for row in relations if row.kind == "f"},
        domains=dict(rows(connection, "audit/domains")),
        heaps=tuple(
            HeapSize(Relation(row.schema, row.name), Relation(row.root_schema, row.root_name), row.size, row.needed)
            for row in records(connection, "audit/heaps", HeapRow, scope)
        ),
        statistics_days=days,
        ages=ages,
        hidden=frozenset(row.relation for row in relations if row.row_security and row.relation in catalog.tables),
        unreadable=frozenset(row.relation for row in relations if not row.readable and row.relation in catalog.tables),
        roles=tuple(RoleFact(*row) for row in rows(connection, "audit/roles", scope)),
        extensions_in_use=frozenset(row[0] for row in rows(connection, "audit/extensions")),
        occupants=tuple(
            Occupant(kind, name, detail, seconds) for kind, name, detail, seconds in rows(connection, "audit/occupants")
        ),
    )


def _index(row: IndexRow) -> IndexFact:
    return IndexFact(
        name=Relation(row.schema, row.name),
        table=Relation(row.table_schema, row.table_name),
        root=Relation(row.root_schema, row.root_name),
        columns=tuple(row.columns),
        method=row.method,
        signature=row.signature,
        unique=row.unique,
        primary=row.primary,
        immediate=row.immediate,
        valid=row.valid,
        building=row.building,
        predicate=row.predicate,
        ordered=row.ordered,
        constraint=row.constraint,
        constraint_name=row.constraint_name,
        referenced=row.referenced,
        partitioned=row.partitioned,
        attached=row.attached,
        nulls_distinct=row.nulls_distinct,
        scans=row.scans,
        bytes=row.bytes,
    )


def _relations(pairs: Sequence[Sequence[str]]) -> tuple[Relation, ...]:
    return tuple(Relation(schema, name) for schema, name in pairs)


def _count_rows(
    connection: Connection, facts: Facts, progress: Progress
) -> tuple[tuple[UnownedRows, ...], tuple[ReferenceRows, ...]]:
    counter = RowCounter(connection, facts.catalog, facts.placements, facts.closed)
    countable = _countable_keys(facts)
    unowned: list[UnownedRows] = []
    references: list[ReferenceRows] = []
    for relation in sorted(facts.catalog.tables.keys() | facts.placements.tables.keys()):
        keys = [key for key in countable if key.table == relation]
        table = facts.catalog.tables.get(relation)
        rows_ = max(table.rows, 0) if table else 0
        task = f"audit {relation}"
        progress.start(task, total=rows_ * (1 + len(keys)) or None)
        if (without := counter.unowned(relation)) is not None:
            unowned.append(without)
        progress.advance(task, rows=rows_)
        for done, key in enumerate(keys, 2):
            if (counted := counter.references(key)) is not None:
                references.append(counted)
            progress.advance(task, rows=rows_ * done)
        progress.finish(task)
    return tuple(unowned), tuple(references)


def _countable_keys(facts: Facts) -> tuple[ForeignKey, ...]:
    """Every foreign key, declared or configured, whose rows equal a row of their parent's table.

    Validated ones too: rows that were loaded while triggers were off are never looked at again by the server.
    """
    declared = (
        key
        for key in (*facts.catalog.foreign_keys, *facts.catalog.partition_keys)
        if key.referenced in facts.catalog.tables and (key.table, key.name) not in facts.temporal_keys
    )
    return (*declared, *facts.placements.virtual_keys)


def _count_cleanable(
    connection: Connection, settings: Settings, facts: Facts, progress: Progress
) -> tuple[CleanableRows, ...]:
    placements, catalog = facts.placements, facts.catalog
    tenants = read_tenants(connection, settings.tenants, placements.tenant_root, placements.root_key, placements.tree)
    keys = [tenant.key for tenant in tenants]
    cleanable = []
    for name, rule in settings.clean.items():
        if any(selection.relation in facts.closed for selection in selections(name, rule, catalog, placements)):
            continue
        task = f"audit clean rule {name}"
        progress.start(task)
        cleanable.append(CleanableRows(name, rule.kind, count_rule(connection, name, rule, catalog, placements, keys)))
        progress.finish(task)
    return tuple(cleanable)
