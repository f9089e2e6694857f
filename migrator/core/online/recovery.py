"""Where a tenant stands after a crash, read from the two databases; the journal says only what they cannot.

The fence of the source has a generation, and the door of the target remembers the last one that it was used for. A
door opens once for each generation, so the two tell which of them was used last:

    fence    door                     stage
    none     shut                     what the journal says up to proved; else the tenant has come back: lifted
    none     open                     a failover has lost the fence: it is raised again before anything else
    g        below g                  fenced: the door is opened, or is made to know the generation if it is open
    g        at g, open               opened, or what the journal says beyond it
    g        at g or above, shut      shut: the way back goes on
    g        above g, open            a failover has lost the fence's last generation: it is raised again

What was ordered and not decided is dropped, and the same command orders it again; what was decided goes on.
"""

from __future__ import annotations

from dataclasses import dataclass

from migrator.core.online.stages import Stage
from migrator.core.online.tenant_events import (
    Effect,
    Journal,
    Prove,
    Publish,
    Repair,
    RestoreFence,
    Side,
    Tick,
)
from migrator.core.online.tenant_states import Tenant, Transition, opening, returned


@dataclass(frozen=True, slots=True)
class Fence:
    """What the source says of a tenant: its fence's generation, 0 where none stands, and the last one given at all.

    `positions_hold` says whether the source is the server, on the timeline, that the positions were taken from.
    """

    generation: int
    last_generation: int
    positions_hold: bool = True


@dataclass(frozen=True, slots=True)
class Door:
    """What the target says: the last generation that its door was used for, and whether it is open."""

    generation: int
    is_open: bool


_BEFORE_THE_DECISION = (Stage.COPIED, Stage.FOLLOWED, Stage.PROVED)
_UNDECIDED = (Stage.ARMED, Stage.DECIDING)
_IN_THE_TARGET = (Stage.PUBLISHED, Stage.REVERSING)


def resume(name: str, journal: Stage, fence: Fence, door: Door) -> Transition:
    """The tenant as it is, whatever died where, and what has to be done at once.

    `journal` is the stage that the journal holds. Both databases have to be asked before: nothing is assumed of one
    that does not answer.
    """
    if door.is_open and (not fence.generation or door.generation > fence.generation):
        lost = Tenant(name, Stage.DECIDING, fence.generation)
        return lost, (*_written(journal, Stage.DECIDING), RestoreFence(door.generation, fence.last_generation))
    if not fence.generation:
        return _in_the_source(name, journal, fence, door)
    if door.generation < fence.generation:
        fenced = Tenant(name, Stage.FENCED, fence.generation)
        return fenced, (*_written(journal, Stage.FENCED), *opening(fence.generation))
    if door.is_open:
        return _in_the_target(name, journal, fence)
    return Tenant(name, Stage.SHUT, fence.generation), (Tick(Side.TARGET), Prove(Side.TARGET))


def _in_the_source(name: str, journal: Stage, fence: Fence, door: Door) -> Transition:
    """No fence stands and the door is shut: the source has the tenant."""
    back = returned(fence.last_generation)
    if journal not in (*_BEFORE_THE_DECISION, *_UNDECIDED):
        return Tenant(name, Stage.LIFTED), back
    # Of one that was in its target before, the map may not know yet that it is back: the journal does not say.
    published = back if door.generation else ()
    if not fence.positions_hold:
        return Tenant(name, Stage.COPIED), (*_written(journal, Stage.COPIED), *published, Repair(Side.SOURCE))
    stage = Stage.PROVED if journal in _UNDECIDED else journal
    return Tenant(name, stage), (*_written(journal, stage), *published)


def _in_the_target(name: str, journal: Stage, fence: Fence) -> Transition:
    """The fence stands and the door has opened for it."""
    tenant = Tenant(name, Stage.REVERSING, fence.generation)
    if journal is Stage.FINALIZED:
        return tenant.at(Stage.FINALIZED), ()
    if journal in _IN_THE_TARGET:
        return tenant, (*_written(journal, Stage.REVERSING),)
    if journal is Stage.RETURNING:
        return tenant, (Journal(Stage.REVERSING),)
    published = (Publish(Side.TARGET, fence.generation),)
    return tenant.at(Stage.OPENED), (*_written(journal, Stage.OPENED), *published)


def _written(journal: Stage, stage: Stage) -> tuple[Effect, ...]:
    """What brings the journal to the stage."""
    return () if journal is stage else (Journal(stage),)
