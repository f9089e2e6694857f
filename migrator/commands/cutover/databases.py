"""Does in the databases what the tenants of a wave have to do next: at the gate of the source, at their doors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self, TypeVar, assert_never

from migrator.commands.cutover.protocol import Answer, Because, Gates
from migrator.core.online.recovery import Door, Fence
from migrator.core.online.stages import Stage
from migrator.core.online.tenant_events import (
    Arm,
    Armed,
    AwaitStandbys,
    Decide,
    Decided,
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
    Prove,
    Publish,
    Published,
    ReadGates,
    Release,
    Repair,
    ReserveNumbers,
    RestoreFence,
    ShutDoor,
    Side,
    TakePosition,
    Tick,
    Undecided,
    VoidDoor,
)
from migrator.errors import DatabaseError, MigratorError
from migrator.postgres.gate.arm import arm, disarm
from migrator.postgres.gate.decision import (
    decide,
    lift_fence,
    read_decision,
    read_fenced,
    read_generation,
    replace_fence,
    restore_fence,
    snapshot_with_fences,
)
from migrator.postgres.gate.door import (
    ConstraintFlags,
    TriggerState,
    begin_return,
    cancel_return,
    open_door,
    read_door,
    require_shutting,
    shut_door,
    snapshot_before_opening,
    void_door,
)
from migrator.postgres.gate.forms import GateForms
from migrator.postgres.gate.freeze import Entrants, FreezeTimes, Gate, GateBusyError, shut_gate
from migrator.postgres.gate.locks import DOOR
from migrator.postgres.gate.older_transactions import wait_for_older_transactions
from migrator.postgres.gate.standbys import await_standbys
from migrator.postgres.session.connect import Connection, Endpoint, connect, translated
from migrator.postgres.sync.positions import write_position

T = TypeVar("T")

# The sessions of a wave are known by what they are for and the tenant, '' for the source.
_Name = tuple[str, str]
_WORK, _LOCK = "work", "lock"
_SOURCE: _Name = (_WORK, "")
_GATE: _Name = (_LOCK, "")
_LOST_FENCE = Because(Failed(), "Its fence is not the one that was decided any more.")


class WaveWork(Protocol):
    """What a wave leaves to others: following, comparing, the journal and the map. Each may raise MigratorError."""

    def tick(self, side: Side, tenants: Sequence[str]) -> Mapping[str, Answer]:
        """Brings the tenants' other side to what this one holds now: `Ticked`, or why not, for each."""

    def prove(self, side: Side, tenants: Sequence[str]) -> Mapping[str, Answer]:
        """Compares both sides at the positions of their last ticks: `Agreed` or `Differed` for each."""

    def repair(self, side: Side, tenants: Sequence[str]) -> Mapping[str, Answer]:
        """Compares in full and makes the other side equal to a fresh snapshot of this one: `Ticked` for each."""

    def reserve_numbers(self, tenants: Sequence[str]) -> Mapping[str, Answer]:
        """Gives the sequences of the tenants' databases blocks of numbers; says of whom it failed."""

    def journal(self, tenants: Sequence[str], stage: Stage) -> None:
        """Writes the stage of the tenants down."""

    def stages(self, tenants: Sequence[str]) -> Mapping[str, Stage]:
        """The stages that are written down."""

    def publish(self, side: Side, tenants: Sequence[str], generation: int) -> None:
        """Says on the map where the tenants are, unless it knows a later generation."""

    def positions_hold(self) -> bool:
        """Whether the source is the server, on the timeline, that positions were taken from."""


@dataclass(frozen=True)
class TenantDatabase:
    """The database of a tenant, and what its triggers and constraints are to be once the application is there."""

    endpoint: Endpoint
    triggers: tuple[TriggerState, ...] = ()
    constraints: tuple[ConstraintFlags, ...] = ()


@dataclass(frozen=True)
class WaveOptions:
    """How a wave treats others. Times are seconds; `but_for` are the pids of sessions of ours that only read."""

    times: FreezeTimes = field(default_factory=FreezeTimes)
    attempts: tuple[Entrants, ...] = (Entrants.WAIT,) * 3 + (Entrants.REFUSE,) * 5
    arming_patience: float = 3_600.0
    standby_patience: float = 1.0
    end_sessions: bool = False
    but_for: frozenset[int] = field(default_factory=frozenset)


