"""Tables within any width: figures never folded, names before prose, and blocks where nothing else helps."""

from __future__ import annotations

from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from migrator.core.result.outcome import Outcome, Section
from migrator.report.text import to_text
from migrator.report.widths import GAP, Kind, Measured, fitted

measured = st.builds(
    lambda natural, least, kind: Measured(natural, min(natural, least), kind),
    st.integers(1, 200), st.integers(1, 20), st.sampled_from(get_args(Kind)),
)  # fmt: skip


@given(st.lists(measured, min_size=1, max_size=12), st.integers(10, 300))
def test_widths_fit_and_are_between_least_and_natural(columns: list[Measured], room: int) -> None:
    widths = fitted(columns, room)
    gaps = GAP * (len(columns) - 1)
    if widths is None:
        assert sum(column.least for column in columns) + gaps > room
        return
    assert sum(widths) + gaps <= room
    assert all(column.least <= width <= column.natural for column, width in zip(columns, widths, strict=True))
    if sum(column.natural for column in columns) + gaps > room:
        assert sum(widths) + gaps == room


def test_names_are_whole_before_prose_is() -> None:
    columns = [Measured.of("table", ["a" * 40], False), Measured.of("why", ["word " * 30], False)]
    assert fitted(columns, 80) == [40, 80 - 40 - GAP]


def test_a_heading_of_figures_folds_and_the_figures_do_not() -> None:
    section = Section(
        "Conservation",
        ("table", "source rows", "placed rows", "global rows", "quarantined rows", "ignored rows", "lost rows"),
        (("public.certificats_matiere", 1234567, 1234567, 0, 0, 0, 0), ("public.a", 1, 1, 0, 0, 0, 0)),
    )
    lines = to_text(Outcome("verify", sections=(section,)), width=90).splitlines()
    assert any(line.startswith("  public.certificats_matiere") and "1,234,567  1,234,567" in line for line in lines)
    assert max(len(line) for line in lines) <= 90


def test_what_does_not_fit_side_by_side_is_a_block_per_row() -> None:
    section = Section("S", tuple(f"column {number}" for number in range(9)), (tuple("x" * 30 for _ in range(9)),))
    text = to_text(Outcome("verify", sections=(section,)), width=60)
    assert f"  column 8  {'x' * 30}" in text.splitlines()
