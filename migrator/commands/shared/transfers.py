"""Reads from the templates which columns and sequences travel into each target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from migrator.commands.shared.workspace import Workspace
from migrator.core.plan.steps import Plan, PrepareTarget, scaffold_name
from migrator.core.plan.survey import Survey
from migrator.core.plan.transfer import SequenceTransfer, Transfer, sequence_transfers, transfers_into
from migrator.core.schema.catalog import Catalog
from migrator.errors import ConfigurationError
from migrator.postgres.databases.policies import secure
from migrator.postgres.databases.post_data import seeded_tables
from migrator.postgres.databases.released import release_keys
from migrator.postgres.databases.roles import grant_reading, grant_use
from migrator.postgres.schema.catalog import Objects, read_catalog, read_objects
from migrator.postgres.session.connect import READ_ONLY, Endpoint, rows, session
from migrator.settings import Settings


@dataclass(frozen=True)
class Resolved:
    """One target as its template has it."""

    catalog: Catalog
    transfers: tuple[Transfer, ...]
    sequences: tuple[SequenceTransfer, ...]
    objects: Objects


@dataclass(frozen=True)
class KeptTemplate:
    """What stands in for a template that was dropped: its objects as they were, and a database made from it."""

    database: Endpoint
    objects: Objects


def resolve(
    workspace: Workspace, plan: Plan, survey: Survey, kept: Mapping[str, KeptTemplate] = MappingProxyType({})
) -> Mapping[str, Resolved]:
    """Every target, checked against the source's columns; `kept` are those whose template is gone.

    Raises:
        ConfigurationError: a column or table has no counterpart, or a tree writes rows where the source's rows go.
    """
    resolved: dict[str, Resolved] = {}
    for step in plan.of(PrepareTarget):
        template = workspace.server(step.server).at(step.template)
        resolved[step.target] = resolve_target(workspace.settings, survey, step.target, template, kept.get(step.target))
    return resolved


def resolve_target(
    settings: Settings, survey: Survey, host: str, template: Endpoint, kept: KeptTemplate | None = None
) -> Resolved:
    """One target, whose schema is in `template`, or in what was kept of it; raises as `resolve` does."""
    with session(kept.database if kept else template, purpose="resolve", settings=READ_ONLY) as connection:
        catalog = read_catalog(connection)
        transfers = transfers_of(settings, survey, host, catalog)
        if kept:
            objects = kept.objects
        elif seeded := seeded_tables(connection, transfers):
            raise ConfigurationError(
                f"The tree of target {host!r} puts rows of its own into {', '.join(map(str, seeded))}, "
                "where the source's rows go.",
                "Remove them from the revision; rows that the source lacks belong in a later one.",
            )
        else:
            objects = read_objects(connection)
    return Resolved(catalog, transfers, sequence_transfers(survey.catalog, catalog, transfers), objects)


def complete_template(workspace: Workspace, survey: Survey, host: str, template: Endpoint) -> None:
    """Adds to a template what migrator.toml asks for and no tree has: policies, and what roles may do.

    Raises:
        ConfigurationError: a column or table has no counterpart, or a key path gives no policy.
    """
    adapt_template(workspace.settings, survey, host, template)
    _grant_in_template(workspace, host, template)


def adapt_template(settings: Settings, survey: Survey, host: str, template: Endpoint) -> None:
    """Drops the keys that migrator.toml lets go, and makes its policies; raises as `complete_template` does."""
    secured = any(settings.targets[name].row_level_security for name in settings.hosted[host])
    if not secured and not survey.placements.released:
        return
    with session(template, purpose="prepare") as connection, connection.transaction():
        catalog = read_catalog(connection)
        transfers = transfers_of(settings, survey, host, catalog)
        release_keys(connection, transfers, [key for key, _ in survey.placements.released], catalog)
        if secured:
            secure(connection, transfers, catalog, settings.tenants.setting)


def _grant_in_template(workspace: Workspace, host: str, template: Endpoint) -> None:
    settings = workspace.settings
    members = settings.hosted[host]
    readers = {name: set(role.read) & set(members) for name, role in settings.roles.readers.items()}
    group = scaffold_name(workspace.prefix, host, "apps") if settings.roles.per_tenant else ""
    if not any(readers.values()) and not group:
        return
    with session(template, purpose="prepare") as connection, connection.transaction():
        if group:
            grant_use(connection, group, [name for (name,) in rows(connection, "schema/user_schemas")])
        own = {name: schema for name in members if (schema := settings.targets[name].schema_)}
        rest = [name for (name,) in rows(connection, "schema/user_schemas") if name not in own.values()]
        for role, targets in readers.items():
            for target in sorted(targets):
                grant_reading(connection, role, [own[target]] if target in own else rest)


def transfers_of(settings: Settings, survey: Survey, host: str, catalog: Catalog) -> tuple[Transfer, ...]:
    """What travels into the databases of a host, by its own catalog.

    Raises:
        ConfigurationError: a column or table has no counterpart.
    """
    return transfers_into(host, survey.placements, survey.catalog, catalog, settings, dict(survey.query_columns))
