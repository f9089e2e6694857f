"""migrate killed, interrupted, and started again: the end is the same as without, and nothing is done twice."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from pathlib import Path

import psycopg
import pytest

from tests.postgres.shop import Shop, await_moment, kill_migrate, load_shop, make_shop, make_slow
from tests.postgres.workspaces import state
from tests.project import Answer, awaited
from tests.servers import DatabaseFactory

ORDERS = 400

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def shop(database_factory: DatabaseFactory, prefix: str, tmp_path: Path) -> Shop:
    url = database_factory()
    load_shop(url, tenants=4, orders=ORDERS)
    return make_slow(make_shop(tmp_path / "shop", url, prefix))


def assert_split(shop: Shop, answer: Answer) -> None:
    """The split is complete, and each row is where it belongs, exactly once."""
    assert answer.exit_code == 0, answer.document["headline"]
    assert answer.summary["source_rows"] == answer.summary["target_rows"] - 4 * 3  # the replicas of units
    rows = {tenant: shop.value(f"tenant_{tenant}", "SELECT count(*) FROM sales") for tenant in (1, 2, 3, 4)}
    assert rows == orders_by_tenant(shop)
    verified = shop.succeed("verify")
    assert verified.summary["databases_examined"] == 6


def orders_by_tenant(shop: Shop) -> Mapping[int, int]:
    statement = "SELECT c.tenant_id, count(*) FROM orders o JOIN customers c ON c.id = o.customer_id GROUP BY 1"
    return dict(shop.fetch("", statement))


def copied(shop: Shop) -> set[tuple[object, ...]]:
    """(step, begun at) of every copy that is done."""
    statement = (
        "SELECT step, started_at FROM steps WHERE status = 'done' AND starts_with(step, 'copy:') "
        "AND run_id = (SELECT id FROM runs WHERE closed_at IS NULL)"
    )
    return set(shop.journal(statement))


def test_killed_at_every_stage_of_its_work_it_goes_on_to_the_same_end(shop: Shop) -> None:
    before = state(shop.source)
    shop.plan()
    for moment in ("building a template", "making databases", "copying", "finishing"):
        kill_migrate(shop, moment)
        status = shop.run("status")
        assert status.exit_code == 0
        assert "migrator migrate" in " ".join(status.document["next"]).replace(f"--config {shop.toml} ", "")
    before_it = copied(shop)
    assert before_it
    answer = shop.run("migrate", "--without-backup")
    assert_split(shop, answer)
    assert before_it <= copied(shop)  # none was begun again
    assert shop.run("migrate", "--without-backup").document["status"] == "nothing-to-do"
    shop.succeed("rollback", "--confirm", shop.run_id())
    assert state(shop.source) == before


def test_interrupted_it_says_so_and_resumes_under_the_same_fence(shop: Shop) -> None:
    shop.plan()
    process = shop.start("migrate", "--without-backup")
    await_moment(shop, process, "copying")
    os.kill(process.pid, signal.SIGINT)
    answer = shop.end(process)
    assert answer is not None
    assert answer.exit_code == 130
    assert answer.document["status"] == "interrupted"
    assert f"migrator --config {shop.toml} migrate" in answer.error
    awaited(lambda: shop.nobody_works())
    # Still fenced: what was copied stays true.
    with psycopg.connect(shop.source) as connection, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        connection.execute("DELETE FROM notes")
    done_before = shop.steps("copy", "done")
    resumed = shop.run("migrate", "--without-backup")
    assert_split(shop, resumed)
    assert done_before > 0
    assert "done again" not in resumed.stderr


def test_a_fence_that_was_lifted_in_between_makes_it_copy_anew(shop: Shop) -> None:
    shop.plan()
    kill_migrate(shop, "copying")
    # What a DBA in distress types, with the monolith's users at the phone.
    shop.execute("", "DROP SCHEMA migrator_fence CASCADE")
    shop.execute("", "DELETE FROM order_lines WHERE order_id = 1; DELETE FROM orders WHERE id = 1")
    answer = shop.run("migrate", "--without-backup")
    assert "writable since the last attempt" in answer.stderr
    assert_split(shop, answer)
    assert sum(orders_by_tenant(shop).values()) == ORDERS - 1
