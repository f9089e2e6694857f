"""Blocks of numbers never meet: whatever the sequences' steps, limits, directions and neighbours."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator.core.plan.transfer import SequenceTransfer
from migrator.core.schema.catalog import Relation, Sequence
from migrator.core.sequences.blocks import Blocks, Draw, Reservation, SourceSequence, draws, limits, reserve
from tests.schema import catalog, public, table

IDS = public("ids")


def source(last: int = 60, *, called: bool = True, name: Relation = IDS, **more: Any) -> SourceSequence:
    return SourceSequence(name, last, called, **more)


def draw(databases: int = 3, *, target: str = "tenant", sources: tuple[Relation, ...] = (IDS,), **more: Any) -> Draw:
    return Draw(target, Sequence(public(f"{target}_ids"), **more), sources, databases)


def reserved(*sources: SourceSequence, wanted: tuple[Draw, ...] = (draw(),)) -> Reservation:
    return reserve({one.relation: one for one in sources}, wanted)


def test_databases_and_source_have_neighbouring_parts() -> None:
    found = reserved(source())
    (blocks,) = found.blocks
    assert [(one.first, one.last) for one in map(blocks.of, range(3))] == [(61, 1060), (1061, 2060), (2061, 3060)]
    assert found.behind == {IDS: 3061}
    assert Blocks.from_document(blocks.to_document()) == blocks


def test_a_sequence_that_was_never_used_begins_with_its_first_number() -> None:
    (blocks,) = reserved(source(1, called=False)).blocks
    assert blocks.of(0).first == 1
    (late,) = reserved(source(1000, called=False, start=1000)).blocks
    assert late.of(0).first == 1000


def test_a_block_is_as_large_as_the_life_of_the_sequence() -> None:
    (blocks,) = reserved(source(5_000_000)).blocks
    assert blocks.numbers == 4_999_999


def test_all_blocks_take_half_of_what_is_left_at_most() -> None:
    (blocks,) = reserved(source(1_000_000_000, high=2**31 - 1), wanted=(draw(100),)).blocks
    assert blocks.numbers == (2**31 - 1 - 1_000_000_000) // 2 // 100
    assert blocks.of(99).last <= 1_000_000_000 + (2**31 - 1 - 1_000_000_000) // 2


def test_where_little_is_left_there_is_no_block_and_it_is_said() -> None:
    found = reserved(source(30_000, high=2**15 - 1), wanted=(draw(200),))
    assert (found.blocks, dict(found.behind)) == ((), {})
    assert found.without[0][1] == "2,767 numbers are left for 200 databases"


def test_falling_sequences_count_downwards() -> None:
    falling: dict[str, Any] = {"increment": -2, "minimum": -(2**31), "maximum": -1}
    found = reserved(source(-61, increment=-2, start=-1, low=-(2**31), high=-1), wanted=(draw(2, start=-1, **falling),))
    (blocks,) = found.blocks
    assert [(one.first, one.last) for one in map(blocks.of, range(2))] == [(-63, -2061), (-2063, -4061)]
    assert found.behind == {IDS: -4063}
    assert blocks.bound == -(2**31)


def test_blocks_are_cut_in_the_steps_of_an_allocator() -> None:
    found = reserved(source(500, increment=50), wanted=(draw(2, increment=50),))
    first, second = (found.blocks[0].of(place) for place in range(2))
    assert (first.first, second.first) == (550, first.last + 50)
    assert (first.last - first.first) % 50 == 0


def test_a_target_with_larger_steps_has_as_many_numbers() -> None:
    (blocks,) = reserved(source(), wanted=(draw(2, increment=10),)).blocks
    assert blocks.of(0).last - blocks.of(0).first >= 10 * 999


def test_one_sequence_of_several_targets_has_a_block_in_each() -> None:
    found = reserved(source(), wanted=(draw(2), draw(1, target="shared")))
    parts = [one.of(place) for one, count in zip(found.blocks, (2, 1), strict=True) for place in range(count)]
    assert [one.first for one in parts] == [61, 1061, 2061]
    assert found.behind == {IDS: 3061}


def test_merged_sequences_draw_behind_both() -> None:
    other = public("others")
    merged = draw(2, sources=(IDS, other))
    found = reserved(source(60), source(900, name=other), wanted=(merged, draw(1, target="rest", sources=(other,))))
    assert [one.first for one in found.blocks] == [901, 2901]
    assert found.behind == {IDS: 3901, other: 3901}


@pytest.mark.parametrize(
    ("known", "wanted"),
    [
        (source(cycle=True), draw()),
        (source(), draw(cycle=True)),
        (source(), draw(increment=-1, minimum=-100, maximum=-1)),
    ],
    ids=["the source starts anew", "the target starts anew", "different directions"],
)
def test_numbers_that_come_again_anyway_are_not_limited(known: SourceSequence, wanted: Draw) -> None:
    found = reserved(known, wanted=(wanted,))
    assert found.blocks == ()
    assert [one for one, _ in found.without] == [wanted]


def test_blocks_begin_behind_numbers_that_rows_have() -> None:
    (blocks,) = reserved(source(60, beyond=(61, 5_000))).blocks
    assert blocks.of(0).first == 5_001


def test_a_number_at_the_end_of_the_line_does_not_take_all_of_it() -> None:
    (blocks,) = reserved(source(60, high=2**31 - 1, beyond=(2**31 - 1, 2**31 - 1))).blocks
    assert (blocks.of(0).first, blocks.of(2).last) == (61, 3060)


def test_numbers_stay_exact_in_json() -> None:
    (blocks,) = reserved(source(2**52)).blocks
    assert blocks.of(2).last <= 2**53


@given(
    last=st.integers(-1000, 1000),
    called=st.booleans(),
    step=st.integers(1, 60),
    falling=st.booleans(),
    counts=st.lists(st.integers(1, 40), min_size=1, max_size=4),
    steps=st.lists(st.integers(1, 60), min_size=4, max_size=4),
    room=st.integers(0, 10**6),
)
def test_no_two_databases_ever_give_the_same_number(
    last: int, called: bool, step: int, falling: bool, counts: list[int], steps: list[int], room: int
) -> None:
    sign = -1 if falling else 1
    low, high = (last - room, 2000) if falling else (-2000, last + room)
    known = SourceSequence(IDS, last, called, sign * step, last, low, high)
    wanted = tuple(
        Draw(
            f"t{place}",
            Sequence(public(f"s{place}"), increment=sign * steps[place], minimum=low, maximum=high, start=last),
            (IDS,),
            count,
        )
        for place, count in enumerate(counts)
    )
    found = reserve({IDS: known}, wanted)
    by_target = {one.target: one for one in found.blocks}
    parts = [by_target[one.target].of(place) for one in wanted if by_target for place in range(one.databases)]
    ends = sorted((min(one.first, one.last), max(one.first, one.last)) for one in parts)
    assert all(before[1] < after[0] for before, after in pairwise(ends))
    for one in parts:
        assert low <= min(one.first, one.last)
        assert max(one.first, one.last) <= high
        assert sign * one.first > sign * known.given
    if parts:
        assert sign * found.behind[IDS] > max(sign * one.last for one in parts)
        # Another round fits: half of what was left is still there.
        assert low <= found.behind[IDS] <= high


def test_limits_are_those_of_the_narrowest_column() -> None:
    sequence = Sequence(IDS, used_by=((public("a"), "id"), (public("b"), "id")))
    assert limits(sequence, {(public("a"), "id"): "integer", (public("b"), "id"): "smallint"}) == (1, 2**15 - 1)
    assert limits(sequence, {}) == (1, 2**63 - 1)


def test_a_sequence_that_no_column_draws_from_gives_numbers() -> None:
    own = Sequence(public("free"))
    known = catalog(table("t", "id int!"), sequences=(own,))
    transfers = (SequenceTransfer(own.relation, (own.relation,)),)
    assert [one.sequence for one in draws("tenant", known, (), transfers, 2)] == [own]
