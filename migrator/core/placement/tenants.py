"""Tenants and the names of their databases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from migrator.core.schema.names import MAX_IDENTIFIER_BYTES, unique_slugs
from migrator.errors import ConfigurationError

UNOWNED = "\\N"  # the tenant of rows without a tenant key, as COPY writes NULL


@dataclass(frozen=True, slots=True)
class Tenant:
    """One tenant: its key as text, the slug in its database's name, its human name.

    `server` is where its database is made; '' means its target's server.
    """

    key: str
    slug: str
    name: str
    database: str = ""
    server: str = ""


def keys_called(tenants: Iterable[Tenant], name: str) -> list[str]:
    """The keys of the tenants that are called so: the one with that key, or else those with that slug or database."""
    known = list(tenants)
    if any(tenant.key == name for tenant in known):
        return [name]
    return [tenant.key for tenant in known if name in (tenant.slug, tenant.database)]


def assign_databases(
    rows: Iterable[tuple[str, str, str]],
    database_name: Callable[[str, str], str],
    reserved: Collection[str] = (),
) -> tuple[Tenant, ...]:
    """Tenants from (key, slug text, name), each with a database name that is unique and within 63 bytes.

    `database_name` fills the target's pattern from (slug, key); `reserved` are the names of other databases of ours.

    Raises:
        ConfigurationError: the pattern alone leaves no room for a slug, or gives two tenants one name; a key is one
            that cannot be told from no key, or two tenants have the same.
    """
    identities = list(rows)
    # '' is how a target without tenants is written, \N how COPY writes that there is no key.
    if taken := {key for key, _, _ in identities} & {"", UNOWNED}:
        raise ConfigurationError(
            f"A tenant has the key {taken.pop()!r}, which cannot be told from having none.",
            "Give that tenant another key, or name another key column: [tenants] key.",
        )
    if twice := next((key for key, times in Counter(key for key, _, _ in identities).items() if times > 1), None):
        raise ConfigurationError(
            f"Two tenants have the key {twice!r}.", "Name a key column that tells them apart: [tenants] key."
        )
    room = MAX_IDENTIFIER_BYTES - max((len(database_name("", key).encode()) for key, _, _ in identities), default=0)
    if identities and room < 8:
        raise ConfigurationError(
            f"The tenant database's pattern leaves {room} bytes for the slug (a name holds {MAX_IDENTIFIER_BYTES}).",
            "Shorten [source] prefix or the target's database pattern.",
        )
    slugs = unique_slugs(
        ((key, text) for key, text, _ in identities),
        room=room,
        is_free=lambda slug, key: (
            database_name(slug, key) == database_name("", key) or database_name(slug, key) not in reserved
        ),
    )
    tenants = tuple(Tenant(key, slugs[key], name, database_name(slugs[key], key)) for key, _, name in identities)
    names = [tenant.database for tenant in tenants]
    if taken_by_us := next((name for name in names if name in reserved), None):
        raise ConfigurationError(
            f"A tenant's database would be called {taken_by_us!r}, as another database of the migration.",
            "Choose another database pattern for the per-tenant target, or another [source] prefix.",
        )
    if len(set(names)) < len(names):
        raise ConfigurationError(
            "The database pattern of the per-tenant target gives several tenants the same name.",
            'Put {slug} or {key} into it: database = "{prefix}_{slug}".',
        )
    return tenants
