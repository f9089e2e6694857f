"""What can happen next in the world: every step of every coordinator and writer, every fault, one at a time."""

from __future__ import annotations

from collections.abc import Iterator

from migrator.core.online.recovery import Door, Fence
from migrator.core.online.stages import Stage
from migrator.core.online.tenant_events import (
    Abandoned,
    Agreed,
    Arm,
    AwaitStandbys,
    CutoverOrdered,
    Decide,
    Differed,
    Disarm,
    DoorRefused,
    Effect,
    Event,
    Failed,
    Freeze,
    LiftFence,
    NotFrozen,
    OpenDoor,
    OpeningGivenUp,
    PositionsVoid,
    Prove,
    ReadGates,
    Release,
    Repair,
    ReserveNumbers,
    RestoreFence,
    ReturnOrdered,
    Side,
    TakePosition,
    Tick,
    Undecided,
)
from migrator.core.online.tenant_states import Tenant
from migrator.errors import RefusedError
from tests.unit.online.databases import (
    BLOCK,
    Begun,
    Databases,
    Violation,
    coordinator_of,
    exclusive,
    with_coordinator,
    with_task,
)
from tests.unit.online.world import (
    BEGUN,
    IDLE,
    ROWS_OF,
    SIDES,
    SOURCE,
    TARGET,
    TENANT_OF,
    TENANTS,
    WROTE,
    Bounds,
    Coordinator,
    Plans,
    Protocol,
    Source,
    Task,
    World,
    Writer,
    lock,
    put,
)

# What happened, in parts that are put together where somebody reads them, and the world after it.
Label = tuple[object, ...]
Next = tuple[Label, World]


