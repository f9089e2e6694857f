"""The freeze of a wave: who is waited for, who is refused, who is left alone; what happens without each part of it."""

from __future__ import annotations

import os
import signal
from contextlib import closing
from functools import partial
from typing import Any

import psycopg
import pytest
from psycopg import sql

from migrator.errors import DatabaseError, RefusedError
from migrator.postgres.gate.arm import arm, disarm
from migrator.postgres.gate.decision import decide, read_decision, read_fenced, read_generation
from migrator.postgres.gate.freeze import Entrants, FreezeTimes, GateBusyError, shut_gate
from migrator.postgres.gate.older_transactions import wait_for_older_transactions
from tests.postgres.gate.monolith import Monolith, make_monolith
from tests.postgres.gate.writers import InBackground, await_waiting, coordinator_process
from tests.project import awaited
from tests.servers import FAST, ServerFactory

QUICK = FreezeTimes(lock_timeout=50, lease=5_000)
WRITE = "INSERT INTO public.orders (company_id, note) VALUES (2, 'written')"
# The check of a snapshot, as it stands in the text of the function, and what it is damaged to.
NO_GENERATION = ("PERFORM FROM migrator_follow.waves w WHERE w.wave = migrator_wave FOR SHARE;", "NULL;")
NO_UNKNOWN = ("IF pg_catalog.array_position(migrator_old || migrator_new, NULL) IS NOT NULL", "IF false")
AUTO = (Entrants.WAIT,) * 3 + (Entrants.REFUSE,) * 12


def nobody(_: str) -> None:
    """Is told something and keeps it to itself."""


def cut_over(monolith: Monolith, *tenants: str, wave: int = 1) -> int:
    """Shuts the gate at once and decides."""
    with monolith.coordinator() as connection:
        gate = monolith.gate(connection, wave, QUICK)
        generation = read_generation(connection)
        shut_gate(gate, [Entrants.WAIT], nobody)
        return decide(gate, tenants, generation)


def written(monolith: Monolith) -> int:
    """How many rows `WRITE` has left in the monolith."""
    with psycopg.connect(monolith.url) as connection:
        row = connection.execute("SELECT count(*) FROM orders WHERE note = 'written'").fetchone()
    assert row is not None
    return int(row[0])


def test_scenario_03_a_long_report_holds_up_the_arming_and_not_the_freeze(monolith: Monolith) -> None:
    said: list[str] = []
    with monolith.write() as report, monolith.coordinator() as connection:
        report.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        report.execute("SELECT count(*) FROM orders")
        committed = monolith.arm(["2"])
        with pytest.raises(DatabaseError) as caught:
            wait_for_older_transactions(connection, committed, patience=0, say=nobody)
        assert f"pid {report.info.backend_pid} ({monolith.application}" in caught.value.message
        with monolith.coordinator() as other:
            waiting = InBackground(lambda: wait_for_older_transactions(other, committed, patience=60, say=said.append))
            awaited(lambda: any(f"pid {report.info.backend_pid}" in text for text in said))
            # Meanwhile everybody writes.
            with monolith.write() as application:
                application.execute(WRITE.encode())
            report.execute("COMMIT")
            waiting.result()
        # One that began afterwards is none of the gate's business.
        report.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        report.execute("SELECT count(*) FROM orders")
        shutting = shut_gate(monolith.gate(connection, times=QUICK), [Entrants.WAIT], nobody)
        assert shutting.attempts == 1


def test_scenario_04_a_snapshot_from_before_the_decision_is_refused_with_40001(monolith: Monolith) -> None:
    monolith.arm_and_wait(["2"])
    with monolith.write() as application:
        application.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        application.execute("SELECT count(*) FROM orders")
        cut_over(monolith, "2")
        with pytest.raises(psycopg.errors.SerializationFailure):
            application.execute(WRITE.encode())
        application.execute("ROLLBACK")
        # Other tenants' old snapshots are not asked.
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            application.execute(WRITE.encode())
    assert written(monolith) == 0


