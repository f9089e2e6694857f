"""The commands that init says to type next work on the file that it wrote, as they are typed."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests.postgres.workspaces import run_sql
from tests.project import Project
from tests.servers import DatabaseFactory

SHOP = """
CREATE TABLE accounts (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE orders (id int PRIMARY KEY, account_id int NOT NULL REFERENCES accounts);
INSERT INTO accounts VALUES (1, 'a'), (2, 'b');
INSERT INTO orders VALUES (1, 1), (2, 2);
"""


@pytest.mark.parametrize("variable", [False, True], ids=["named by --config", "MIGRATOR_CONFIG set"])
def test_they_name_the_file_where_it_is_not_the_one_that_is_found(
    variable: bool, tmp_path: Path, prefix: str, database_factory: DatabaseFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = database_factory()
    run_sql(url, SHOP)
    other = Project.make(tmp_path / "other", url, prefix)
    if variable:
        monkeypatch.setenv("MIGRATOR_CONFIG", str(other.toml))
    answer = other.succeed(
        "init", "--source", url, "--prefix", prefix, "--tenant-root", "accounts", "--into", str(tmp_path / "split")
    )
    written = tmp_path / "split" / "migrator.toml"
    for command in answer.document["next"]:
        words = shlex.split(command)
        assert words[:3] == ["migrator", "--config", str(written)]
    placements = other.succeed(*shlex.split(answer.document["next"][0])[1:], "--source", url)
    assert placements.document["tenant_root"] == "accounts"


def test_they_name_nothing_where_the_file_is_found_anyway(
    tmp_path: Path, prefix: str, database_factory: DatabaseFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = database_factory()
    run_sql(url, SHOP)
    other = Project.make(tmp_path / "other", url, prefix)
    (tmp_path / "split").mkdir()
    monkeypatch.chdir(tmp_path / "split")
    answer = other.succeed("init", "--source", url, "--tenant-root", "accounts")
    assert answer.document["next"][0] == "migrator placements"
