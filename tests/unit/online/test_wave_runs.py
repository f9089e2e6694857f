"""A wave of two tenants out and back, with the coordinator's loop that ships: every run in which little goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest

from migrator.core.online.stages import Stage
from migrator.core.online.tenant_events import CutoverOrdered, Event, ReturnOrdered
from migrator.core.online.tenant_states import Tenant
from tests.unit.online.databases import Violation
from tests.unit.online.test_explorer_mutations import open_before_decide, resuming, stepping
from tests.unit.online.wave_simulation import NAMES, Choices, Died, Simulation
from tests.unit.online.world import SOURCE, TARGET, TENANTS, Bounds

BOUNDS = Bounds(writes=(2, 1), rows=((0, 2), (0,)), moving=TENANTS, faults=0, generations=9)

_READY = {CutoverOrdered(): Stage.PROVED, ReturnOrdered(): Stage.REVERSING}
_DONE = {CutoverOrdered(): Stage.REVERSING, ReturnOrdered(): Stage.FOLLOWED}


def carry_through(simulation: Simulation, order: Event) -> None:
    """Orders it while things happen, and then once more, in peace: the same command finishes."""
    ready = [Tenant(name, _READY[order], simulation.world.source.gates[int(name)].fence) for name in NAMES]
    with suppress(Died):
        simulation.order(order, ready)
    simulation.end()
    calm, simulation.calm = simulation.calm, True
    result = simulation.look()
    assert set(result.tenants) == set(NAMES), result.reasons
    for tenant in TENANTS:
        open_sides = (not simulation.world.source.gates[tenant].fence) + simulation.world.targets[tenant].is_open
        assert open_sides == 1, f"tenant {tenant} is refused on both sides"
    waiting = [tenant for tenant in result.tenants.values() if tenant.stage is _READY[order]]
    again = simulation.order(order, waiting)
    simulation.end()
    stages = {name: tenant.stage for name, tenant in {**result.tenants, **again.tenants}.items()}
    # Whoever was taken back while it was on its way out has to be proved again before it may go.
    allowed = {_DONE[order], Stage.FOLLOWED, Stage.PROVED} if order == CutoverOrdered() else {_DONE[order]}
    assert set(stages.values()) <= allowed, (stages, again.reasons)
    for tenant in TENANTS:
        stands = bool(simulation.world.source.gates[tenant].fence)
        assert simulation.world.map[tenant][0] == (TARGET if stands else SOURCE), "the map is wrong"
        assert stands == (stages[str(tenant)] is Stage.REVERSING)
    simulation.calm = calm


def run(given: tuple[int, ...], orders: tuple[Event, ...]) -> Choices:
    """One run: the last order is the one in which something happens."""
    choices = Choices(given)
    simulation = Simulation(choices, BOUNDS)
    try:
        for order in orders:
            simulation.calm = order != orders[-1]
            carry_through(simulation, order)
    except (AssertionError, Violation) as error:
        raise AssertionError(f"{error!r} after\n  " + "\n  ".join(simulation.log)) from error
    return choices


def every_run(orders: tuple[Event, ...], deviations: int) -> int:
    """Goes through all runs with so many deviations at most; returns how many there are."""
    runs = 0
    waiting: list[tuple[tuple[int, ...], int]] = [((), deviations)]
    while waiting:
        given, left = waiting.pop()
        choices = run(given, orders)
        runs += 1
        if left:
            waiting.extend((further, left - 1) for further in choices.further())
    return runs


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migrator.commands.cutover.protocol.time.sleep", lambda _: None)


ORDERS: dict[str, tuple[Event, ...]] = {
    "out": (CutoverOrdered(),),
    "back": (CutoverOrdered(), ReturnOrdered()),
}


@pytest.mark.each
@pytest.mark.parametrize("way", ORDERS)
@pytest.mark.parametrize("deviations", [1, pytest.param(2, marks=[pytest.mark.exhaustive, pytest.mark.timeout(900)])])
def test_whatever_happens_the_same_command_finishes(
    way: str, deviations: int, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = every_run(ORDERS[way], deviations)
    with capsys.disabled():
        print(f"\n{way}: {runs:,} runs with up to {deviations} deviations")
    assert runs > 100


# What is damaged in the loop's module, and words of what is then seen.
DAMAGES: dict[str, tuple[str, Callable[..., object], str]] = {
    "nobody looks at the clock": ("_Wave._is_late", lambda self, names, now: False, "above its limit"),
    "the journal is believed": ("resume", resuming, "refused on both sides"),
    "the door is opened before the decision": ("step", stepping(open_before_decide).step, "two writers"),
}


@pytest.mark.each
@pytest.mark.parametrize("damage", DAMAGES)
def test_damages_of_the_loop_are_seen(damage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name, instead, words = DAMAGES[damage]
    monkeypatch.setattr(f"migrator.commands.cutover.protocol.{name}", instead)
    with pytest.raises(AssertionError, match=words):
        every_run(ORDERS["out"], 1)
