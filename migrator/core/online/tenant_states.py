"""A tenant's way from the source into its own database and back: which event leads where, and what is done then.

                        arm          freeze      last tick, proof     commit
    copied -> followed -> proved -> armed -> frozen ----------> deciding -> fenced -> opened -> published -> reversing
                 ^                                                                                   |            |
                 |    publish        lift the fence       commit      last tick, proof       freeze  |   finalized
                 +----------- lifted <------------- shut <------ return-frozen <------- returning <--+

At every instant the source's fence stands or the target's door is shut: there is one writer. Two commits decide, that
of the fence and that of the door; each is made while a lock keeps the other writers out, and a server that hears
nothing from the lock's session ends it. So a tenant is never frozen by somebody who has died, and of what has been
decided nothing is in memory only: `recovery.resume` reads it from the two databases.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from migrator.core.online.stages import MEANINGS, Stage
from migrator.core.online.tenant_events import (
    Abandoned,
    Agreed,
    Arm,
    Armed,
    AwaitStandbys,
    CutoverOrdered,
    Decide,
    Decided,
    Differed,
    Disarm,
    DoorOpened,
    DoorRefused,
    DoorShut,
    Effect,
    Event,
    Failed,
    FinishOrdered,
    Freeze,
    Frozen,
    Journal,
    Lifted,
    LiftFence,
    NotFrozen,
    OpenDoor,
    OpeningGivenUp,
    PositionsVoid,
    ProofVoid,
    Prove,
    Publish,
    Published,
    ReadGates,
    Release,
    Repair,
    ReserveNumbers,
    ReturnOrdered,
    ShutDoor,
    Side,
    TakePosition,
    Tick,
    Ticked,
    Undecided,
    VoidDoor,
)
from migrator.errors import RefusedError


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant and its stage; `generation` is that of its fence, 0 where none stands."""

    name: str
    stage: Stage
    generation: int = 0

    def at(self, stage: Stage) -> Tenant:
        """The same tenant in another stage."""
        return replace(self, stage=stage)


Transition = tuple[Tenant, tuple[Effect, ...]]

# What a failed or unanswered effect leaves open is read from the databases.
_UNSURE = (ReadGates(),)

# What an order needs, where it is refused.
_HINTS: dict[type[Event], str] = {
    CutoverOrdered: "A tenant can be cut over once it is `proved`; `migrator follow status` says what it waits for.",
    ReturnOrdered: "Only a tenant whose target takes its writes can go back, and only before it is finalized.",
    FinishOrdered: "A tenant can be finalized once its writes are carried back: it is `reversing` then.",
    Abandoned: "Nothing is under way that could be abandoned; after the decision the way is forward, or a return.",
}


def opening(generation: int) -> tuple[Effect, ...]:
    """What is done once the fence stands with this generation."""
    return AwaitStandbys(Side.SOURCE, generation), OpenDoor(generation)


def returned(generation: int) -> tuple[Effect, ...]:
    """What is done once no fence stands any more; a generation that the map knows is never given again."""
    return AwaitStandbys(Side.SOURCE, 0), Publish(Side.SOURCE, generation)


def _lifting(generation: int) -> tuple[Effect, ...]:
    """What is done once the door is shut and the source has all that was written behind it."""
    return AwaitStandbys(Side.TARGET, generation), TakePosition(generation), LiftFence(generation)


def step(tenant: Tenant, event: Event) -> Transition:
    """Where the event leads the tenant, and what has to be done then, in that order.

    Raises:
        RefusedError: nothing of the kind can happen to a tenant in this stage.
    """
    for part in (_following, _cutting_over, _opening, _in_the_target, _going_back):
        if (transition := part(tenant, event)) is not None:
            return transition
    raise RefusedError(
        f"Tenant {tenant.name} is {tenant.stage}: {MEANINGS[tenant.stage].text}. "
        f"{type(event).__name__} has no meaning for it.",
        _HINTS.get(type(event), "`migrator follow status` says where each tenant stands."),
    )


