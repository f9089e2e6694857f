"""Every state that the online protocol can come to, in small worlds, with the functions that ship."""

from __future__ import annotations

import pytest

from migrator.core.online.stages import Stage
from tests.unit.online.explorer import explore
from tests.unit.online.world import Bounds, Protocol

# What of all is tried, and how many states are gone through at most.
WORLDS = {
    "two writers, nothing dies": (Bounds(faults=0), 10**5),
    "from the copy on": (Bounds(faults=0, start=Stage.COPIED), 10**5),
    "a READ COMMITTED writer, a fault": (Bounds(rows=((0,), (0,)), writes=(1, 0)), 10**5),
    "a failover": (Bounds(rows=((0,), (0,)), writes=(1, 0), failover=True), 10**5),
    "a REPEATABLE READ writer, a fault": (Bounds(rows=((0,), (0,)), writes=(0, 1)), 10**5),
}


@pytest.mark.each
@pytest.mark.parametrize("world", WORLDS)
def test_nothing_is_violated_in_any_state(world: str, capsys: pytest.CaptureFixture[str]) -> None:
    bounds, most = WORLDS[world]
    walk = explore(Protocol(), bounds, most)
    with capsys.disabled():
        print(f"\n{world}: {walk}")
    assert not walk.violation, str(walk)
    assert walk.complete
