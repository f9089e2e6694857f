"""Every rule has its page, and every page its rule."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrator.core.audit.finding import Rule
from migrator.core.audit.grades import LETTERS, WEIGHTS
from migrator.core.audit.rules import RULES

PAGES = Path(__file__).parents[3] / "docs" / "audit"
SEVERITY = {"E": "error", "W": "warning", "I": "information"}


@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_a_rule_has_its_page(rule: Rule) -> None:
    page = (PAGES / f"{rule.id}.md").read_text(encoding="utf-8")
    assert page.startswith(f"# {rule.id}: {rule.title}\n")
    assert f"Severity: {SEVERITY[rule.severity]}" in page
    assert f"Category: {rule.category.value}" in page
    for heading in ("## What it finds", "## Why it matters", "## What to do"):
        assert heading in page


def test_a_page_has_its_rule() -> None:
    assert {page.stem for page in PAGES.glob("[A-Z][0-9]*.md")} == set(RULES)


def test_the_overview_lists_every_rule_and_explains_the_grade() -> None:
    overview = " ".join((PAGES / "README.md").read_text(encoding="utf-8").split())
    for rule in RULES.values():
        assert f"[{rule.id}]({rule.id}.md)" in overview
    for weight in WEIGHTS.values():
        assert f"| {weight} |" in overview
    for least, letter in LETTERS:
        assert f"{letter} from {least}" in overview


def test_rules_say_what_to_do_in_sentences() -> None:
    for rule in RULES.values():
        for text in (rule.why, rule.remedy):
            assert text.endswith((".", "?")), rule.id
        assert not rule.title.endswith("."), rule.id
