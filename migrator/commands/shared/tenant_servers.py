"""Records on which server each tenant's database is made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from migrator.commands.shared.workspace import Workspace
from migrator.core.placement.tenants import Tenant
from migrator.core.run.facts import TENANT_SERVERS, TenantServers
from migrator.settings import Spread


def keep_servers(workspace: Workspace, run: str, tenants: Iterable[Tenant]) -> None:
    """Keeps where the tenants of a plan go, for as long as the run is open; nothing where they are not spread."""
    if workspace.settings.tenants.servers:
        record_servers(workspace, run, {tenant.key: tenant.server for tenant in tenants})


def record_servers(workspace: Workspace, run: str, servers: Mapping[str, str]) -> None:
    """Keeps where each tenant's database is, by tenant key."""
    workspace.journal.of(run).record(TENANT_SERVERS, TenantServers(workspace.settings.tenants.spread, dict(servers)))


def recorded_servers(workspace: Workspace, run: str, spread: Spread | None = None) -> Mapping[str, str]:
    """Where each tenant's database is, by its key; empty where they are not spread, or otherwise than by `spread`."""
    known = workspace.journal.of(run).recorded(TENANT_SERVERS)
    return known.servers if known and spread in (None, known.spread) else {}


def servers_of(workspace: Workspace, run: str) -> list[str]:
    """Every server that the run may have made something on, whatever the configuration says by now."""
    return sorted({*workspace.settings.server_names, *recorded_servers(workspace, run).values()})
