"""Fixtures of the tests of ticks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.postgres.sync.followed import Follower
from tests.servers import DatabaseFactory


@pytest.fixture
def follow(database_factory: DatabaseFactory) -> Iterator[Follower]:
    """`follow(ddl, tables)` makes a source, and databases that follow it."""
    follower = Follower(database_factory)
    yield follower
    follower.close()
