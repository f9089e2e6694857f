"""Numbers of sequences on both sides of a gate."""

from __future__ import annotations

from migrator.core.schema.catalog import Relation
from migrator.core.sequences.blocks import Block
from migrator.postgres.gate.decision import decide
from migrator.postgres.gate.door import open_door
from migrator.postgres.gate.freeze import Entrants
from migrator.postgres.schema.sequence_states import lock_sequences, restart_sequences, set_blocks, states
from tests.postgres.gate.monolith import Monolith
from tests.postgres.gate.test_door import make_target
from tests.servers import DatabaseFactory

ORDERS = Relation("public", "orders_id_seq")
BLOCK = 1_000


def test_scenario_32_numbers_that_a_pool_took_before_are_given_by_nobody_again(
    monolith: Monolith, database_factory: DatabaseFactory, prefix: str
) -> None:
    target = make_target(database_factory(), prefix)
    with monolith.write() as application:
        pooled = [number for (number,) in application.execute(
            "SELECT nextval('orders_id_seq') FROM generate_series(1, 50)"
        ).fetchall()]  # fmt: skip
    with monolith.coordinator() as source, target.coordinator() as connection:
        with source.transaction():
            lock_sequences(source, [monolith.catalog.sequences[ORDERS]])
            given = states(source, [ORDERS])[ORDERS][0]
            restart_sequences(source, {ORDERS: given + BLOCK + 1})
        set_blocks(connection, [Block(ORDERS, given + 1, given + BLOCK)])
        monolith.arm_and_wait(["2"])
        gate = monolith.gate(source)
        assert gate.try_shut(Entrants.WAIT)
        assert open_door(connection, decide(gate, ["2"], 0), (), ()) is not None
    insert = "INSERT INTO orders (company_id) SELECT {} FROM generate_series(1, 500) RETURNING id"
    with monolith.write() as here, target.write() as there:
        for number in pooled:
            there.execute("INSERT INTO orders (id, company_id) VALUES (%s, 2)", [number])
        drawn_there = [id_ for (id_,) in there.execute(insert.format(2).encode()).fetchall()]
        drawn_here = [id_ for (id_,) in here.execute(insert.format(3).encode()).fetchall()]
    numbers = [*pooled, *drawn_there, *drawn_here]
    assert len(set(numbers)) == len(numbers) == 1_050
    assert max(pooled) < min(drawn_there) <= max(drawn_there) <= given + BLOCK < min(drawn_here)
