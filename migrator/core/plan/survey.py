"""What a plan rests on in the source: its schema, its placements, its tenants."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from migrator.core.placement.model import Placements
from migrator.core.placement.tenants import Tenant
from migrator.core.schema.catalog import ByRelation, Catalog
from migrator.core.schema.digest import digest_of


@dataclass(frozen=True)
class Survey:
    """The source's catalog, its placements, its tenants, and the parameters that it gives its sessions."""

    catalog: Catalog
    placements: Placements
    tenants: tuple[Tenant, ...]
    query_columns: ByRelation[tuple[str, ...]]  # of the tables that are read by a query
    parameters: tuple[str, ...] = ()  # names, "role name" where they hold for one role; a value may be a secret
    parameters_digest: str = ""

    @property
    def known_keys(self) -> tuple[str, ...]:
        """Every tenant's key."""
        return tuple(tenant.key for tenant in self.tenants)


def name_parameters(parameters: Iterable[tuple[str, str, str]]) -> tuple[tuple[str, ...], str]:
    """The names of parameters given as (role, name, value), and a digest of names and values."""
    ordered = sorted(parameters)
    return tuple(f"{role} {name}".strip() for role, name, _ in ordered), digest_of(ordered)
