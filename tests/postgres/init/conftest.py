"""The fixture of init's tests that describe a monolith of their own."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tests.postgres.init.described import Describe, describe
from tests.servers import DatabaseFactory


@pytest.fixture
def described(database_factory: DatabaseFactory, prefix: str, tmp_path: Path) -> Describe:
    """`described(*scripts)` loads a monolith and runs init on it."""
    return partial(describe, database_factory, prefix, tmp_path)
