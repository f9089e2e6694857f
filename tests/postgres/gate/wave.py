"""A monolith, the databases of its tenants, and whoever follows them, for waves in tests: orders only, by their ids."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from migrator.commands.cutover.databases import WaveDatabases
from migrator.commands.cutover.doors import TenantDatabase
from migrator.commands.cutover.options import WaveOptions
from migrator.commands.cutover.protocol import Answer, WaveLimits, conduct_wave, resume_wave
from migrator.commands.cutover.result import WaveResult
from migrator.core.online.stages import Stage
from migrator.core.online.tenant_events import Agreed, Differed, Event, Side, Ticked
from migrator.core.online.tenant_states import Tenant
from migrator.errors import DatabaseError
from migrator.postgres.gate.forms import gate_forms
from migrator.postgres.gate.freeze import FreezeTimes
from migrator.postgres.session.connect import Connection
from tests.postgres.gate.monolith import RUN, Monolith

_ROWS = "SELECT id, note FROM public.orders WHERE company_id = %s ORDER BY id"


class Died(BaseException):
    """The coordinator was killed."""


@dataclass
class Follower:
    """Follows, compares, and keeps journal and map in memory; `fails` are effects that fail for tenants, by name.

    `then` is done when a stage has been written down; `dies` is before what the coordinator is killed. The
    journal `fails_once` at these stages.
    """

    source: Monolith
    targets: Mapping[str, Monolith]
    stages_of: dict[str, Stage] = field(default_factory=dict)
    map: dict[str, tuple[Side, int]] = field(default_factory=dict)
    written: list[tuple[str, Stage]] = field(default_factory=list)
    fails: set[tuple[str, str]] = field(default_factory=set)
    then: dict[Stage, Callable[[], object]] = field(default_factory=dict)
    dies: str = ""
    fails_once: set[Stage] = field(default_factory=set)

    def tick(self, side: Side, tenants: Sequence[str]) -> Mapping[str, Answer]:
        self._live(f"tick {side}")
        return {tenant: self._tick(side, tenant) for tenant in tenants}

    def prove(self, side: Side, tenants: Sequence[str]) -> Mapping[str, Answer]:
        self._live(f"prove {side}")
        answers: dict[str, Answer] = {}
        for tenant in tenants:
            with self.source.coordinator() as source, self.targets[tenant].coordinator() as target:
                same = source.execute(_ROWS, [tenant]).fetchall() == target.execute(_ROWS, [tenant]).fetchall()
            answers[tenant] = Agreed() if same and ("prove", tenant) not in self.fails else Differed()
        return answers

    def repair(self, side: Side, tenants: Sequence[str]) -> Mapping[str, Answer]:
        return self.tick(side, tenants)

    def reserve_numbers(self, tenants: Sequence[str]) -> Mapping[str, Answer]:
        self._live("reserve numbers")
        return {tenant: DatabaseError("no numbers") for tenant in tenants if ("reserve numbers", tenant) in self.fails}

    def journal(self, tenants: Sequence[str], stage: Stage) -> None:
        self._live(f"journal {stage}")
        if stage in self.fails_once:
            self.fails_once.remove(stage)
            raise DatabaseError("the journal was away")
        if any((f"journal {stage}", tenant) in self.fails for tenant in tenants):
            raise DatabaseError("the journal is away")
        self.stages_of.update(dict.fromkeys(tenants, stage))
        self.written += [(tenant, stage) for tenant in tenants]
        if (further := self.then.pop(stage, None)) is not None:
            further()

    def stages(self, tenants: Sequence[str]) -> Mapping[str, Stage]:
        return {tenant: self.stages_of[tenant] for tenant in tenants}

    def publish(self, side: Side, tenants: Sequence[str], generation: int) -> None:
        self._live(f"publish {side}")
        for tenant in tenants:
            if self.map.get(tenant, (side, 0))[1] <= generation:
                self.map[tenant] = side, generation

    def positions_hold(self) -> bool:
        return True

    def _live(self, moment: str) -> None:
        if self.dies == moment:
            raise Died(moment)

    def _tick(self, side: Side, tenant: str) -> Answer:
        if ("tick", tenant) in self.fails:
            return DatabaseError("the database is away")
        with self.source.coordinator() as source, self.targets[tenant].coordinator() as target:
            here, there = (source, target) if side is Side.SOURCE else (target, source)
            _bring(here, there, tenant)
        return Ticked()


def _bring(here: Connection, there: Connection, tenant: str) -> None:
    rows = here.execute(_ROWS, [tenant]).fetchall()
    with there.transaction():
        there.execute("SET LOCAL migrator.applier = 'on'")
        there.cursor().executemany(
            "INSERT INTO public.orders (id, company_id, note) VALUES (%s, %s, %s) "
            "ON CONFLICT (id) DO UPDATE SET note = excluded.note",
            [(id_, tenant, note) for id_, note in rows],
        )


def order_wave(
    follower: Follower,
    event: Event,
    tenants: Sequence[Tenant],
    *,
    databases: Mapping[str, TenantDatabase] | None = None,
    limits: WaveLimits | None = None,
    options: WaveOptions | None = None,
) -> WaveResult:
    """Orders something for tenants of wave 1, with sessions of its own."""
    with wave_databases(follower, databases, options) as wave:
        return conduct_wave(tenants, event, wave.carry_out, wave.read, limits or WaveLimits(freeze=20, decide=20))


def resume(
    follower: Follower, tenants: Sequence[str], *, databases: Mapping[str, TenantDatabase] | None = None
) -> WaveResult:
    """Goes on with whatever was left."""
    with wave_databases(follower, databases, None) as wave:
        return resume_wave(tenants, wave.carry_out, wave.read, WaveLimits(freeze=20, decide=20))


def wave_databases(
    follower: Follower,
    databases: Mapping[str, TenantDatabase] | None = None,
    options: WaveOptions | None = None,
) -> WaveDatabases:
    """The databases of wave 1, for effects in them."""
    source = follower.source
    forms = gate_forms(source.captured, source.placements, source.catalog, RUN)
    databases = databases or {tenant: TenantDatabase(target.as_owner()) for tenant, target in follower.targets.items()}
    options = options or WaveOptions(times=FreezeTimes(300, 10_000))
    return WaveDatabases(source.as_owner(), 1, forms, databases, follower, options, lambda _: None)
