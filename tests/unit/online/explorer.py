"""Goes through every state of the world that can be reached, and looks in each for what must always hold."""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from migrator.core.online.tenant_events import ReadGates
from tests.unit.online.databases import Violation, exclusive
from tests.unit.online.dynamics import Dynamics, Label
from tests.unit.online.world import (
    IDLE,
    ROWS_OF,
    SOURCE,
    TARGET,
    TENANTS,
    Bounds,
    Coordinator,
    Protocol,
    World,
    Writer,
    beginning,
    lock,
    written,
)


@dataclass(frozen=True)
class Walk:
    """What a walk has gone through; `trace` is the way to a state in which something does not hold."""

    states: int
    steps: int
    complete: bool
    violation: str = ""
    trace: tuple[str, ...] = ()

    def __str__(self) -> str:
        way = "".join(f"\n  {number:>3}. {line}" for number, line in enumerate(self.trace, 1))
        end = self.violation or ("nothing is violated" if self.complete else "nothing is violated so far")
        return f"{self.states:,} states, {self.steps:,} steps: {end}{way}"


def explore(protocol: Protocol, bounds: Bounds, most: int = 10**6) -> Walk:
    """Breadth first, so that the trace is one of the shortest; ends at the first violation, or after `most` states."""
    dynamics = Dynamics(protocol, bounds)
    first = beginning(bounds, dynamics.plans)
    reached: dict[World, tuple[World, Label] | None] = {first: None}
    waiting = deque([first])
    settled: set[World] = set()
    steps = 0
    with _without_collection():
        while waiting and len(reached) < most:
            world = waiting.popleft()
            try:
                check(world)
                check_locks(world, dynamics)
                check_quiet(world, dynamics, settled)
                for label, after in dynamics.successors(world):
                    steps += 1
                    if after not in reached:
                        reached[after] = (world, label)
                        waiting.append(after)
            except Violation as violation:
                return Walk(len(reached), steps, False, str(violation), _way_to(world, reached))
    return Walk(len(reached), steps, complete=not waiting)


def _way_to(world: World, reached: dict[World, tuple[World, Label] | None]) -> tuple[str, ...]:
    lines = []
    while (origin := reached[world]) is not None:
        world, label = origin
        lines.append("".join(str(part) for part in label))
    return tuple(reversed(lines))


@contextmanager
def _without_collection() -> Iterator[None]:
    """Nothing here is garbage; looking for it among a million tuples takes most of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def check(world: World) -> None:
    """What holds in every state, whatever has died.

    Raises:
        Violation: something does not.
    """
    source = world.source
    for tenant in TENANTS:
        gate, target = source.gates[tenant], world.targets[tenant]
        if target.is_open and not gate.fence:
            raise Violation(f"two writers: tenant {tenant}'s door is open and no fence stands in the source")
        for row in ROWS_OF[tenant]:
            held, carried = source.rows[row], target.rows[row]
            where = f"row {row} of tenant {tenant}"
            authoritative = carried if gate.fence else held
            if authoritative != world.acknowledged[row]:
                raise Violation(
                    f"{where} is {authoritative:b} in the {'target' if gate.fence else 'source'}, "
                    f"and {world.acknowledged[row]:b} was acknowledged"
                )
            if target.timeline != source.timeline:
                continue
            if gate.fence:
                start = gate.position if gate.position >= 0 else max(target.opened_at, 0)
                if carried != held | written(target.log, row, start):
                    raise Violation(f"{where}: the source is not what the target was at the reverse position")
            else:
                later = written(source.log, row, target.position)
                if held != carried | later or carried & later:
                    raise Violation(f"{where}: the target is not the slice of the source at its position")
        side, generation = world.map[tenant]
        if side == TARGET and target.generation < generation:
            raise Violation(f"the map names tenant {tenant}'s target, which has not been opened for {generation}")


def check_locks(world: World, dynamics: Dynamics) -> None:
    """That no writer waits for a coordinator that has nothing more to do behind the lock.

    Raises:
        Violation: one holds the lock of a tenant for which it does nothing, or has only to look where that stands.
    """
    if not world.coordinator.locks:
        return
    for tenant, task in enumerate(world.coordinator.tasks):
        _, effects = dynamics.plans.values[task.plan]
        if world.coordinator.locks & (lock(SOURCE, tenant) | lock(TARGET, tenant)) and (
            not effects or isinstance(effects[0], ReadGates)
        ):
            raise Violation(f"the gate of tenant {tenant} is kept locked for nothing")


def check_quiet(world: World, dynamics: Dynamics, settled: set[World]) -> None:
    """That nobody stays blocked: without further faults and orders, each tenant ends with one side that takes writes.

    Sleepers die, sessions of the dead are ended by the server, writers end, one coordinator starts and does what
    `resume` says.

    Raises:
        Violation: a tenant is refused on both sides, or writers wait at a gate.
    """
    rules = dynamics.protocol.rules
    orphaned = world.orphaned if rules.lease else exclusive(world)
    at = world._replace(
        coordinator=Coordinator(dynamics.started),
        sleeper=None,
        orphaned=orphaned,
        faults=0,
        standby=None,
    )
    for number, writer in enumerate(at.writers):
        if writer.phase != IDLE:
            at = dynamics.ended(at, number, writer.done)
    key = at._replace(writers=tuple(Writer() for _ in at.writers), acknowledged=(0, 0, 0))
    if key in settled:
        return
    for tenant in dynamics.bounds.moving:
        for _ in range(40):
            following = next(dynamics.coordinators_step(at, 0, tenant, faults=False), None)
            if following is None:
                break
            at = following[1]
        else:
            raise Violation(
                f"tenant {tenant} comes to no end: {dynamics.plans.values[at.coordinator.tasks[tenant].plan]}"
            )
    for tenant in dynamics.bounds.moving:
        open_sides = (not at.source.gates[tenant].fence) + at.targets[tenant].is_open
        if open_sides != 1:
            raise Violation(f"tenant {tenant} stays refused on both sides" if not open_sides else "two writers")
        if at.map[tenant][0] != (TARGET if at.targets[tenant].is_open else SOURCE):
            raise Violation(f"the map stays wrong about tenant {tenant}")
    if exclusive(at):
        raise Violation("a gate stays locked: its writers wait for ever")
    check(at)
    settled.add(key)
