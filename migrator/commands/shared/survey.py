"""Reads the source's catalog, placements and tenants once, at the start of a stage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from migrator.commands.shared.run_tenants import recorded_servers
from migrator.commands.shared.workspace import Workspace
from migrator.core.placement.assign_servers import assign_servers
from migrator.core.placement.model import Placements
from migrator.core.placement.place import place
from migrator.core.placement.tenants import Tenant, assign_databases
from migrator.core.plan.steps import Plan, TreeState, build_plan, scaffold_name
from migrator.core.plan.survey import Survey, name_parameters
from migrator.core.schema.catalog import Catalog
from migrator.errors import ConfigurationError, RefusedError
from migrator.postgres.placement.from_items import query_columns
from migrator.postgres.placement.tenants import read_tenants
from migrator.postgres.plan.server_facts import read_population
from migrator.postgres.schema.catalog import read_catalog
from migrator.postgres.schema.database_parameters import read_settings
from migrator.postgres.session.connect import Connection
from migrator.settings import Settings


def survey(workspace: Workspace) -> Survey:
    """Surveys the source in a session of its own."""
    with workspace.read_source("survey") as connection:
        return survey_in(connection, workspace)


def survey_in(connection: Connection, workspace: Workspace) -> Survey:
    """Surveys the source within the given session.

    Raises:
        ConfigurationError: migrator.toml does not fit the source.
    """
    settings = workspace.settings
    catalog = read_catalog(connection, settings.source.schemas)
    placements = place(catalog, settings)
    rows = read_tenants(connection, settings.tenants, placements.tenant_root, placements.root_key, placements.tree)
    pattern = next((target.database for target in settings.targets.values() if target.per_tenant), "{prefix}_{slug}")
    tenants = assign_databases(
        rows,
        lambda slug, key: workspace.database_name(pattern, slug=slug, key=key),
        _reserved_names(workspace),
    )
    tenants = _on_servers(connection, workspace, catalog, placements, tenants)
    columns = {
        placement.relation: query_columns(connection, placement)
        for placement in placements.tables.values()
        if placement.query is not None
    }
    parameters, digest = name_parameters((one.role, one.name, one.value) for one in read_settings(connection))
    return Survey(catalog, placements, tenants, columns, parameters, digest)


def _reserved_names(workspace: Workspace) -> frozenset[str]:
    """Databases of ours that are no tenant's: a slug may not make one's name."""
    settings = workspace.settings
    names = {workspace.source.database, workspace.prefix, workspace.control_name}
    for host in settings.hosted:
        names |= {scaffold_name(workspace.prefix, host, role) for role in ("template", "bare")}
        if not settings.targets[host].per_tenant:
            names.add(workspace.database_name(settings.targets[host].database))
    return frozenset(names)


# Tables are counted, the largest first, until what is left could not tip a server's load.
_WEIGHED_SHARE = 0.9


def _on_servers(
    connection: Connection,
    workspace: Workspace,
    catalog: Catalog,
    placements: Placements,
    tenants: tuple[Tenant, ...],
) -> tuple[Tenant, ...]:
    """The tenants with their servers, which are those that the open run has recorded, where it has."""
    chosen = workspace.settings.tenants
    if not chosen.servers:
        return tenants
    run = workspace.current_run()
    # Another way to spread them, asked for since, counts; so does a pin. Neither passes migrate once it has begun.
    before = recorded_servers(workspace.journal.of(run.id), chosen.spread) if run is not None else {}
    weights = None
    if chosen.spread == "by_size" and not before.keys() >= {tenant.key for tenant in tenants}:
        weights = _tenant_bytes(connection, workspace, catalog, placements, tenants)
    return assign_servers(tenants, chosen.servers, pinned=chosen.pinned, known=before, bytes_=weights)


def _tenant_bytes(
    connection: Connection,
    workspace: Workspace,
    catalog: Catalog,
    placements: Placements,
    tenants: tuple[Tenant, ...],
) -> Mapping[str, int]:
    """What each tenant's rows take in the source, about."""
    targets = workspace.settings.targets
    keyed = [
        (catalog.tables[placement.relation].bytes, placement)
        for placement in placements.tables.values()
        if placement.relation in catalog.tables
        and placement.key_path is not None
        and targets[placement.target].per_tenant
    ]
    keyed.sort(key=lambda item: (-item[0], item[1].relation))
    everything = sum(size for size, _ in keyed)
    by_tenant: Counter[str] = Counter()
    weighed = 0
    for size, placement in keyed:
        if weighed > _WEIGHED_SHARE * everything:
            break
        workspace.progress.say(f"weighing the tenants of {placement.relation}")
        known = [tenant.key for tenant in tenants]
        population = read_population(connection, placement, placement.target, catalog, per_tenant=True, known=known)
        rows = sum(population.by_tenant.values()) + population.unowned
        for key, count in population.by_tenant.items():
            by_tenant[key] += round(size * count / rows)
        weighed += size
    return by_tenant