class Dynamics:
    """Everything that can happen under a protocol, within bounds."""

    def __init__(self, protocol: Protocol, bounds: Bounds) -> None:
        self.protocol = protocol
        self.bounds = bounds
        self.plans = Plans()
        self.databases = Databases(protocol.rules, bounds.numbers)
        # A coordinator that has just been started knows nothing.
        self.started = tuple(
            Task(self.plans.number(Tenant(str(tenant), Stage.COPIED), (ReadGates(),))) for tenant in TENANTS
        )

    def successors(self, world: World) -> Iterator[Next]:
        """Every next state, with what happened in plain words."""
        for who in (0, 1) if world.sleeper else (0,):
            for tenant in self.bounds.moving:
                yield from self.coordinators_step(world, who, tenant)
        for tenant in self.bounds.moving:
            yield from self._orders(world, tenant)
        for number in range(len(world.writers)):
            yield from self.writers_step(world, number)
        yield from self._deaths(world)
        if self.bounds.failover:
            yield from self._failovers(world)

    # The coordinator.

    def advance(self, plan: int, event: Event) -> int:
        """The plan to which the shipped function leads, looked up where it was asked before."""
        if (plan, event) not in self.plans.answers:
            tenant, _ = self.plans.values[plan]
            try:
                following = self.protocol.step(tenant, event)
            except RefusedError as error:
                raise Violation(f"{error.message}") from error
            self.plans.answers[plan, event] = self.plans.number(*following)
        return self.plans.answers[plan, event]

    def coordinators_step(self, world: World, who: int, tenant: int, faults: bool = True) -> Iterator[Next]:
        """The next effect of a tenant, with what may come of it."""
        task = coordinator_of(world, who).tasks[tenant]
        state, effects = self.plans.values[task.plan]
        if not effects:
            return
        name = (("coordinator", "woken coordinator")[who], ", tenant ", tenant, f" ({state.stage}): ", effects[0])
        if isinstance(effects[0], ReadGates):
            yield name, self._gates_read(world, who, tenant)
            return
        if task.cut and self._is_of_the_source(effects[0]):
            yield (*name, " finds its session gone"), self._answered(world, who, tenant, Failed())
            return
        for after, answer in self.databases.outcomes(world, who, tenant, effects[0]):
            if isinstance(answer, Begun):
                yield (*name, " begins"), after
                continue
            yield (*name, " -> ", answer or "done"), self._answered(after, who, tenant, answer)
            if faults and world.faults and answer is not None and not isinstance(answer, Failed):
                spent = after._replace(faults=after.faults - 1)
                yield (*name, " is done, and its answer lost"), self._answered(spent, who, tenant, Failed())
        if faults and world.faults and not isinstance(effects[0], Release):
            spent = world._replace(faults=world.faults - 1)
            yield (*name, " fails"), self._answered(spent, who, tenant, Failed())
            if isinstance(effects[0], Prove):
                yield (*name, " finds a difference"), self._answered(spent, who, tenant, Differed())
        given_up = state.stage is Stage.FENCED and isinstance(effects[0], AwaitStandbys | OpenDoor)
        if given_up and world.source.generation < self.bounds.generations and faults:
            undoing = task._replace(plan=self.advance(task.plan, OpeningGivenUp()))
            yield (*name, " is given up"), with_task(world, who, tenant, undoing)

    def _answered(self, world: World, who: int, tenant: int, answer: Event | None) -> World:
        """The effect is done: the next one is the coordinator's, or what the answer leads to."""
        task = coordinator_of(world, who).tasks[tenant]
        state, effects = self.plans.values[task.plan]
        rest = effects[1:]
        if rest and (answer is None or self._is_good(answer)):
            plan = self.plans.number(state, rest)
        elif answer is None:
            plan = self.plans.number(state, ())
        else:
            plan = self.advance(task.plan, answer)
        late = task.late and bool(coordinator_of(world, who).locks & (lock(SOURCE, tenant) | lock(TARGET, tenant)))
        return with_task(
            world, who, tenant, Task(plan, late=late, armed=task.armed, cut=task.cut and answer != Failed())
        )

    @staticmethod
    def _is_good(answer: Event) -> bool:
        """Whether the effects behind it are carried out without asking."""
        return answer != Agreed(late=True) and not isinstance(
            answer, Failed | PositionsVoid | NotFrozen | Differed | Undecided | DoorRefused
        )

    @staticmethod
    def _is_of_the_source(effect: Effect) -> bool:
        """Whether it is carried out in a session of the source that something has been done in before."""
        match effect:
            case (
                ReserveNumbers()
                | Tick()
                | Repair()
                | Prove()
                | Decide()
                | RestoreFence()
                | TakePosition()
                | LiftFence()
            ):
                return True
            case Arm(side) | Disarm(side) | Freeze(side) | AwaitStandbys(side):
                return side is Side.SOURCE
        return False

    def _gates_read(self, world: World, who: int, tenant: int) -> World:
        gate, target = world.source.gates[tenant], world.targets[tenant]
        if who:
            # Whoever wakes and finds that he has to look again finds his lock of the source gone, and ends.
            return world._replace(sleeper=None, orphaned=world.orphaned | self._left_behind(world.sleeper))
        holds = target.timeline == world.source.timeline
        plan = self.plans.number(
            *self.protocol.resume(
                str(tenant),
                world.journal[tenant],
                Fence(gate.fence, world.source.generation, holds),
                Door(target.generation, target.is_open),
            )
        )
        return with_task(world, who, tenant, Task(plan, armed=coordinator_of(world, who).tasks[tenant].armed))

    def _left_behind(self, coordinator: Coordinator | None) -> int:
        """The locks that stay when the coordinator's sessions are gone: none where the server ends them."""
        return coordinator.locks if coordinator and not self.protocol.rules.lease else 0

    # People and time.

    def _orders(self, world: World, tenant: int) -> Iterator[Next]:
        """What an idle coordinator does of itself, or is told to do."""
        task = world.coordinator.tasks[tenant]
        state, effects = self.plans.values[task.plan]
        if effects:
            return
        target, source, stage = world.targets[tenant], world.source, state.stage
        room = source.generation < self.bounds.generations
        orders: list[Event] = []
        news = any(TENANT_OF[row] == tenant for row, _ in source.log[target.position :])
        if stage is Stage.COPIED or (stage in (Stage.FOLLOWED, Stage.PROVED) and news):
            yield ("tenant ", tenant, ": time for a tick"), self._told(world, tenant, state, Tick(Side.SOURCE))
        if stage in (Stage.PUBLISHED, Stage.REVERSING) and (
            stage is Stage.PUBLISHED or target.log[self.databases.reverse_start(world, tenant) :]
        ):
            yield ("tenant ", tenant, ": time for a reverse tick"), self._told(world, tenant, state, Tick(Side.TARGET))
        if stage is Stage.FOLLOWED:
            orders.append(Agreed())
        if stage in (Stage.PROVED, Stage.ARMED) and room:
            orders.append(CutoverOrdered())
        if stage in (Stage.OPENED, Stage.PUBLISHED, Stage.REVERSING, Stage.RETURNING) and room:
            orders.append(ReturnOrdered())
        if stage in (Stage.ARMED, Stage.RETURNING):
            orders.append(Abandoned())
        for order in orders:
            plan = self.advance(task.plan, order)
            yield ("tenant ", tenant, f" ({stage}): ", order), with_task(world, 0, tenant, task._replace(plan=plan))

    def _told(self, world: World, tenant: int, state: Tenant, effect: Effect) -> World:
        task = world.coordinator.tasks[tenant]
        return with_task(world, 0, tenant, task._replace(plan=self.plans.number(state, (effect,))))

    # Faults.

    def _deaths(self, world: World) -> Iterator[Next]:
        busy = world.coordinator.locks or any(self.plans.values[task.plan][1] for task in world.coordinator.tasks)
        if world.faults and busy:
            spent = world._replace(faults=world.faults - 1)
            left = world.orphaned | self._left_behind(world.coordinator)
            yield (
                ("the coordinator dies, another one starts",),
                spent._replace(coordinator=Coordinator(self.started), orphaned=left),
            )
            if not world.sleeper:
                yield (
                    ("the coordinator is stopped, another one starts",),
                    spent._replace(coordinator=Coordinator(self.started), sleeper=world.coordinator),
                )
            if world.coordinator.locks and self.protocol.rules.lease:
                yield (
                    ("the server ends the coordinator's locks",),
                    with_coordinator(spent, 0, world.coordinator._replace(locks=0)),
                )
        if world.sleeper:
            if world.sleeper.locks and self.protocol.rules.lease:
                yield (
                    ("the server ends the sleeper's locks",),
                    with_coordinator(world, 1, world.sleeper._replace(locks=0)),
                )
            if not world.sleeper.locks and not any(self.plans.values[task.plan][1] for task in world.sleeper.tasks):
                yield ("the sleeper ends",), world._replace(sleeper=None)

    def _failovers(self, world: World) -> Iterator[Next]:
        """A standby that has stopped receiving is promoted: the source's last commits are lost."""
        if world.standby is None:
            if world.faults and not world.source.timeline:
                yield ("the standby falls behind",), world._replace(standby=world.source, faults=world.faults - 1)
            return
        yield ("the standby catches up",), world._replace(standby=None)
        source = world.standby._replace(timeline=world.source.timeline + 1)
        acknowledged = list(world.acknowledged)
        for tenant in TENANTS:
            for row in ROWS_OF[tenant]:
                # What the source has lost of the tenants that it had is lost by whoever promoted.
                fenced = source.gates[tenant].fence
                acknowledged[row] = world.targets[tenant].rows[row] if fenced else source.rows[row]
        yield (
            ("the standby is promoted",),
            world._replace(
                source=source,
                standby=None,
                acknowledged=tuple(acknowledged),
                given=world.given & ~self._taken_back(world, source),
                coordinator=self._cut_off(world.coordinator),
                sleeper=world.sleeper and self._cut_off(world.sleeper),
                writers=tuple(
                    Writer(writer.done) if writer.phase != IDLE and writer.side == SOURCE else writer
                    for writer in world.writers
                ),
            ),
        )

    def _taken_back(self, world: World, source: Source) -> int:
        """The numbers of rows that a failover has lost: nobody has them any more."""
        lost = 0
        blocks = [range(target.numbers[1] - BLOCK, target.numbers[1]) for target in world.targets]
        for drawn in range(source.next_number, world.source.next_number):
            if not any(drawn in block for block in blocks):
                lost |= 1 << drawn
        return lost

    def _cut_off(self, coordinator: Coordinator) -> Coordinator:
        """Its sessions of the source have ended; whatever is under way will find that out."""
        return Coordinator(
            tuple(task._replace(cut=bool(self.plans.values[task.plan][1]), read=None) for task in coordinator.tasks),
            coordinator.locks & ~(lock(SOURCE, 0) | lock(SOURCE, 1)),
        )

    # Writers.

    def writers_step(self, world: World, number: int) -> Iterator[Next]:
        """What an application's session may do next, on whichever side takes its write."""
        writer = world.writers[number]
        if writer.phase == WROTE:
            yield ("writer ", number, ": COMMIT, row ", writer.row), self._committed(world, number, writer)
        elif writer.phase == BEGUN:
            for label, after in self._writes(world, number, writer.side, writer.row):
                yield ("writer ", number, ": ", *label), after
        elif writer.done < self.bounds.writes[number]:
            for row in self.bounds.rows[number]:
                for side in (SOURCE, TARGET):
                    if side == TARGET and not self._gives_numbers(world, TENANT_OF[row]):
                        continue
                    if self.bounds.repeatable[number]:
                        begun = writer._replace(phase=BEGUN, side=side, row=row, seen=self._seen(world, side, row))
                        yield (
                            ("writer ", number, ": BEGIN ISOLATION LEVEL REPEATABLE READ in the ", SIDES[side]),
                            world._replace(writers=put(world.writers, number, begun)),
                        )
                    else:
                        for label, after in self._writes(world, number, side, row):
                            yield ("writer ", number, ": ", *label), after

    def _gives_numbers(self, world: World, tenant: int) -> bool:
        """Whether a new row can be made in the target: the door is open, and its block has a number left."""
        target = world.targets[tenant]
        return target.is_open and (not self.bounds.numbers or target.numbers[0] < target.numbers[1])

    def _seen(self, world: World, side: int, row: int) -> tuple[int, ...]:
        """What a snapshot taken now sees: fence or door, generation, the row."""
        tenant = TENANT_OF[row]
        if side == SOURCE:
            gate = world.source.gates[tenant]
            return (gate.fence, gate.decided, world.source.rows[row])
        target = world.targets[tenant]
        return (0 if target.is_open else 1, target.generation * 2 + (not target.is_open), target.rows[row])

    def _writes(self, world: World, number: int, side: int, row: int) -> Iterator[Next]:
        """One statement: the row's lock, then the gate; where the gate is locked it waits, which is no step."""
        tenant, writer = TENANT_OF[row], world.writers[number]
        if any(other.phase == WROTE and (other.side, other.row) == (side, row) for other in world.writers):
            return
        armed = world.source.gates[tenant].armed if side == SOURCE else world.targets[tenant].armed
        if armed and exclusive(world) & lock(side, tenant):
            return
        now = self._seen(world, side, row)
        shut, generation, value = writer.seen or now
        where = ("writes row ", row, " in the ", SIDES[side])
        changed = value != now[2] or (self.protocol.rules.generation and generation != now[1])
        if writer.seen and changed and (armed or side == TARGET or value != now[2]):
            yield (*where, ": 40001"), self.ended(world, number, writer.done)
        elif shut and (armed or side == TARGET):
            if writer.seen:
                yield (*where, ": 25006"), self.ended(world, number, writer.done)
        else:
            wrote = Writer(writer.done, WROTE, side, row, armed, ())
            yield where, world._replace(writers=put(world.writers, number, wrote))

    def _committed(self, world: World, number: int, writer: Writer) -> World:
        """The write is there, captured and acknowledged."""
        row, tenant = writer.row, TENANT_OF[writer.row]
        bit = 1 << (number * 4 + writer.done)
        source, target = world.source, world.targets[tenant]
        if writer.side == SOURCE:
            if source.gates[tenant].fence:
                raise Violation(f"writer {number} commits tenant {tenant}'s row in the source behind the fence")
            rows = put(source.rows, row, source.rows[row] | bit)
            world = world._replace(source=source._replace(rows=rows, log=(*source.log, (row, bit))))
        else:
            if not target.is_open:
                raise Violation(f"writer {number} commits tenant {tenant}'s row in the target behind the door")
            rows = put(target.rows, row, target.rows[row] | bit)
            target = target._replace(rows=rows, log=(*target.log, (row, bit)))
            world = world._replace(targets=put(world.targets, tenant, target))
        if self.bounds.numbers:
            world = self._drawn(world, writer.side, tenant)
        world = world._replace(acknowledged=put(world.acknowledged, row, world.acknowledged[row] | bit))
        return self.ended(world, number, writer.done + 1)

    def _drawn(self, world: World, side: int, tenant: int) -> World:
        """The new row gets the next number of its side."""
        source, target = world.source, world.targets[tenant]
        if side == SOURCE:
            drawn = source.next_number
            world = world._replace(source=source._replace(next_number=drawn + 1))
        else:
            drawn, end, timeline = target.numbers
            target = target._replace(numbers=(drawn + 1, end, timeline))
            world = world._replace(targets=put(world.targets, tenant, target))
        if world.given & 1 << drawn:
            raise Violation(f"the number {drawn} is given twice")
        return world._replace(given=world.given | 1 << drawn)

    def ended(self, world: World, number: int, done: int) -> World:
        """The writer's transaction is over; whoever arms has one less to wait for."""
        return world._replace(
            writers=put(world.writers, number, Writer(done)),
            coordinator=self._waits_less(world.coordinator, number),
            sleeper=world.sleeper and self._waits_less(world.sleeper, number),
        )

    def _waits_less(self, coordinator: Coordinator, number: int) -> Coordinator:
        for tenant, task in enumerate(coordinator.tasks):
            if task.older is not None and task.older[number]:
                less = task._replace(older=put(task.older, number, 0))
                coordinator = coordinator._replace(tasks=put(coordinator.tasks, tenant, less))
        return coordinator
