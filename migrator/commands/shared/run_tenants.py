"""The tenants of a run: who is meant by a name, and on which server each one's database is made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from migrator.commands.shared.workspace import RunContext
from migrator.core.placement.tenants import Tenant
from migrator.core.run.facts import TENANT_SERVERS, TenantServers
from migrator.errors import RefusedError
from migrator.settings import Spread

if TYPE_CHECKING:
    from migrator.journal import RunJournal


P = TypeVar("P")


def of_tenant(
    context: RunContext, wanted: str, places: Sequence[P], names: Callable[[P], tuple[str | None, str]]
) -> list[P]:
    """Those of the run's `places` that are the named tenant's; `names` are a place's tenant key and database.

    A key counts before a slug, as the plan that the run carries out has them.

    Raises:
        RefusedError: none is.
    """
    plan = context.journal.plan()
    tenants = plan.tenants if plan is not None else ()
    keys = {wanted}
    if all(tenant.key != wanted for tenant in tenants):
        keys |= {tenant.key for tenant in tenants if tenant.slug == wanted}
    of_it = [place for place in places if names(place)[0] in keys or names(place)[1] == wanted]
    if not of_it:
        raise RefusedError(
            f"No database of run {context.id} is {wanted}'s.", "Name the tenant's key, slug or database."
        )
    return of_it


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
