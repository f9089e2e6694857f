"""The configuration as values: what migrator.toml, environment and flags say once they are merged and checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ByteSize, ConfigDict, Field, SecretStr, field_validator, model_validator


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Server(_Model):
    """How a server is reached: a libpq URL or conninfo string, single parameters winning over it."""

    url: SecretStr = SecretStr("")
    host: str | None = None
    port: int | None = None
    user: str | None = None
    password: SecretStr | None = None
    database: str | None = None


class TargetServer(Server):
    """`[servers.NAME]`: where targets are made. `free_disk` says what migrator cannot see from another machine."""

    free_disk: ByteSize | None = None


class Source(Server):
    """`[source]`: the monolith."""

    schemas: tuple[str, ...] = ()
    prefix: str | None = None


class DefaultTenant(_Model):
    """`[tenants.default]`: the one tenant of a monolith that has no tenant root table."""

    key: str = "1"
    name: str
    slug: str
    column: str | None = None


Spread = Literal["round_robin", "by_size"]


class Tenants(_Model):
    """`[tenants]`: the tenant root, which of its columns say what, and the servers that tenants are spread over."""

    root: str | None = None
    key: str | None = None
    slug: str | None = None
    name: str | None = None
    default: DefaultTenant | None = None
    servers: tuple[str, ...] = ()
    spread: Spread = "round_robin"
    pinned: Mapping[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _pinned_to_a_server_of_theirs(self) -> Tenants:
        if len(set(self.servers)) < len(self.servers):
            raise ValueError("a server is named twice in tenants.servers")
        if not self.servers and (self.pinned or "spread" in self.model_fields_set):
            raise ValueError("spread is for several servers: list them in tenants.servers")
        for tenant, server in self.pinned.items():
            if server not in self.servers:
                raise ValueError(f"tenants.pinned puts {tenant!r} to {server!r}, which is not in tenants.servers")
        return self

    @model_validator(mode="after")
    def _one_shape(self) -> Tenants:
        if self.root and self.default:
            raise ValueError("either root (a tenant root table) or [tenants.default] (one company), not both")
        return self


class Target(_Model):
    """`[targets.NAME]`: a destination; `database` may hold {prefix} and, where per_tenant, {slug} and {key}."""

    database: str
    migrations: Path
    per_tenant: bool = False
    server: str = "default"


Unowned = Literal["block", "quarantine", "shared", "replicate"]


class VirtualKey(_Model):
    """A reference that the source does not declare: "account_id -> accounts.id", several columns comma-separated.

    `inferred` holds the evidence where migrator proposed it; empty where a person wrote it.
    """

    key: str
    inferred: str = ""


class Polymorphic(_Model):
    """A pair of columns that names table and row together; `tables` maps each value of `type` to its table.

    A table may be written with the column that `id` holds ("posts.uuid"); by itself it means its primary key.
    """

    type: str
    id: str
    tables: Mapping[str, str]
    inferred: str = ""


class TableSettings(_Model):
    """`[tables.X]`: where a table goes and how its rows are read. Everything left out is derived.

    `key_path` is one path, or a list of paths that are tried in their order until one leads to a tenant. `decide` is
    what init leaves where it could not choose: the table stays undecided until the entry is replaced.
    """

    target: str | None = None
    ignore: str | None = None
    decide: tuple[str, ...] = ()
    reason: str = ""
    inferred: bool = False
    key: str | None = None
    key_path: tuple[str, ...] | tuple[tuple[str, ...], ...] = ()
    virtual: tuple[VirtualKey, ...] = ()
    polymorphic: tuple[Polymorphic, ...] = ()
    as_: str | None = Field(default=None, alias="as")
    columns: Mapping[str, str] = Field(default_factory=dict)
    query: str | None = None
    unowned: Unowned = "block"
    replicate: tuple[str, ...] = ()

    @field_validator("virtual", mode="before")
    @classmethod
    def _short_form(cls, virtual: object) -> object:
        if not isinstance(virtual, (list, tuple)):
            return virtual
        return tuple({"key": one} if isinstance(one, str) else one for one in virtual)

    @property
    def key_paths(self) -> tuple[tuple[str, ...], ...]:
        """The configured paths in the order in which they are tried."""
        one = tuple(part for part in self.key_path if isinstance(part, str))
        return (one,) if one else tuple(part for part in self.key_path if not isinstance(part, str))

    @model_validator(mode="after")
    def _consistent(self) -> TableSettings:
        if any(not path for path in self.key_paths):
            raise ValueError("key_path holds an empty path")
        if self.decide and (self.target or self.ignore):
            raise ValueError("decide is for a table without target or ignore: remove it once you have decided")
        if self.ignore is not None and not self.ignore.strip():
            raise ValueError("ignore needs the reason in words")
        if self.ignore and (self.target or self.replicate):
            raise ValueError("either ignore or target, not both")
        if self.key and self.key_path:
            raise ValueError("either key or key_path, not both")
        return self


CleanKind = Literal["rows", "test-accounts", "expired-sessions", "soft-deleted", "orphans", "unowned", "cross-tenant"]


class CleanRule(_Model):
    """`[clean.NAME]`: rows that leave for the quarantine before the split."""

    kind: CleanKind = "rows"
    table: str | None = None
    where: str | None = None
    column: str | None = None
    older_than: str | None = None
    dependents: Literal["move", "block"] = "move"


class AuditSettings(_Model):
    """`[audit]`: rule ids or finding keys that are not reported."""

    suppress: tuple[str, ...] = ()


Positive = Annotated[int, Field(gt=0)]


class Limits(_Model):
    """`[limits]`: how much of the machines a run may take. Times are seconds, sizes bytes."""

    jobs: Positive = 2
    max_source_connections: Positive | None = None
    max_target_connections: Positive | None = None
    executor: str = "processes"
    throttle: Annotated[ByteSize, Field(gt=0)] | None = None  # a second, over all workers
    max_replica_lag: ByteSize | None = None
    max_active_sessions: Positive | None = None
    min_free_disk: ByteSize | None = None
    lock_timeout: Positive = 2
    fence_patience: Positive = 120

    @property
    def paces(self) -> bool:
        """Whether there is anything that may slow a run down or stop it for a while."""
        return any(
            limit is not None
            for limit in (self.throttle, self.max_replica_lag, self.max_active_sessions, self.min_free_disk)
        )

    @field_validator("executor")
    @classmethod
    def _known_executor(cls, executor: str) -> str:
        if executor != "processes" and not re.fullmatch(r"dask(\+tls)?://[^/\s]+:\d+", executor):
            raise ValueError(f"{executor!r} is neither 'processes' nor a scheduler: dask://host:8786, dask+tls://…")
        return executor


class Paths(_Model):
    """`[paths]`: where files go, relative to migrator.toml; `programs` is the directory of pg_dump and friends."""

    backups: Path = Path("backups")
    logs: Path = Path("logs")
    programs: Path | None = None


class Control(_Model):
    """`[control]`: the control database that holds the journal; default `{prefix}_migrator`."""

    database: str = "{prefix}_migrator"


class Settings(_Model):
    """The whole configuration. `root` is the directory that relative paths are meant from."""

    source: Source = Source()
    servers: Mapping[str, TargetServer] = Field(default_factory=dict)
    control: Control = Control()
    tenants: Tenants = Tenants()
    targets: Mapping[str, Target] = Field(default_factory=dict)
    tables: Mapping[str, TableSettings] = Field(default_factory=dict)
    clean: Mapping[str, CleanRule] = Field(default_factory=dict)
    audit: AuditSettings = AuditSettings()
    limits: Limits = Field(default_factory=Limits)
    paths: Paths = Paths()
    root: Path = Path()
    file: Path | None = None

    @field_validator("tables")
    @classmethod
    def _named(cls, tables: Mapping[str, TableSettings]) -> Mapping[str, TableSettings]:
        if "" in tables:
            raise ValueError("a table without a name")
        return tables

    @model_validator(mode="after")
    def _targets_exist(self) -> Settings:
        for name, table in self.tables.items():
            for target in (*((table.target,) if table.target else ()), *table.replicate):
                if target not in self.targets:
                    known = ", ".join(self.targets) or "none"
                    raise ValueError(f"[tables.{name}] names the target {target!r}; known targets: {known}")
        return self

    @model_validator(mode="after")
    def _servers_exist(self) -> Settings:
        for server in self.tenants.servers:
            if server != "default" and server not in self.servers:
                raise ValueError(f"tenants.servers names {server!r}, but there is no [servers.{server}]")
        for name, target in self.targets.items():
            if self.tenants.servers and target.per_tenant and target.server != "default":
                raise ValueError(f"either tenants.servers or targets.{name}.server says where tenants go, not both")
        return self

    @property
    def target_servers(self) -> tuple[str, ...]:
        """The servers on which targets are made, by name."""
        spread = self.tenants.servers
        return tuple(
            sorted(
                {
                    server
                    for target in self.targets.values()
                    for server in ((target.per_tenant and spread) or (target.server,))
                }
            )
        )

    @property
    def server_names(self) -> tuple[str, ...]:
        """Every server on which something may be made; the journal is on the default one."""
        return tuple(sorted({"default", *self.target_servers}))

    def path(self, path: Path) -> Path:
        """`path` made absolute from the configuration's directory."""
        return path if path.is_absolute() else self.root / path
