"""Presents an audit: findings by category, grades, and what was left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from migrator.commands.audit.result import Audited
from migrator.core.audit.facts import Facts
from migrator.core.audit.finding import Finding
from migrator.core.audit.grades import Grade
from migrator.core.audit.review import Review
from migrator.core.audit.rules import RULES
from migrator.core.result.outcome import Outcome, Section, Tone
from migrator.core.result.wording import listed, plural

_WORDS = {"E": "error", "W": "warning", "I": "info"}
# Findings about rows that clean can take away.
_CLEANABLE = frozenset({"S03", "S06", "S07"})


def present(result: Audited) -> Outcome:
    """Findings by category, and grades; exit code 1 where a reported finding stands in the way of the split."""
    facts, review = result.facts, result.review
    errors = sum(finding.severity == "E" for finding in review.findings)
    return Outcome(
        command="audit",
        status="findings" if review.blocks else "done",
        exit_code=1 if review.blocks else 0,
        run_id=result.run_id,
        headline=f"Overall health: {review.health}. {_verdict(review)}",
        summary={
            "health": str(review.health),
            "errors": errors,
            "warnings": sum(finding.severity == "W" for finding in review.findings),
            "infos": sum(finding.severity == "I" for finding in review.findings),
            "known": len(review.known),
            "suppressed": len(review.suppressed),
            # Reported or not: what dry-run will block on.
            "in_the_way": sum(_in_the_way(review)),
            "tables": len(facts.catalog.tables),
        },
        sections=tuple(_sections(facts, review)),
        data=_data(review),
        next=_next(review),
    )


def _verdict(review: Review) -> str:
    errors, known, suppressed = _in_the_way(review)
    others = sum(finding.severity == "E" for finding in review.findings) - errors
    parts = []
    if errors:
        parts.append(plural(errors, "error"))
    if known:
        parts.append(f"{known:,} of the baseline" if parts else f"{plural(known, 'error')} of the baseline")
    if suppressed:
        # That they are not reported takes nothing out of the way.
        parts.append(f"{suppressed:,} that [audit] suppress keeps out of the report")
    if not parts:
        flaws = f"{plural(others, 'error')} would travel with the split; nothing" if others else "Nothing"
        return f"{flaws} stands in the way of the split."
    still = "" if errors else "No new error; " if known else "No error is reported; "
    more = f" {plural(others, 'other error')} would travel with it." if others else ""
    return (
        f"{still}{', and '.join(parts)}{'' if errors else ' still'} {_stands(errors + known + suppressed)} in the way "
        f"of the split.{more}"
    )


def _in_the_way(review: Review) -> tuple[int, ...]:
    """How many findings stand in the way of the split: reported ones, those of the baseline, suppressed ones."""
    parts = (review.findings, review.known, review.suppressed)
    return tuple(sum(finding.stands_in_the_way for finding in part) for part in parts)


def _stands(count: int) -> str:
    return "stands" if count == 1 else "stand"


def _sections(facts: Facts, review: Review) -> Iterator[Section]:
    yield Section(
        "Grades",
        ("category", "grade", "score", "errors", "warnings", "infos"),
        (
            *((category.value, *_cells(grade)) for category, grade in review.grades.items()),
            ("Overall health", *_cells(review.health)),
        ),
        tone="bad" if review.health.counts["E"] else "good",
    )
    for category, grade in review.grades.items():
        findings = [finding for finding in review.findings if finding.category is category]
        if findings:
            yield Section(
                f"{category.value}: {grade}",
                ("severity", "rule", "object", "rows", "finding"),
                tuple((_WORDS[item.severity], item.id, item.object, item.rows, _detail(item)) for item in findings),
                text="\n".join(_remedies(findings)),
                tone=_tone(findings),
            )
    if fixes := [finding for finding in review.findings if finding.sql_fix and finding.severity != "I"]:
        yield Section(
            "SQL that mends",
            text="\n".join(f"-- {finding.key}\n{finding.sql_fix}" for finding in fixes),
        )
    if left_out := list(_left_out(facts, review)):
        yield Section("Not reported", text="\n".join(left_out))


def _cells(grade: Grade) -> tuple[str | int, ...]:
    return (grade.letter, grade.score, grade.counts["E"], grade.counts["W"], grade.counts["I"])


def _detail(finding: Finding) -> str:
    if not finding.samples:
        return finding.detail
    more = (finding.rows or 0) - len(finding.samples)
    return f"{finding.detail} Rows: {'; '.join(finding.samples)}{f' and {more:,} more' if more > 0 else ''}."


def _remedies(findings: Iterable[Finding]) -> Iterator[str]:
    for id_ in sorted({finding.id for finding in findings}):
        yield f"{id_} {RULES[id_].title}. {RULES[id_].remedy}"


def _tone(findings: Iterable[Finding]) -> Tone:
    severities = {finding.severity for finding in findings}
    return "bad" if "E" in severities else "warning" if "W" in severities else "plain"


def _left_out(facts: Facts, review: Review) -> Iterator[str]:
    if review.known:
        yield f"{plural(len(review.known), 'finding')} of the baseline, still there: {listed(_keys(review.known))}."
    if review.suppressed:
        suppressed = plural(len(review.suppressed), "finding")
        yield f"{suppressed} that [audit] suppress names: {listed(_keys(review.suppressed))}."
    if review.idle:
        yield f"[audit] suppress names what was not found: {listed(review.idle)}."
    if facts.closed:
        yield f"Rows that could not be counted: {listed(str(relation) for relation in sorted(facts.closed))}."
    if facts.targets.obstacle:
        yield f"Names and room on the target servers were not looked at: {facts.targets.obstacle}"
    for server, why in sorted(facts.targets.unreachable.items()):
        yield f"The server {server} was not looked at: {why}"


def _keys(findings: Iterable[Finding]) -> list[str]:
    return [finding.key for finding in findings]


def _data(review: Review) -> dict[str, Any]:
    return {
        "findings": [finding.as_document() for finding in review.findings],
        "known": [{"key": finding.key, "rows": finding.rows} for finding in review.known],
        "suppressed": _keys(review.suppressed),
        "idle_suppressions": list(review.idle),
        "grades": {category.value: grade.as_document() for category, grade in review.grades.items()},
        "health": review.health.as_document(),
    }


def _next(review: Review) -> tuple[str, ...]:
    if any(each.id == "C01" or (each.id in _CLEANABLE and each.severity == "E") for each in review.findings):
        return ("migrator clean", "migrator audit") if review.blocks else ("migrator clean", "migrator dry-run")
    return ("migrator audit",) if review.blocks else ("migrator dry-run",)