def test_without_the_generation_a_write_lands_behind_the_fence(monolith: Monolith) -> None:
    monolith.arm_and_wait(["2"], NO_GENERATION)
    with monolith.write() as application:
        application.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        application.execute("SELECT count(*) FROM orders")
        cut_over(monolith, "2")
        application.execute(WRITE.encode())
        application.execute("COMMIT")
    assert written(monolith) == 1  # what scenario 4 is there for


@pytest.mark.parametrize("isolation", ["REPEATABLE READ", "SERIALIZABLE"])
def test_a_snapshot_from_before_the_decision_still_serves_other_tenants(monolith: Monolith, isolation: str) -> None:
    monolith.arm_and_wait(["2"])
    with monolith.write() as application:
        application.execute(f"BEGIN ISOLATION LEVEL {isolation}".encode())
        application.execute("SELECT count(*) FROM orders")
        cut_over(monolith, "2")
        application.execute("INSERT INTO orders (company_id, note) VALUES (3, 'written')")
        application.execute("COMMIT")
    assert written(monolith) == 1


def test_scenario_05_an_idle_writer_of_the_tenant_is_named_and_goes_on_unhurt(monolith: Monolith) -> None:
    monolith.arm_and_wait(["2"])
    with psycopg.connect(monolith.url, autocommit=True) as superuser:
        superuser.execute(sql.SQL("GRANT pg_signal_backend TO {}").format(sql.Identifier(monolith.owner)))
    with monolith.write() as idle, monolith.write() as other, monolith.coordinator() as connection:
        gate = monolith.gate(connection, times=QUICK)
        idle.execute("BEGIN")
        idle.execute(WRITE.encode())
        with pytest.raises(GateBusyError) as caught:
            shut_gate(gate, [Entrants.WAIT, Entrants.REFUSE], nobody)
        assert f"pid {idle.info.backend_pid} ({monolith.application}" in caught.value.message
        assert read_fenced(connection) == {}
        other.execute(WRITE.encode())
        idle.execute("COMMIT")
        assert written(monolith) == 2
        idle.execute("BEGIN")
        idle.execute(WRITE.encode())
        shut_gate(gate, AUTO, nobody, end_sessions=True)
        with pytest.raises(psycopg.OperationalError):
            idle.execute("COMMIT")
        gate.open()
    assert written(monolith) == 2


def test_sessions_that_came_in_between_two_attempts_are_not_ended(monolith: Monolith) -> None:
    monolith.arm_and_wait(["2"])
    with monolith.write() as application, monolith.coordinator() as connection:
        application.execute("BEGIN")
        application.execute(WRITE.encode())
        with pytest.raises(GateBusyError):
            shut_gate(monolith.gate(connection, times=QUICK), [Entrants.WAIT], nobody, end_sessions=True)
        application.execute("COMMIT")
    assert written(monolith) == 1


def test_scenario_06_an_idle_writer_of_another_tenant_does_not_matter(monolith: Monolith) -> None:
    monolith.arm_and_wait(["2"])
    with monolith.write() as idle:
        idle.execute("BEGIN")
        idle.execute("INSERT INTO orders (company_id, note) VALUES (3, 'written')")
        assert cut_over(monolith, "2") == 1
        idle.execute("INSERT INTO orders (company_id, note) VALUES (3, 'written')")
        idle.execute("COMMIT")
    assert written(monolith) == 2


def test_without_the_lock_a_writer_in_flight_lands_behind_the_fence(monolith: Monolith) -> None:
    monolith.arm_and_wait(
        ["2"],
        (
            "IF NOT pg_catalog.pg_try_advisory_xact_lock_shared",
            "IF false AND NOT pg_catalog.pg_try_advisory_xact_lock_shared",
        ),
    )
    with monolith.write() as application:
        application.execute("BEGIN")
        application.execute(WRITE.encode())
        cut_over(monolith, "2")
        application.execute("COMMIT")
    assert written(monolith) == 1  # what scenario 5 is there for


