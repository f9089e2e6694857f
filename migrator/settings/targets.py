"""The sections [targets.NAME] and [roles]: the databases that are made, and their roles."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, field_validator, model_validator

from migrator.settings.section import Command, Section


class Target(Section):
    """`[targets.NAME]`: a destination; `database` may hold {prefix} and, where per_tenant, {slug} and {key}.

    Targets of one `database` share it, each with a `schema` of its own for its tables.
    """

    database: str
    migrations: Path
    schema_: str | None = Field(default=None, alias="schema", min_length=1)
    per_tenant: bool = False
    row_level_security: bool = False
    server: str = "default"

    @field_validator("schema_")
    @classmethod
    def _not_the_systems(cls, schema: str | None) -> str | None:
        if schema is not None and schema.startswith(("pg_", "migrator")):
            raise ValueError(f"{schema!r} is a name for PostgreSQL's schemas or migrator's own")
        return schema

    @model_validator(mode="after")
    def _one_isolation(self) -> Target:
        if self.per_tenant and self.row_level_security:
            raise ValueError("row_level_security is for tenants that share a database; this target has one for each")
        return self


class ReadRole(Section):
    """`[roles.NAME]`: a role that may read the databases of the targets in `read`, and do nothing else."""

    read: tuple[str, ...] = Field(min_length=1)


class Roles(Section):
    """`[roles]`: roles that are made with the databases. What is a table in it and no setting is a role's name.

    `per_tenant` gives each database an owner and an application role and closes it to everybody else; `hand_out` is
    the command that takes the passwords on its stdin.
    """

    readers: Mapping[str, ReadRole] = Field(default_factory=dict)
    per_tenant: bool = False
    hand_out: Command = ()

    @model_validator(mode="before")
    @classmethod
    def _by_name(cls, document: Any) -> Any:
        if not isinstance(document, Mapping):
            return document
        named = {name: entry for name, entry in document.items() if name not in cls.model_fields}
        settings = {name: entry for name, entry in document.items() if name in cls.model_fields}
        for name, entry in named.items():
            if not isinstance(entry, (Mapping, ReadRole)):
                raise ValueError(f"there is no setting {name!r}; a role is a table: [roles.{name}]")
        return {**settings, "readers": {**settings.get("readers", {}), **named}} if named else document
