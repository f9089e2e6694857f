"""The PostgreSQL server that the tests run on, and the databases that they make on it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, urlencode

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from migrator.errors import ConfigurationError
from migrator.postgres.programs.embedded import VERSIONS, embedded_bin_dir
from migrator.postgres.programs.local_server import LocalServer, temporary_server

CONTAINER = "container"
DEFAULT_IMAGE = "postgres:18"

# What the databases of a session may come to, several workers at once.
_ROOM = 8 << 30

# A lost test database costs nothing, so the server may trust the operating system with its writes.
FAST: Mapping[str, str] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "jit": "off",
    "max_connections": "200",
}


# For a server that is crashed. The machine goes on, so nothing is lost that was written to a file, fsync or not; what
# was committed without waiting for that is lost for certain, where otherwise a fifth of a second would decide.
FORGETFUL: Mapping[str, str] = {**FAST, "wal_writer_delay": "10s", "wal_writer_flush_after": "1GB"}


class DatabaseFactory(Protocol):
    """Creates a database that is dropped after the test, and returns its URL."""

    def __call__(self, name: str | None = None, template: str | None = None) -> str: ...


class ServerFactory(Protocol):
    """Starts a server that is stopped and removed after the test."""

    def __call__(self, settings: Mapping[str, str] | None = None) -> LocalServer: ...


class PostgresServer(Protocol):
    """What a test needs to know of a server."""

    @property
    def bin_dir(self) -> Path:
        """Where client programs (pg_dump, pg_restore) that understand the server are."""

    def url(self, database: str = "postgres") -> str:
        """Return the libpq URL of a database of the server, for a superuser."""


@dataclass(frozen=True)
class ForeignServer:
    """A server that the tests did not start, or started in a container."""

    conninfo: str = field(repr=False)
    bin_dir: Path

    def url(self, database: str = "postgres") -> str:
        parameters = {name: str(value) for name, value in conninfo_to_dict(self.conninfo).items()}
        parameters.pop("dbname", None)
        return f"postgresql:///{quote(database, safe='')}?{urlencode(parameters, quote_via=quote)}"


@contextmanager
def server_under_test(choice: str, existing: str) -> Iterator[PostgresServer]:
    """Run the server that `choice` names: a major version, a bin directory, `container` or `container:image`.

    A non-empty `existing` conninfo is used instead of starting anything.
    """
    if existing:
        yield ForeignServer(existing, _client_programs(existing))
    elif choice == CONTAINER or choice.startswith(f"{CONTAINER}:"):
        with _container(choice.removeprefix(CONTAINER).removeprefix(":") or DEFAULT_IMAGE) as server:
            yield server
    else:
        bin_dir = embedded_bin_dir(int(choice)) if choice.isdecimal() else Path(choice)
        with temporary_server(bin_dir=bin_dir, settings=FAST, parent=in_memory()) as server:
            yield server


def in_memory() -> Path | None:
    """A directory in memory with room for test databases, whose thousands of files a disk is slow at; None without."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() and shutil.disk_usage(memory).free > _ROOM else None


@contextmanager
def _container(image: str) -> Iterator[PostgresServer]:
    # Imported here because only these runs need a Docker engine, and it takes a second.
    from docker.errors import DockerException
    from testcontainers.community.postgres import PostgresContainer

    options = " ".join(f"-c {name}={value}" for name, value in FAST.items())
    try:
        container = PostgresContainer(image, username="postgres", password="secret", dbname="postgres", driver=None)
    except DockerException as error:
        raise ConfigurationError("no Docker engine answers", "make test-container brings its own") from error
    with container.with_command(options) as running:
        conninfo = running.get_connection_url()
        yield ForeignServer(conninfo, _client_programs(conninfo))


def _client_programs(conninfo: str) -> Path:
    """Return the directory of a pg_dump that understands the server, the closest to its version first."""
    with psycopg.connect(conninfo) as connection:
        major = connection.info.server_version // 10000
    installed = Path(f"/usr/lib/postgresql/{major}/bin")
    if (installed / "pg_dump").exists():
        return installed
    for version in sorted(VERSIONS):
        if version >= major:
            return embedded_bin_dir(version)
    if (program := shutil.which("pg_dump")) is not None:
        return Path(program).parent
    raise LookupError(f"no pg_dump for PostgreSQL {major} on this machine")


def create_database(server_url: str, name: str, template: str | None = None) -> None:
    """Create a database, as a copy of `template` where one is named."""
    statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    if template is not None:
        statement += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(statement)


def drop_databases(server_url: str, prefix: str) -> list[str]:
    """Drop every database whose name begins with `prefix`, whoever is connected; return their names."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        found = connection.execute(
            "SELECT datname, datistemplate FROM pg_database WHERE starts_with(datname, %s) ORDER BY datname",
            [prefix],
        ).fetchall()
        for name, is_template in found:
            identifier = sql.Identifier(name)
            if is_template:
                connection.execute(sql.SQL("ALTER DATABASE {} IS_TEMPLATE false").format(identifier))
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(identifier))
    return [name for name, _ in found]


def drop_roles(server_url: str, prefix: str) -> None:
    """Drop every role whose name begins with `prefix`; their databases are gone already."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        found = connection.execute("SELECT rolname FROM pg_roles WHERE starts_with(rolname, %s)", [prefix]).fetchall()
        for (name,) in found:
            connection.execute(sql.SQL("DROP OWNED BY {0}; DROP ROLE {0}").format(sql.Identifier(name)))
