"""Positions against the definition of a snapshot: the set of transactions that it sees."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator.core.online.position import Position

_HIGHEST = 12


@st.composite
def positions(draw: st.DrawFn) -> Position:
    xmax = draw(st.integers(1, _HIGHEST))
    running = frozenset(draw(st.sets(st.integers(1, xmax - 1)))) if xmax > 1 else frozenset()
    return Position(min(running, default=xmax), xmax, running)


def seen(position: Position) -> set[int]:
    return {number for number in range(1, _HIGHEST + 1) if position.sees(number)}


@given(positions())
def test_its_text_is_read_back(position: Position) -> None:
    assert Position.parse(str(position)) == position


@given(positions(), positions())
def test_one_is_at_most_another_where_that_sees_all_that_it_sees(one: Position, other: Position) -> None:
    assert one.is_at_most(other) == (seen(one) <= seen(other))


def test_a_transaction_that_ran_is_not_seen_and_one_after_it_is() -> None:
    position = Position.parse("10:20:10,15")
    assert [number for number in (9, 10, 14, 15, 19, 20) if position.sees(number)] == [9, 14, 19]


@pytest.mark.parametrize("text", ["", "1:2", "5:3:", "10:20:9", "10:20:20", "0/16B3748", "a:b:"])
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no snapshot"):
        Position.parse(text)
