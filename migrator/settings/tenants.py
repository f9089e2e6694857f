"""The section [tenants]: who the tenants are, and on which servers they go."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from pydantic import Field, field_validator, model_validator

from migrator.settings.section import Section


class DefaultTenant(Section):
    """`[tenants.default]`: the one tenant of a monolith that has no tenant root table."""

    key: str = "1"
    name: str
    slug: str
    column: str | None = None


Spread = Literal["round_robin", "by_size"]


# Of a tenant root whose rows have rows above them: is the row at the top the tenant, or each row?
TenantTreeChoice = Literal["top", "nodes"]


class Tenants(Section):
    """`[tenants]`: the tenant root, which of its columns say what, and the servers that tenants are spread over."""

    root: str | None = None
    key: str | None = None
    slug: str | None = None
    name: str | None = None
    setting: str = "app.current_tenant"
    tree: TenantTreeChoice | None = None
    parent: str | None = None
    settings: Mapping[str, str] = Field(default_factory=dict)
    per_tenant_objects: tuple[str, ...] = ()
    default: DefaultTenant | None = None
    servers: tuple[str, ...] = ()
    spread: Spread = "round_robin"
    pinned: Mapping[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _pinned_to_a_server_of_theirs(self) -> Tenants:
        if len(set(self.servers)) < len(self.servers):
            raise ValueError("a server is named twice in tenants.servers")
        if not self.servers and (self.pinned or self.spread != "round_robin"):
            raise ValueError("spread is for several servers: list them in tenants.servers")
        for tenant, server in self.pinned.items():
            if server not in self.servers:
                raise ValueError(f"tenants.pinned puts {tenant!r} to {server!r}, which is not in tenants.servers")
        return self

    @field_validator("per_tenant_objects", mode="before")
    @classmethod
    def _one_or_several(cls, patterns: object) -> object:
        return (patterns,) if isinstance(patterns, str) else patterns

    @field_validator("per_tenant_objects")
    @classmethod
    def _with_an_id(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            if pattern.count("{id}") != 1 or pattern == "{id}":
                raise ValueError(f'{pattern!r} has to name objects by the tenant\'s key, as in "conv_seq_{{id}}"')
        return patterns

    @field_validator("settings")
    @classmethod
    def _with_values(cls, settings: Mapping[str, str]) -> Mapping[str, str]:
        for setting, pattern in settings.items():
            cls._of_ours(setting)
            try:
                pattern.format(key="", slug="", name="")
            except (KeyError, IndexError, ValueError) as error:
                raise ValueError(f"{pattern!r} cannot be filled: it may hold {{key}}, {{slug}} and {{name}}") from error
        return settings

    @field_validator("setting")
    @classmethod
    def _of_ours(cls, setting: str) -> str:
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_$]*(\.[A-Za-z_][A-Za-z0-9_$]*)+", setting):
            raise ValueError(f"{setting!r} is no name of a session setting: it needs two parts, app.current_tenant")
        return setting

    @model_validator(mode="after")
    def _one_shape(self) -> Tenants:
        if self.root and self.default:
            raise ValueError("either root (a tenant root table) or [tenants.default] (one company), not both")
        return self
