"""Fixtures of the tests that make things go wrong."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from functools import cache, partial

import pytest

from tests.safety.survival import Ending, undisturbed
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


@pytest.fixture(scope="session")
def ending(server: PostgresServer, template: str) -> Callable[[str], Ending]:
    """`ending(stage)` is how the stage ends when nothing disturbs it."""
    return cache(partial(undisturbed, server, template))