def plan_of(workspace: Workspace, surveyed: Survey) -> Plan:
    """The plan for what was surveyed.

    Raises:
        ConfigurationError: a tree is missing or broken, or two targets share a database.
    """
    _require_targets(workspace.settings)
    trees = {name: tree_state(workspace.settings, one.migrations) for name, one in workspace.settings.targets.items()}
    return plan_with(workspace, surveyed, trees)


def tree_state(settings: Settings, path: Path) -> TreeState:
    """What the Alembic tree in that directory is now.

    Raises:
        ConfigurationError: it is missing or broken.
    """
    # Imported here: a survey without a plan does without Alembic.
    from migrator.revisions import digest, heads

    tree = settings.path(path)
    return TreeState(heads(tree), digest(tree))


def plan_with(workspace: Workspace, surveyed: Survey, trees: Mapping[str, TreeState]) -> Plan:
    """The plan for what was surveyed, with the trees of all targets in the given state.

    Raises:
        ConfigurationError: no target is configured, or two share a database.
        RefusedError: a target's database would be the source.
    """
    settings = workspace.settings
    _require_targets(workspace.settings)
    single = {
        name: workspace.database_name(settings.targets[name].database)
        for name in settings.hosted
        if not settings.targets[name].per_tenant
    }
    names = [*single.values(), *(tenant.database for tenant in surveyed.tenants), workspace.control_name]
    if taken := sorted({name for name in names if names.count(name) > 1}):
        raise ConfigurationError(
            f"Two targets would have the same database: {', '.join(taken)}.",
            "Give each target a database name of its own: [targets.X] database.",
        )
    if workspace.source.database in names and workspace.shares_server_with_source():
        raise RefusedError(
            f"The target database {workspace.source.database!r} is the source itself.",
            "Give the target another name: [targets.X] database, or [source] prefix.",
        )
    return build_plan(
        surveyed, settings, source=str(workspace.source), prefix=workspace.prefix, databases=single, trees=trees
    )


def _require_targets(settings: Settings) -> None:
    if not settings.targets:
        raise ConfigurationError("No target is configured.", "Add [targets.auth], [targets.shared], [targets.tenant].")
    for members in settings.hosted.values():
        named = [settings.targets[name].schema_ for name in members]
        if twice := [name for name, schema in zip(members, named, strict=True) if named.count(schema) > 1]:
            raise ConfigurationError(
                f"Two targets would have the same database: {', '.join(twice)}.",
                "Give each a database of its own, [targets.X] database, or its own schema in that one: schema.",
            )
    tenants = [host for host in settings.hosted if settings.targets[host].per_tenant]
    if len(tenants) > 1:
        raise ConfigurationError(
            f"A tenant would have several databases: by the targets {', '.join(tenants)}.",
            "Give these targets one database and a schema each: [targets.X] database, schema.",
        )
