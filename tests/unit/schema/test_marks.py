"""What is migrator's own in a database is told by its mark: no query may know it by the beginning of a name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import migrator

QUERIES = sorted(Path(migrator.__file__).parent.rglob("*.sql"))
BY_NAME = re.compile(r"nspname\s*(!?~|NOT LIKE|LIKE)\s*'[^']*migrator")


@pytest.mark.parametrize("query", QUERIES, ids=lambda path: f"{path.parents[1].name}/{path.stem}")
def test_no_query_tells_ours_by_a_name(query: Path) -> None:
    assert not BY_NAME.search(query.read_text(encoding="utf-8"))


@pytest.mark.parametrize("damage", ["n.nspname !~ '^migrator_'", "n.nspname !~ '^(pg_|migrator_)'"])
def test_such_a_query_is_seen(damage: str) -> None:
    assert BY_NAME.search(damage)
