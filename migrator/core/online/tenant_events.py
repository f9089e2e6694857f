"""What can happen to a tenant on its way out and back, and what its coordinator has to do next; both as values.

Effects are carried out in their order. The last of them is answered by an event; where one before it fails, that is
answered by `Failed`, and the ones behind it are left out. Each is durable, or has not happened, when it is answered.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from migrator.core.online.stages import Stage


class Side(StrEnum):
    """One of the two databases that hold a tenant's rows."""

    SOURCE = "source"
    TARGET = "target"


# Effects: what the coordinator has to do.


@dataclass(frozen=True, slots=True)
class Journal:
    """Write the stage into the journal."""

    stage: Stage


@dataclass(frozen=True, slots=True)
class Tick:
    """Bring the other database to what this side holds now; answered by `Ticked`.

    Rows and log are read in one snapshot. The position is written together with the rows, and only if it still is the
    one that the tick began at: a coordinator that was asleep for a while cannot put back what another one did.
    """

    side: Side


@dataclass(frozen=True, slots=True)
class Repair:
    """Compare in full and make the other database equal to a fresh snapshot of this side; answered by `Ticked`."""

    side: Side


@dataclass(frozen=True, slots=True)
class ReserveNumbers:
    """Give the target's sequences blocks of numbers that the source has reserved for them; nothing answers.

    The source goes on behind a block before the target learns of it. What is left of a block from before stays good,
    unless a failover of the source has come between: it may have taken the reservation back.
    """


@dataclass(frozen=True, slots=True)
class Arm:
    """Let every writer of the tenant pass the gate of this side, wait for those from before; answered by `Armed`.

    Arming and disarming share the gate's lock, as writers do: neither happens while the gate is frozen.
    """

    side: Side


@dataclass(frozen=True, slots=True)
class Disarm:
    """Take the tenant from those that pass the gate, unless a fence stands; nothing answers."""

    side: Side


@dataclass(frozen=True, slots=True)
class Freeze:
    """Take the gate's exclusive lock of this side: answered by `Frozen` or `NotFrozen`.

    The lock belongs to a session and to one transaction of it, which the server ends when nothing comes from it. It is
    worth something only while what this coordinator has armed still is: where somebody has disarmed the tenant since,
    or armed it anew and may be waiting for older transactions, that is `Failed`.
    """

    side: Side


@dataclass(frozen=True, slots=True)
class Release:
    """Abort the transaction that holds the gate's lock of this side, if it is still there; nothing answers.

    It cannot fail: where the session cannot be told so, it is ended.
    """

    side: Side


@dataclass(frozen=True, slots=True)
class Prove:
    """Compare both databases at the position of the last tick; answered by `Agreed` or `Differed`."""

    side: Side


@dataclass(frozen=True, slots=True)
class Decide:
    """Write the fence with a new generation into the source and commit: answered by `Decided` or `Undecided`.

    `replaces` is 0 where no fence stands: then the row is written in the transaction that holds the gate's lock.
    Else it is the generation of the fence that stands,
    which is the condition. Not knowing whether the commit arrived is `Failed`.
    """

    replaces: int = 0


@dataclass(frozen=True, slots=True)
class RestoreFence:
    """Write the fence again that a failover of the source has lost; answered by `Decided` or `Undecided`.

    The new generation exceeds `above`, the door's. The condition is that `last`, the last generation that the source
    had given when it was read, still is: whoever has restored, lifted or decided since has drawn another.
    """

    above: int
    last: int


@dataclass(frozen=True, slots=True)
class AwaitStandbys:
    """Wait until every standby of this side has this generation's fence (0: none), or its shut door; nothing answers.

    Otherwise a standby that is promoted would not know of the decision, while the other side already acts upon it.
    Where the decision is not there any more, because one has been promoted, that is `Failed`.
    """

    side: Side
    generation: int


@dataclass(frozen=True, slots=True)
class OpenDoor:
    """Open the target's door for this generation: answered by `DoorOpened` or `DoorRefused`.

    A door that has seen this generation, or a later one, stays as it is; it is `DoorRefused` where it is shut. The
    position at which writes of applications begin is taken in the transaction that opens the door.
    """

    generation: int


@dataclass(frozen=True, slots=True)
class VoidDoor:
    """Let the door never open for this generation: answered by `DoorShut`, or `DoorRefused` where it did open."""

    generation: int