def test_without_waiting_for_older_transactions_one_lands_behind_the_fence(monolith: Monolith) -> None:
    with monolith.write() as application:
        application.execute("BEGIN")
        application.execute(WRITE.encode())
        monolith.arm(["2"])
        cut_over(monolith, "2")
        application.execute("COMMIT")
    assert written(monolith) == 1  # what scenario 3 is there for


def test_an_older_snapshot_that_a_later_transaction_imports_is_waited_for(monolith: Monolith) -> None:
    said: list[str] = []
    with monolith.write() as exporter, monolith.write() as importer, monolith.coordinator() as connection:
        exporter.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        snapshot = exporter.execute("SELECT pg_export_snapshot()").fetchone()
        assert snapshot is not None
        committed = monolith.arm(["2"])
        waiting = InBackground(lambda: wait_for_older_transactions(connection, committed, patience=60, say=said.append))
        awaited(lambda: any(f"pid {exporter.info.backend_pid}" in text for text in said))
        importer.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        importer.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(sql.Literal(snapshot[0])))
        exporter.execute("COMMIT")
        awaited(lambda: any(f"pid {importer.info.backend_pid}" in text for text in said))
        assert waiting.is_alive()
        # It does not see the arming, and its writes take no lock: that is why.
        importer.execute(WRITE.encode())
        importer.execute("COMMIT")
        waiting.result()


def test_a_row_whose_tenant_cannot_be_told_holds_the_gate_until_it_ends(monolith: Monolith) -> None:
    statement = "INSERT INTO remarks (line_id, body) VALUES (777, 'before its line')"
    monolith.arm_and_wait(["2"])
    with monolith.write() as child, monolith.write() as parent, monolith.coordinator() as connection:
        gate = monolith.gate(connection, times=QUICK)
        child.execute("BEGIN")
        child.execute(statement.encode())
        # The line becomes known, and with it whose the remark is that nobody sees yet.
        parent.execute("INSERT INTO lines (id, order_id) VALUES (777, 1)")
        assert not gate.try_shut(Entrants.WAIT)
        child.execute("COMMIT")
        assert gate.try_shut(Entrants.WAIT)
        gate.open()


def test_without_that_such_a_row_lands_behind_the_fence(monolith: Monolith) -> None:
    monolith.arm_and_wait(["2"], NO_UNKNOWN)
    with monolith.write() as child, monolith.write() as parent:
        child.execute("BEGIN")
        child.execute("INSERT INTO remarks (line_id, body) VALUES (777, 'before its line')")
        parent.execute("INSERT INTO lines (id, order_id) VALUES (777, 1)")
        cut_over(monolith, "2")
        child.execute("COMMIT")


@pytest.mark.parametrize("change", [(2, 2), (3, 1)])
def test_a_row_that_others_hang_on_keeps_its_tenant_while_one_of_the_two_moves(
    monolith: Monolith, change: tuple[int, int]
) -> None:
    monolith.arm_and_wait(["2", "4"])
    with monolith.write() as application:
        with pytest.raises(psycopg.errors.SerializationFailure):
            application.execute("UPDATE orders SET company_id = %s WHERE id = %s", change)
        # Both ends in one wave, and both ends outside.
        application.execute("UPDATE orders SET company_id = 4 WHERE id = 1")
        application.execute("UPDATE orders SET company_id = 5 WHERE id = 2")
        # Nothing hangs on a remark.
        application.execute("UPDATE remarks SET line_id = 1 WHERE id = 2")


