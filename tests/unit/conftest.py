"""Unit tests decide on values alone: a database within their reach would be an accident."""

from __future__ import annotations

from typing import NoReturn

import psycopg
import pytest
from hypothesis import HealthCheck, settings

# How fast a machine is, and what else it does, is not what a property is about.
settings.register_profile("migrator", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("migrator")


@pytest.fixture(autouse=True)
def _no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object, **_keywords: object) -> NoReturn:
        pytest.fail("a unit test opened a database connection; it belongs under tests/postgres", pytrace=True)

    # psycopg.connect is Connection.connect, bound when the package was imported: both names need covering.
    monkeypatch.setattr(psycopg, "connect", refuse)
    monkeypatch.setattr(psycopg.Connection, "connect", refuse)
