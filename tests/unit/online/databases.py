"""What the databases of the world make of an effect: the statements of the coordinator, each as one atomic step."""

from __future__ import annotations

from dataclasses import dataclass

from migrator.core.online.tenant_events import (
    Agreed,
    Arm,
    Armed,
    AwaitStandbys,
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
    Freeze,
    Frozen,
    Journal,
    Lifted,
    LiftFence,
    NotFrozen,
    OpenDoor,
    PositionsVoid,
    Prove,
    Publish,
    Published,
    Release,
    Repair,
    ReserveNumbers,
    RestoreFence,
    ShutDoor,
    Side,
    TakePosition,
    Tick,
    Ticked,
    Undecided,
    VoidDoor,
)
from tests.unit.online.world import (
    IDLE,
    NUMBER_OF,
    ROWS_OF,
    SOURCE,
    TARGET,
    TENANT_OF,
    WROTE,
    Coordinator,
    Gate,
    Read,
    Rules,
    Task,
    World,
    lock,
    put,
)

# Numbers of a block.
BLOCK = 2


class Violation(Exception):
    """Something that must always hold does not."""


@dataclass(frozen=True, slots=True)
class Begun:
    """The first half of an effect is done: something has been read, nothing written."""


# The world after it, and what answers it: nothing where nothing does, or where it has only begun.
Outcome = tuple[World, Event | Begun | None]
BEGUN_ONLY = Begun()


def coordinator_of(world: World, who: int) -> Coordinator:
    """The coordinator that works, or the one that was asleep."""
    chosen = world.sleeper if who else world.coordinator
    assert chosen is not None
    return chosen


def with_coordinator(world: World, who: int, coordinator: Coordinator) -> World:
    return world._replace(sleeper=coordinator) if who else world._replace(coordinator=coordinator)


def with_task(world: World, who: int, tenant: int, task: Task) -> World:
    coordinator = coordinator_of(world, who)
    return with_coordinator(world, who, coordinator._replace(tasks=put(coordinator.tasks, tenant, task)))


def with_gate(world: World, tenant: int, gate: Gate) -> World:
    return world._replace(source=world.source._replace(gates=put(world.source.gates, tenant, gate)))


def without_lock(world: World, who: int, bit: int) -> World:
    coordinator = coordinator_of(world, who)
    if not coordinator.locks & bit:
        return world
    return with_coordinator(world, who, coordinator._replace(locks=coordinator.locks & ~bit))


def exclusive(world: World) -> int:
    """The gates whose exclusive lock somebody holds."""
    sleeping = world.sleeper.locks if world.sleeper else 0
    return world.coordinator.locks | sleeping | world.orphaned


def holds(world: World, who: int, side: int, tenant: int) -> bool:
    return bool(coordinator_of(world, who).locks & lock(side, tenant))


