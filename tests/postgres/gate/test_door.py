"""The door of a tenant's database: shut until it is opened once for a fence, and shut again without losing a write."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from migrator.core.online.position import Position
from migrator.core.schema.catalog import Relation
from migrator.postgres.capture.functions import TRIGGER, capture_function
from migrator.postgres.gate.decision import decide, lift_fence, read_fenced, replace_fence, restore_fence
from migrator.postgres.gate.door import (
    ConstraintFlags,
    TriggerState,
    begin_return,
    cancel_return,
    door_check,
    install_door,
    open_door,
    read_door,
    replica_check,
    shut_door,
    void_door,
)
from migrator.postgres.gate.freeze import Entrants, FreezeTimes, Gate
from migrator.postgres.gate.locks import DOOR
from migrator.postgres.gate.older_transactions import wait_for_older_transactions
from tests.postgres.gate.monolith import RUN, Monolith, make_monolith
from tests.servers import DatabaseFactory

WRITE = "INSERT INTO public.orders (company_id, note) VALUES (2, 'written')"
OF_ALL = "INSERT INTO public.units VALUES ('kg', 'x')"
QUICK = FreezeTimes(lock_timeout=50, lease=5_000)
RESTORED = (
    [TriggerState(Relation("public", "lines"), "counted", "O")],
    [ConstraintFlags(Relation("public", "lines"), "lines_order_id_fkey", False)],
)


@pytest.fixture
def target(database_factory: DatabaseFactory, prefix: str) -> Monolith:
    """A tenant's database as it is before its door is opened."""
    return make_target(database_factory(), prefix)


def make_target(url: str, prefix: str) -> Monolith:
    target = make_monolith(url, prefix)
    with target.coordinator() as connection:
        install_door(connection)
        for table in target.captured:
            check = replica_check(RUN) if table.relation.name == "units" else door_check(RUN)
            connection.execute(capture_function(table, gate=check))
        connection.execute(
            "CREATE FUNCTION public.counted() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN NEW.quantity := 77; RETURN NEW; END $$; "
            "CREATE TRIGGER counted BEFORE INSERT ON public.lines FOR EACH ROW EXECUTE FUNCTION public.counted(); "
            "ALTER TABLE public.lines DISABLE TRIGGER counted, "
            "ALTER CONSTRAINT lines_order_id_fkey DEFERRABLE INITIALLY DEFERRED"
        )
    return target


def refusal_of(connection: psycopg.Connection[Any], statement: str = WRITE) -> str | None:
    """What the write is refused with, or None."""
    try:
        connection.execute(statement.encode())
    except psycopg.Error as error:
        return error.sqlstate
    return None


def test_nobody_but_the_applier_writes_behind_a_shut_door(target: Monolith) -> None:
    with target.coordinator() as owner, target.write() as application:
        assert not read_door(owner).open
        for statement in (WRITE, "DELETE FROM public.remarks", "TRUNCATE public.remarks", OF_ALL):
            assert refusal_of(application, statement) == refusal_of(owner, statement) == "25006", statement
        with owner.transaction():
            owner.execute("SET LOCAL migrator.applier = 'on'")
            owner.execute(WRITE.encode())
            owner.execute(OF_ALL.encode())
        assert owner.execute("SELECT count(*) FROM migrator_follow.log").fetchone() == (0,)


def test_opening_gives_back_triggers_and_flags_and_says_from_where_on_changes_go_back(target: Monolith) -> None:
    with target.coordinator() as owner, target.write() as application, target.write() as early:
        # One that has its transaction number since before, and writes afterwards.
        early.execute("BEGIN")
        number = early.execute("SELECT txid_current()").fetchone()
        assert number is not None
        position = open_door(owner, 3, *RESTORED)
        assert isinstance(position, Position)
        assert not position.sees(number[0])
        early.execute(WRITE.encode())
        early.execute("COMMIT")
        assert refusal_of(application) is None
        assert refusal_of(application, OF_ALL) == "25006"
        application.execute("INSERT INTO public.lines (order_id, quantity) VALUES (1, 1)")
        assert application.execute("SELECT quantity FROM lines ORDER BY id DESC LIMIT 1").fetchone() == (77,)
        flags = "SELECT condeferrable, condeferred FROM pg_constraint WHERE conname = 'lines_order_id_fkey'"
        assert owner.execute(flags.encode()).fetchone() == (False, False)
        logged = owner.execute("SELECT DISTINCT xid FROM migrator_follow.log").fetchall()
        assert len(logged) == 3
        assert not any(position.sees(xid) for (xid,) in logged)


