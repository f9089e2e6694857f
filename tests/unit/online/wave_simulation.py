"""The coordinator of a wave that ships, on the small world: what happens meanwhile is chosen, and can be chosen again.

The loop is the one of commands/cutover/protocol.py. Before each effect something else may happen: a writer's step, a
failure, a death, a lock that the server takes back, time that passes. Everything that deviates from nothing happening
is a choice; all runs with few deviations can be gone through.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from migrator.commands.cutover.protocol import Answer, Gates, WaveLimits, conduct_wave, resume_wave
from migrator.commands.cutover.result import WaveResult
from migrator.core.online.recovery import Door, Fence
from migrator.core.online.tenant_events import (
    Arm,
    AwaitStandbys,
    Decide,
    Decided,
    Effect,
    Event,
    Failed,
    Freeze,
    Frozen,
    NotFrozen,
    Prove,
    Release,
    Side,
    Undecided,
)
from migrator.core.online.tenant_states import Tenant
from migrator.errors import DatabaseError, MigratorError
from tests.unit.online.databases import Begun, coordinator_of, holds, with_coordinator, with_task
from tests.unit.online.dynamics import Dynamics
from tests.unit.online.explorer import check
from tests.unit.online.world import (
    IDLE,
    SOURCE,
    TARGET,
    TENANTS,
    WROTE,
    Bounds,
    Coordinator,
    Protocol,
    World,
    beginning,
    lock,
)

NAMES = tuple(str(tenant) for tenant in TENANTS)
LIMITS = WaveLimits(freeze=1.0, decide=5.0)
# What of a wave is done by one statement for all of its tenants: it fails for all, or for none.
_JOINT = (Arm, Freeze, Decide, Release)


class Died(BaseException):
    """The coordinator was killed."""


@dataclass
class Choices:
    """What was chosen so far, and out of how many; behind the given ones nothing deviates."""

    given: tuple[int, ...] = ()
    taken: list[int] = field(default_factory=list)
    widths: list[int] = field(default_factory=list)

    def choose(self, width: int) -> int:
        """The number of the alternative; 0 is that nothing deviates."""
        place = len(self.taken)
        chosen = self.given[place] if place < len(self.given) else 0
        self.taken.append(chosen)
        self.widths.append(width)
        return chosen

    def further(self) -> Iterator[tuple[int, ...]]:
        """Every run that deviates once more, behind what was given."""
        for place in range(len(self.given), len(self.widths)):
            for alternative in range(1, self.widths[place]):
                yield (*self.taken[:place], alternative)


class Simulation:
    """A wave of both tenants, in a world that others work in too."""

    def __init__(self, choices: Choices, bounds: Bounds) -> None:
        self.choices = choices
        self.dynamics = Dynamics(Protocol(), bounds)
        self.world = beginning(bounds, self.dynamics.plans)
        self.log: list[str] = []
        self.now = 0.0
        self.frozen_at: float | None = None
        self.calm = False

    def clock(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.now += seconds

    def order(self, event: Event, tenants: Sequence[Tenant]) -> WaveResult:
        """Gives the order to those tenants; a death ends it, and with it the coordinator's sessions."""
        return conduct_wave(tenants, event, self.carry_out, self.read, LIMITS, self.clock)

    def look(self) -> WaveResult:
        """What another start of the command begins with."""
        return resume_wave(NAMES, self.carry_out, self.read, LIMITS, self.clock)

    def end(self) -> None:
        """The coordinator is gone, whichever way: the server ends what its sessions held."""
        self._set(self.world._replace(coordinator=Coordinator(self.dynamics.started)))
        self.frozen_at = None

    # What the coordinator asks for.

    def read(self, names: Sequence[str]) -> Mapping[str, Gates | MigratorError]:
        if self._meanwhile("read the gates", names, read_only=True):
            return dict.fromkeys(names, DatabaseError("cannot be read"))
        world = self.world
        return {
            name: Gates(
                world.journal[int(name)],
                Fence(world.source.gates[int(name)].fence, world.source.generation),
                Door(world.targets[int(name)].generation, world.targets[int(name)].is_open),
            )
            for name in names
        }

    def carry_out(self, effect: Effect, names: Sequence[str]) -> Mapping[str, Answer]:
        self.now += 0.01
        failing = self._meanwhile(effect, names)
        if failing == "all":
            raise DatabaseError(f"{effect} failed")
        tenants = [int(name) for name in names if name != failing]
        self.log.append(f"{effect} for {', '.join(map(str, tenants))}")
        match effect:
            case Freeze(Side.SOURCE):
                answers = self._frozen(effect, tenants)
            case Decide(0):
                answers = self._decided(tenants)
            case Release(side):
                self._drop_locks(side)
                answers = {}
            case _:
                answers = {str(tenant): answer for tenant in tenants if (answer := self._one(effect, tenant))}
        if isinstance(effect, Freeze) and Frozen() in answers.values():
            self.frozen_at = self.now
        lost = self._afterwards(effect, names)
        if failing:
            answers = {**answers, failing: DatabaseError(f"{effect} failed")}
        if lost:
            raise DatabaseError(f"the answer to {effect} was lost")
        return answers

    def _one(self, effect: Effect, tenant: int) -> Answer | None:
        """An effect for one tenant, to its end; whoever has to be waited for comes to an end too."""
        while True:
            outcomes = self.dynamics.databases.outcomes(self.world, 0, tenant, effect)
            if not outcomes:
                assert isinstance(effect, Arm | AwaitStandbys), effect
                self._end_writers()
                continue
            world, answer = outcomes[0]
            self._set(world)
            if not isinstance(answer, Begun):
                break
            self._meanwhile_writers()
        task = coordinator_of(self.world, 0).tasks[tenant]
        late = self.frozen_at is not None and self.now - self.frozen_at > LIMITS.freeze and isinstance(effect, Prove)
        forgotten = task._replace(read=None, older=None, late=late or (task.late and not isinstance(effect, Freeze)))
        self._set(with_task(self.world, 0, tenant, forgotten))
        return DatabaseError(f"{effect} failed") if answer == Failed() else answer

    def _frozen(self, effect: Freeze, tenants: Sequence[int]) -> dict[str, Answer]:
        """One lock for all."""
        answers = {str(tenant): self._one(effect, tenant) for tenant in tenants}
        if all(answer == Frozen() for answer in answers.values()):
            return dict.fromkeys(answers, Frozen())
        self._drop_locks(Side.SOURCE)
        return dict.fromkeys(answers, NotFrozen())

    def _decided(self, tenants: Sequence[int]) -> dict[str, Answer]:
        """One commit for all of them, which ends the lock of those too who are not decided about."""
        if not all(holds(self.world, 0, SOURCE, tenant) for tenant in tenants):
            self._drop_locks(Side.SOURCE)
            return {str(tenant): Undecided() for tenant in tenants}
        first = self.world.source.generation
        answers: dict[str, Answer] = {}
        for tenant in tenants:
            # One generation for all.
            self.world = self.world._replace(source=self.world.source._replace(generation=first))
            answer = self._one(Decide(), tenant)
            assert isinstance(answer, Decided), answer
            answers[str(tenant)] = answer
        self._drop_locks(Side.SOURCE)
        return answers

    def _drop_locks(self, side: Side) -> None:
        number = SOURCE if side is Side.SOURCE else TARGET
        coordinator = self.world.coordinator
        locks = coordinator.locks & ~sum(lock(number, tenant) for tenant in TENANTS)
        self._set(with_coordinator(self.world, 0, coordinator._replace(locks=locks)))
        self.frozen_at = None if not locks else self.frozen_at

    # What others do.

    def _meanwhile(self, effect: Effect | str, names: Sequence[str], read_only: bool = False) -> str:
        """What happens before the effect; returns for whom it is to fail, "all" or a name, "" for nobody."""
        while not self.calm:
            steps = list(self._writers_steps())
            joint = isinstance(effect, _JOINT) or read_only
            faults = ["dies", "all", *([] if joint else names)]
            if not read_only:
                faults.append("time passes")
            if self.world.coordinator.locks:
                faults.append("the locks are ended")
            chosen = self.choices.choose(1 + len(steps) + len(faults))
            if not chosen:
                return ""
            if chosen <= len(steps):
                label, world = steps[chosen - 1]
                self._set(world, label)
                continue
            fault = faults[chosen - 1 - len(steps)]
            self.log.append(f"{effect}: {fault}")
            if fault == "dies":
                raise Died
            if fault == "time passes":
                self.now += 3
            elif fault == "the locks are ended":
                self._set(with_coordinator(self.world, 0, self.world.coordinator._replace(locks=0)))
            else:
                return fault
        return ""

    def _meanwhile_writers(self) -> None:
        steps = [] if self.calm else list(self._writers_steps())
        if steps and (chosen := self.choices.choose(1 + len(steps))):
            label, world = steps[chosen - 1]
            self._set(world, label)

    def _afterwards(self, effect: Effect, names: Sequence[str]) -> bool:
        """Whether the answer is lost; the coordinator may die as well."""
        chosen = 0 if self.calm else self.choices.choose(3)
        if chosen:
            self.log.append(f"{effect} is done, and then {'the answer is lost' if chosen == 2 else 'it dies'}")
        if chosen == 1:
            raise Died
        return chosen == 2

    def _writers_steps(self) -> Iterator[tuple[str, World]]:
        for number in range(len(self.world.writers)):
            for label, world in self.dynamics.writers_step(self.world, number):
                yield "".join(map(str, label)), world

    def _end_writers(self) -> None:
        for number, writer in enumerate(self.world.writers):
            if writer.phase == WROTE:
                self._set(next(self.dynamics.writers_step(self.world, number))[1], f"writer {number} commits")
            elif writer.phase != IDLE:
                self._set(self.dynamics.ended(self.world, number, writer.done), f"writer {number} ends")

    def _set(self, world: World, label: str = "") -> None:
        if label:
            self.log.append(label)
        self.world = world
        check(world)