class Databases:
    """Carries effects out under the rules."""

    def __init__(self, rules: Rules, numbers: bool) -> None:
        self.rules = rules
        self.numbers = numbers

    def outcomes(self, world: World, who: int, tenant: int, effect: Effect) -> list[Outcome]:
        """What may come of the effect; nothing where it has to wait."""
        match effect:
            case Journal(stage):
                return [(world._replace(journal=put(world.journal, tenant, stage)), None)]
            case Tick(side) | Repair(side):
                return [self._copied(world, who, tenant, NUMBER_OF[side], in_full=isinstance(effect, Repair))]
            case ReserveNumbers():
                return [self._numbers_reserved(world, who, tenant) if self.numbers else (world, None)]
            case Arm(side):
                return self._armed(world, who, tenant, NUMBER_OF[side])
            case Disarm(side):
                return self._disarmed(world, who, tenant, NUMBER_OF[side])
            case Freeze(side):
                return [self._frozen(world, who, tenant, NUMBER_OF[side])]
            case Release(side):
                return [(without_lock(world, who, lock(NUMBER_OF[side], tenant)), None)]
            case Prove(side):
                return self._proved(world, who, tenant, NUMBER_OF[side])
            case Publish(side, generation):
                known = world.map[tenant][1]
                told = put(world.map, tenant, (NUMBER_OF[side], generation))
                return [(world._replace(map=told) if generation > known else world, Published())]
            case AwaitStandbys(side, generation):
                return self._awaited(world, tenant, side, generation)
            case RestoreFence(above, last):
                return [self._restored(world, tenant, above, last)]
            case Decide(replaces):
                return [self._decided(world, who, tenant, replaces)]
            case OpenDoor() | VoidDoor() | ShutDoor():
                return [self._door(world, who, tenant, effect)]
            case TakePosition(generation):
                return [self._position_taken(world, who, tenant, generation)]
            case LiftFence(generation):
                return [self._lifted(world, tenant, generation)]
        raise AssertionError(effect)

    def reverse_start(self, world: World, tenant: int) -> int:
        """Where the next reverse tick begins."""
        position, target = world.source.gates[tenant].position, world.targets[tenant]
        if position >= 0:
            return position
        if not self.rules.position_with_door:
            return len(target.log)
        return max(target.opened_at, 0)

    def _copied(self, world: World, who: int, tenant: int, side: int, in_full: bool) -> Outcome:
        """A tick or a repair: read in one snapshot, then written, with the position, in one transaction."""
        task = coordinator_of(world, who).tasks[tenant]
        source, target = world.source, world.targets[tenant]
        if task.read is None:
            voids = side == SOURCE and target.timeline != source.timeline and self.rules.compares_timelines
            if voids and not in_full:
                return world, PositionsVoid(Side.SOURCE)
            origin = source if side == SOURCE else target
            old = target.position if side == SOURCE else source.gates[tenant].position
            start = old if side == SOURCE else self.reverse_start(world, tenant)
            rows = ROWS_OF[tenant] if in_full else sorted({row for row, _ in origin.log[start:]} & {*ROWS_OF[tenant]})
            values = tuple((row, origin.rows[row]) for row in rows)
            read = Read(old, target.timeline, len(origin.log), source.timeline, values)
            return with_task(world, who, tenant, task._replace(read=read)), BEGUN_ONLY
        old, old_timeline, new, timeline, values = task.read
        if timeline != source.timeline:
            return world, Failed()
        current = target.position if side == SOURCE else source.gates[tenant].position
        moved = (current, target.timeline) != (old, old_timeline)
        if moved and self.rules.compares_positions:
            return world, Failed()
        if side == SOURCE:
            if new < current and old_timeline == timeline:
                raise Violation(f"the position of tenant {tenant} goes back from {current} to {new}")
            held = list(target.rows)
            for row, value in values:
                held[row] = value
            updated = target._replace(rows=tuple(held), position=new, timeline=timeline)
            return world._replace(targets=put(world.targets, tenant, updated)), Ticked()
        if new < current:
            raise Violation(f"the reverse position of tenant {tenant} goes back from {current} to {new}")
        held = list(source.rows)
        for row, value in values:
            held[row] = value
        gate = source.gates[tenant]._replace(position=new)
        changed = source._replace(rows=tuple(held), gates=put(source.gates, tenant, gate))
        return world._replace(source=changed), Ticked()

    def _numbers_reserved(self, world: World, who: int, tenant: int) -> Outcome:
        """The source's sequence jumps over a block, then the target's is set to it."""
        task = coordinator_of(world, who).tasks[tenant]
        source, target = world.source, world.targets[tenant]
        if task.read is None:
            first, end, timeline = target.numbers
            if end - first >= BLOCK and timeline == source.timeline:
                return world, None
            reserved = Read(0, 0, source.next_number, source.timeline)
            if self.rules.reserves_numbers:
                world = world._replace(source=source._replace(next_number=source.next_number + BLOCK))
            return with_task(world, who, tenant, task._replace(read=reserved)), BEGUN_ONLY
        first = task.read.new
        changed = target._replace(numbers=(first, first + BLOCK, task.read.timeline))
        return world._replace(targets=put(world.targets, tenant, changed)), None

    def _awaited(self, world: World, tenant: int, side: Side, generation: int) -> list[Outcome]:
        target = world.targets[tenant]
        stands = (
            world.source.gates[tenant].fence == generation
            if side is Side.SOURCE
            else target.generation == generation and not target.is_open
        )
        if not stands and self.rules.standbys_are_asked:
            return [(world, Failed())]
        behind = world.standby if side is Side.SOURCE and self.rules.standbys_are_asked else None
        return [] if behind and behind.gates[tenant].fence != generation else [(world, None)]

    def _armed(self, world: World, who: int, tenant: int, side: int) -> list[Outcome]:
        """The functions are replaced, then the transactions from before are waited for."""
        task = coordinator_of(world, who).tasks[tenant]
        if task.older is not None:
            return [] if any(task.older) else [(world, Armed())]
        if exclusive(world) & lock(side, tenant) and self.rules.arming_shares_lock:
            return []
        older = tuple(
            int(
                writer.phase != IDLE
                and writer.side == side
                and (side == SOURCE or TENANT_OF[writer.row] == tenant)
                and self.rules.waits_for_older
            )
            for writer in world.writers
        )
        world = self._not_armed_by_others(world, tenant, side)
        task = coordinator_of(world, who).tasks[tenant]
        world = with_task(world, who, tenant, task._replace(older=older, armed=task.armed | 1 << side))
        if side == SOURCE:
            return [(with_gate(world, tenant, world.source.gates[tenant]._replace(armed=True)), BEGUN_ONLY)]
        target = world.targets[tenant]._replace(armed=True)
        return [(world._replace(targets=put(world.targets, tenant, target)), BEGUN_ONLY)]

    def _disarmed(self, world: World, who: int, tenant: int, side: int) -> list[Outcome]:
        if exclusive(world) & lock(side, tenant) and self.rules.arming_shares_lock:
            return []
        gate = world.source.gates[tenant]
        if side == SOURCE and gate.fence and self.rules.fence_keeps_armed:
            return [(world, None)]
        world = self._not_armed_by_others(world, tenant, side)
        if side == TARGET:
            target = world.targets[tenant]._replace(armed=False)
            return [(world._replace(targets=put(world.targets, tenant, target)), None)]
        return [(with_gate(world, tenant, gate._replace(armed=False)), None)]

    def _not_armed_by_others(self, world: World, tenant: int, side: int) -> World:
        """What anybody had armed on that side is not his any more."""
        for who in (0, 1) if world.sleeper else (0,):
            task = coordinator_of(world, who).tasks[tenant]
            if task.armed & 1 << side:
                world = with_task(world, who, tenant, task._replace(armed=task.armed & ~(1 << side)))
        return world

    def _frozen(self, world: World, who: int, tenant: int, side: int) -> Outcome:
        bit = lock(side, tenant)
        shared = any(
            writer.phase == WROTE and writer.shares and writer.side == side and TENANT_OF[writer.row] == tenant
            for writer in world.writers
        )
        if shared or exclusive(world) & bit:
            return world, NotFrozen()
        coordinator = coordinator_of(world, who)
        if not coordinator.tasks[tenant].armed & 1 << side and self.rules.freeze_checks_armed:
            return world, Failed()
        world = with_coordinator(world, who, coordinator._replace(locks=coordinator.locks | bit))
        task = coordinator.tasks[tenant]
        return (with_task(world, who, tenant, task._replace(late=False)) if task.late else world), Frozen()

    def _proved(self, world: World, who: int, tenant: int, side: int) -> list[Outcome]:
        """Both sides at the position of the last tick; slow, so that it may be answered too late."""
        rows = ROWS_OF[tenant]
        if any(world.source.rows[row] != world.targets[tenant].rows[row] for row in rows):
            return [(world, Differed())]
        task = coordinator_of(world, who).tasks[tenant]
        late = with_task(world, who, tenant, task._replace(late=True))
        return [(world, Agreed()), (late, Agreed(late=True))]

    def _decided(self, world: World, who: int, tenant: int, replaces: int) -> Outcome:
        gate = world.source.gates[tenant]
        if not replaces:
            if self.rules.lock_decides and not holds(world, who, SOURCE, tenant):
                return world, Undecided()
            if gate.fence:
                return without_lock(world, who, lock(SOURCE, tenant)), Undecided()
            if coordinator_of(world, who).tasks[tenant].late:
                raise Violation(f"the freeze of tenant {tenant} was above its limit, and yet decided")
        elif gate.fence != replaces and self.rules.lifts_by_generation:
            return world, Undecided()
        return self._fenced(without_lock(world, who, lock(SOURCE, tenant)), tenant, world.source.generation + 1)

    def _restored(self, world: World, tenant: int, above: int, last: int) -> Outcome:
        if world.source.generation != last:
            return world, Undecided()
        return self._fenced(world, tenant, max(above, last) + 1)

    def _fenced(self, world: World, tenant: int, generation: int) -> Outcome:
        gate = world.source.gates[tenant]._replace(fence=generation, armed=True, decided=generation)
        fenced = with_gate(world, tenant, gate)
        return fenced._replace(source=fenced.source._replace(generation=generation)), Decided(generation)

    def _door(self, world: World, who: int, tenant: int, effect: OpenDoor | VoidDoor | ShutDoor) -> Outcome:
        target, generation = world.targets[tenant], effect.generation
        seen = target.generation >= generation and self.rules.door_opens_once
        match effect:
            case OpenDoor():
                if seen or target.generation > generation:
                    is_it = target.is_open and target.generation == generation
                    return world, DoorOpened() if is_it else DoorRefused()
                opened_at = target.opened_at if target.is_open else len(target.log)
                changed = target._replace(generation=generation, is_open=True, opened_at=opened_at)
                return world._replace(targets=put(world.targets, tenant, changed)), DoorOpened()
            case VoidDoor():
                if seen or target.is_open:
                    is_it = not target.is_open and target.generation == generation
                    return world, DoorShut() if is_it else DoorRefused()
            case ShutDoor():
                if self.rules.lock_decides and not holds(world, who, TARGET, tenant):
                    return without_lock(world, who, lock(TARGET, tenant)), Failed()
                if target.generation != generation or not target.is_open:
                    return world, DoorRefused()
                if coordinator_of(world, who).tasks[tenant].late:
                    raise Violation(f"the freeze of tenant {tenant} was above its limit, and yet decided")
        changed = target._replace(generation=generation, is_open=False)
        world = world._replace(targets=put(world.targets, tenant, changed))
        return without_lock(world, who, lock(TARGET, tenant)), DoorShut()

    def _position_taken(self, world: World, who: int, tenant: int, generation: int) -> Outcome:
        """A snapshot of the source that sees the fence, then the position in the target."""
        task = coordinator_of(world, who).tasks[tenant]
        target = world.targets[tenant]
        if task.read is None:
            if self.rules.position_under_fence and world.source.gates[tenant].fence != generation:
                return world, Failed()
            read = Read(target.position, target.timeline, len(world.source.log), world.source.timeline)
            return with_task(world, who, tenant, task._replace(read=read)), BEGUN_ONLY
        old, old_timeline, new, timeline, _ = task.read
        if (target.position, target.timeline) != (old, old_timeline) and self.rules.compares_positions:
            return world, Failed()
        if new < target.position and target.timeline == timeline:
            raise Violation(f"the position of tenant {tenant} goes back from {target.position} to {new}")
        changed = target._replace(position=new, timeline=timeline)
        return world._replace(targets=put(world.targets, tenant, changed)), None

    def _lifted(self, world: World, tenant: int, generation: int) -> Outcome:
        gate = world.source.gates[tenant]
        if not gate.fence:
            return world, Lifted(world.source.generation)
        if gate.fence != generation and self.rules.lifts_by_generation:
            return world, Failed()
        lifted = with_gate(world, tenant, gate._replace(fence=0))
        number = world.source.generation + 1
        return lifted._replace(source=lifted.source._replace(generation=number)), Lifted(number)
