"""Fixtures of the tests that make things go wrong."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from tests.safety.trial import Trial, load_monolith, trial
from tests.servers import PostgresServer, drop_databases


@pytest.fixture(scope="session")
def template(server: PostgresServer) -> Iterator[str]:
    """The name of a database with the small monolith, to be copied."""
    name = f"small_{uuid.uuid4().hex[:8]}"
    load_monolith(server.url, name)
    yield name
    drop_databases(server.url(), name)


@pytest.fixture
def here(server: PostgresServer, template: str) -> Iterator[Trial]:
    """A copy of the small monolith with a prefix and a directory of its own."""
    with trial(server.url, template) as made:
        yield made