def test_a_door_opens_once_for_each_fence(target: Monolith) -> None:
    with target.coordinator() as owner:
        first = open_door(owner, 3, *RESTORED)
        assert open_door(owner, 3, (), ()) == first
        assert open_door(owner, 5, (), ()) == first
        assert read_door(owner) == (True, 5, first)
        assert not void_door(owner, 6)
        door = Gate(owner, target.as_owner(), DOOR, QUICK)
        assert door.try_shut(Entrants.WAIT)
        assert not shut_door(door, 4)  # of another fence
        assert read_door(owner).open
        assert door.try_shut(Entrants.WAIT)
        assert shut_door(door, 5)
        assert read_door(owner) == (False, 5, first)
        assert open_door(owner, 5, (), ()) is None
        assert void_door(owner, 6)
        assert open_door(owner, 6, (), ()) is None
        assert open_door(owner, 7, (), ()) is not None


def test_whoever_writes_while_the_door_is_shut_is_waited_for_or_refused(target: Monolith) -> None:
    with target.coordinator() as owner, target.coordinator() as other, target.write() as application:
        open_door(owner, 1, *RESTORED)
        with target.write() as before, target.write() as old:
            before.execute("BEGIN")
            before.execute(WRITE.encode())
            begun = begin_return(other)
            # It holds no lock yet: it is one of the older transactions.
            door = Gate(owner, target.as_owner(), DOOR, QUICK)
            before.execute("COMMIT")
            wait_for_older_transactions(other, begun, patience=30, say=lambda _: None)
            old.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
            old.execute("SELECT count(*) FROM orders")
            application.execute("BEGIN")
            application.execute(WRITE.encode())
            assert not door.try_shut(Entrants.WAIT)
            application.execute("COMMIT")
            assert door.try_shut(Entrants.WAIT)
            assert shut_door(door, 1)
            assert refusal_of(old) == "40001"
            assert refusal_of(application) == "25006"


def test_without_waiting_for_older_transactions_one_is_lost_behind_the_door(target: Monolith) -> None:
    with target.coordinator() as owner, target.write() as application:
        open_door(owner, 1, *RESTORED)
        application.execute("BEGIN")
        application.execute(WRITE.encode())
        begin_return(owner)
        door = Gate(owner, target.as_owner(), DOOR, QUICK)
        assert door.try_shut(Entrants.WAIT)
        assert shut_door(door, 1)
        application.execute("COMMIT")


def test_a_return_that_is_called_off_leaves_the_door_open(target: Monolith) -> None:
    with target.coordinator() as owner, target.write() as application:
        open_door(owner, 1, *RESTORED)
        begin_return(owner)
        cancel_return(owner)
        application.execute("BEGIN")
        application.execute(WRITE.encode())
        assert Gate(owner, target.as_owner(), DOOR, QUICK).try_shut(Entrants.WAIT)
        owner.execute("ROLLBACK")
        application.execute("COMMIT")


def test_the_triggers_of_capture_still_fire_behind_the_door(target: Monolith) -> None:
    with target.coordinator() as owner:
        owner.execute("SELECT 1")
        enabled = owner.execute("SELECT DISTINCT tgenabled FROM pg_trigger WHERE tgname = %s", [TRIGGER]).fetchall()
    assert enabled == [("A",)]


def test_a_fence_is_lifted_by_its_generation_and_writers_come_in_again(monolith: Monolith) -> None:
    monolith.arm_and_wait(["2", "5"])
    with monolith.coordinator() as owner, monolith.write() as application:
        gate = monolith.gate(owner, times=QUICK)
        assert gate.try_shut(Entrants.WAIT)
        assert decide(gate, ["2", "5"], 0) == 1
        assert lift_fence(owner, {"2": 7}) == 2
        assert read_fenced(owner) == {"2": 1, "5": 1}
        assert replace_fence(owner, "5", 7) is None
        assert replace_fence(owner, "5", 1) == 4
        assert lift_fence(owner, {"2": 1, "5": 1}) == 5
        assert read_fenced(owner) == {"5": 4}
        assert refusal_of(application) is None
        assert refusal_of(application, "UPDATE orders SET note = 'x' WHERE company_id = 5") == "25006"


def test_a_fence_that_a_failover_has_lost_is_raised_above_the_door(monolith: Monolith) -> None:
    monolith.arm_and_wait(["3"])
    with monolith.coordinator() as owner, monolith.write() as application:
        assert restore_fence(owner, "2", 1, above=9, last=4) is None
        assert refusal_of(application) is None
        assert restore_fence(owner, "2", 1, above=9, last=0) == 10
        assert read_fenced(owner) == {"2": 10}
        assert refusal_of(application) == "25006"
