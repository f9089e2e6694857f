"""The map: in which database the rows of each target, and of each tenant, are served now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

# monolith: the source serves these rows. frozen: nobody takes writes of them. live: their own database serves them.
ServingState = Literal["monolith", "frozen", "live"]


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """How a database is reached, without secrets; '' is what libpq would choose."""

    database: str
    host: str = ""
    port: str = ""
    user: str = ""

    @property
    def parameters(self) -> dict[str, str]:
        """libpq's parameters, those that are not left to it."""
        given = {"host": self.host, "port": self.port, "dbname": self.database, "user": self.user}
        return {name: value for name, value in given.items() if value}


@dataclass(frozen=True, slots=True)
class MapEntry:
    """One database of the split, and who serves its rows.

    `name` is the database's own, which applications and poolers can call it by all the time; `tenant` is a key, ''
    where the target is not per tenant.
    """

    name: str
    target: str
    tenant: str
    slug: str
    state: ServingState
    own: DatabaseAddress
    monolith: DatabaseAddress

    @property
    def address(self) -> DatabaseAddress:
        """Where the rows are served now; a frozen entry's are read there, and no write of them is taken."""
        return self.own if self.state == "live" else self.monolith


@dataclass(frozen=True, slots=True)
class DatabaseMap:
    """All entries, those of targets before those of tenants. A higher `generation` is a newer map of the same run."""

    run: str
    generation: int
    entries: tuple[MapEntry, ...]

    def of(self, name: str) -> DatabaseMap:
        """Only what is called so: a tenant's key or slug, a target, or a database."""
        chosen = [one for one in self.entries if name in (one.tenant, one.slug, one.name)]
        chosen = chosen or [one for one in self.entries if one.target == name]
        return replace(self, entries=tuple(chosen))

    def to_document(self) -> dict[str, Any]:
        """The map as JSON-ready data."""
        return {
            "run": self.run,
            "generation": self.generation,
            "targets": {one.target: _entry(one) for one in self.entries if not one.tenant},
            "tenants": {one.tenant: _entry(one) for one in self.entries if one.tenant},
        }


def _entry(entry: MapEntry) -> Mapping[str, Any]:
    address = entry.address
    return {
        "name": entry.name,
        **({"slug": entry.slug} if entry.tenant else {}),
        "target": entry.target,
        "state": entry.state,
        "database": address.database,
        "host": address.host or None,
        "port": int(address.port) if address.port else None,
        "user": address.user or None,
    }
