"""Reads everything that init infers from, in one session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from migrator.commands.init.row_paths import PathsByRows
from migrator.commands.init.tenant_root import Ask, AskTree, naming_columns_of, tenant_root, tenant_tree
from migrator.commands.shared.workspace import Workspace
from migrator.core.init.communities import group_tables
from migrator.core.init.config_file import Findings, Layout, Polymorph
from migrator.core.init.parents import with_parents
from migrator.core.init.proposal import grouped, propose
from migrator.core.init.references import candidate_keys, polymorphic_pairs, tables_of_types
from migrator.core.init.tenant_root_candidates import (
    RootChoice,
    choose,
    hidden_keys,
    naming_the_root,
    rank,
    tenant_columns,
)
from migrator.core.placement.inheritance import inherited_keys
from migrator.core.placement.name_patterns import owner
from migrator.core.placement.references import virtual_key
from migrator.core.plan.database_parameters import tenant_setting
from migrator.core.schema.catalog import Catalog, ForeignKey, Relation
from migrator.core.trees.tenant_objects import propose_patterns
from migrator.errors import ConfigurationError
from migrator.postgres.copy.large_objects import naming_columns
from migrator.postgres.init.references import is_unique, type_values, weighed
from migrator.postgres.placement.tenants import read_tenants
from migrator.postgres.schema.catalog import read_catalog
from migrator.postgres.schema.database_parameters import read_readers
from migrator.postgres.schema.dump_contents import Ownership
from migrator.postgres.schema.row_estimates import row_counts
from migrator.postgres.session.connect import Connection
from migrator.postgres.session.connect import rows as rows_of
from migrator.settings import Tenants, TenantTreeChoice


@dataclass(frozen=True, slots=True)
class Wanted:
    """What init is asked for: the layout, and what is known already of tenants or groups of tables."""

    layout: Layout = "tenants"
    tenant_root: str | None = None
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)
    ownership: Ownership = "kept"
    tree: TenantTreeChoice | None = None


# A tenant key that so many of its tables hold is one, whatever the others mean by it.
_NEARLY_ALL = 0.9


def find(
    workspace: Workspace, connection: Connection, wanted: Wanted, ask: Ask | None, ask_tree: AskTree | None
) -> Findings:
    """Tenants, and a target for every table by whose rows it holds.

    Raises:
        RefusedError: the tenant root is ambiguous, or a tree, and there is nobody to ask.
        ConfigurationError: there are no tables, or the tenant root that was named does not exist.
    """
    catalog = _with_hidden_keys(connection, _read_tables(workspace, connection))
    handed_down = [key for inherited in inherited_keys(catalog).values() for key in inherited]
    known = {(key.table, column) for key in handed_down for column in key.columns}
    candidates = [key for key in candidate_keys(catalog) if (key.table, key.columns[0]) not in known]
    virtual, contradicted = weighed(connection, catalog, candidates)
    held = _tenant_columns(connection, catalog, (*catalog.foreign_keys, *handed_down, *virtual))
    virtual = (*virtual, *held)
    polymorphs, pairs = _polymorphs(connection, catalog)
    keys = (*catalog.foreign_keys, *handed_down, *virtual, *pairs)
    choice = choose(rank(catalog, keys), keys)
    root, root_key = tenant_root(catalog, choice, keys, wanted.tenant_root, ask)
    more, doubtful = _naming_the_root(connection, catalog, keys, root, root_key, contradicted)
    virtual, keys, contradicted = (*virtual, *more), (*keys, *more), (*contradicted, *doubtful)
    tree = tenant_tree(connection, root, root_key, keys, wanted.tree, ask_tree)
    rows = row_counts(connection, catalog)
    drafted, path_evidence, without = PathsByRows(connection, catalog, keys, root, root_key, rows).settled()
    keys_of_tenants = {tenant.key for tenant in read_tenants(connection, Tenants(), root, root_key)}
    roles = [name for (name,) in rows_of(connection, "databases/granted_roles")]
    own = propose_patterns(catalog, keys_of_tenants, roles)
    patterns = tuple(pattern for pattern, _ in own)
    proposals = tuple(
        one
        for one in propose(drafted, rows=rows, path_evidence=path_evidence, without=without, contradicted=contradicted)
        if owner(patterns, one.relation) is None
    )
    proposals = with_parents(catalog, proposals)
    used = {"auth", "tenant", *(one.target for one in proposals), *(one.unowned for one in proposals)}
    if any(one.decide for one in proposals):
        used.add("shared")
    return Findings(
        catalog,
        workspace.prefix,
        workspace.source.public,
        tuple(workspace.settings.source.schemas),
        replace(
            naming_columns_of(catalog.tables[root], root_key),
            tree=tree,
            # What holds the key of a row below the top is not the tenant's.
            settings=() if tree == "top" else tenant_setting(read_readers(connection), drafted.key_paths.paths),
            own=own,
        ),
        choice,
        proposals,
        virtual,
        polymorphs,
        targets=tuple(name for name in ("auth", "shared", "tenant") if name in used),
        large_objects=_large_objects(connection, catalog),
    )


def find_grouped(workspace: Workspace, connection: Connection, wanted: Wanted) -> Findings:
    """A target for each group of tables that belong together, and no tenants.

    Raises:
        ConfigurationError: there are no tables.
    """
    catalog = _with_hidden_keys(connection, _read_tables(workspace, connection))
    virtual, _ = weighed(connection, catalog, candidate_keys(catalog))
    polymorphs, _ = _polymorphs(connection, catalog)
    proposals = grouped(group_tables(catalog, (*catalog.foreign_keys, *virtual), wanted.groups))
    return Findings(
        catalog,
        workspace.prefix,
        workspace.source.public,
        tuple(workspace.settings.source.schemas),
        None,
        RootChoice((), None, ""),
        proposals,
        virtual,
        polymorphs,
        large_objects=_large_objects(connection, catalog),
        targets=tuple(sorted({one.target for one in proposals if one.target})),
        layout=wanted.layout,
    )


def _read_tables(workspace: Workspace, connection: Connection) -> Catalog:
    catalog = read_catalog(connection, workspace.settings.source.schemas)
    if not catalog.tables:
        raise ConfigurationError(
            f"The database {catalog.database} has no tables.", "Check --source, and --schema if it was given."
        )
    workspace.progress.say(f"reading {len(catalog.tables)} tables of {catalog.database}")
    return catalog


def _with_hidden_keys(connection: Connection, catalog: Catalog) -> Catalog:
    """Takes a part of a primary key for a key of its own where the rows of what may be tenants say so."""
    tables = dict(catalog.tables)
    for relation, column in hidden_keys(catalog):
        if is_unique(connection, catalog, relation, column):
            tables[relation] = replace(tables[relation], unique_keys=(*tables[relation].unique_keys, (column,)))
    return replace(catalog, tables=tables)


def _tenant_columns(connection: Connection, catalog: Catalog, keys: Sequence[ForeignKey]) -> tuple[ForeignKey, ...]:
    """The keys of columns that many tables have, to the first table that holds the rows of all."""
    settled: dict[str, tuple[ForeignKey, ...]] = {}
    for _, tried in tenant_columns(catalog, keys):
        name = tried[0].columns[0]
        if name not in settled:
            held, _ = weighed(connection, catalog, tried)
            if len(held) >= _NEARLY_ALL * len(tried):
                settled[name] = held
    return tuple(key for held in settled.values() for key in held)


def _naming_the_root(
    connection: Connection,
    catalog: Catalog,
    keys: Sequence[ForeignKey],
    root: Relation,
    root_key: str,
    contradicted: Sequence[ForeignKey],
) -> tuple[tuple[ForeignKey, ...], tuple[ForeignKey, ...]]:
    """Keys of columns called like a tenant key: those whose values are all tenants', and those to be asked about."""
    suggested = [
        one for one in naming_the_root(catalog, keys, root, root_key) if (one.key.table, one.key.columns) not in
        {(key.table, key.columns) for key in contradicted if key.referenced == root}
    ]  # fmt: skip
    held, not_held = weighed(connection, catalog, [one.key for one in suggested])
    plain = {(one.key.table, one.key.columns) for one in suggested if one.plain}
    sure = tuple(key for key in held if (key.table, key.columns) in plain)
    doubtful = (
        replace(key, evidence=f"its name may mean something else; {key.evidence}") for key in held if key not in sure
    )
    return sure, (*doubtful, *not_held)


