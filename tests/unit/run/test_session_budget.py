"""Sessions are shared out: never more than the budget, as long as it holds the least that a run needs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator.core.plan.checks import sessions_needed
from migrator.core.run.session_budget import SessionShares, share_sessions


@pytest.mark.parametrize(
    ("jobs", "budget", "expected"),
    [
        (2, 200, SessionShares(readers=2, builders=4, sessions=95)),
        (2, 8, SessionShares(readers=2, builders=1, sessions=2)),
        (2, 1, SessionShares(readers=2, builders=1, sessions=1)),
        (8, 200, SessionShares(readers=8, builders=16, sessions=20)),
    ],
)
def test_shares(jobs: int, budget: int, expected: SessionShares) -> None:
    assert share_sessions(jobs, budget) == expected


@given(st.integers(1, 64), st.integers(0, 1000))
def test_no_more_than_the_budget(jobs: int, more: int) -> None:
    budget = sessions_needed(jobs) + more
    found = share_sessions(jobs, budget)
    assert found.readers * (1 + found.sessions) + 2 * found.builders <= budget
    assert found.sessions >= 1
    assert found.builders >= 1
