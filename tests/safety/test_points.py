"""Every boundary is a registered point, and a crash at any point of any stage is mended by the same command.

A point is a boundary at which the journal, a target or the source changes its state; tests/safety/points.txt lists
them. A statement that is new in the program is a new point, and has to be written down there. Migrate's points, the
most, have files of their own beside this one.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.safety.points import registered
from tests.safety.survival import SHARES, Ending, again, chains, shares
from tests.safety.trial import STAGES
from tests.servers import PostgresServer

pytestmark = pytest.mark.timeout(300)


@pytest.mark.each
@pytest.mark.parametrize("stage", STAGES)
def test_every_boundary_is_a_registered_point(ending: Callable[[str], Ending], stage: str) -> None:
    met, known = set(ending(stage).points), set(registered()[stage])
    assert sorted(met - known) == [], "new boundaries: python -m tests.safety.points writes them down"
    assert sorted(known - met) == [], "boundaries that are no more: python -m tests.safety.points"


def _own(stage: str) -> list[str]:
    """The stage's points; of one that is a rollback once its run is found, those that a rollback does not have.

    All of them go through the drop, after which less is left than the first attempt found.
    """
    points = registered()
    if stage not in ("adopt", "tenant"):
        return list(points[stage])
    common = set(points["rollback"]) - {"rollback: DROP DATABASE"}
    return [point for point in points[stage] if point not in common]


@pytest.mark.each
@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "migrate"])
def test_a_crash_at_any_point_is_mended_by_the_same_command(
    server: PostgresServer, template: str, ending: Callable[[str], Ending], stage: str, share: int
) -> None:
    for due in chains(shares(_own(stage))[share], 1 + share):
        assert again(server, template, stage, due, ending(stage)) == []
