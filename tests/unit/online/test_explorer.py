"""Every state that the online protocol can come to, in small worlds, with the functions that ship."""

from __future__ import annotations

import pytest

from migrator.core.online.stages import Stage
from tests.unit.online.explorer import explore
from tests.unit.online.world import Bounds, Protocol

WORLDS = {
    "out and back, nothing dies": (Bounds(faults=0), 10**5),
    "out and back, a death": (Bounds(faults=1), 60_000),
    "from the copy on": (Bounds(faults=0, start=Stage.COPIED), 30_000),
}


@pytest.mark.each
@pytest.mark.parametrize("world", WORLDS)
def test_nothing_is_violated_in_any_state(world: str, capsys: pytest.CaptureFixture[str]) -> None:
    bounds, most = WORLDS[world]
    walk = explore(Protocol(), bounds, most)
    with capsys.disabled():
        print(f"\n{world}: {walk}")
    assert not walk.violation, str(walk)
    assert walk.complete or walk.states >= most
