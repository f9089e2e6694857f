"""The configuration as values: what migrator.toml, environment and flags say once they are merged and checked."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ByteSize, ConfigDict, Field, SecretStr, field_validator, model_validator


class _Model(BaseModel):
    # Built where it is used first: every process imports this module, and only some read a configuration.
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, defer_build=True)


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


# Of a tenant root whose rows have rows above them: is the row at the top the tenant, or each row?
TenantTreeChoice = Literal["top", "nodes"]


class Tenants(_Model):
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


class Target(_Model):
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


Unowned = Literal["block", "quarantine", "shared", "replicate"]


class VirtualKey(_Model):
    """A reference that the source does not declare: "account_id -> accounts.id", several columns comma-separated.

    `blank` is the value that stands for "none" where the application does not write NULL: "", "0".
    `inferred` holds the evidence where migrator proposed it; empty where a person wrote it.
    """

    key: str
    blank: str | None = None
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
    large_objects: tuple[str, ...] = ()

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
    """`[audit]`: what is not reported; `history` is the source's Alembic tree, run after `history_before` (SQL)."""

    suppress: tuple[str, ...] = ()
    history: Path | None = None
    history_before: tuple[Path, ...] = ()


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

    @property
    def source_jobs(self) -> int:
        """How many sessions may work at once on the source's server."""
        return self._jobs_within(self.max_source_connections)

    @property
    def target_jobs(self) -> int:
        """How many sessions may work at once on each target server."""
        return self._jobs_within(self.max_target_connections)

    def _jobs_within(self, budget: int | None) -> int:
        # Two are always there besides: the program's own, and the one that holds the snapshot.
        return self.jobs if budget is None else max(1, min(self.jobs, budget - 2))

    @field_validator("executor")
    @classmethod
    def _known_executor(cls, executor: str) -> str:
        if executor != "processes" and not re.fullmatch(r"dask(\+tls)?://[^/\s]+:\d+", executor):
            raise ValueError(f"{executor!r} is neither 'processes' nor a scheduler: dask://host:8786, dask+tls://…")
        return executor


class Paths(_Model):
    """`[paths]`: where files go, relative to migrator.toml; `programs` is the directory of pg_dump and friends."""

    backups: Path = Path("backups")
    spool: Path = Path("spool")
    logs: Path = Path("logs")
    programs: Path | None = None


class BackupSettings(_Model):
    """`[backup]`: commands that encrypt and decrypt dumps, as lists of arguments or as lines split like a shell's."""

    encrypt: tuple[str, ...] = ()
    decrypt: tuple[str, ...] = ()

    @field_validator("encrypt", "decrypt", mode="before")
    @classmethod
    def _one_line(cls, command: object) -> object:
        return tuple(shlex.split(command)) if isinstance(command, str) else command


class Control(_Model):
    """`[control]`: the control database that holds the journal; default `{prefix}_migrator`."""

    database: str = "{prefix}_migrator"


class ReadRole(_Model):
    """`[roles.NAME]`: a role that may read the databases of the targets in `read`, and do nothing else."""

    read: tuple[str, ...] = Field(min_length=1)


class Roles(_Model):
    """`[roles]`: roles that are made with the databases. What is a table in it and no setting is a role's name.

    `per_tenant` gives each database an owner and an application role and closes it to everybody else; `hand_out` is
    the command that takes the passwords on its stdin.
    """

    readers: Mapping[str, ReadRole] = Field(default_factory=dict)
    per_tenant: bool = False
    hand_out: tuple[str, ...] = ()

    @field_validator("hand_out", mode="before")
    @classmethod
    def _one_line(cls, command: object) -> object:
        return tuple(shlex.split(command)) if isinstance(command, str) else command

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


class Settings(_Model):
    """The whole configuration. `root` is the directory that relative paths are meant from."""

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
    paths: Paths = Paths()
    backup: BackupSettings = BackupSettings()
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
        for name, role in self.roles.readers.items():
            for target in role.read:
                if target not in self.targets:
                    known = ", ".join(self.targets) or "none"
                    raise ValueError(f"[roles.{name}] reads the target {target!r}; known targets: {known}")
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

    @property
    def hosted(self) -> Mapping[str, tuple[str, ...]]:
        """The targets of each database, in the file's order, by the first of them: its host."""
        found: dict[tuple[str, str, bool], list[str]] = {}
        for name, target in self.targets.items():
            found.setdefault((target.server, target.database, target.per_tenant), []).append(name)
        return {members[0]: tuple(members) for members in found.values()}

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

    def path(self, path: Path) -> Path:
        """`path` made absolute from the configuration's directory."""
        return path if path.is_absolute() else self.root / path
