"""Does in the databases what the tenants of a wave have to do next: at the gate of the source, at their doors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Protocol, Self, assert_never

from migrator.commands.cutover.doors import Doors, TenantDatabase
from migrator.commands.cutover.options import WaveOptions
from migrator.commands.cutover.protocol import Answer, Gates
from migrator.commands.cutover.sessions import WaveSessions
from migrator.commands.cutover.source_gate import SourceGate
from migrator.core.online.recovery import Fence
from migrator.core.online.stages import Stage
from migrator.core.online.tenant_events import (
    Arm,
    AwaitStandbys,
    Decide,
    Disarm,
    Effect,
    Freeze,
    Journal,
    LiftFence,
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
    VoidDoor,
)
from migrator.errors import MigratorError
from migrator.postgres.gate.forms import GateForms
from migrator.postgres.session.connect import Endpoint


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
        self._work = work
        self._sessions = WaveSessions(source, {tenant: one.endpoint for tenant, one in databases.items()})
        self._gate = SourceGate(self._sessions, wave, forms, options, say)
        self._doors = Doors(self._sessions, databases, options, say)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._sessions.close()

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
                return self._publish(side, tenants, generation)
            case Arm(side) | Disarm(side) | Freeze(side) | Release(side):
                return self._at_gate(effect, tenants) if side is Side.SOURCE else self._at_doors(effect, tenants)
            case OpenDoor(generation):
                return self._doors.open(tenants, generation)
            case VoidDoor(generation):
                return self._doors.void(tenants, generation)
            case ShutDoor(generation):
                return self._doors.shut(tenants, generation)
            case Decide() | RestoreFence() | LiftFence():
                return self._gate.decide(effect, tenants)
            case AwaitStandbys(Side.SOURCE, generation):
                return self._gate.await_standbys(tenants, generation)
            case AwaitStandbys():
                return self._doors.await_standbys(tenants)
            case TakePosition(generation):
                return self._doors.take_position(tenants, generation)
            case ReadGates():
                raise ValueError("gates are read by `read`")
            case _:
                assert_never(effect)

    def read(self, tenants: Sequence[str]) -> Mapping[str, Gates | MigratorError]:
        """The stage in the journal, the fence and the door of each tenant; see `protocol.ReadAll`."""
        try:
            stages = self._work.stages(tenants)
            fences, last = self._gate.read(tenants)
            holds = self._work.positions_hold()
        except MigratorError as error:
            return dict.fromkeys(tenants, error)
        return {
            tenant: door
            if isinstance(door, MigratorError)
            else Gates(stages[tenant], Fence(fences.get(tenant, 0), last, holds), door)
            for tenant, door in self._doors.read(tenants).items()
        }

    def _at_gate(self, effect: Arm | Disarm | Freeze | Release, tenants: Sequence[str]) -> Mapping[str, Answer]:
        match effect:
            case Arm():
                return self._gate.arm(tenants)
            case Disarm():
                return self._gate.disarm(tenants)
            case Freeze():
                return self._gate.freeze(tenants)
            case Release():
                return self._gate.release()

    def _at_doors(self, effect: Arm | Disarm | Freeze | Release, tenants: Sequence[str]) -> Mapping[str, Answer]:
        match effect:
            case Arm():
                return self._doors.begin_return(tenants)
            case Disarm():
                return self._doors.cancel_return(tenants)
            case Freeze():
                return self._doors.freeze(tenants)
            case Release():
                return self._doors.release(tenants)

    def _publish(self, side: Side, tenants: Sequence[str], generation: int) -> Mapping[str, Answer]:
        self._work.publish(side, tenants, generation)
        if side is Side.SOURCE:
            # Nothing asks for the gate's lock any more: its functions lose their check with the last tenant.
            self._gate.disarm(tenants)
        return dict.fromkeys(tenants, Published())
