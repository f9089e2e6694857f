"""What the explorer is good for: each damage to the protocol leads it to a state where something fails.

Each names a mistake that is easily made; the words behind it are what has to be violated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from migrator.core.online.recovery import Door, Fence, resume
from migrator.core.online.stages import Stage
from migrator.core.online.tenant_events import (
    Agreed,
    AwaitStandbys,
    Decide,
    Decided,
    DoorShut,
    Event,
    Failed,
    Frozen,
    Journal,
    LiftFence,
    OpenDoor,
    OpeningGivenUp,
    Publish,
    ReadGates,
    ShutDoor,
    Side,
    TakePosition,
)
from migrator.core.online.tenant_states import Tenant, Transition, step
from tests.unit.online.explorer import explore
from tests.unit.online.world import Bounds, Protocol, Rules

Damage = Callable[[Tenant, Event], Transition | None]


def stepping(damage: Damage) -> Protocol:
    """The protocol with a step that is another one where `damage` gives something."""
    return Protocol(step=lambda tenant, event: damage(tenant, event) or step(tenant, event))


def open_before_decide(tenant: Tenant, event: Event) -> Transition | None:
    if (tenant.stage, event) == (Stage.FROZEN, Agreed()):
        return tenant.at(Stage.DECIDING), (Journal(Stage.DECIDING), OpenDoor(1), Decide())
    return None


def decide_without_the_last_tick(tenant: Tenant, event: Event) -> Transition | None:
    if (tenant.stage, event) == (Stage.ARMED, Frozen()):
        return tenant.at(Stage.DECIDING), (Journal(Stage.DECIDING), Decide())
    return None


def decide_above_the_limit(tenant: Tenant, event: Event) -> Transition | None:
    return step(tenant, Agreed()) if tenant.stage is Stage.FROZEN and event == Agreed(late=True) else None


def publish_before_open(tenant: Tenant, event: Event) -> Transition | None:
    if isinstance(event, Decided) and tenant.stage is Stage.DECIDING:
        fenced, (journal, *opening) = step(tenant, event)
        return fenced, (journal, Publish(Side.TARGET, event.generation), *opening)
    return None


def open_without_the_standbys(tenant: Tenant, event: Event) -> Transition | None:
    if isinstance(event, Decided):
        fenced, effects = step(tenant, event)
        return fenced, tuple(effect for effect in effects if not isinstance(effect, AwaitStandbys))
    return None


def undo_without_voiding_the_door(tenant: Tenant, event: Event) -> Transition | None:
    if (tenant.stage, event) == (Stage.FENCED, OpeningGivenUp()):
        return tenant.at(Stage.SHUT), (LiftFence(tenant.generation),)
    return None


def shut_before_the_last_reverse_tick(tenant: Tenant, event: Event) -> Transition | None:
    if (tenant.stage, event) == (Stage.RETURNING, Frozen()):
        return tenant.at(Stage.RETURN_FROZEN), (ShutDoor(tenant.generation),)
    return None


def lift_before_the_door_is_shut(tenant: Tenant, event: Event) -> Transition | None:
    if (tenant.stage, event) == (Stage.RETURN_FROZEN, Agreed()):
        return tenant.at(Stage.SHUT), (LiftFence(tenant.generation),)
    return None


def lift_before_the_position(tenant: Tenant, event: Event) -> Transition | None:
    if (tenant.stage, event) == (Stage.RETURN_FROZEN, DoorShut()):
        return tenant.at(Stage.SHUT), (LiftFence(tenant.generation),)
    if tenant.stage is Stage.LIFTED:
        following, effects = step(tenant, event)
        return following, (TakePosition(0), *effects)
    return None


def resuming(name: str, journal: Stage, fence: Fence, door: Door) -> Transition:
    """Believes the journal: what it says to be decided is, and nothing else."""
    decided = journal in (Stage.FENCED, Stage.OPENED, Stage.PUBLISHED, Stage.REVERSING, Stage.RETURNING)
    return resume(name, journal, Fence(fence.generation if decided else 0, fence.last_generation), door)


def resuming_without_the_door(name: str, journal: Stage, fence: Fence, door: Door) -> Transition:
    """Reads the source alone: a fence that stands means that the door has to be opened."""
    return resume(name, journal, fence, Door(0, False))


def resuming_on_the_old_positions(name: str, journal: Stage, fence: Fence, door: Door) -> Transition:
    return resume(name, journal, Fence(fence.generation, fence.last_generation), door)


# One writer, one row that moves; nothing dies, or one thing does.
CALM = Bounds(faults=0)
ONE = Bounds(rows=((0,), (0,)), writes=(1, 0))
BOTH = Bounds(rows=((0,), (0,)))
NUMBERS = Bounds(faults=0, numbers=True)
FAILOVER = Bounds(rows=((0,), (0,)), writes=(1, 0), failover=True)


def keep_the_lock_where_the_commit_fails(tenant: Tenant, event: Event) -> Transition | None:
    if (tenant.stage, event) == (Stage.DECIDING, Failed()):
        return tenant, (ReadGates(),)
    return None


@dataclass(frozen=True)
class Mutation:
    """A damaged protocol, words of what it violates, and the world in which that is seen."""

    protocol: Protocol
    violates: str
    bounds: Bounds = ONE


MUTATIONS: dict[str, Mutation] = {
    "open before decide": Mutation(stepping(open_before_decide), "two writers", CALM),
    "no tick under the lock": Mutation(stepping(decide_without_the_last_tick), "was acknowledged", CALM),
    "decide above the limit": Mutation(stepping(decide_above_the_limit), "above its limit", CALM),
    "the lock is kept": Mutation(stepping(keep_the_lock_where_the_commit_fails), "locked for nothing"),
    "publish before open": Mutation(stepping(publish_before_open), "the map names", CALM),
    "standbys are not waited for": Mutation(stepping(open_without_the_standbys), "two writers", FAILOVER),
    "undo leaves the door": Mutation(stepping(undo_without_voiding_the_door), "two writers"),
    "shut before the last reverse tick": Mutation(stepping(shut_before_the_last_reverse_tick), "acknowledged", CALM),
    "lift before shut": Mutation(stepping(lift_before_the_door_is_shut), "two writers", CALM),
    "forward position after lift": Mutation(
        Protocol(stepping(lift_before_the_position).step, rules=Rules(position_under_fence=False)), "slice", CALM
    ),
    "resume believes the journal": Mutation(Protocol(resume=resuming), "refused on both sides"),
    "resume does not ask the door": Mutation(Protocol(resume=resuming_without_the_door), "no end"),
    "positions outlive a failover": Mutation(
        Protocol(resume=resuming_on_the_old_positions, rules=Rules(compares_timelines=False)), "slice", FAILOVER
    ),
    "numbers behind the highest": Mutation(Protocol(rules=Rules(reserves_numbers=False)), "given twice", NUMBERS),
    "no generation": Mutation(Protocol(rules=Rules(generation=False)), "behind the", CALM),
    "no lease": Mutation(Protocol(rules=Rules(lease=False)), "wait for ever"),
    "arming waits for nobody": Mutation(Protocol(rules=Rules(waits_for_older=False)), "behind the fence", CALM),
    "decided without the lock": Mutation(Protocol(rules=Rules(lock_decides=False)), "behind the"),
    "positions are not compared": Mutation(Protocol(rules=Rules(compares_positions=False)), "goes back"),
    "reverse begins after the door opened": Mutation(Protocol(rules=Rules(position_with_door=False)), "reverse", CALM),
    "a door opens twice": Mutation(Protocol(rules=Rules(door_opens_once=False)), "two writers"),
    "a fenced tenant is disarmed": Mutation(Protocol(rules=Rules(fence_keeps_armed=False)), "behind the fence"),
    "arming while frozen": Mutation(Protocol(rules=Rules(arming_shares_lock=False)), "behind the fence"),
    "frozen unarmed": Mutation(Protocol(rules=Rules(freeze_checks_armed=False)), "behind the fence"),
    "position without the fence": Mutation(Protocol(rules=Rules(position_under_fence=False)), "slice", BOTH),
    "any fence is lifted": Mutation(Protocol(rules=Rules(lifts_by_generation=False)), "was acknowledged", BOTH),
}


# Seen only where a sleeper wakes after everything has gone out and back, with both writers.
LARGE = ("position without the fence", "any fence is lifted")


@pytest.mark.each
@pytest.mark.parametrize(
    "mutation",
    [pytest.param(name, marks=[pytest.mark.exhaustive] if name in LARGE else []) for name in MUTATIONS],
)
def test_the_explorer_sees(mutation: str) -> None:
    damaged = MUTATIONS[mutation]
    walk = explore(damaged.protocol, damaged.bounds, 400_000)
    assert walk.violation, str(walk)
    assert damaged.violates in walk.violation, str(walk)
    assert walk.trace
