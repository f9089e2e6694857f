"""Fixtures of the tests that need a server."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from migrator.postgres.programs.account import server_account
from tests.postgres.workspaces import WorkspaceFactory, workspaces
from tests.servers import in_memory


@pytest.fixture
def server_directory() -> Iterator[Path]:
    """An empty directory that the account of a server may read and write to."""
    made = Path(tempfile.mkdtemp(prefix="migrator-test-", dir=in_memory()))
    if (account := server_account()) is not None:
        shutil.chown(made, account.uid, account.gid)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def make_workspace(prefix: str, tmp_path: Path) -> Iterator[WorkspaceFactory]:
    """`make_workspace(url, **settings)` is a workspace on that source, closed after the test."""
    with workspaces(prefix, tmp_path) as make:
        yield make
