"""Unit tests decide on values alone: a database within their reach would be an accident."""

from __future__ import annotations

from typing import NoReturn

import psycopg
import pytest


@pytest.fixture(autouse=True)
def _no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object, **_keywords: object) -> NoReturn:
        pytest.fail("a unit test opened a database connection; it belongs under tests/postgres", pytrace=True)

    # psycopg.connect is Connection.connect, bound when the package was imported: both names need covering.
    monkeypatch.setattr(psycopg, "connect", refuse)
    monkeypatch.setattr(psycopg.Connection, "connect", refuse)
