"""How fast a run may go, and the limits at which it pauses."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator.core.run.throttle import Bucket, ServerLoad, reasons_to_pause
from migrator.settings import Limits

CALM = ServerLoad({"north": 100}, 3, {"default": 10**12})


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=50), st.floats(1e3, 1e7))
def test_what_waits_as_it_is_told_never_goes_faster_than_the_rate(sizes: list[int], rate: float) -> None:
    bucket, now = Bucket(0.0), 0.0
    for size in sizes:
        now += bucket.take(size, rate, now)
    assert now == pytest.approx(sum(sizes) / rate)


def test_a_rest_is_not_made_up_for_by_a_burst() -> None:
    bucket = Bucket(0.0)
    assert bucket.take(50, 100, 3600.0) == 0
    assert bucket.take(100, 100, 3600.0) == pytest.approx(1.0)


def limits(**values: Any) -> Limits:
    return Limits.model_validate(values)


@pytest.mark.parametrize(
    ("given_limits", "reason"),
    [
        ({"max_replica_lag": "99B"}, "the replica north is 100 bytes behind the source (limit 99B)"),
        ({"max_active_sessions": 2}, "3 sessions are active on the source (limit 2)"),
        ({"min_free_disk": "2TB"}, "server default has 1,000,000,000,000 bytes of disk left (limit 2.0TB)"),
    ],
)
def test_beyond_a_limit_it_pauses_and_says_why(given_limits: dict[str, Any], reason: str) -> None:
    assert list(reasons_to_pause(CALM, limits(**given_limits))) == [reason]
    assert limits(**given_limits).throttles


def test_at_the_limit_or_without_one_it_goes_on() -> None:
    at_it = limits(max_replica_lag=100, max_active_sessions=3, min_free_disk="1TB")
    assert list(reasons_to_pause(CALM, at_it)) == []
    assert list(reasons_to_pause(CALM, limits())) == []
    assert not limits().throttles
    assert limits(throttle="5MB").throttle == 5_000_000
