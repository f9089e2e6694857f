"""Fixtures of the tests that need a server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres.workspaces import WorkspaceFactory, workspaces


@pytest.fixture
def make_workspace(prefix: str, tmp_path: Path) -> Iterator[WorkspaceFactory]:
    """`make_workspace(url, **settings)` is a workspace on that source, closed after the test."""
    with workspaces(prefix, tmp_path) as make:
        yield make
