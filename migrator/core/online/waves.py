"""Who moves in which wave."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from migrator.core.placement.tenants import Tenant
from migrator.errors import ConfigurationError
from migrator.settings.online import Waves


def assign_waves(
    tenants: Sequence[Tenant], waves: Waves, assigned: Mapping[str, int] | None = None
) -> Mapping[str, int]:
    """The wave of every tenant by its key; waves are numbered from 1, none is empty.

    The canaries are the first, in one wave. The others follow in their order: a share in percent is one of them all,
    rounded up; who is left behind the last share is in a wave of their own. `assigned` are those who have their wave
    already: they keep it, and whoever is new by then is in the last one.

    Raises:
        ConfigurationError: a canary is no tenant, or the name of two.
    """
    if assigned:
        known = {tenant.key: assigned[tenant.key] for tenant in tenants if tenant.key in assigned}
        last = max(assigned.values())
        return {tenant.key: known.get(tenant.key, last) for tenant in tenants}
    canaries = [_named(tenants, name) for name in waves.canary]
    others = [tenant.key for tenant in tenants if tenant.key not in canaries]
    groups = [canaries, *_groups(others, waves.then)]
    return {key: number for number, group in enumerate(filter(None, groups), 1) for key in group}


def tenants_of(assigned: Mapping[str, int], wave: int) -> tuple[str, ...]:
    """The keys of the tenants of one wave.

    Raises:
        ConfigurationError: there is no such wave.
    """
    keys = tuple(key for key, number in assigned.items() if number == wave)
    if not keys:
        last = max(assigned.values(), default=0)
        raise ConfigurationError(f"There is no wave {wave}.", f"The waves are 1 to {last}: [waves] in migrator.toml.")
    return keys


def _named(tenants: Sequence[Tenant], name: str) -> str:
    """The key of the tenant of that key, or else of that slug."""
    meant = [tenant.key for tenant in tenants if tenant.key == name] or [
        tenant.key for tenant in tenants if tenant.slug == name
    ]
    if len(meant) != 1:
        several = "is the slug of several tenants" if meant else "is no tenant"
        raise ConfigurationError(
            f"waves.canary: {name!r} {several}.", "Name tenants by their key or slug: migrator placements lists them."
        )
    return meant[0]


def _groups(keys: Sequence[str], shares: Sequence[str | int]) -> Iterator[Sequence[str]]:
    """The keys in groups of the given shares, and one more with whoever is left."""
    begun = 0
    for share in shares:
        if share == "rest":
            break
        size = math.ceil(len(keys) * float(share[:-1]) / 100 - 1e-9) if isinstance(share, str) else share
        yield keys[begun : begun + size]
        begun += size
    yield keys[begun:]
