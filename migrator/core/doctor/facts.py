"""What doctor knows of this machine and of the servers, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from migrator.core.plan.checks import Missing


@dataclass(frozen=True, slots=True)
class Program:
    """A client program that was looked for; `problem` says why there is none."""

    name: str
    path: str = ""
    version: int | None = None  # as server_version_num
    problem: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Directory:
    """A directory of [paths]; of one that is missing, what is true of the directory that it will be made in."""

    setting: str
    path: str
    free_bytes: int
    writable: bool


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine that the command runs on."""

    versions: Mapping[str, str]  # python, migrator, libpq
    processors: int
    memory_bytes: int | None  # that can be used without swapping; None: not known
    programs: tuple[Program, ...]
    directories: tuple[Directory, ...]


@dataclass(frozen=True, slots=True)
class Locale:
    """What a database orders and encodes text by.

    A version is None where the provider has none, or the server cannot say it.
    """

    encoding: str
    provider: Literal["libc", "icu", "builtin"]
    name: str  # as the provider calls it
    recorded_version: str | None = None  # when the database was made
    actual_version: str | None = None  # of the library that the server uses now


@dataclass(frozen=True, slots=True)
class Connectedness:
    """How a session reaches the server: `is_local` over a socket, or from an address to itself."""

    is_local: bool
    encryption: str  # protocol and cipher, '' where there is none
    certificate_checked: bool
    is_pooled: bool
    clock_ahead: float  # seconds by which the server's clock is ahead of this machine's
    clock_uncertainty: float  # seconds by which that may be wrong: half of the way there and back


@dataclass(frozen=True, slots=True)
class Control:
    """The control database: whether it is there, ours, and open to the role."""

    name: str
    exists: bool
    is_ours: bool
    is_open: bool


@dataclass(frozen=True, slots=True)
class ExaminedServer:
    """What one server says of itself to our role."""

    name: str  # in migrator.toml; "source"
    address: str
    version: int  # server_version_num
    identity: str  # system identifier; '' where the role may not know it
    is_standby: bool
    role: str
    may_create_databases: bool
    may_create_roles: bool
    passes_row_security: bool
    roles: frozenset[str]
    free_sessions: int
    free_bytes: int | None  # None: nobody can tell from here
    connectedness: Connectedness
    locale: Locale
    outdated_collations: tuple[tuple[str, str, str], ...]  # name, recorded version, actual version
    offered_extensions: Mapping[str, str]
    locale_is_known: bool = True  # whether databases of the source's locale can be made there
    control: Control | None = None


@dataclass(frozen=True, slots=True)
class ExaminedSource:
    """The source: its server as its own database shows it, and what only the source has."""

    server: ExaminedServer
    bytes: int
    missing: tuple[Missing, ...]
    extensions: Mapping[str, str]  # installed, with their versions
    extensions_in_use: frozenset[str]


@dataclass(frozen=True, slots=True)
class Unreachable:
    """A server that did not answer, in the words of the error."""

    name: str
    problem: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the configuration asks of machine and servers."""

    jobs: int
    target_servers: tuple[str, ...]
    tenant_servers: tuple[str, ...]
    new_roles: tuple[str, ...]  # that migrate makes where they are missing; "…" stands for the roles of each tenant
    has_policies: bool  # whether row level security is on a target
    commands: tuple[Program, ...] = ()  # that [backup] and [roles] name
