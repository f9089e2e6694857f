"""How the source's tables are others than they were, in words."""

from __future__ import annotations

import pytest

from migrator.core.schema.source_tables import table_changes


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        ({"a": []}, {"a": []}, ()),
        ({"a": ["a_1"]}, {"a": ["a_2", "a_1"]}, ("a_2 has joined a as a partition",)),
        ({"a": ["a_1", "a_2"]}, {"a": ["a_1"]}, ("a_2 is no partition of a any more",)),
        # A table of its own that is attached, and the reverse, is told once.
        ({"a": [], "old": []}, {"a": ["old"]}, ("old has joined a as a partition",)),
        ({"a": ["old"]}, {"a": [], "old": []}, ("old is no partition of a any more",)),
        ({"a": []}, {}, ("a is gone",)),
        ({}, {"a": []}, ("a is new",)),
        ({"notes": []}, {"kid": [], "notes": []}, ("kid is new and inherits from notes",)),
        # By another name it is another table.
        ({"a": ["p"]}, {"b": ["p"]}, ("a is gone", "b is new")),
    ],
)
def test_what_came_and_went(before: dict[str, list[str]], now: dict[str, list[str]], said: tuple[str, ...]) -> None:
    assert table_changes(before, now, {"kid": ["notes"]}) == said