@dataclass(frozen=True, slots=True)
class ShutDoor:
    """Shut the door in the transaction that holds the lock of the target's gate; answered by `DoorShut`."""

    generation: int


@dataclass(frozen=True, slots=True)
class TakePosition:
    """Let forward ticks begin at a snapshot of the source in which this generation's fence stands; nothing answers."""

    generation: int


@dataclass(frozen=True, slots=True)
class LiftFence:
    """Remove this generation's fence, draw a new generation, commit; answered by `Lifted`, also where it is gone.

    It is done in the session that wrote the last reverse tick. Where that has ended it is `Failed`: the server may be
    another one now, without that tick.
    """

    generation: int


@dataclass(frozen=True, slots=True)
class Publish:
    """Say on the map where the tenant is, unless the map knows a later generation; answered by `Published`."""

    side: Side
    generation: int


@dataclass(frozen=True, slots=True)
class ReadGates:
    """Read the journal, the fence and the door, and go on with what `resume` makes of them."""


Effect = (
    Journal
    | Tick
    | Repair
    | ReserveNumbers
    | Arm
    | Disarm
    | Freeze
    | Release
    | Prove
    | Decide
    | RestoreFence
    | AwaitStandbys
    | OpenDoor
    | VoidDoor
    | ShutDoor
    | TakePosition
    | LiftFence
    | Publish
    | ReadGates
)


# Events that people or the clock bring.


@dataclass(frozen=True, slots=True)
class CutoverOrdered:
    """The tenant is to move to its target; also another attempt where the gate was not to be had."""


@dataclass(frozen=True, slots=True)
class ReturnOrdered:
    """The tenant is to go back into the source; also another attempt."""


@dataclass(frozen=True, slots=True)
class FinishOrdered:
    """The tenant is to stay in its target for good."""


@dataclass(frozen=True, slots=True)
class Abandoned:
    """The order is taken back, or all its attempts are used up."""


@dataclass(frozen=True, slots=True)
class OpeningGivenUp:
    """The door could not be opened in time after the decision."""


@dataclass(frozen=True, slots=True)
class ProofVoid:
    """The proof is too old, or a table has become suspect."""


@dataclass(frozen=True, slots=True)
class PositionsVoid:
    """This side is another server than it was (failover, restored backup): positions taken from it mean nothing."""

    side: Side


# Events that answer an effect.


@dataclass(frozen=True, slots=True)
class Ticked:
    """The other database has been brought to a position."""


@dataclass(frozen=True, slots=True)
class Agreed:
    """Both databases are equal; `late` where the freeze has lasted longer than its limit."""

    late: bool = False


@dataclass(frozen=True, slots=True)
class Differed:
    """The databases differ, or what was to be compared could not be."""


@dataclass(frozen=True, slots=True)
class Armed:
    """Every transaction that could write the tenant's rows passes the gate."""


@dataclass(frozen=True, slots=True)
class Frozen:
    """The gate's lock is held: no transaction that wrote the tenant's rows is under way."""


@dataclass(frozen=True, slots=True)
class NotFrozen:
    """The gate's lock was not to be had in time; nobody was refused."""


@dataclass(frozen=True, slots=True)
class Decided:
    """The fence stands, with this generation."""

    generation: int


@dataclass(frozen=True, slots=True)
class Undecided:
    """The decision was not committed, and will not be."""


@dataclass(frozen=True, slots=True)
class DoorOpened:
    """Applications write to the target."""


@dataclass(frozen=True, slots=True)
class DoorShut:
    """The target takes no writes, and will not for this generation."""


@dataclass(frozen=True, slots=True)
class DoorRefused:
    """The door is not as the order supposed: somebody else has used it."""


@dataclass(frozen=True, slots=True)
class Lifted:
    """The source takes the tenant's writes again; the map is told so with this generation."""

    generation: int


@dataclass(frozen=True, slots=True)
class Published:
    """The map says where the tenant is."""


@dataclass(frozen=True, slots=True)
class Failed:
    """An effect failed, or nobody knows whether it happened."""


Event = (
    CutoverOrdered
    | ReturnOrdered
    | FinishOrdered
    | Abandoned
    | OpeningGivenUp
    | ProofVoid
    | PositionsVoid
    | Ticked
    | Agreed
    | Differed
    | Armed
    | Frozen
    | NotFrozen
    | Decided
    | Undecided
    | DoorOpened
    | DoorShut
    | DoorRefused
    | Lifted
    | Published
    | Failed
)
