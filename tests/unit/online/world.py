"""A small world for the online protocol, as values: a source, two tenants' databases, writers, coordinators.

A row's value is the set of writes that it has taken, as bits: each writer reads, adds its own bit and writes, so that
a lost write cannot be hidden by a later one. Everything is tuples of numbers, because a walk through the states
compares and remembers some hundred thousand of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from migrator.core.online.recovery import Door, Fence, resume
from migrator.core.online.stages import Stage
from migrator.core.online.tenant_events import Effect, Event, Side
from migrator.core.online.tenant_states import Tenant, Transition, step

TENANT_OF = (0, 0, 1)
ROWS_OF = ((0, 1), (2,))
TENANTS = (0, 1)
# Sides and stages as numbers, and back.
SOURCE, TARGET = 0, 1
SIDES = (Side.SOURCE, Side.TARGET)
NUMBER_OF = {Side.SOURCE: SOURCE, Side.TARGET: TARGET}
IDLE, BEGUN, WROTE = 0, 1, 2

Rows = tuple[int, ...]
# (row, bit) in the order of the commits; a position is how many of them it sees.
Log = tuple[tuple[int, int], ...]
Value = TypeVar("Value")


class Gate(NamedTuple):
    """What the source holds of a tenant: its fence's generation, whether it is armed, the reverse position.

    `decided` is the generation of the last decision, whether its fence still stands: what an old snapshot runs into.
    """

    fence: int = 0
    armed: bool = False
    position: int = -1
    decided: int = 0


class Source(NamedTuple):
    rows: Rows = (0, 0, 0)
    log: Log = ()
    gates: tuple[Gate, ...] = (Gate(), Gate())
    generation: int = 0
    timeline: int = 0
    next_number: int = 0


class Target(NamedTuple):
    """A tenant's database; `opened_at` is the position that was taken when the door opened.

    `numbers` are the next one that it gives to a new row, the end of its block, and the timeline that reserved it.
    """

    rows: Rows = (0, 0, 0)
    log: Log = ()
    generation: int = 0
    is_open: bool = False
    opened_at: int = -1
    armed: bool = False
    position: int = 0
    timeline: int = 0
    numbers: tuple[int, int, int] = (0, 0, 0)


class Read(NamedTuple):
    """What a tick has read: position and timeline that it began at, those it read at, and the rows of the tenant."""

    old: int
    old_timeline: int
    new: int
    timeline: int
    values: Log = ()


class Task(NamedTuple):
    """What a coordinator has in memory of a tenant: a plan's number, what it has read, whom it waits for, its clock.

    `older` has a 1 for each writer whose transaction is from before the arming; `armed` has the side's bit for as long
    as nobody else has armed or disarmed the tenant since. `cut` says that a failover has ended its sessions.
    """

    plan: int
    read: Read | None = None
    older: tuple[int, ...] | None = None
    late: bool = False
    armed: int = 0
    cut: bool = False


class Coordinator(NamedTuple):
    """`locks` are the gates whose exclusive lock its sessions hold, a bit for each (`lock`)."""

    tasks: tuple[Task, ...]
    locks: int = 0


class Writer(NamedTuple):
    """An application's session; `seen` is what the snapshot of a REPEATABLE READ transaction saw of its side's gate."""

    done: int = 0
    phase: int = IDLE
    side: int = SOURCE
    row: int = 0
    shares: bool = False
    seen: tuple[int, ...] = ()


class World(NamedTuple):
    """Everything, and how many faults may still happen.

    `given` are the numbers that new rows have got anywhere, a bit for each; `orphaned` are locks that nobody gives
    back; `standby` is what a server that is behind would be promoted with.
    """

    source: Source
    targets: tuple[Target, ...]
    journal: tuple[Stage, ...]
    map: tuple[tuple[int, int], ...]
    coordinator: Coordinator
    sleeper: Coordinator | None
    writers: tuple[Writer, ...]
    acknowledged: Rows
    faults: int
    given: int = 0
    orphaned: int = 0
    standby: Source | None = None


@dataclass(frozen=True)
class Rules:
    """What the databases do; each may be switched off to see what it is good for."""

    generation: bool = True  # a snapshot from before a decision is refused
    lease: bool = True  # the server ends the lock of a session that has died
    compares_positions: bool = True  # a tick is void where its position is not the one that it began at
    door_opens_once: bool = True  # a door stays shut for a generation that it has seen
    position_with_door: bool = True  # the reverse begins at a position of the transaction that opened the door
    waits_for_older: bool = True  # arming waits for the transactions from before
    lock_decides: bool = True  # a decision is committed in the session that holds the lock
    fence_keeps_armed: bool = True  # a fenced tenant cannot be disarmed
    arming_shares_lock: bool = True  # nobody arms or disarms while the gate is frozen
    freeze_checks_armed: bool = True  # the gate is frozen only by who has armed it
    position_under_fence: bool = True  # the forward position is a snapshot that sees the fence
    reserves_numbers: bool = True  # the source goes on behind the block of a target
    compares_timelines: bool = True  # positions of another server mean nothing
    standbys_are_asked: bool = True  # what follows a decision waits until every standby has it
    lifts_by_generation: bool = True  # only the fence of the generation that is meant is lifted


@dataclass(frozen=True)
class Bounds:
    """How much of everything there is: writes of each writer and the rows it chooses from, faults, generations."""

    writes: tuple[int, ...] = (1, 1)
    rows: tuple[tuple[int, ...], ...] = ((0, 2), (0, 1))
    repeatable: tuple[bool, ...] = (False, True)
    generations: int = 2
    faults: int = 1
    moving: tuple[int, ...] = (0,)
    start: Stage = Stage.PROVED
    failover: bool = False
    numbers: bool = False  # whether each write draws a number


@dataclass(frozen=True)
class Protocol:
    """The functions under test and the rules of the databases: those that ship, or damaged ones."""

    step: Callable[[Tenant, Event], Transition] = step
    resume: Callable[[str, Stage, Fence, Door], Transition] = resume
    rules: Rules = Rules()


@dataclass
class Plans:
    """Tenants with what is to be done for them, numbered: a state holds the number."""

    values: list[tuple[Tenant, tuple[Effect, ...]]] = field(default_factory=list)
    numbers: dict[tuple[Tenant, tuple[Effect, ...]], int] = field(default_factory=dict)
    answers: dict[tuple[int, Event], int] = field(default_factory=dict)

    def number(self, tenant: Tenant, effects: tuple[Effect, ...]) -> int:
        """The number of a tenant with these effects before it."""
        plan = (tenant, effects)
        if plan not in self.numbers:
            self.numbers[plan] = len(self.values)
            self.values.append(plan)
        return self.numbers[plan]


def lock(side: int, tenant: int) -> int:
    """The bit of a gate's exclusive lock."""
    return 1 << (side * len(TENANTS) + tenant)


def put(values: tuple[Value, ...], place: int, value: Value) -> tuple[Value, ...]:
    """The tuple with another value at that place."""
    return (*values[:place], value, *values[place + 1 :])


def beginning(bounds: Bounds, plans: Plans) -> World:
    """Everything has been copied, nothing has been written since."""
    tasks = tuple(Task(plans.number(Tenant(str(tenant), bounds.start), ())) for tenant in TENANTS)
    return World(
        source=Source(),
        targets=(Target(), Target()),
        journal=(bounds.start, bounds.start),
        map=((SOURCE, 0), (SOURCE, 0)),
        coordinator=Coordinator(tasks),
        sleeper=None,
        writers=tuple(Writer() for _ in bounds.writes),
        acknowledged=(0, 0, 0),
        faults=bounds.faults,
    )


def written(log: Log, row: int, since: int = 0) -> int:
    """The bits that the log says were written to a row behind a position."""
    bits = 0
    for place, bit in log[since:]:
        if place == row:
            bits |= bit
    return bits
