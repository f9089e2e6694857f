"""Suppression, baseline and grades."""

from __future__ import annotations

from typing import Any

import pytest

from migrator.core.audit.facts import ReferenceRows
from migrator.core.audit.finding import Category
from migrator.core.audit.grades import Grade
from migrator.core.audit.review import read_baseline, review
from migrator.errors import ConfigurationError
from tests.audit_facts import facts
from tests.schema import key, table

LINES = table("lines", "id bigint!", "order_id bigint", keys=(key("lines", "order_id", "lines"),))
ORPHANS = ReferenceRows(LINES.foreign_keys[0], orphans=5)
PLACED = {"lines": {"target": "shared"}, "imported": {"target": "shared"}}
KNOWN = facts(LINES, table("imported", "row integer", pk=""), configured=PLACED, references=(ORPHANS,))
ORPHANS_KEY = "S07:public.lines(order_id)->public.lines(id)"


def test_findings_come_most_severe_first_and_then_by_key() -> None:
    keys = [finding.key for finding in review(KNOWN).findings]
    assert keys == [
        "G01:public.imported",
        ORPHANS_KEY,
        "G02:public.lines(order_id)",
        "S11:public.lines(order_id)->public.lines(id)",
    ]


def test_suppression_by_rule_or_key_is_counted_and_lifts_the_grade() -> None:
    found = review(KNOWN, suppress=("G01", "G02:public.lines(order_id)", "G13", "S07:nothing"))
    assert [finding.key for finding in found.suppressed] == ["G01:public.imported", "G02:public.lines(order_id)"]
    assert found.idle == ("G13", "S07:nothing")
    assert found.grades[Category.SCHEMA].score == 100
    assert found.blocks


def test_nothing_blocks_when_every_error_is_suppressed() -> None:
    assert not review(KNOWN, suppress=("G01", "S07")).blocks


def test_a_baseline_keeps_the_grade_and_hides_what_is_known() -> None:
    before = review(KNOWN)
    baseline = read_baseline({"findings": [finding.as_document() for finding in before.findings]})
    again = review(KNOWN, baseline=baseline)
    assert again.findings == ()
    assert again.known == before.findings
    assert again.health == before.health
    assert not again.blocks


@pytest.mark.parametrize(("rows", "news"), [(4, True), (5, False), (6, False), (None, False)])
def test_more_rows_than_in_the_baseline_are_news(rows: int | None, news: bool) -> None:
    found = review(KNOWN, baseline={ORPHANS_KEY: rows}, only=("S07",))
    assert bool(found.findings) is news


def test_the_document_of_an_audit_with_a_baseline_is_a_baseline_too() -> None:
    document = {"findings": [], "known": [{"key": ORPHANS_KEY, "rows": 5}]}
    assert read_baseline(document) == {ORPHANS_KEY: 5}


@pytest.mark.parametrize(
    "document", [[], {}, {"findings": {}}, {"findings": [{"rows": 1}]}, {"findings": [], "known": ["G01"]}, None]
)
def test_a_baseline_that_is_none_is_refused(document: Any) -> None:
    with pytest.raises(ConfigurationError, match="not the document of an audit"):
        read_baseline(document)


def test_only_the_rules_that_are_asked_for() -> None:
    found = review(KNOWN, only=("g01",), suppress=("G13",))
    assert [finding.id for finding in found.findings] == ["G01"]
    assert list(found.grades) == [Category.SCHEMA]
    assert found.idle == ()
    with pytest.raises(ConfigurationError, match="no audit rule X99"):
        review(KNOWN, only=("X99",))


def test_a_spotless_database_has_full_marks() -> None:
    found = review(facts())
    assert found.findings == ()
    assert str(found.health) == "A+ (100/100)"


def test_a_rule_takes_half_its_weight_at_once_and_the_rest_by_share() -> None:
    ten = [table(f"t{number}", "id bigint!") for number in range(8)]
    placed = {f"t{number}": {"target": "shared"} for number in range(8)}
    one = facts(*ten, table("bare", "row integer", pk=""), configured={**placed, "bare": {"target": "shared"}})
    # One of ten tables (the tenant root is the tenth): 50 * (1 + 0.1) / 2.
    assert review(one).grades[Category.SCHEMA].score == 72
    bare = [table(f"t{number}", "row integer", pk="") for number in range(8)]
    assert review(facts(*bare, configured=placed)).grades[Category.SCHEMA].score == 53


def test_an_open_error_holds_the_whole_down() -> None:
    one = facts(LINES, configured={"lines": {"target": "shared"}}, references=(ORPHANS,))
    found = review(one, only=("S07", "G01", "G17", "G09"))
    assert [grade.score for grade in found.grades.values()] == [100, 50, 100, 100]
    assert found.health.score == 84
    assert found.health.letter == "B+"


@pytest.mark.parametrize(
    ("score", "letter"), [(100, "A+"), (95, "A+"), (94, "A"), (82, "B+"), (70, "B-"), (54, "D"), (39, "F"), (0, "F")]
)
def test_letters(score: int, letter: str) -> None:
    assert Grade(score, {"E": 0, "W": 0, "I": 0}).letter == letter


def test_findings_on_the_same_facts_are_the_same() -> None:
    assert review(KNOWN) == review(KNOWN)


def test_placements_of_a_source_that_nobody_configured_are_all_undecided() -> None:
    found = review(facts(table("anything", "id bigint!")))
    assert [finding.key for finding in found.findings] == ["S01:public.anything"]
