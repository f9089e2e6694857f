"""Fixtures of all tests: one server per session, databases of their own for each test."""

from __future__ import annotations

import os
import signal
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Literal

import pytest

from examples.topsteel.generator import load
from migrator.errors import MigratorError
from migrator.postgres.programs.local_server import LocalServer, temporary_server
from tests.servers import (
    FAST,
    DatabaseFactory,
    PostgresServer,
    ServerFactory,
    create_database,
    drop_databases,
    drop_roles,
    in_memory,
    server_under_test,
)

_TOPSTEEL_TENANTS = 5
_TOPSTEEL_SCALE = 0.05
# Instances of a test with parameters that `make test` runs.
_INSTANCES = 2


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--postgres",
        default="18",
        metavar="SERVER",
        help="embedded version (18, 16), bin directory of an installed PostgreSQL, or container[:image]; "
        "MIGRATOR_TEST_URL names a running server instead",
    )


def pytest_configure() -> None:
    # A script's background job ignores Ctrl-C, and so would every program that a test starts in order to interrupt it.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of a test with parameters that talks to a server, every instance behind the second is one of many: exhaustive.

    A test whose every instance is another subject says so: pytest.mark.each.
    """
    met: Counter[str] = Counter()
    for item in items:
        server_test = {"postgres", "safety"} & {*item.path.parts}
        if not server_test or not hasattr(item, "callspec") or item.get_closest_marker("each"):
            continue
        if item.get_closest_marker("exhaustive") is None:
            name = item.nodeid.split("[", 1)[0]
            met[name] += 1
            if met[name] > _INSTANCES:
                item.add_marker(pytest.mark.exhaustive)


def pytest_report_header(config: pytest.Config) -> str:
    running = "the server of MIGRATOR_TEST_URL" if os.environ.get("MIGRATOR_TEST_URL") else None
    return f"postgres: {running or config.getoption('--postgres')}"


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> Iterator[PostgresServer]:
    """The server of the session."""
    choice: str = request.config.getoption("--postgres")
    with ExitStack() as running:
        try:
            server = running.enter_context(server_under_test(choice, os.environ.get("MIGRATOR_TEST_URL", "")))
        except MigratorError as error:
            # Every test of the session would fail with the same reason.
            pytest.exit(f"no server to test on: {error.message}; {error.hint}", returncode=error.exit_code)
        yield server


@pytest.fixture(scope="session")
def server_url(server: PostgresServer) -> str:
    """The URL of the server's maintenance database."""
    return server.url()


@pytest.fixture(scope="session")
def second_server(server: PostgresServer) -> Iterator[LocalServer]:
    """A server beside that of the session and of its version, for targets on more than one."""
    if not (server.bin_dir / "initdb").exists():
        pytest.skip("the programs of the session's server are not on this machine")
    with temporary_server(bin_dir=server.bin_dir, settings=FAST) as second:
        yield second


@pytest.fixture
def prefix(server_url: str) -> Iterator[str]:
    """A prefix of the names of databases and roles that is this test's alone; what bears it is dropped at the end."""
    prefix = _unique_name("t")
    yield prefix
    drop_databases(server_url, prefix)
    drop_roles(server_url, prefix)


@pytest.fixture
def database_factory(server: PostgresServer, prefix: str) -> DatabaseFactory:
    """`database_factory(name=None, template=None)` creates a database and returns its URL.

    A name of your own is used as it is: begin it with `prefix`, so that it is dropped after the test.
    """

    def create(name: str | None = None, template: str | None = None) -> str:
        name = name or f"{prefix}_{uuid.uuid4().hex[:6]}"
        create_database(server.url(), name, template)
        return server.url(name)

    return create


@pytest.fixture
def database_url(database_factory: DatabaseFactory) -> str:
    """The URL of a fresh, empty database."""
    return database_factory()


@pytest.fixture(scope="session")
def topsteel_template(server: PostgresServer) -> Iterator[str]:
    """The name of a database with the reference monolith of many companies. Clone it, never change it."""
    yield from _loaded_template(server, "many", _TOPSTEEL_TENANTS)


@pytest.fixture(scope="session")
def topsteel_single_template(server: PostgresServer) -> Iterator[str]:
    """The name of a database with the reference monolith of one company. Clone it, never change it."""
    yield from _loaded_template(server, "single", 1)


@pytest.fixture
def topsteel_url(database_factory: DatabaseFactory, topsteel_template: str) -> str:
    """The URL of a fresh copy of the reference monolith of many companies."""
    return database_factory(template=topsteel_template)


@pytest.fixture
def topsteel_single_url(database_factory: DatabaseFactory, topsteel_single_template: str) -> str:
    """The URL of a fresh copy of the reference monolith of one company."""
    return database_factory(template=topsteel_single_template)


@pytest.fixture
def own_server(server: PostgresServer) -> Iterator[ServerFactory]:
    """`own_server(settings=None)` starts a durable server for this test alone, to crash and restart at will.

    It is of the session's version where its programs are on this machine.
    """
    with ExitStack() as servers:

        def start(settings: Mapping[str, str] | None = None) -> LocalServer:
            bin_dir: Path | None = server.bin_dir if (server.bin_dir / "initdb").exists() else None
            return servers.enter_context(temporary_server(bin_dir=bin_dir, settings=settings, parent=in_memory()))

        yield start


def _loaded_template(server: PostgresServer, shape: Literal["many", "single"], tenants: int) -> Iterator[str]:
    name = _unique_name(f"template_{shape}")
    create_database(server.url(), name)
    try:
        load(server.url(name), tenants=tenants, scale=_TOPSTEEL_SCALE, shape=shape)
        yield name
    finally:
        drop_databases(server.url(), name)


def _unique_name(kind: str) -> str:
    return f"{kind}_{uuid.uuid4().hex[:8]}"
