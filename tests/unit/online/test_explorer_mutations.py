"""What the explorer is good for: every damage to the protocol, one at a time, leads it to a state where something fails.

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
    Armed,
    AwaitStandbys,
    CutoverOrdered,
    Decide,
    Decided,
    DoorShut,
    Event,
    Freeze,
    Frozen,
    Journal,
    LiftFence,
    OpenDoor,
    OpeningGivenUp,
    Publish,
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


def cut_over_unarmed(tenant: Tenant, event: Event) -> Transition | None:
    if (tenant.stage, event) == (Stage.PROVED, CutoverOrdered()):
        return tenant.at(Stage.ARMED), (Freeze(Side.SOURCE),)
    return None


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


def undo_by_shutting_an_open_door(tenant: Tenant, event: Event) -> Transition | None:
    """As if the door had been voided although it had opened meanwhile, with writers in."""
    if tenant.stage is Stage.RETURNING and event == Armed():
        return tenant.at(Stage.RETURN_FROZEN), (ShutDoor(tenant.generation),)
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


@dataclass(frozen=True)
class Mutation:
    protocol: Protocol
    violates: str
    bounds: Bounds = Bounds()


SMALL = Bounds(faults=0)
FAILOVER = Bounds(failover=True)
AGAIN = Bounds(generations=3, writes=(2, 0))

MUTATIONS: dict[str, Mutation] = {
    "open before decide": Mutation(stepping(open_before_decide), "two writers", SMALL),
    "no tick under the lock": Mutation(stepping(decide_without_the_last_tick), "was acknowledged", SMALL),
    "decide above the limit": Mutation(stepping(decide_above_the_limit), "above its limit", SMALL),
    "no arming": Mutation(stepping(cut_over_unarmed), "", SMALL),
    "publish before open": Mutation(stepping(publish_before_open), "the map names", SMALL),
    "standbys are not waited for": Mutation(stepping(open_without_the_standbys), "two writers", FAILOVER),
    "undo leaves the door": Mutation(stepping(undo_without_voiding_the_door), "two writers"),
    "shut without the lock": Mutation(stepping(undo_by_shutting_an_open_door), "", SMALL),
    "shut before the last reverse tick": Mutation(stepping(shut_before_the_last_reverse_tick), "", SMALL),
    "lift before shut": Mutation(stepping(lift_before_the_door_is_shut), "two writers", SMALL),
    "forward position after lift": Mutation(
        Protocol(stepping(lift_before_the_position).step, rules=Rules(position_under_fence=False)), "slice", SMALL
    ),
    "resume believes the journal": Mutation(Protocol(resume=resuming), ""),
    "resume does not ask the door": Mutation(Protocol(resume=resuming_without_the_door), "no end"),
    "positions outlive a failover": Mutation(Protocol(resume=resuming_on_the_old_positions), "", FAILOVER),
    "no generation": Mutation(Protocol(rules=Rules(generation=False)), "behind the", SMALL),
    "no lease": Mutation(Protocol(rules=Rules(lease=False)), "wait for ever"),
    "arming waits for nobody": Mutation(Protocol(rules=Rules(waits_for_older=False)), "behind the fence", SMALL),
    "decided without the lock": Mutation(Protocol(rules=Rules(lock_decides=False)), "behind the"),
    "positions are not compared": Mutation(Protocol(rules=Rules(compares_positions=False)), ""),
    "reverse begins after the door opened": Mutation(Protocol(rules=Rules(position_with_door=False)), "", SMALL),
    "a door opens twice": Mutation(Protocol(rules=Rules(door_opens_once=False)), "two writers"),
    "a fenced tenant is disarmed": Mutation(Protocol(rules=Rules(fence_needs_armed=False)), "behind the fence"),
    "position without the fence": Mutation(Protocol(rules=Rules(position_under_fence=False)), "slice"),
    "any fence is lifted": Mutation(Protocol(rules=Rules(lifts_by_generation=False)), "two writers", AGAIN),
}


@pytest.mark.each
@pytest.mark.parametrize("mutation", MUTATIONS)
def test_the_explorer_sees(mutation: str) -> None:
    damaged = MUTATIONS[mutation]
    walk = explore(damaged.protocol, damaged.bounds, 400_000)
    assert damaged.violates in walk.violation, str(walk)
    assert walk.violation
    assert walk.trace
