"""Every state that the online protocol can come to, in small worlds, with the functions that ship."""

from __future__ import annotations

import pytest

from migrator.core.online.stages import Stage
from tests.unit.online.explorer import explore
from tests.unit.online.world import Bounds, Protocol

# Both writers write the one row that moves.
_ONE_ROW = ((0,), (0,))

WORLDS = {
    "two writers, nothing dies": Bounds(faults=0),
    "two writers draw numbers": Bounds(faults=0, numbers=True),
    "from the copy on": Bounds(faults=0, start=Stage.COPIED),
    "out, back, out and back": Bounds(faults=0, generations=4, rows=_ONE_ROW, writes=(2, 1)),
    "both tenants move": Bounds(faults=0, moving=(0, 1), rows=((0, 2), ()), writes=(1, 0)),
    "a READ COMMITTED writer, a fault": Bounds(rows=_ONE_ROW, writes=(1, 0)),
    "a failover": Bounds(rows=_ONE_ROW, writes=(1, 0), failover=True),
}
LARGE_WORLDS = {
    "a REPEATABLE READ writer, a fault": Bounds(rows=_ONE_ROW, writes=(0, 1)),
    "numbers, a fault or a failover": Bounds(rows=((0, 2), ()), writes=(1, 0), failover=True, numbers=True),
    "two writers, a fault": Bounds(rows=_ONE_ROW),
    "a writer, two faults": Bounds(rows=_ONE_ROW, writes=(1, 0), faults=2),
    "both tenants move, a fault": Bounds(moving=(0, 1), rows=((0,), ()), writes=(1, 0)),
}
# What of a large world is gone through, where it is larger.
_MOST = 10**6


@pytest.mark.each
@pytest.mark.parametrize(
    "world",
    [*WORLDS, *(pytest.param(name, marks=[pytest.mark.exhaustive, pytest.mark.timeout(900)]) for name in LARGE_WORLDS)],
)
def test_nothing_is_violated_in_any_state(world: str, capsys: pytest.CaptureFixture[str]) -> None:
    walk = explore(Protocol(), (WORLDS | LARGE_WORLDS)[world], _MOST)
    with capsys.disabled():
        print(f"\n{world}: {walk}")
    assert not walk.violation, str(walk)
    assert walk.complete or (world in LARGE_WORLDS and walk.states >= _MOST)
