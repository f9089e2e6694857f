"""The small case, exhaustively: whatever happens at whichever point, the same command or rollback mends it.

A point is a boundary at which the journal, a target or the source changes its state; tests/safety/points.txt lists
them. A statement that is new in the program is a new point, and has to be written down there.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.safety.survival import Ending, Ordeal, go_through, undisturbed
from tests.safety.trial import STAGES, Kind
from tests.servers import PostgresServer

_REGISTRY = Path(__file__).with_name("points.txt")

pytestmark = pytest.mark.timeout(900)


def registered() -> Mapping[str, tuple[str, ...]]:
    """The points of each stage that somebody has written down."""
    found: dict[str, list[str]] = {stage: [] for stage in STAGES}
    for line in _REGISTRY.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            stage, _, name = line.partition("\t")
            found[stage].append(name)
    return {stage: tuple(names) for stage, names in found.items()}


@pytest.fixture(scope="module")
def endings(server: PostgresServer, template: str) -> Mapping[str, Ending]:
    """How the stages end undisturbed."""
    return {stage: undisturbed(server, template, stage) for stage in STAGES}


def test_every_boundary_is_a_registered_point(endings: Mapping[str, Ending]) -> None:
    met = {f"{stage}\t{name}" for stage, ending in endings.items() for name in ending.points}
    known = {f"{stage}\t{name}" for stage, names in registered().items() for name in names}
    assert sorted(met - known) == [], "new boundaries: add these lines to tests/safety/points.txt"
    assert sorted(known - met) == [], "boundaries that are no more: remove these lines from tests/safety/points.txt"


@pytest.mark.parametrize("stage", STAGES)
def test_a_crash_at_any_point_is_mended_by_the_same_command(
    server: PostgresServer, template: str, endings: Mapping[str, Ending], stage: str
) -> None:
    ordeals = [Ordeal(stage, "crash", name) for name in registered()[stage]]
    assert go_through(server, template, ordeals, endings) == {}


def test_a_crash_of_migrate_at_any_point_is_mended_by_rollback(
    server: PostgresServer, template: str, endings: Mapping[str, Ending]
) -> None:
    # What only the journal tells apart is the same to rollback, which reads the servers.
    ordeals = [Ordeal("migrate", "crash", name, "rollback") for name in registered()["migrate"] if " > " not in name]
    assert go_through(server, template, ordeals, endings) == {}


@pytest.mark.parametrize("kind", ["terminate", "timeout", "lost", "interrupt"])
def test_what_else_may_happen_is_mended_too(
    server: PostgresServer, template: str, endings: Mapping[str, Ending], kind: Kind
) -> None:
    """Some points for each kind, others for another; `make torture` goes through all of them."""
    first = ("terminate", "timeout", "lost", "interrupt").index(kind)
    ordeals = [
        Ordeal(stage, kind, name)
        for stage, names in registered().items()
        for name in [name for name in names if not name.startswith(("program:", "file:"))][first * 3 :: 12]
    ]
    assert go_through(server, template, ordeals, endings) == {}
