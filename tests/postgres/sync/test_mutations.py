"""Each mistake that is easily made in a tick is seen by the test that is meant for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.postgres.sync import test_guards as guards
from tests.postgres.sync import test_reverse as back
from tests.postgres.sync import test_suspects as suspects
from tests.postgres.sync import test_tick as ticks
from tests.postgres.sync.followed import Follower
from tests.safety.mutations.change import Change

APPLY, TICK, WRITE, POSITIONS, DIGESTS = (
    f"migrator.postgres.sync.{name}" for name in ("apply", "tick", "write_rows", "positions", "live_digests")
)


@dataclass(frozen=True)
class Mutation:
    """A change of the program, and the test that fails with it."""

    change: Change
    killer: Callable[[Follower], None]


MUTATIONS = (
    Mutation(
        Change("no closure", "migrator.core.online.routing:_Closure.run", "while waiting:", "while False:"),
        ticks.test_scenario_11_descendants_of_a_row_that_changes_its_tenant_move_with_it,
    ),
    Mutation(
        Change(
            "deletes first", f"{APPLY}:Application._write", "        upserted = deleted = 0\n",
            "        upserted = deleted = 0\n        for destination in reversed([*self.flow.of_destination]):\n"
            "            deleted += self._delete(destination, [])\n",
        ),
        ticks.test_scenario_13_a_child_that_left_its_deleted_parent_keeps_what_hangs_on_it,
    ),
    Mutation(
        Change(
            "delete and insert", f"{WRITE}:TableWriter.upsert", "        if not lines:\n            return 0\n",
            "        if not lines:\n            return 0\n"
            "        self.delete({tuple(map(str, fields(line, len(self.table.key)))) for line in lines})\n",
        ),
        ticks.test_scenario_13_a_child_that_left_its_deleted_parent_keeps_what_hangs_on_it,
    ),
    Mutation(
        Change("READ COMMITTED", f"{TICK}:_reading", "REPEATABLE READ", "READ COMMITTED"),
        ticks.test_what_is_committed_after_the_log_was_read_waits_for_the_next_tick,
    ),
    Mutation(
        Change(
            "the highest number as position", "migrator.postgres.capture.read_log:read_position",
            "return Position.parse(snapshot)",
            "now = Position.parse(snapshot)\n    return Position(now.xmax, now.xmax)",
        ),
        ticks.test_scenario_01_a_transaction_that_is_open_arrives_with_the_tick_after_its_commit_once,
    ),
    Mutation(
        Change("no replace set", f"{APPLY}:Application.run",  "(self._replace)", "(self._write)"),
        ticks.test_scenario_14_a_swap_of_unique_values_arrives,
    ),
    Mutation(
        Change("what hangs on it stays", f"{APPLY}:Application._hanging", "if key.table in", "if not key.table in"),
        ticks.test_scenario_14_a_swap_of_unique_values_arrives,
    ),
    Mutation(
        Change("whatever is written", f"{APPLY}:Application._guarded", "if surplus:", "if False:"),
        guards.test_a_row_that_lives_is_not_deleted_by_a_cascade,
    ),
    Mutation(
        Change("whatever a statement wrote", f"{WRITE}:TableWriter._written", "cursor.rowcount != number", "False"),
        guards.test_a_row_that_a_rule_takes_away_ends_the_databases_part,
    ),
    Mutation(
        Change(
            "behind or not", f"{POSITIONS}:require_between",
            "not since.is_at_most(standing)", "False",
        ),
        guards.test_a_batch_that_begins_behind_where_the_database_stands_is_refused,
    ),
    Mutation(
        Change(
            "ahead or not", f"{POSITIONS}:require_between", "not standing.is_at_most(until)", "False"
        ),
        guards.test_a_database_that_another_follower_has_brought_further_is_refused,
    ),
    Mutation(
        Change("the flag outlives the tick", f"{TICK}:_apply", "SET LOCAL", "SET"),
        guards.test_the_session_is_as_anybodys_after_a_tick,
    ),
    Mutation(
        Change("a proof of nothing", f"{DIGESTS}:require_equal", "(here, there):", "((), ()):"),
        guards.test_a_proof_sees_what_somebody_else_wrote,
    ),
    Mutation(
        Change(
            "others' rows are written over", f"{APPLY}:Application._leave_strangers",
            "if taken := strangers if table.loose else strangers & share.kept:", "if taken := set[Key]():",
        ),
        lambda follow: back.test_a_key_that_is_another_tenants_is_a_conflict_and_its_deletion_none(
            back.open_shop(follow)
        ),
    ),
    Mutation(
        Change("others' rows are deleted", f"{APPLY}:Application._leave_strangers", "share.dirty -= strangers", "pass"),
        lambda follow: back.test_a_key_that_is_another_tenants_is_a_conflict_and_its_deletion_none(
            back.open_shop(follow)
        ),
    ),
    Mutation(
        Change("rows are given to others", f"{APPLY}:Application._require_own_rows", "if strangers or", "if False and"),
        lambda follow: back.test_scenario_34_a_row_given_to_another_tenant_is_a_conflict(back.open_shop(follow)),
    ),
    Mutation(
        Change("what is suspect is taken as it is", f"{TICK}:_Changes.shares", "if keys:", "if False:"),
        suspects.test_what_somebody_wrote_into_a_database_is_repaired,
    ),
)  # fmt: skip


@pytest.mark.each
@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.change.name)
def test_a_mistake_is_seen(follow: Follower, mutation: Mutation) -> None:
    with mutation.change.made(), pytest.raises((AssertionError, ValueError)):
        mutation.killer(follow)
