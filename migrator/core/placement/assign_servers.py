"""Assigns each tenant's database to a server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from migrator.core.placement.tenants import Tenant
from migrator.errors import ConfigurationError

# What a database takes that holds nothing: it keeps a server from getting every small tenant.
EMPTY_DATABASE_BYTES = 8_000_000


def assign_servers(
    tenants: Sequence[Tenant],
    servers: Sequence[str],
    *,
    pinned: Mapping[str, str],
    known: Mapping[str, str],
    bytes_: Mapping[str, int] | None = None,
) -> tuple[Tenant, ...]:
    """Every tenant with its server: where it is pinned (by slug or key), where it was (by key), else the emptiest.

    `bytes_` gives the tenants' sizes by key: the largest is placed first, so that no server holds more than its share
    by more than one tenant. Without sizes servers get equal numbers of tenants, in turn.

    Raises:
        ConfigurationError: a tenant that does not exist is pinned.
    """
    if unknown := pinned.keys() - {name for tenant in tenants for name in (tenant.slug, tenant.key)}:
        raise ConfigurationError(
            f"[tenants.pinned] names {min(unknown)!r}, which is no tenant's slug or key.",
            "`migrator dry-run` lists the tenants once that line is gone.",
        )
    load = dict.fromkeys(servers, 0)
    placed: dict[str, str] = {}

    def put(tenant: Tenant, server: str) -> None:
        placed[tenant.key] = server
        load[server] += 1 if bytes_ is None else bytes_.get(tenant.key, 0) + EMPTY_DATABASE_BYTES

    free = []
    for tenant in tenants:
        fixed = pinned.get(tenant.slug) or pinned.get(tenant.key) or known.get(tenant.key)
        if fixed in load:
            put(tenant, fixed)
        else:
            free.append(tenant)
    for tenant in free if bytes_ is None else _largest_first(free, bytes_):
        put(tenant, min(servers, key=lambda server: load[server]))
    return tuple(replace(tenant, server=placed[tenant.key]) for tenant in tenants)


def _largest_first(tenants: Iterable[Tenant], bytes_: Mapping[str, int]) -> list[Tenant]:
    return sorted(tenants, key=lambda tenant: (-bytes_.get(tenant.key, 0), tenant.key))
