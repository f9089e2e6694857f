"""Computes a score and a letter for each category and for the whole; equal findings give equal grades.

Each rule with findings takes points from its category's 100, by the worst severity that it found and by the share of
objects that it found it on. docs/audit/README.md explains the formula to readers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from migrator.core.audit.facts import Facts
from migrator.core.audit.finding import SEVERITIES, Category, Finding, Rule, Severity

# What one rule may take: half of it for the first finding, the rest as more of the objects are affected.
WEIGHTS: Mapping[Severity, int] = {"E": 50, "W": 16, "I": 4}
LETTERS = (
    (95, "A+"), (90, "A"), (85, "A-"), (80, "B+"), (75, "B"), (70, "B-"), (65, "C+"), (60, "C"), (55, "C-"), (40, "D"),
)  # fmt: skip
# While something blocks the split, the whole is not called better than this, however many categories are spotless.
_CEILING_WITH_ERRORS = 84


@dataclass(frozen=True, slots=True)
class Grade:
    """What one category, or the whole, is worth: 0 to 100."""

    score: int
    counts: Mapping[Severity, int]

    @property
    def letter(self) -> str:
        return next((letter for least, letter in LETTERS if self.score >= least), "F")

    def __str__(self) -> str:
        return f"{self.letter} ({self.score}/100)"

    def as_document(self) -> dict[str, Any]:
        """The grade as plain JSON values."""
        return {"letter": self.letter, "score": self.score, "findings": dict(self.counts)}


def grades(findings: Iterable[Finding], rules: Mapping[str, Rule], facts: Facts) -> Mapping[Category, Grade]:
    """The grade of each category that the rules asked about."""
    by_rule: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_rule[finding.id].append(finding)
    graded = {}
    for category in Category:
        asked = [rule for rule in rules.values() if rule.category is category]
        if asked:
            lost = sum(_points(by_rule[rule.id], facts.population(rule.scope)) for rule in asked if by_rule[rule.id])
            graded[category] = Grade(
                max(0, round(100 - lost)), _counts(finding for rule in asked for finding in by_rule[rule.id])
            )
    return graded


def health(graded: Mapping[Category, Grade]) -> Grade:
    """The whole: the categories' mean, held down while an error is open."""
    counts: Mapping[Severity, int] = {
        severity: sum(grade.counts[severity] for grade in graded.values()) for severity in SEVERITIES
    }
    mean = round(sum(grade.score for grade in graded.values()) / len(graded)) if graded else 100
    return Grade(min(mean, _CEILING_WITH_ERRORS) if counts["E"] else mean, counts)


def _points(findings: list[Finding], population: int) -> float:
    worst = min((finding.severity for finding in findings), key=SEVERITIES.index)
    share = min(1.0, len({finding.object for finding in findings}) / population)
    return WEIGHTS[worst] * (1 + share) / 2


def _counts(findings: Iterable[Finding]) -> Mapping[Severity, int]:
    listed = list(findings)
    return {severity: sum(finding.severity == severity for finding in listed) for severity in SEVERITIES}