def _following(tenant: Tenant, event: Event) -> Transition | None:
    """While the source is written to and the target follows."""
    match tenant.stage, event:
        case Stage.COPIED, Ticked():
            return tenant.at(Stage.FOLLOWED), (Journal(Stage.FOLLOWED),)
        case Stage.FOLLOWED | Stage.PROVED, Ticked():
            return tenant, ()
        case Stage.FOLLOWED, Agreed():
            return tenant.at(Stage.PROVED), (Journal(Stage.PROVED),)
        case Stage.PROVED, Agreed():
            return tenant, ()
        case Stage.FOLLOWED | Stage.PROVED, Differed() | ProofVoid():
            return tenant.at(Stage.FOLLOWED), (Journal(Stage.FOLLOWED),)
        case Stage.COPIED | Stage.FOLLOWED | Stage.PROVED | Stage.ARMED, PositionsVoid(Side.SOURCE):
            return tenant.at(Stage.COPIED), (Journal(Stage.COPIED), Repair(Side.SOURCE))
        case Stage.COPIED | Stage.FOLLOWED | Stage.PROVED, Failed() | Published():
            return tenant, ()
    return None


def _cutting_over(tenant: Tenant, event: Event) -> Transition | None:
    """From the order to the decision: all of it can be given up, and nobody notices."""
    match tenant.stage, event:
        case Stage.PROVED, CutoverOrdered():
            return tenant, (ReserveNumbers(), Arm(Side.SOURCE))
        case Stage.PROVED, Armed():
            return tenant.at(Stage.ARMED), (Journal(Stage.ARMED), Freeze(Side.SOURCE))
        case Stage.ARMED, CutoverOrdered():
            return tenant, (Freeze(Side.SOURCE),)
        case Stage.ARMED, NotFrozen():
            return tenant, ()
        case Stage.ARMED, Failed():
            return tenant.at(Stage.PROVED), (Release(Side.SOURCE), Journal(Stage.PROVED))
        case Stage.ARMED, Abandoned() | ProofVoid():
            return tenant.at(Stage.PROVED), (Disarm(Side.SOURCE), Journal(Stage.PROVED))
        case Stage.ARMED, Frozen():
            return tenant.at(Stage.FROZEN), (Tick(Side.SOURCE), Prove(Side.SOURCE))
        case Stage.FROZEN, Agreed(late=False):
            return tenant.at(Stage.DECIDING), (Journal(Stage.DECIDING), Decide())
        case Stage.FROZEN, Agreed() | Failed():
            return tenant.at(Stage.ARMED), (Release(Side.SOURCE),)
        case Stage.FROZEN, PositionsVoid(Side.SOURCE):
            return tenant.at(Stage.COPIED), (Release(Side.SOURCE), Journal(Stage.COPIED), Repair(Side.SOURCE))
        case Stage.FROZEN, Differed():
            return tenant.at(Stage.FOLLOWED), (Release(Side.SOURCE), Disarm(Side.SOURCE), Journal(Stage.FOLLOWED))
        case Stage.DECIDING, Decided(generation):
            return Tenant(tenant.name, Stage.FENCED, generation), (Journal(Stage.FENCED), *opening(generation))
        case Stage.DECIDING, Undecided() | Failed():
            # Where the commit has not arrived the lock is still held, and there is nothing more to hold it for.
            return tenant, (Release(Side.SOURCE), *_UNSURE)
    return None


def _opening(tenant: Tenant, event: Event) -> Transition | None:
    """After the decision: the tenant is refused on both sides until the door opens or the fence is lifted."""
    match tenant.stage, event:
        case Stage.FENCED, DoorOpened():
            opened = (Journal(Stage.OPENED), Publish(Side.TARGET, tenant.generation))
            return tenant.at(Stage.OPENED), opened
        case Stage.FENCED, OpeningGivenUp():
            return tenant, (VoidDoor(tenant.generation),)
        case Stage.FENCED, DoorShut():
            return tenant.at(Stage.SHUT), (Tick(Side.TARGET), Prove(Side.TARGET))
        case Stage.FENCED, DoorRefused() | Failed():
            return tenant, _UNSURE
        case Stage.OPENED, Published():
            return tenant.at(Stage.PUBLISHED), (Journal(Stage.PUBLISHED), Tick(Side.TARGET))
        case Stage.OPENED, Failed():
            return tenant, _UNSURE
    return None


