"""The journal's rows of followed databases, as several commands write them beside one another."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

from migrator.core.online.stages import Stage
from migrator.journal import Journal, RunJournal
from migrator.postgres.session.connect import Endpoint, journal_connect


@pytest.fixture
def run(database_url: str) -> Iterator[RunJournal]:
    """Two databases, copied at one position."""
    journal = Journal(partial(journal_connect, Endpoint(database_url)))
    journal.prepare()
    made = journal.of(journal.open_run("source", "label").id)
    made.begin_following([("erp_a", "tenant", "1"), ("erp_b", "tenant", "2")], Stage.COPIED, "0:1:")
    yield made
    journal.close()


def states(run: RunJournal) -> dict[str, str]:
    return {one.database: one.state for one in run.followed_databases()}


def test_whoever_has_read_a_state_a_while_ago_does_not_overwrite_a_later_one(run: RunJournal) -> None:
    run.move(["erp_b"], Stage.PUBLISHED)
    run.move(["erp_b"], Stage.RETURNING)  # a cutover's way back, meanwhile
    run.move(["erp_a", "erp_b"], Stage.REVERSING, only_from=Stage.PUBLISHED)
    assert states(run) == {"erp_a": Stage.COPIED, "erp_b": Stage.RETURNING}
    run.move(["erp_a", "erp_b"], Stage.FOLLOWED, only_from=Stage.COPIED)
    assert states(run) == {"erp_a": Stage.FOLLOWED, "erp_b": Stage.RETURNING}


def test_the_map_keeps_the_later_generation(run: RunJournal) -> None:
    run.publish(["erp_a"], "target", 4)
    run.publish(["erp_a"], "source", 3)
    assert {(one.served_by, one.generation) for one in run.followed_databases()} == {("target", 4), ("source", 0)}