def moved_while_another_waits(monolith: Monolith) -> str | None:
    """A line is written for an order that comes from one tenant of the wave to another, who alone moves away."""
    with monolith.write() as mover, monolith.write() as waiting, monolith.coordinator() as connection:
        gate = monolith.gate(connection, times=FreezeTimes(lock_timeout=20_000, lease=20_000))
        mover.execute("BEGIN")
        mover.execute("UPDATE orders SET company_id = 4 WHERE id = 1")
        shutting = InBackground(partial(gate.try_shut, Entrants.WAIT))
        await_waiting(monolith.url, connection.info.backend_pid)
        writer = InBackground(partial(refusal_of, waiting, "INSERT INTO lines (order_id) VALUES (1)"))
        await_waiting(monolith.url, waiting.info.backend_pid)
        mover.execute("COMMIT")
        assert shutting.result()
        decide(gate, ["4"], 0)
        refusal = writer.result()
        assert refusal is None or isinstance(refusal, str)
        return refusal


def test_whose_a_row_is_is_looked_up_again_behind_the_lock(monolith: Monolith) -> None:
    monolith.arm_and_wait(["2", "4"])
    assert moved_while_another_waits(monolith) == "25006"


def test_without_looking_again_such_a_row_lands_behind_the_fence(monolith: Monolith) -> None:
    monolith.arm_and_wait(["2", "4"], ("IN 1..2 LOOP", "IN 1..1 LOOP"))
    assert moved_while_another_waits(monolith) is None


def test_scenario_07_writers_in_a_circle_with_the_coordinator_get_40001_at_most(monolith: Monolith) -> None:
    monolith.arm_and_wait(["2"])
    with psycopg.connect(monolith.url) as connection:
        connection.execute("INSERT INTO units VALUES ('kg', '0')")
    counter = "UPDATE units SET label = label || '.' WHERE code = 'kg'"
    shut = False
    errors: list[str | None] = []

    def write(statements: tuple[str, str]) -> int:
        acknowledged = 0
        with closing(monolith.write(autocommit=False)) as application:
            while not shut:
                try:
                    for statement in statements:
                        application.execute(statement.encode())
                    application.commit()
                    acknowledged += 1
                except psycopg.Error as error:
                    errors.append(error.sqlstate)
                    application.rollback()
        return acknowledged

    writers = [InBackground(partial(write, order)) for order in ((counter, WRITE), (WRITE, counter)) * 2]
    try:
        with monolith.coordinator() as connection:
            gate = monolith.gate(connection, times=FreezeTimes(lock_timeout=300, lease=10_000))
            awaited(lambda: written(monolith) > 20)
            shut_gate(gate, AUTO, nobody)
            before = written(monolith)
            decide(gate, ["2"], 0)
            awaited(lambda: "25006" in errors)
            assert written(monolith) == before
    finally:
        shut = True
        acknowledged = sum(writer.result() for writer in writers)
    assert written(monolith) == acknowledged
    assert set(errors) <= {"40001", "25006"}


def test_one_circle_is_broken_by_refusing_and_not_by_waiting(monolith: Monolith) -> None:
    monolith.arm_and_wait(["2"])
    with psycopg.connect(monolith.url) as connection:
        connection.execute("INSERT INTO units VALUES ('kg', '0')")
    counter = "UPDATE units SET label = 'x' WHERE code = 'kg'"
    outcomes = {}
    for entrants in Entrants:
        with monolith.write() as insider, monolith.write() as entrant, monolith.coordinator() as connection:
            gate = monolith.gate(connection, times=FreezeTimes(lock_timeout=700, lease=5_000))
            insider.execute("BEGIN")
            insider.execute(WRITE.encode())
            entrant.execute("BEGIN")
            entrant.execute(counter.encode())
            coordinator = InBackground(partial(gate.try_shut, entrants))
            await_waiting(monolith.url, connection.info.backend_pid)
            inside = InBackground(partial(insider.execute, counter.encode()))
            await_waiting(monolith.url, insider.info.backend_pid)
            error = refusal_of(entrant)
            entrant.execute("ROLLBACK" if error else "COMMIT")
            inside.result()
            insider.execute("COMMIT")
            outcomes[entrants] = error, coordinator.result()
    assert outcomes == {Entrants.WAIT: (None, False), Entrants.REFUSE: ("40001", True)}