class WaveDatabases:
    """The source and the databases of a wave's tenants, with the sessions in which a wave works there.

    `carry_out` and `read` are what `conduct_wave` is given. Closing it ends its sessions, and so gives back every lock.
    """

    def __init__(
        self,
        source: Endpoint,
        wave: int,
        forms: GateForms,
        databases: Mapping[str, TenantDatabase],
        work: WaveWork,
        options: WaveOptions,
        say: Callable[[str], None],
    ) -> None:
        self._source, self._wave, self._forms, self._databases = source, wave, forms, databases
        self._work, self._options, self._say = work, options, say
        self._sessions: dict[_Name, Connection] = {}
        self._armed_since: dict[str, int] = {}
        self._generation = 0
        self._exit = ExitStack()
        self._pool = self._exit.enter_context(
            ThreadPoolExecutor(max_workers=min(32, max(1, len(databases))), thread_name_prefix="door")
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for connection in self._sessions.values():
            connection.close()
        self._exit.close()

    def carry_out(self, effect: Effect, tenants: Sequence[str]) -> Mapping[str, Answer]:
        """Carries out an effect for tenants, and says what answers it for each; see `protocol.CarryOut`."""
        match effect:
            case Journal(stage):
                self._work.journal(tenants, stage)
                return {}
            case Tick(side):
                return self._work.tick(side, tenants)
            case Prove(side):
                return self._work.prove(side, tenants)
            case Repair(side):
                return self._work.repair(side, tenants)
            case ReserveNumbers():
                return self._work.reserve_numbers(tenants)
            case Publish(side, generation):
                self._work.publish(side, tenants, generation)
                return dict.fromkeys(tenants, Published())
            case Arm() | Disarm() | Freeze() | Release():
                return self._lock(effect, tenants)
            case OpenDoor() | VoidDoor() | ShutDoor():
                return self._door(effect, tenants)
            case Decide() | RestoreFence() | LiftFence():
                return self._decision(effect, tenants)
            case AwaitStandbys(side, generation):
                return self._await_standbys(side, tenants, generation)
            case TakePosition(generation):
                return self._take_position(tenants, generation)
            case ReadGates():
                raise ValueError("gates are read by `read`")
            case _:
                assert_never(effect)

    def read(self, tenants: Sequence[str]) -> Mapping[str, Gates | MigratorError]:
        """The stage in the journal, the fence and the door of each tenant; see `protocol.ReadAll`."""
        try:
            stages = self._work.stages(tenants)
            source = self._session(_SOURCE, self._source)
            with translated(self._source):
                fences = read_decision(source, self._wave, tenants)
                last = read_generation(source)
        except MigratorError as error:
            self._forget(_SOURCE)
            return dict.fromkeys(tenants, error)
        holds = self._work.positions_hold()

        def gates(tenant: str, connection: Connection) -> Gates:
            door = read_door(connection)
            fence = Fence(fences.get(tenant, 0), last, holds)
            return Gates(stages[tenant], fence, Door(door.generation, door.open))

        return self._in_each(tenants, gates)

    def _lock(self, effect: Arm | Disarm | Freeze | Release, tenants: Sequence[str]) -> Mapping[str, Answer]:
        """The gate of the source, for all of the tenants together, or the doors of their databases."""
        match effect:
            case Arm(Side.SOURCE):
                return self._arm(tenants)
            case Arm(Side.TARGET):
                return self._in_each(tenants, self._begin_return)
            case Disarm(Side.SOURCE):
                with self._working(_SOURCE, self._source) as source:
                    disarm(source, self._wave, tenants, self._forms.unarmed)
                return {}
            case Disarm(Side.TARGET):
                return _failures(self._in_each(tenants, lambda _, connection: cancel_return(connection)))
            case Freeze(Side.SOURCE):
                return self._freeze(tenants)
            case Freeze(Side.TARGET):
                return self._in_each(tenants, self._freeze_door, _LOCK)
            case Release(Side.SOURCE):
                self._release(_GATE, self._source, self._wave)
                return {}
            case Release(Side.TARGET):
                for tenant in tenants:
                    self._release((_LOCK, tenant), self._databases[tenant].endpoint, DOOR)
                return {}
        raise ValueError(f"{effect} is of no side")

    def _arm(self, tenants: Sequence[str]) -> Mapping[str, Answer]:
        """Arms those whose databases can be reached: whoever is missing now would be missing after the decision."""
        reached = self._in_each(tenants, lambda _, connection: read_door(connection))
        ready = [tenant for tenant in tenants if not isinstance(reached[tenant], MigratorError)]
        answers = _failures(reached)
        if not ready:
            return answers
        with self._working(_SOURCE, self._source) as source:
            since = arm(source, self._wave, ready, self._forms.armed)
            self._await_older(source, since)
        self._session(_GATE, self._source)
        self._armed_since.update(dict.fromkeys(ready, since))
        return {**answers, **dict.fromkeys(ready, Armed())}

    def _begin_return(self, tenant: str, connection: Connection) -> Armed:
        since = begin_return(connection)
        self._await_older(connection, since)
        self._session((_LOCK, tenant), self._databases[tenant].endpoint)
        self._armed_since[tenant] = since
        return Armed()

    def _await_older(self, connection: Connection, since: int) -> None:
        wait_for_older_transactions(
            connection, since, patience=self._options.arming_patience, say=self._say, but_for=self._options.but_for
        )

    def _freeze(self, tenants: Sequence[str]) -> Mapping[str, Answer]:
        with self._working(_SOURCE, self._source) as source:
            self._generation = read_generation(source)
        gate = self._gate(_GATE, self._source, self._wave)
        try:
            shut_gate(gate, self._options.attempts, self._say, end_sessions=self._options.end_sessions)
        except GateBusyError as error:
            return dict.fromkeys(tenants, Because(NotFrozen(), error.message))
        except DatabaseError:
            self._forget(_GATE)
            raise
        try:
            for since in {self._armed_since.get(tenant, 0) for tenant in tenants}:
                gate.require_armed([one for one in tenants if self._armed_since.get(one, 0) == since], since)
        except MigratorError:
            self._release(_GATE, self._source, self._wave)
            raise
        return dict.fromkeys(tenants, Frozen())

    def _freeze_door(self, tenant: str, connection: Connection) -> Answer:
        endpoint = self._databases[tenant].endpoint
        door = Gate(connection, endpoint, DOOR, self._options.times)
        try:
            shut_gate(door, self._options.attempts, self._say, end_sessions=self._options.end_sessions)
        except GateBusyError as error:
            return Because(NotFrozen(), error.message)
        try:
            require_shutting(door, self._armed_since.get(tenant, 0))
        except MigratorError:
            self._release((_LOCK, tenant), endpoint, DOOR)
            raise
        return Frozen()

    def _release(self, name: _Name, endpoint: Endpoint, wave: int) -> None:
        """Opens a gate; where that cannot be said to its session, by ending it."""
        if name in self._sessions:
            try:
                self._gate(name, endpoint, wave).open()
            except MigratorError:
                self._forget(name)

    def _door(self, effect: OpenDoor | VoidDoor | ShutDoor, tenants: Sequence[str]) -> Mapping[str, Answer]:
        match effect:
            case OpenDoor(generation):
                return self._open(tenants, generation)
            case VoidDoor(generation):
                return self._in_each(
                    tenants, lambda _, target: DoorShut() if void_door(target, generation) else DoorRefused()
                )
            case ShutDoor(generation):
                return self._in_each(
                    tenants,
                    lambda tenant, target: (
                        DoorShut()
                        if shut_door(
                            Gate(target, self._databases[tenant].endpoint, DOOR, self._options.times), generation
                        )
                        else DoorRefused()
                    ),
                    _LOCK,
                )
        raise ValueError(f"{effect} is of no door")

    def _open(self, tenants: Sequence[str], generation: int) -> Mapping[str, Answer]:
        # From where on changes are carried back is written down before there can be any. Nobody writes there until the
        # door opens, so it does not matter how long before.
        before = self._in_each(tenants, lambda _, target: snapshot_before_opening(target))
        ready = {tenant: began for tenant, began in before.items() if not isinstance(began, MigratorError)}
        with self._working(_SOURCE, self._source) as source, source.transaction():
            for tenant, began in ready.items():
                if began is not None:
                    write_position(source, began, side=self._databases[tenant].endpoint.database)

        def opened(tenant: str, target: Connection) -> Event:
            database = self._databases[tenant]
            known = open_door(target, generation, database.triggers, database.constraints)
            return DoorOpened() if known is not None else DoorRefused()

        return {**_failures(before), **self._in_each(list(ready), opened)}

    def _decision(self, effect: Decide | RestoreFence | LiftFence, tenants: Sequence[str]) -> Mapping[str, Answer]:
        if isinstance(effect, Decide) and not effect.replaces:
            generation = decide(self._gate(_GATE, self._source, self._wave), tenants, self._generation)
            return dict.fromkeys(tenants, Decided(generation))
        with self._working(_SOURCE, self._source) as source:
            match effect:
                case LiftFence(generation):
                    return _lifted(source, tenants, generation)
                case Decide(replaces):
                    given = {tenant: replace_fence(source, tenant, replaces) for tenant in tenants}
                case RestoreFence(above, last):
                    # Each of them draws a generation of its own, and knows the last one by that of the tenant before.
                    given = {}
                    for tenant in tenants:
                        given[tenant] = restore_fence(source, tenant, self._wave, above=above, last=last)
                        last = given[tenant] or last
        return {
            tenant: Decided(generation) if generation is not None else Undecided()
            for tenant, generation in given.items()
        }

    def _await_standbys(self, side: Side, tenants: Sequence[str], generation: int) -> Mapping[str, Answer]:
        """Waits for the standbys as long as it may, and says which of them would not know of the decision."""

        def wait(connection: Connection) -> None:
            for behind in await_standbys(connection, self._options.standby_patience):
                self._say(f"the standby {behind} does not have the decision yet: do not promote it before it has")

        if side is Side.TARGET:
            return _failures(self._in_each(tenants, lambda _, connection: wait(connection)))
        with self._working(_SOURCE, self._source) as source:
            wait(source)
            fences = read_fenced(source)
        gone = [tenant for tenant in tenants if fences.get(tenant, 0) != generation]
        return dict.fromkeys(gone, _LOST_FENCE)

    def _take_position(self, tenants: Sequence[str], generation: int) -> Mapping[str, Answer]:
        with self._working(_SOURCE, self._source) as source:
            position, fences = snapshot_with_fences(source)
        gone = [tenant for tenant in tenants if fences.get(tenant) != generation]

        def take(_: str, target: Connection) -> None:
            with target.transaction():
                write_position(target, position)

        there = [tenant for tenant in tenants if tenant not in gone]
        return {
            **dict.fromkeys(gone, _LOST_FENCE),
            **_failures(self._in_each(there, take)),
        }

    def _gate(self, name: _Name, endpoint: Endpoint, wave: int) -> Gate:
        return Gate(self._session(name, endpoint), endpoint, wave, self._options.times)

    def _in_each(
        self, tenants: Sequence[str], work: Callable[[str, Connection], T], kind: str = _WORK
    ) -> dict[str, T | MigratorError]:
        """Does something in the databases of tenants side by side; a failing one gives its error."""

        def attempt(tenant: str) -> T | MigratorError:
            endpoint = self._databases[tenant].endpoint
            try:
                with self._working((kind, tenant), endpoint) as connection:
                    return work(tenant, connection)
            except MigratorError as error:
                return error

        return dict(zip(tenants, self._pool.map(attempt, tenants), strict=True))

    def _session(self, name: _Name, endpoint: Endpoint) -> Connection:
        """The session of that name, opened where it is not there."""
        if name not in self._sessions:
            self._sessions[name] = connect(endpoint, purpose="cutover")
        return self._sessions[name]

    @contextmanager
    def _working(self, name: _Name, endpoint: Endpoint) -> Iterator[Connection]:
        """That session; one in which something fails is not used again."""
        try:
            connection = self._session(name, endpoint)
            with translated(endpoint):
                yield connection
        except MigratorError:
            self._forget(name)
            raise

    def _forget(self, name: _Name) -> None:
        if (connection := self._sessions.pop(name, None)) is not None:
            connection.close()


def _lifted(source: Connection, tenants: Sequence[str], generation: int) -> dict[str, Answer]:
    """Lifts the fences of that generation. Whose fence is another one is not back: somebody has moved it out again."""
    following = lift_fence(source, dict.fromkeys(tenants, generation))
    fences = read_fenced(source)
    return {tenant: _LOST_FENCE if tenant in fences else Lifted(following) for tenant in tenants}


def _failures(answers: Mapping[str, object]) -> dict[str, Answer]:
    return {tenant: answer for tenant, answer in answers.items() if isinstance(answer, MigratorError)}