def _in_the_target(tenant: Tenant, event: Event) -> Transition | None:
    """While the target is written to and the source is kept equal to it."""
    match tenant.stage, event:
        case Stage.PUBLISHED, Ticked():
            return tenant.at(Stage.REVERSING), (Journal(Stage.REVERSING),)
        case Stage.PUBLISHED | Stage.REVERSING, Failed():
            return tenant, ()
        case Stage.PUBLISHED | Stage.REVERSING | Stage.RETURNING, PositionsVoid(Side.TARGET):
            return tenant.at(Stage.PUBLISHED), (Journal(Stage.PUBLISHED), Repair(Side.TARGET))
        case Stage.REVERSING, Ticked() | Agreed() | Differed():
            return tenant, ()
        case Stage.REVERSING, FinishOrdered():
            return tenant.at(Stage.FINISHING), (Tick(Side.TARGET), Prove(Side.TARGET))
        case Stage.FINISHING, Agreed():
            return tenant.at(Stage.FINALIZED), (Journal(Stage.FINALIZED),)
        case Stage.FINISHING, Differed() | Failed():
            return tenant.at(Stage.REVERSING), ()
    return None


def _going_back(tenant: Tenant, event: Event) -> Transition | None:
    """From the order to return to the source's next write."""
    generation = tenant.generation
    match tenant.stage, event:
        case Stage.OPENED | Stage.PUBLISHED | Stage.REVERSING, ReturnOrdered():
            return tenant.at(Stage.RETURNING), (Journal(Stage.RETURNING), Arm(Side.TARGET))
        case Stage.RETURNING, Armed() | ReturnOrdered():
            return tenant, (Freeze(Side.TARGET),)
        case Stage.RETURNING, NotFrozen():
            return tenant, ()
        case Stage.RETURNING, Failed():
            return tenant.at(Stage.REVERSING), (Release(Side.TARGET), Journal(Stage.REVERSING))
        case Stage.RETURNING, Abandoned():
            return tenant.at(Stage.REVERSING), (Disarm(Side.TARGET), Journal(Stage.REVERSING))
        case Stage.RETURNING, Frozen():
            return tenant.at(Stage.RETURN_FROZEN), (Tick(Side.TARGET), Prove(Side.TARGET))
        case Stage.RETURN_FROZEN, Agreed(late=False):
            return tenant, (ShutDoor(generation),)
        case Stage.RETURN_FROZEN, Agreed() | Differed():
            return tenant.at(Stage.RETURNING), (Release(Side.TARGET),)
        case Stage.RETURN_FROZEN, Failed() | DoorRefused():
            return tenant, (Release(Side.TARGET), *_UNSURE)
        case Stage.RETURN_FROZEN, DoorShut():
            return tenant.at(Stage.SHUT), _lifting(generation)
        case Stage.SHUT, Agreed():
            return tenant, _lifting(generation)
        case Stage.SHUT, Differed():
            # What cannot go back keeps the tenant where its rows are: the fence of another generation opens the door.
            return tenant.at(Stage.DECIDING), (Journal(Stage.DECIDING), Decide(replaces=generation))
        case Stage.SHUT, Lifted(after):
            return Tenant(tenant.name, Stage.LIFTED), returned(after)
        case Stage.SHUT | Stage.LIFTED, Failed():
            return tenant, _UNSURE
        case Stage.LIFTED, Published():
            return tenant.at(Stage.FOLLOWED), (Journal(Stage.FOLLOWED),)
    return None
