"""Records on which server each tenant's database is made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from migrator.commands.shared.workspace import RunContext
from migrator.core.placement.tenants import Tenant
from migrator.core.run.facts import TENANT_SERVERS, TenantServers
from migrator.settings import Spread

if TYPE_CHECKING:
    from migrator.journal import RunJournal


def keep_servers(context: RunContext, tenants: Iterable[Tenant]) -> None:
    """Keeps where the tenants of a plan go, for as long as the run is open; nothing where they are not spread."""
    if context.settings.tenants.servers:
        record_servers(context, {tenant.key: tenant.server for tenant in tenants})


def record_servers(context: RunContext, servers: Mapping[str, str]) -> None:
    """Keeps where each tenant's database is, by tenant key."""
    context.journal.record(TENANT_SERVERS, TenantServers(context.settings.tenants.spread, dict(servers)))


def recorded_servers(journal: RunJournal, spread: Spread | None = None) -> Mapping[str, str]:
    """Where each tenant's database is, by its key; empty where they are not spread, or otherwise than by `spread`."""
    known = journal.recorded(TENANT_SERVERS)
    return known.servers if known and spread in (None, known.spread) else {}


def servers_of(context: RunContext) -> list[str]:
    """Every server that the run may have made something on, whatever the configuration says by now."""
    return sorted({*context.settings.server_names, *recorded_servers(context.journal).values()})
