"""Rules and their findings, as values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from migrator.core.audit.facts import Facts, Scope
from migrator.core.schema.catalog import Relation

Severity = Literal["E", "W", "I"]  # an error, a warning, an information
SEVERITIES: tuple[Severity, ...] = ("E", "W", "I")


class Category(StrEnum):
    """What a grade is given for."""

    SCHEMA = "Schema design"
    KEYS = "Keys and relations"
    INDEXING = "Indexing"
    INTEGRITY = "Data integrity"
    READINESS = "Split readiness"
    SECURITY = "Security"
    CAPACITY = "Capacity"


# The rules whose errors keep the split from being carried out. Errors of the others are flaws that travel with it.
BLOCKING = frozenset(
    {"S01", "S02", "S03", "S06", "S07", "S12", "S13", "S14", "S17", "S19", "S20", "S24", "S25"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Observation:
    """What a rule saw on one object.

    `subject` names the object for people, `place` for machines: it makes the finding's key and must stay the same from
    run to run, whatever the counts. `relation` is the table that it is about, `severity` differs from the rule's only
    where the rule says so, `rows` is an exact count of rows, `samples` are keys of a few of them.
    """

    subject: str
    place: str
    detail: str
    relation: Relation | None = None
    severity: Severity | None = None
    rows: int | None = None
    samples: tuple[str, ...] = ()
    sql_fix: str = ""
    sql_undo: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know, decide or mend. `key` serves suppression and baselines: "G02:public.orders(customer_id)"."""

    id: str
    severity: Severity
    category: Category
    object: str
    title: str
    detail: str
    remedy: str
    key: str
    rows: int | None = None
    samples: tuple[str, ...] = ()
    sql_fix: str = ""
    sql_undo: str = ""

    @property
    def stands_in_the_way(self) -> bool:
        """Whether dry-run blocks because of it, suppressed in audit's report or not."""
        return self.severity == "E" and self.id in BLOCKING

    def as_document(self) -> dict[str, Any]:
        """The finding as plain JSON values."""
        return {
            "id": self.id,
            "severity": self.severity,
            "category": self.category.value,
            "object": self.object,
            "title": self.title,
            "detail": self.detail,
            "remedy": self.remedy,
            "key": self.key,
            "rows": self.rows,
            "samples": list(self.samples),
            "sql_fix": self.sql_fix,
            "sql_undo": self.sql_undo,
        }


Check = Callable[[Facts], Iterator[Observation]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One question that the audit asks. `scope` says among what it looks, for the share that a grade is made from."""

    id: str
    severity: Severity
    category: Category
    scope: Scope
    title: str
    why: str
    remedy: str
    check: Check

    def findings(self, facts: Facts) -> tuple[Finding, ...]:
        """What the rule finds in these facts, in the order of their keys."""
        by_key = {finding.key: finding for finding in (self._finding(facts, seen) for seen in self.check(facts))}
        return tuple(by_key[key] for key in sorted(by_key))

    def _finding(self, facts: Facts, seen: Observation) -> Finding:
        severity, detail = seen.severity or self.severity, seen.detail
        if seen.relation is not None and facts.is_ignored(seen.relation) and severity != "I":
            # What stays behind cannot harm the split.
            severity, detail = "I", f"{detail} The table is left behind by the split."
        return Finding(
            id=self.id,
            severity=severity,
            category=self.category,
            object=seen.subject,
            title=self.title,
            detail=detail,
            remedy=self.remedy,
            key=f"{self.id}:{seen.place}",
            rows=seen.rows,
            samples=seen.samples,
            sql_fix=seen.sql_fix,
            sql_undo=seen.sql_undo,
        )


def rule(
    id_: str, severity: Severity, category: Category, scope: Scope, title: str, *, why: str, remedy: str
) -> Callable[[Check], Rule]:
    """Makes a rule of the function that checks it."""

    def make(check: Check) -> Rule:
        return Rule(id_, severity, category, scope, title, why, remedy, check)

    return make
