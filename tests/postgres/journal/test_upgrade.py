"""A control database of an earlier version is brought up to date and read; one of a later version is refused."""

from __future__ import annotations

from functools import partial

import psycopg
import pytest

from migrator.core.plan.document import stored_plan
from migrator.core.run.facts import FILES
from migrator.core.run.step_id import StepId
from migrator.errors import RefusedError
from migrator.journal import Journal
from migrator.journal.upgrade import SHAPE
from migrator.postgres.session.connect import Endpoint, journal_connect
from tests.postgres.workspaces import fetch, run_sql
from tests.unit.plan.test_steps import plan

# What the tables were before attempts said who typed them.
_SHAPE_2 = """
ALTER TABLE migrator.stages DROP COLUMN account, DROP COLUMN role;
UPDATE migrator.version SET shape = 2;
"""
# What the tables were before they had a version.
_SHAPE_1 = f"""
{_SHAPE_2}
DROP TABLE migrator.version;
ALTER TABLE migrator.steps DROP COLUMN kind, DROP COLUMN target, DROP COLUMN relation, DROP COLUMN database,
    DROP COLUMN part;
ALTER TABLE migrator.plans ALTER COLUMN document TYPE jsonb USING document::jsonb;
"""
STEPS = (
    StepId("prepare", target="tenant", server="east"),
    StepId("create", database="erp_north"),
    StepId("copy", "tenant", "public.orders", part=3, spooled=True),
    StepId("finish", database="erp_north"),
)


def opened(url: str) -> Journal:
    return Journal(partial(journal_connect, Endpoint(url)))


def columns(url: str) -> list[tuple[object, ...]]:
    return fetch(
        url,
        "SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns "
        "WHERE table_schema = 'migrator' ORDER BY table_name, column_name",
    )


@pytest.fixture
def journal(database_url: str) -> Journal:
    """A journal with a run, its steps, a plan and a fact."""
    made = opened(database_url)
    made.prepare()
    run = made.open_run("source", "label")
    for step in STEPS:
        made.of(run.id).start_step(step)
    made.of(run.id).record(FILES, {"orders": 1})
    made.of(run.id).record_plan(plan(), passed=True)
    with made.of(run.id).stage("backup"):
        pass
    made.close()
    return made


@pytest.mark.parametrize("shape", [_SHAPE_1, _SHAPE_2], ids=["1", "2"])
def test_the_tables_of_an_earlier_version_are_read_as_if_they_were_of_this_one(
    shape: str, journal: Journal, database_url: str
) -> None:
    fresh = columns(database_url)
    run_sql(database_url, shape)
    assert columns(database_url) != fresh
    again = opened(database_url)
    again.prepare()
    run = again.current_run("source")
    assert run is not None
    records = again.of(run.id).step_records()
    assert {StepId.parse(name) for name in records} == set(STEPS)
    part = records["copy:public.orders>tenant#3/spool"]
    assert (part.kind, part.target, part.relation, part.part, part.status) == (
        "copy", "tenant", "public.orders", 3, "running"
    )  # fmt: skip
    assert records["finish:erp_north"].database == "erp_north"
    assert again.of(run.id).recorded(FILES) == {"orders": 1}
    assert again.of(run.id).read_plan(plan().fingerprint) == plan()
    assert [(one.stage, one.account, one.role) for one in again.of(run.id).stage_records()] == [("backup", "", "")]
    assert columns(database_url) == fresh
    assert fetch(database_url, "SELECT shape FROM migrator.version") == [(SHAPE,)]
    again.prepare()  # once more does nothing
    assert columns(database_url) == fresh
    again.close()


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (["UPDATE migrator.version SET shape = shape + 1"], "a later version of migrator"),
        ([_SHAPE_1, "UPDATE migrator.steps SET step = 'teleport:x' WHERE step LIKE 'create:%'"], "'teleport:x'"),
    ],
    ids=["later", "unknown step"],
)
def test_what_cannot_be_read_is_refused_and_left_as_it_is(
    journal: Journal, database_url: str, damage: list[str], said: str
) -> None:
    for script in damage:
        run_sql(database_url, script)
    before = columns(database_url)
    again = opened(database_url)
    with pytest.raises(RefusedError, match=said) as refused:
        again.prepare()
    assert "[control] database" in refused.value.hint
    assert columns(database_url) == before
    again.close()


def test_a_plan_of_an_earlier_version_is_refused_by_its_name(journal: Journal, database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE migrator.plans SET document = document::jsonb - 'format'")
    again = opened(database_url)
    run = again.current_run("source")
    assert run is not None
    with pytest.raises(RefusedError, match=f"stored plan {plan().fingerprint[:12]} cannot be read: an earlier version"):
        again.of(run.id).read_plan(plan().fingerprint)
    again.close()


def test_a_stored_plan_keeps_the_order_in_which_targets_were_written(journal: Journal, database_url: str) -> None:
    """JSONB would forget it: the keys of a setting's mapping, the longest last."""
    ((document,),) = fetch(database_url, "SELECT document FROM migrator.plans")
    assert list(document) == list(stored_plan(plan()))
