"""Seeds of `make torture` that once failed, and a few more."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from migrator.postgres.session.local_server import LocalServer
from tests.safety.torture import SEEDS, go_through, torture_server

_ALWAYS = (7, 11)


@pytest.fixture(scope="module")
def torture() -> Iterator[LocalServer]:
    with torture_server() as server:
        yield server


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", sorted({*_ALWAYS, *map(int, SEEDS.read_text(encoding="utf-8").split())}))
def test_a_seed_of_the_torture_is_survived(torture: LocalServer, seed: int) -> None:
    report = go_through(torture, seed)
    assert not report.problem, report.problem
