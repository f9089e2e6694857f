"""Seeds of `make torture` that once failed, and a few more."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.safety.torture import SEEDS, Servers, arguments, go_through, torture_servers

_ALWAYS = (7, 11)


@pytest.fixture(scope="module")
def torture() -> Iterator[Servers]:
    with torture_servers() as servers:
        yield servers


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", sorted({*_ALWAYS, *map(int, SEEDS.read_text(encoding="utf-8").split())}))
def test_a_seed_of_the_torture_is_survived(torture: Servers, seed: int) -> None:
    report = go_through(torture, seed)
    assert not report.problem, report.problem


def test_each_torture_begins_at_a_seed_of_its_own_unless_it_is_told_one() -> None:
    assert len({arguments([]).seed for _ in range(5)}) == 5
    assert arguments(["--seed", "7"]).seed == 7
