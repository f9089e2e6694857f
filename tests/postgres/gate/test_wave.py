"""A wave from the order to its own databases and back, with writers who follow the map; and what falls out of it."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from dataclasses import dataclass, field
from functools import partial

import psycopg
import pytest

from migrator.commands.cutover.doors import TenantDatabase
from migrator.commands.cutover.options import WaveOptions
from migrator.commands.cutover.protocol import Because, WaveLimits
from migrator.core.online.position import Position
from migrator.core.online.stages import Stage
from migrator.core.online.tenant_events import CutoverOrdered, Failed, LiftFence, ReturnOrdered, Side
from migrator.core.online.tenant_states import Tenant
from migrator.postgres.gate.decision import read_fenced
from migrator.postgres.gate.door import read_door
from migrator.postgres.gate.freeze import Entrants, FreezeTimes
from migrator.postgres.session.connect import Endpoint
from tests.postgres.gate.monolith import Monolith
from tests.postgres.gate.test_door import make_target, refusal_of
from tests.postgres.gate.wave import Died, Follower, order_wave, resume, wave_databases
from tests.postgres.gate.writers import InBackground
from tests.project import awaited
from tests.servers import DatabaseFactory

WAVE = ("2", "4")


@pytest.fixture
def follower(monolith: Monolith, database_factory: DatabaseFactory, prefix: str) -> Follower:
    """A monolith whose tenants 2 and 4 are followed and proved."""
    targets = {tenant: make_target(database_factory(), prefix) for tenant in WAVE}
    made = Follower(monolith, targets)
    made.stages_of.update(dict.fromkeys(WAVE, Stage.PROVED))
    return made


def proved(*tenants: str) -> list[Tenant]:
    return [Tenant(tenant, Stage.PROVED) for tenant in tenants]


def stages(follower: Follower) -> dict[str, Stage]:
    return {tenant: follower.stages_of[tenant] for tenant in WAVE}


def armed(follower: Follower) -> list[str]:
    """The tenants that are armed in the source."""
    with follower.source.coordinator() as source:
        return [name for (name,) in source.execute("SELECT tenant FROM migrator_follow.armed ORDER BY 1").fetchall()]


def checked(follower: Follower) -> bool:
    """Whether the trigger functions of the source look at the gate."""
    with follower.source.coordinator() as source:
        row = source.execute("SELECT bool_or(prosrc LIKE '%migrator_waves%') FROM pg_proc").fetchone()
    assert row is not None
    return bool(row[0])


@dataclass
class Load:
    """Writers who look up in the map where their tenant is, and keep a ledger of what was acknowledged."""

    follower: Follower
    ledger: set[tuple[str, int]] = field(default_factory=set)
    sides: Counter[tuple[str, Side]] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    ended: threading.Event = field(default_factory=threading.Event)
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1_000_000))

    def write(self, tenant: str, isolation: str) -> None:
        sessions: dict[Side, psycopg.Connection[object]] = {}
        try:
            while not self.ended.is_set():
                side, _ = self.follower.map.get(tenant, (Side.SOURCE, 0))
                if side not in sessions:
                    place = self.follower.source if side is Side.SOURCE else self.follower.targets[tenant]
                    sessions[side] = place.write()
                number = next(self.numbers)
                try:
                    with sessions[side].transaction():
                        sessions[side].execute(f"SET TRANSACTION ISOLATION LEVEL {isolation}".encode())
                        sessions[side].execute("SELECT count(*) FROM units")
                        sessions[side].execute(
                            "INSERT INTO public.orders (id, company_id, note) VALUES (%s, %s, 'ledger')",
                            [number, tenant],
                        )
                except psycopg.Error as error:
                    self.refusals[error.sqlstate or str(error)] += 1
                    continue
                self.ledger.add((tenant, number))
                self.sides[tenant, side] += 1
        finally:
            for session in sessions.values():
                session.close()


def test_a_wave_goes_out_and_comes_back_and_loses_no_write(follower: Follower) -> None:
    load = Load(follower)
    writers = [
        InBackground(partial(load.write, tenant, isolation))
        for tenant in ("2", "3", "4")
        for isolation in ("READ COMMITTED", "REPEATABLE READ")
    ]
    try:
        awaited(lambda: len(load.ledger) > 50)
        out = order_wave(follower, CutoverOrdered(), proved(*WAVE))
        assert {tenant.stage for tenant in out.tenants.values()} == {Stage.REVERSING}, out.reasons
        awaited(lambda: all(load.sides[tenant, Side.TARGET] > 20 for tenant in WAVE))
        with follower.source.coordinator() as source:
            assert read_fenced(source) == {"2": 1, "4": 1}
        assert checked(follower)
        back = order_wave(follower, ReturnOrdered(), list(out.tenants.values()))
        assert {tenant.stage for tenant in back.tenants.values()} == {Stage.FOLLOWED}, back.reasons
        before = Counter(load.sides)
        awaited(lambda: all(load.sides[tenant, Side.SOURCE] > before[tenant, Side.SOURCE] + 20 for tenant in WAVE))
    finally:
        load.ended.set()
        for writer in writers:
            writer.result()
    assert set(load.refusals) <= {"25006", "40001"}
    with follower.source.coordinator() as source:
        held = source.execute("SELECT company_id::text, id FROM public.orders WHERE note = 'ledger'").fetchall()
        assert read_fenced(source) == {}
    assert armed(follower) == []
    assert not checked(follower)
    assert len(held) == len(load.ledger)
    assert set(held) == load.ledger
    assert out.frozen is not None
    assert out.refused is not None
    assert out.refused >= out.frozen
    assert load.sides["3", Side.TARGET] == 0
    assert follower.map == {tenant: (Side.SOURCE, 2) for tenant in WAVE}
    # The way of each, as the journal holds it.
    way = [stage for tenant, stage in follower.written if tenant == "2"]
    assert way == [
        Stage.ARMED, Stage.DECIDING, Stage.FENCED, Stage.OPENED, Stage.PUBLISHED, Stage.REVERSING,
        Stage.RETURNING, Stage.FOLLOWED,
    ]  # fmt: skip


def test_it_may_go_out_again_after_it_came_back(follower: Follower) -> None:
    for _ in range(2):
        out = order_wave(follower, CutoverOrdered(), proved(*WAVE))
        assert stages(follower) == dict.fromkeys(WAVE, Stage.REVERSING), out.reasons
        order_wave(follower, ReturnOrdered(), list(out.tenants.values()))
        assert stages(follower) == dict.fromkeys(WAVE, Stage.FOLLOWED)
        follower.stages_of.update(dict.fromkeys(WAVE, Stage.PROVED))
    assert follower.map == {tenant: (Side.SOURCE, 4) for tenant in WAVE}


def test_who_cannot_be_reached_falls_out_before_anything_is_decided(follower: Follower) -> None:
    databases = {
        "2": TenantDatabase(follower.targets["2"].as_owner()),
        "4": TenantDatabase(Endpoint("host=127.0.0.1 port=1 dbname=nowhere connect_timeout=2")),
    }
    result = order_wave(follower, CutoverOrdered(), proved(*WAVE), databases=databases)
    assert stages(follower) == {"2": Stage.REVERSING, "4": Stage.PROVED}
    assert list(result.reasons) == ["4"]
    assert "port 1" in result.reasons["4"] or "127.0.0.1" in result.reasons["4"]
    with follower.source.coordinator() as source:
        assert read_fenced(source) == {"2": 1}


@pytest.mark.parametrize("failing", ["tick", "prove"])
def test_who_fails_while_the_gate_is_shut_falls_out_and_the_others_go_on(follower: Follower, failing: str) -> None:
    follower.fails.add((failing, "4"))
    result = order_wave(follower, CutoverOrdered(), proved(*WAVE))
    assert follower.stages_of["2"] is Stage.REVERSING
    assert follower.stages_of["4"] in (Stage.PROVED, Stage.FOLLOWED)
    assert list(result.reasons) == ["4"]
    with follower.source.coordinator() as source, follower.source.write() as application:
        assert read_fenced(source) == {"2": 1}
        application.execute("INSERT INTO orders (company_id) VALUES (4)")


def test_above_the_limit_nothing_is_decided_and_writers_go_on(follower: Follower) -> None:
    result = order_wave(follower, CutoverOrdered(), proved(*WAVE), limits=WaveLimits(freeze=0.0, decide=20))
    assert "held up for too long" in result.reasons["2"]
    with follower.source.coordinator() as source, follower.source.write() as application:
        assert read_fenced(source) == {}
        application.execute("INSERT INTO orders (company_id) VALUES (2)")
    assert follower.stages_of["2"] is Stage.PROVED
    assert armed(follower) == []


def test_a_gate_that_cannot_be_shut_names_who_is_in_and_nothing_is_decided(follower: Follower) -> None:
    options = WaveOptions(times=FreezeTimes(50, 5_000), attempts=(Entrants.WAIT, Entrants.REFUSE))
    with follower.source.write(autocommit=False) as idle:
        # Behind the arming, which would wait for it.
        follower.then[Stage.ARMED] = partial(idle.execute, "INSERT INTO orders (company_id) VALUES (2)")
        result = order_wave(follower, CutoverOrdered(), proved(*WAVE), options=options)
        assert f"pid {idle.info.backend_pid}" in result.reasons["2"]
        assert result.reasons["4"] == result.reasons["2"]
        assert stages(follower) == dict.fromkeys(WAVE, Stage.PROVED)
        assert result.frozen is None
        idle.commit()
        assert armed(follower) == []
    order_wave(follower, CutoverOrdered(), proved(*WAVE), options=options)
    assert stages(follower) == dict.fromkeys(WAVE, Stage.REVERSING)


def test_where_no_door_opens_in_time_the_tenant_is_taken_back(follower: Follower) -> None:
    follower.fails.add(("journal fenced", "2"))  # which comes before the door
    result = order_wave(follower, CutoverOrdered(), proved("2"), limits=WaveLimits(freeze=20, decide=0.1))
    assert "the journal is away" in result.reasons["2"]
    assert result.tenants["2"].stage is Stage.FOLLOWED
    with (
        follower.source.coordinator() as source,
        follower.targets["2"].coordinator() as target,
        follower.source.write() as application,
    ):
        assert read_fenced(source) == {}
        assert read_door(target) == (False, 1, None)  # and never opens for that fence
        application.execute("INSERT INTO orders (company_id) VALUES (2)")
    assert follower.map == {"2": (Side.SOURCE, 2)}


def test_what_fails_once_after_the_decision_is_done_again_at_once(follower: Follower) -> None:
    follower.fails_once = {Stage.FENCED, Stage.OPENED}
    result = order_wave(follower, CutoverOrdered(), proved(*WAVE))
    assert follower.fails_once == set()
    assert stages(follower) == dict.fromkeys(WAVE, Stage.REVERSING)
    assert result.reasons == {}
    assert [step.name for step in result.times].count("read gates") == 2


OUT = (
    "journal armed", "tick source", "prove source", "journal deciding", "journal fenced", "journal opened",
    "publish target", "journal published", "tick target", "journal reversing",
)  # fmt: skip
BACK = ("journal returning", "tick target", "prove target", "publish source", "journal followed")


@pytest.mark.parametrize("moment", OUT)
def test_whatever_moment_the_coordinator_dies_at_the_same_command_moves_the_tenants(
    follower: Follower, moment: str
) -> None:
    follower.dies = moment
    with pytest.raises(Died):
        order_wave(follower, CutoverOrdered(), proved(*WAVE))
    follower.dies = ""
    with follower.source.coordinator() as source, follower.source.write() as application:
        # Nobody waits at a gate whose coordinator is dead.
        application.execute("SET statement_timeout = '30s'")
        fenced = read_fenced(source)
        assert fenced in ({}, {"2": 1, "4": 1})
        assert (refusal_of(application, "INSERT INTO orders (company_id) VALUES (2)") == "25006") == bool(fenced)
    resumed = resume(follower, WAVE)
    if not fenced:
        assert {tenant.stage for tenant in resumed.tenants.values()} == {Stage.PROVED}
        order_wave(follower, CutoverOrdered(), list(resumed.tenants.values()))
    assert set(stages(follower).values()) == {Stage.REVERSING}
    assert follower.map == {tenant: (Side.TARGET, 1) for tenant in WAVE}
    for tenant in WAVE:
        with follower.targets[tenant].coordinator() as target:
            assert read_door(target).open


@pytest.mark.parametrize("moment", BACK)
def test_whatever_moment_it_dies_at_on_the_way_back_the_same_command_brings_them_back(
    follower: Follower, moment: str
) -> None:
    out = order_wave(follower, CutoverOrdered(), proved(*WAVE))
    follower.dies = moment
    with pytest.raises(Died):
        order_wave(follower, ReturnOrdered(), list(out.tenants.values()))
    follower.dies = ""
    for tenant in WAVE:
        with follower.source.coordinator() as source, follower.targets[tenant].coordinator() as target:
            # One writer at most, at every moment.
            assert tenant in read_fenced(source) or not read_door(target).open
    resumed = resume(follower, WAVE)
    still_out = [tenant for tenant in resumed.tenants.values() if tenant.stage is Stage.REVERSING]
    if still_out:
        order_wave(follower, ReturnOrdered(), still_out)
    assert set(stages(follower).values()) == {Stage.FOLLOWED}
    assert follower.map == {tenant: (Side.SOURCE, 2) for tenant in WAVE}


def test_where_changes_go_back_from_is_written_down_before_the_door_opens(follower: Follower) -> None:
    order_wave(follower, CutoverOrdered(), proved("2"))
    target = follower.targets["2"]
    with target.coordinator() as connection, follower.source.coordinator() as source, target.write() as application:
        opened_at = read_door(connection).opened_at
        row = source.execute(
            "SELECT snapshot FROM migrator_follow.positions WHERE side = %s", [connection.info.dbname]
        ).fetchone()
        assert row is not None
        began = Position.parse(row[0])
        assert opened_at is not None
        assert began.is_at_most(opened_at)
        application.execute("INSERT INTO public.orders (id, company_id) VALUES (777777, 2)")
        logged = connection.execute("SELECT xid FROM migrator_follow.log").fetchall()
        assert logged
        assert not any(began.sees(xid) for (xid,) in logged)


def test_who_has_moved_out_again_is_not_brought_back_by_a_coordinator_that_was_asleep(follower: Follower) -> None:
    """Whose fence is that of a later generation than the one to be lifted: neither is it lifted, nor the map told."""
    for _ in range(2):
        out = order_wave(follower, CutoverOrdered(), proved("2"))
        back = order_wave(follower, ReturnOrdered(), list(out.tenants.values()))
        follower.stages_of["2"] = Stage.PROVED
    out = order_wave(follower, CutoverOrdered(), proved("2"))
    assert back.tenants["2"].stage is Stage.FOLLOWED
    with wave_databases(follower) as wave:
        answer = wave.carry_out(LiftFence(1), ["2"])["2"]
    assert isinstance(answer, Because)
    assert answer.event == Failed()
    with follower.source.coordinator() as source:
        assert read_fenced(source) == {"2": out.tenants["2"].generation}
    assert follower.map["2"] == (Side.TARGET, out.tenants["2"].generation)


def test_who_gets_no_numbers_does_not_move(follower: Follower) -> None:
    follower.fails.add(("reserve numbers", "2"))
    out = order_wave(follower, CutoverOrdered(), proved(*WAVE))
    assert out.tenants["2"].stage is Stage.PROVED
    assert out.reasons == {"2": "no numbers"}
    assert out.tenants["4"].stage is Stage.REVERSING
