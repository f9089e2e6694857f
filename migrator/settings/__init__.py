"""The configuration as values: migrator.toml, environment and flags, merged and checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import Field, field_validator, model_validator

from migrator.settings.files import AuditSettings, BackupSettings, Paths
from migrator.settings.limits import Limits
from migrator.settings.online import FreezeMode, Online, Waves
from migrator.settings.section import Section
from migrator.settings.servers import Control, Server, Source, TargetServer
from migrator.settings.tables import CleanKind, CleanRule, Polymorphic, TableSettings, Unowned, VirtualKey
from migrator.settings.targets import ReadRole, Roles, Target
from migrator.settings.tenants import DefaultTenant, Spread, Tenants, TenantTreeChoice

__all__ = [
    "AuditSettings",
    "BackupSettings",
    "CleanKind",
    "CleanRule",
    "Control",
    "DefaultTenant",
    "FreezeMode",
    "Limits",
    "Online",
    "Paths",
    "Polymorphic",
    "ReadRole",
    "Roles",
    "Server",
    "Settings",
    "Source",
    "Spread",
    "TableSettings",
    "Target",
    "TargetServer",
    "TenantTreeChoice",
    "Tenants",
    "Unowned",
    "VirtualKey",
    "Waves",
]


class Settings(Section):
    """The whole configuration. `root` is the directory that relative paths are meant from.

    `origins` says which variable or flag gave a setting ("source.url"); what is not in it is the file's.
    """

    source: Source = Source()
    servers: Mapping[str, TargetServer] = Field(default_factory=dict)
    control: Control = Control()
    tenants: Tenants = Tenants()
    targets: Mapping[str, Target] = Field(default_factory=dict)
    tables: Mapping[str, TableSettings] = Field(default_factory=dict)
    roles: Roles = Roles()
    clean: Mapping[str, CleanRule] = Field(default_factory=dict)
    audit: AuditSettings = AuditSettings()
    limits: Limits = Field(default_factory=Limits)
    online: Online = Online()
    waves: Waves = Waves()
    paths: Paths = Paths()
    backup: BackupSettings = BackupSettings()
    root: Path = Path()
    file: Path | None = None
    origins: Mapping[str, str] = Field(default_factory=dict)

    @field_validator("tables")
    @classmethod
    def _named(cls, tables: Mapping[str, TableSettings]) -> Mapping[str, TableSettings]:
        if "" in tables:
            raise ValueError("a table without a name")
        return tables

    @model_validator(mode="after")
    def _names_exist(self) -> Settings:
        problems = [*self._unknown_targets(), *self._unknown_servers()]
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def _unknown_targets(self) -> Iterator[str]:
        known = ", ".join(self.targets) or "none"
        for name, table in self.tables.items():
            for target in (*((table.target,) if table.target else ()), *table.replicate):
                if target not in self.targets:
                    yield f"[tables.{name}] names the target {target!r}; known targets: {known}"
            if table.unowned in ("shared", "auth") and table.unowned not in self.targets:
                yield (
                    f"[tables.{name}] unowned = {table.unowned!r} means the target of that name; known targets: {known}"
                )
        for name, role in self.roles.readers.items():
            for target in role.read:
                if target not in self.targets:
                    yield f"[roles.{name}] reads the target {target!r}; known targets: {known}"

    def _unknown_servers(self) -> Iterator[str]:
        for server in self.tenants.servers:
            if server != "default" and server not in self.servers:
                yield f"tenants.servers names {server!r}, but there is no [servers.{server}]"
        for name, target in self.targets.items():
            if self.tenants.servers and target.per_tenant and target.server != "default":
                yield f"either tenants.servers or targets.{name}.server says where tenants go, not both"

    @property
    def target_servers(self) -> tuple[str, ...]:
        """The servers on which targets are made, by name."""
        servers_of_tenants = self.tenants.servers
        return tuple(
            sorted(
                {
                    server
                    for target in self.targets.values()
                    for server in ((target.per_tenant and servers_of_tenants) or (target.server,))
                }
            )
        )

    @property
    def server_names(self) -> tuple[str, ...]:
        """Every server on which something may be made; the journal is on the default one."""
        return tuple(sorted({"default", *self.target_servers}))

    @property
    def hosted(self) -> Mapping[str, tuple[str, ...]]:
        """The targets of each database, in the file's order, by the first of them: its host."""
        by_database: dict[tuple[str, str, bool], list[str]] = {}
        for name, target in self.targets.items():
            by_database.setdefault((target.server, target.database, target.per_tenant), []).append(name)
        return {members[0]: tuple(members) for members in by_database.values()}

    def holds_tenants(self, target: str) -> bool:
        """Whether rows of tenants are at home in the target's database: one of each, or policies tell them apart."""
        members = self.hosted[self.host(target)]
        return any(self.targets[name].per_tenant or self.targets[name].row_level_security for name in members)

    def readers_of(self, host: str) -> tuple[str, ...]:
        """The read-only roles that may read something in the databases of that host."""
        members = set(self.hosted[host])
        return tuple(name for name, role in self.roles.readers.items() if members & set(role.read))

    def host(self, target: str) -> str:
        """The target whose name stands for the database that `target` is in: the first of those that share it."""
        return next((host for host, members in self.hosted.items() if target in members), target)

    def described(self, setting: str) -> str:
        """A setting ("source.url") as an operator knows it, with what gave it where that is not the file."""
        section, _, name = setting.rpartition(".")
        origin = self.origins.get(setting)
        return f"[{section}] {name}" + (f" (from {origin})" if origin else "")

    def path(self, path: Path) -> Path:
        """`path` made absolute from the configuration's directory."""
        return path if path.is_absolute() else self.root / path
