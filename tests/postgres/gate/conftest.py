"""Fixtures of the tests of the gate."""

from __future__ import annotations

import pytest

from tests.postgres.gate.monolith import Monolith, make_monolith


@pytest.fixture
def monolith(database_url: str, prefix: str) -> Monolith:
    """A monolith of six companies whose changes are captured; nothing is armed."""
    return make_monolith(database_url, prefix)
