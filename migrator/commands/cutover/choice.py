"""Which tenants an order is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from migrator.commands.follow.followed_run import FollowedRun
from migrator.core.online.waves import assign_waves, tenants_of
from migrator.core.placement.tenants import Tenant, keys_called
from migrator.core.result.wording import listed
from migrator.errors import RefusedError


@dataclass(frozen=True)
class WaveChoice:
    """Which tenants are meant: by key, slug or database, or the number of a wave; neither means all."""

    tenants: tuple[str, ...] = ()
    wave: int | None = None


def chosen_tenants(followed: FollowedRun, choice: WaveChoice) -> tuple[str, ...]:
    """The keys of the tenants that are meant.

    Raises:
        RefusedError: nobody, or several, are called so.
        ConfigurationError: there is no such wave.
    """
    tenants = followed.plan.tenants
    if choice.wave is not None:
        return tenants_of(planned_waves(followed), choice.wave)
    if not choice.tenants:
        return tuple(tenant.key for tenant in tenants)
    return tuple(dict.fromkeys(_named(tenants, name) for name in choice.tenants))


def planned_waves(followed: FollowedRun) -> Mapping[str, int]:
    """The wave of every tenant, as [waves] said when it was asked for the first time: nobody changes waves later."""
    journal = followed.context.journal
    databases = {step.tenant: step.database for step in followed.databases.values() if step.tenant}
    recorded = {one.tenant: one.wave for one in journal.followed_databases() if one.tenant and one.wave is not None}
    waves = assign_waves(followed.plan.tenants, followed.context.settings.waves, recorded)
    for wave in set(waves.values()):
        new = [databases[tenant] for tenant, of in waves.items() if of == wave and tenant not in recorded]
        journal.assign_wave(new, wave)
    return waves


def _named(tenants: Sequence[Tenant], name: str) -> str:
    meant = keys_called(tenants, name)
    if len(meant) != 1:
        known = listed((tenant.slug for tenant in tenants), 5)
        raise RefusedError(
            f"{name} is {'several tenants' if meant else 'no tenant'} of this run.", f"Its tenants are: {known}."
        )
    return meant[0]