def refusal_of(application: psycopg.Connection[Any], statement: str = WRITE) -> str | None:
    """What the write is refused with, or None."""
    try:
        application.execute(statement.encode())
    except psycopg.Error as error:
        return error.sqlstate
    return None


def test_scenario_08_a_coordinator_that_dies_at_any_statement_holds_nobody_up(monolith: Monolith) -> None:
    monolith.arm_and_wait(["2"])
    decided = []
    for statements in range(1, 9):
        with coordinator_process(monolith.as_owner(), QUICK, ["2"], Entrants.REFUSE, dies_after=statements) as (
            process,
            pipe,
        ):
            try:
                pipe.send("go on")
                while pipe.recv() is True:
                    continue
            except (EOFError, ConnectionResetError):  # it is dead
                process.join()
            died = process.exitcode == -signal.SIGKILL
        with monolith.coordinator() as connection, monolith.write() as application:
            application.execute("SET statement_timeout = '30s'")
            error = refusal_of(application)
            standing = read_decision(connection, 1, ["2"])
            assert error == ("25006" if standing else None)
            decided.append((died, bool(standing)))
            if standing:
                break
    # BEGIN, two locks, generation, wave, fence: nothing is decided. COMMIT: it is.
    assert decided == [(True, False)] * 6 + [(True, True)]
    assert written(monolith) == 6


def test_scenario_09_a_coordinator_that_was_stopped_cannot_decide_when_it_wakes(monolith: Monolith) -> None:
    monolith.arm_and_wait(["2"])
    times = FreezeTimes(lock_timeout=200, lease=400)
    with coordinator_process(monolith.as_owner(), times, ["2"], Entrants.WAIT) as (process, pipe):
        assert pipe.recv() is True
        assert process.pid is not None
        os.kill(process.pid, signal.SIGSTOP)
        with monolith.write() as application:
            application.execute("SET statement_timeout = '30s'")
            application.execute(WRITE.encode())  # waits for as long as the server waits for the coordinator
        os.kill(process.pid, signal.SIGCONT)
        pipe.send("go on")
        assert "idle-in-transaction timeout" in pipe.recv()
    with monolith.coordinator() as connection:
        assert read_decision(connection, 1, ["2"]) == {}
    assert written(monolith) == 1


def test_the_applications_own_lock_timeout_is_not_meant_for_the_gate(monolith: Monolith) -> None:
    monolith.arm_and_wait(["2"])
    with monolith.write() as application, monolith.coordinator() as connection:
        gate = monolith.gate(connection, times=QUICK)
        assert gate.try_shut(Entrants.WAIT)
        application.execute("SET lock_timeout = '10ms'")
        application.execute("BEGIN")
        writer = InBackground(partial(application.execute, WRITE.encode()))
        await_waiting(monolith.url, application.info.backend_pid)
        gate.open()
        writer.result()
        assert application.execute("SHOW lock_timeout").fetchone() == ("10ms",)
        application.execute("COMMIT")
    assert written(monolith) == 1


def test_scenario_10_prepared_transactions_are_named(own_server: ServerFactory, prefix: str) -> None:
    server = own_server({**FAST, "max_prepared_transactions": "5"})
    monolith = make_monolith(server.url(), prefix)
    with monolith.write() as application, monolith.coordinator() as connection:
        application.execute("BEGIN")
        application.execute(WRITE.encode())
        application.execute("PREPARE TRANSACTION 'before arming'")
        committed = monolith.arm(["2"])
        with pytest.raises(DatabaseError, match="the prepared transaction 'before arming'"):
            wait_for_older_transactions(connection, committed, patience=0.3, say=nobody)
        application.execute("COMMIT PREPARED 'before arming'")
        wait_for_older_transactions(connection, committed, patience=5, say=nobody)
        application.execute("BEGIN")
        application.execute(WRITE.encode())
        application.execute("PREPARE TRANSACTION 'of tenant 2'")
        gate = monolith.gate(connection, times=QUICK)
        with pytest.raises(GateBusyError, match=f"the prepared transaction 'of tenant 2' \\({monolith.application}"):
            shut_gate(gate, [Entrants.WAIT, Entrants.REFUSE], nobody, end_sessions=True)
        assert read_fenced(connection) == {}
        application.execute("COMMIT PREPARED 'of tenant 2'")
        shut_gate(gate, [Entrants.WAIT], nobody)
        gate.open()
    assert written(monolith) == 2


