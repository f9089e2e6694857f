"""What the stage audit tells: findings by category, grades, and what was left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

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


def audit_outcome(run: str, facts: Facts, found: Review) -> Outcome:
    """The outcome of one audit."""
    errors = sum(finding.severity == "E" for finding in found.findings)
    return Outcome(
        command="audit",
        status="findings" if found.blocks else "done",
        exit_code=1 if found.blocks else 0,
        run_id=run,
        headline=f"Overall health: {found.health}. {_verdict(found)}",
        summary={
            "health": str(found.health),
            "errors": errors,
            "warnings": sum(finding.severity == "W" for finding in found.findings),
            "infos": sum(finding.severity == "I" for finding in found.findings),
            "known": len(found.known),
            "suppressed": len(found.suppressed),
            "tables": len(facts.catalog.tables),
        },
        sections=tuple(_sections(facts, found)),
        data=_data(found),
        next=_next(found),
    )


def _verdict(found: Review) -> str:
    errors, known = (sum(finding.severity == "E" for finding in part) for part in (found.findings, found.known))
    if not errors and not known:
        return "Nothing stands in the way of the split."
    if not errors:
        return f"No new error; {plural(known, 'error')} of the baseline still {_stands(known)} in the way of the split."
    more = f", and {known:,} of the baseline" if known else ""
    return f"{plural(errors, 'error')}{more} {_stands(errors + known)} in the way of the split."


def _stands(count: int) -> str:
    return "stands" if count == 1 else "stand"


def _sections(facts: Facts, found: Review) -> Iterator[Section]:
    yield Section(
        "Grades",
        ("category", "grade", "score", "errors", "warnings", "infos"),
        (
            *((category.value, *_cells(grade)) for category, grade in found.grades.items()),
            ("Overall health", *_cells(found.health)),
        ),
        tone="bad" if found.health.counts["E"] else "good",
    )
    for category, grade in found.grades.items():
        findings = [finding for finding in found.findings if finding.category is category]
        if findings:
            yield Section(
                f"{category.value}: {grade}",
                ("severity", "rule", "object", "rows", "finding"),
                tuple((_WORDS[item.severity], item.id, item.object, item.rows, _told(item)) for item in findings),
                text="\n".join(_remedies(findings)),
                tone=_tone(findings),
            )
    if fixes := [finding for finding in found.findings if finding.sql_fix and finding.severity != "I"]:
        yield Section(
            "SQL that mends",
            text="\n".join(f"-- {finding.key}\n{finding.sql_fix}" for finding in fixes),
        )
    if left_out := list(_left_out(facts, found)):
        yield Section("Not reported", text="\n".join(left_out))


def _cells(grade: Grade) -> tuple[str | int, ...]:
    return (grade.letter, grade.score, grade.counts["E"], grade.counts["W"], grade.counts["I"])


def _told(finding: Finding) -> str:
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


def _left_out(facts: Facts, found: Review) -> Iterator[str]:
    if found.known:
        yield f"{plural(len(found.known), 'finding')} of the baseline, still there: {listed(_keys(found.known))}."
    if found.suppressed:
        suppressed = plural(len(found.suppressed), "finding")
        yield f"{suppressed} that [audit] suppress names: {listed(_keys(found.suppressed))}."
    if found.idle:
        yield f"[audit] suppress names what was not found: {listed(found.idle)}."
    if facts.closed:
        yield f"Rows that could not be counted: {listed(str(relation) for relation in sorted(facts.closed))}."
    if facts.targets.obstacle:
        yield f"Names and room on the target servers were not looked at: {facts.targets.obstacle}"
    for server, why in sorted(facts.targets.unreachable.items()):
        yield f"The server {server} was not looked at: {why}"


def _keys(findings: Iterable[Finding]) -> list[str]:
    return [finding.key for finding in findings]


def _data(found: Review) -> dict[str, Any]:
    return {
        "findings": [finding.as_document() for finding in found.findings],
        "known": [{"key": finding.key, "rows": finding.rows} for finding in found.known],
        "suppressed": _keys(found.suppressed),
        "idle_suppressions": list(found.idle),
        "grades": {category.value: grade.as_document() for category, grade in found.grades.items()},
        "health": found.health.as_document(),
    }


def _next(found: Review) -> tuple[str, ...]:
    if any(each.id == "C01" or (each.id in _CLEANABLE and each.severity == "E") for each in found.findings):
        return ("migrator clean", "migrator audit") if found.blocks else ("migrator clean", "migrator dry-run")
    return ("migrator audit",) if found.blocks else ("migrator dry-run",)