def _polymorphs(connection: Connection, catalog: Catalog) -> tuple[tuple[Polymorph, ...], tuple[ForeignKey, ...]]:
    """Polymorphic pairs whose types name tables, and the conditional keys that they amount to."""
    polymorphs: list[Polymorph] = []
    keys: list[ForeignKey] = []
    for table in catalog.tables.values():
        for pair in polymorphic_pairs(table):
            values = type_values(connection, catalog, pair)
            named = tables_of_types(catalog, pair, values)
            tried = [
                replace(
                    virtual_key(catalog, table.relation, (pair.id,), one, catalog.tables[one].primary_key),
                    when=(pair.type, value),
                )
                for value, one in named.items()
            ]
            held = [key for key in weighed(connection, catalog, tried)[0] if key.when is not None]
            if not held:
                continue
            evidence = f"{len(held)} of {len(values)} types name tables that hold the rows"
            tables = {key.when[1]: key.referenced for key in held if key.when is not None}
            polymorphs.append(Polymorph(table.relation, pair.type, pair.id, tables, evidence))
            keys += [replace(key, evidence=evidence) for key in held]
    return tuple(polymorphs), tuple(keys)


def _large_objects(connection: Connection, catalog: Catalog) -> dict[Relation, tuple[str, ...]]:
    columns: dict[Relation, tuple[str, ...]] = {}
    for naming in naming_columns(connection, catalog):
        columns[naming.relation] = (*columns.get(naming.relation, ()), naming.column)
    return columns