def test_scenario_35_the_applier_passes_for_its_transaction_only(monolith: Monolith) -> None:
    monolith.arm_and_wait(["2"])
    cut_over(monolith, "2")
    with monolith.coordinator() as pooled, monolith.write() as application:
        before = entries(pooled)
        with pooled.transaction():
            pooled.execute("SET LOCAL migrator.applier = 'on'")
            pooled.execute(WRITE.encode())
        assert entries(pooled) == before
        # The same session, in the hands of the application.
        pooled.execute("INSERT INTO public.orders (company_id, note) VALUES (3, 'written')")
        assert entries(pooled) == before + 1
        assert refusal_of(pooled) == "25006"
        # The flag alone lets nobody in.
        application.execute("SET migrator.applier = 'on'")
        assert refusal_of(application) == "25006"


def entries(connection: psycopg.Connection[Any]) -> int:
    """How many entries the log holds."""
    row = connection.execute("SELECT count(*) FROM migrator_follow.log").fetchone()
    assert row is not None
    return int(row[0])


def test_of_two_coordinators_the_second_decides_nothing(monolith: Monolith) -> None:
    monolith.arm_and_wait(["2"])
    monolith.arm_and_wait(["3"], wave=2)
    with monolith.coordinator() as slow:
        gate = monolith.gate(slow, 2, QUICK)
        known = read_generation(slow)
        cut_over(monolith, "2")
        assert gate.try_shut(Entrants.WAIT)
        with pytest.raises(RefusedError, match="Another coordinator"):
            decide(gate, ["3"], known)
        assert read_fenced(slow) == {"2": 1}


def test_a_coordinator_whose_tenants_were_disarmed_meanwhile_decides_nothing(monolith: Monolith) -> None:
    since = monolith.arm(["2", "3"])
    with monolith.coordinator() as first, monolith.coordinator() as second:
        gate = monolith.gate(first, times=QUICK)
        assert gate.try_shut(Entrants.WAIT)
        gate.require_armed(["2", "3"], since)
        # While the gate is shut nobody arms or disarms.
        second.execute("SET lock_timeout = '50ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            disarm(second, 1, ["3"])
        with pytest.raises(psycopg.errors.LockNotAvailable):
            arm(second, 1, ["3"])
        gate.open()
        disarm(second, 1, ["3"])
        assert gate.try_shut(Entrants.WAIT)
        gate.require_armed(["2"], since)
        with pytest.raises(RefusedError):
            gate.require_armed(["2", "3"], since)
        gate.open()
        arm(second, 1, ["2", "3"])
        assert gate.try_shut(Entrants.WAIT)
        with pytest.raises(RefusedError):
            gate.require_armed(["2", "3"], since)


def test_disarmed_tenants_are_written_without_a_lock_and_fenced_ones_stay_so(monolith: Monolith) -> None:
    functions = [function for function in monolith.functions()]
    monolith.arm_and_wait(["2", "3"])
    cut_over(monolith, "2")
    with monolith.coordinator() as connection, monolith.write() as application:
        assert disarm(connection, 1, ["2", "3"], functions)  # tenant 2 is still away
        application.execute("BEGIN")
        application.execute("INSERT INTO orders (company_id) VALUES (3)")
        assert monolith.gate(connection, times=QUICK).try_shut(Entrants.WAIT)
        connection.execute("ROLLBACK")
        assert refusal_of(application) == "25006"
