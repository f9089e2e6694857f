"""What is read from the load's samples: percentiles from when a transaction was due, phases, the length of a freeze."""

from __future__ import annotations

import pytest

from benchmarks.online.samples import Failure, Phase, Samples, percentile, silence, summarise


def samples(*entries: tuple[float, float, int]) -> Samples:
    """Transactions as (due, latency, company), each of three rows."""
    made = Samples()
    for due, latency, company in entries:
        made.note(due, latency, company, rows=3, refused=0, retried=0)
    return made


@pytest.mark.parametrize(
    ("share", "value"), [(0.0, 1.0), (0.5, 50.0), (0.501, 51.0), (0.95, 95.0), (0.99, 99.0), (1.0, 100.0)]
)
def test_a_percentile_is_a_value_that_was_measured(share: float, value: float) -> None:
    assert percentile([float(number) for number in range(1, 101)], share) == value


def test_a_percentile_of_nothing_is_nothing() -> None:
    assert percentile([], 0.99) == 0
    assert percentile([7.0], 0.01) == 7


def test_a_transaction_belongs_to_the_phase_in_which_it_was_due() -> None:
    made = samples((1, 0.25, 1), (1.9, 5, 2), (2, 0.5, 1))
    made.note(1.5, 9, 2, rows=0, refused=2, retried=3)
    made.failures.append(Failure(1.5, 2, "25006", "it has moved"))
    summary = summarise(made, [Phase("freeze", 1, 2)])
    assert (summary.done, summary.failed, summary.refused, summary.retried, summary.rows) == (2, 1, 2, 3, 6)
    assert (summary.p50, summary.most, summary.rate) == (0.25, 5, 2)
    assert summary.failures == {"25006": 1}
    others = summarise(made, [Phase("freeze", 1, 2)], {1})
    assert (others.done, others.failed, others.failures) == (1, 0, {})


def test_a_phase_that_comes_again_is_all_its_stretches_and_nothing_in_between() -> None:
    made = samples((1, 0.1, 1), (5, 0.2, 1), (9, 0.3, 1))
    summary = summarise(made, [Phase("captured", 0, 2), Phase("captured", 8, 10)])
    assert (summary.done, summary.seconds) == (2, 4)
    assert summary.most == pytest.approx(0.3)


def test_a_freeze_lasts_from_one_acknowledgement_to_the_next() -> None:
    # Due while nothing was answered, they were all answered at its end; the third company noticed nothing.
    made = samples((0, 0.5, 1), (0.6, 0.4, 2), (1.2, 1.8, 1), (2.5, 0.5, 2), (2.0, 0.1, 3))
    phase = Phase("freeze", 0, 3.25)
    assert silence(made, phase, {1, 2}) == pytest.approx(2.0)
    assert silence(made, phase, {1, 2, 3}) == pytest.approx(1.1)


def test_a_freeze_that_does_not_end_is_seen() -> None:
    failed = Samples()
    failed.note(1, 0.5, 1, rows=0, refused=1, retried=0)
    assert silence(failed, Phase("freeze", 0, 4), {1}) == 4
