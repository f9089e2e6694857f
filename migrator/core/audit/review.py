"""Applies the rules to facts, and sets suppressed and known findings apart."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from migrator.core.audit.facts import Facts
from migrator.core.audit.finding import SEVERITIES, Category, Finding, Rule
from migrator.core.audit.grades import Grade, grades, health
from migrator.core.audit.rules import RULES
from migrator.errors import ConfigurationError

# What an earlier audit found: a finding's key, and its number of rows where it counts any.
Baseline = Mapping[str, int | None]


@dataclass(frozen=True)
class Review:
    """What is reported, what is not and why, and the grades.

    `known` findings stand in the baseline: they count towards the grades, because they are still there. `suppressed`
    ones do not: somebody decided that they are no flaws. `idle` suppressions match nothing.
    """

    findings: tuple[Finding, ...]
    known: tuple[Finding, ...]
    suppressed: tuple[Finding, ...]
    idle: tuple[str, ...]
    grades: Mapping[Category, Grade]
    health: Grade

    @property
    def blocks(self) -> bool:
        """Whether a reported finding stands in the way of the split."""
        return any(finding.severity == "E" for finding in self.findings)


def review(
    facts: Facts, *, suppress: Collection[str] = (), baseline: Baseline | None = None, only: Collection[str] = ()
) -> Review:
    """Applies the rules (all, or `only` those) and sorts their findings: most severe first, then by key.

    Raises:
        ConfigurationError: `only` names a rule that does not exist.
    """
    rules = chosen(only)
    findings = [finding for rule in rules.values() for finding in rule.findings(facts)]
    findings.sort(key=lambda finding: (SEVERITIES.index(finding.severity), finding.key))
    wanted = set(suppress)
    suppressed = [finding for finding in findings if wanted & {finding.id, finding.key}]
    remaining = [finding for finding in findings if not wanted & {finding.id, finding.key}]
    known = [finding for finding in remaining if baseline is not None and _is_known(finding, baseline)]
    graded = grades(remaining, rules, facts)
    hit = {name for finding in suppressed for name in (finding.id, finding.key)}
    return Review(
        findings=tuple(finding for finding in remaining if finding not in known),
        known=tuple(known),
        suppressed=tuple(suppressed),
        # A run of few rules says nothing about the suppressions of the others.
        idle=() if only else tuple(name for name in suppress if name not in hit),
        grades=graded,
        health=health(graded),
    )


def chosen(only: Iterable[str]) -> Mapping[str, Rule]:
    """The rules of these ids, or all of them.

    Raises:
        ConfigurationError: a rule of that id does not exist.
    """
    names = [name.upper() for name in only]
    if unknown := [name for name in names if name not in RULES]:
        raise ConfigurationError(f"There is no audit rule {', '.join(unknown)}.", f"The rules: {', '.join(RULES)}.")
    return {name: rule for name, rule in RULES.items() if not names or name in names}


def read_baseline(document: Any) -> Baseline:
    """The findings of an earlier audit's JSON document.

    Raises:
        ConfigurationError: it is no such document.
    """
    findings = document.get("findings") if isinstance(document, dict) else None
    # An audit with a baseline writes down what it left out, so that its document serves as the next baseline.
    earlier = document.get("known", []) if isinstance(document, dict) else None
    if (
        not isinstance(findings, list)
        or not isinstance(earlier, list)
        or not all(
            isinstance(item, dict) and isinstance(item.get("key"), str) and isinstance(item.get("rows"), int | None)
            for item in (*findings, *earlier)
        )
    ):
        raise ConfigurationError(
            "The baseline is not the document of an audit.",
            "Name a file of backups/audit/, or what `migrator audit --output json` printed.",
        )
    return {item["key"]: item["rows"] for item in (*earlier, *findings)}


def _is_known(finding: Finding, baseline: Baseline) -> bool:
    """More rows than before are news; fewer, or a finding that counts none, are not."""
    if finding.key not in baseline:
        return False
    before = baseline[finding.key]
    return finding.rows is None or before is None or finding.rows <= before
