"""Presents what clean would move, has moved, or has restored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from migrator.core.clean.rules import Share
from migrator.core.result.outcome import Cell, Outcome, Section, Tone
from migrator.core.result.wording import plural
from migrator.core.schema.catalog import Relation
from migrator.core.schema.identifiers import identifier
from migrator.postgres.clean.quarantine import Held
from migrator.settings import CleanRule

_NO_TENANT = "no tenant"
_TENANT_LINES = 60  # the JSON document has all of them


@dataclass(frozen=True)
class Finding:
    """What one rule takes, and the keys of a few of its rows by table."""

    rule: str
    settings: CleanRule
    shares: tuple[Share, ...]
    samples: Mapping[Relation, tuple[str, ...]]
    undeletable: Mapping[Relation, str] = field(default_factory=dict)  # tables that no row leaves: the publication

    @property
    def rows(self) -> int:
        return sum(share.rows for share in self.shares)

    @property
    def hanging(self) -> int:
        return sum(share.rows for share in self.shares if share.hanging)

    @property
    def blocked(self) -> bool:
        """Whether rows hang on what it takes although the rule says that none must."""
        return self.settings.dependents == "block" and self.hanging > 0


def shown_outcome(run: str, findings: Sequence[Finding], tenants: Mapping[str, str], held: Sequence[Held]) -> Outcome:
    """What would leave. Rows to clean are no failure: the exit code is 0."""
    rows = sum(finding.rows for finding in findings)
    blocked = [finding.rule for finding in findings if finding.blocked]
    sections = _sections(findings, tenants, "Rows that would go to quarantine", "warning")
    if blocked:
        sections.append(
            Section(
                "Rules that would be refused",
                text=f'{", ".join(blocked)}: rows hang on what they take, which dependents = "block" forbids to move.',
                tone="bad",
            )
        )
    if stuck := [row for finding in findings for row in stuck_rows(finding)]:
        sections.append(
            Section(
                "Rows that --execute cannot move",
                ("rule", "table", "publication", "what to do"),
                tuple(stuck),
                text="The publication publishes deletes, and nothing identifies the table's rows: the server refuses "
                "every DELETE from it.",
                tone="bad",
            )
        )
    return Outcome(
        command="clean",
        status="findings" if rows else "nothing-to-do",
        run_id=run,
        headline=_headline(rows, findings, "would go to quarantine; nothing was changed"),
        summary=_summary(findings, held, executed=False),
        sections=(*sections, *_held_sections(held)),
        data=_data(findings, held),
        next=("migrator clean --execute", "migrator dry-run") if rows else ("migrator dry-run",),
    )


def stuck_rows(finding: Finding) -> list[tuple[str, str, str, str]]:
    """(rule, table, publication, what to do) of each table that no row of the rule can leave."""
    return [
        (
            finding.rule,
            str(relation),
            publication,
            f"ALTER TABLE {identifier(relation.schema)}.{identifier(relation.name)} REPLICA IDENTITY FULL",
        )
        for relation, publication in finding.undeletable.items()
    ]


def moved_outcome(run: str, findings: Sequence[Finding], tenants: Mapping[str, str], held: Sequence[Held]) -> Outcome:
    """What has left."""
    rows = sum(finding.rows for finding in findings)
    return Outcome(
        command="clean",
        status="done" if rows else "nothing-to-do",
        run_id=run,
        headline=_headline(rows, findings, "moved to quarantine"),
        summary=_summary(findings, held, executed=True),
        sections=(*_sections(findings, tenants, "Rows moved to quarantine", "good"), *_held_sections(held)),
        data=_data(findings, held),
        next=("migrator dry-run", "migrator clean --restore") if held else ("migrator dry-run",),
    )


def restored_outcome(run: str, restored: Mapping[Relation, int], held: Sequence[Held]) -> Outcome:
    """What came back."""
    rows = sum(restored.values())
    table = tuple((str(relation), count) for relation, count in sorted(restored.items()))
    return Outcome(
        command="clean",
        status="done" if rows else "nothing-to-do",
        run_id=run,
        headline=f"{plural(rows, 'row')} came back from quarantine." if rows else "The quarantine holds no such rows.",
        summary={"rows": rows, "tables": len(restored), "quarantined_rows": sum(part.rows for part in held)},
        sections=(
            *([Section("Rows put back", ("table", "rows"), table, tone="good")] if table else []),
            *_held_sections(held),
        ),
        data={"restored": {relation.full_name: count for relation, count in restored.items()}},
        next=("migrator clean",),
    )


def _headline(rows: int, findings: Sequence[Finding], what: str) -> str:
    if not findings:
        return "There are no rules [clean.X] in migrator.toml."
    if not rows:
        return "No rule takes a row: there is nothing to clean."
    hanging = sum(finding.hanging for finding in findings)
    taking = sum(1 for finding in findings if finding.rows)
    because = f" ({hanging:,} of them because they hang on others)" if hanging else ""
    return f"{plural(rows, 'row')}{because}, by {plural(taking, 'rule')}, {what}."


def _sections(findings: Sequence[Finding], tenants: Mapping[str, str], title: str, tone: Tone) -> list[Section]:
    by_table: list[tuple[Cell, ...]] = []
    by_tenant: Counter[tuple[str, str, str]] = Counter()
    for finding in findings:
        counts: Counter[tuple[str, str]] = Counter()
        for share in finding.shares:
            counts[str(share.relation), share.reason] += share.rows
            by_tenant[finding.rule, str(share.relation), _tenant(share.tenant, tenants)] += share.rows
        by_table += [(finding.rule, table, reason, count) for (table, reason), count in counts.items()]
    samples = tuple(
        (finding.rule, str(relation), "; ".join(keys))
        for finding in findings
        for relation, keys in finding.samples.items()
        if keys
    )
    if not by_table:
        return []
    shown = by_tenant.most_common(_TENANT_LINES)
    left_out = len(by_tenant) - len(shown)
    return [
        Section(title, ("rule", "table", "why", "rows"), tuple(by_table), tone=tone),
        Section(
            "By tenant",
            ("rule", "table", "tenant", "rows"),
            tuple((*where, count) for where, count in shown),
            text=f"The largest; {left_out:,} smaller ones are left out here." if left_out else "",
        ),
        Section("Some of them", ("rule", "table", "keys"), samples),
    ]


def _held_sections(held: Sequence[Held]) -> list[Section]:
    if not held:
        return []
    return [
        Section(
            "In quarantine",
            ("run", "rule", "table", "rows"),
            tuple((part.run, part.rule, str(part.relation), part.rows) for part in held),
            text="Schema migrator_quarantine of the source. `migrator clean --restore` puts all of it back.",
        )
    ]


def _tenant(key: str | None, tenants: Mapping[str, str]) -> str:
    if key is None:
        return _NO_TENANT
    return f"{key} ({tenants[key]})" if tenants.get(key) else f"{key}" if key in tenants else f"{key} (unknown)"


def _summary(findings: Sequence[Finding], held: Sequence[Held], *, executed: bool) -> Mapping[str, Cell]:
    return {
        "executed": executed,
        "rules": len(findings),
        "rows": sum(finding.rows for finding in findings),
        "dependent_rows": sum(finding.hanging for finding in findings),
        "tables": len({share.relation for finding in findings for share in finding.shares}),
        "quarantined_rows": sum(part.rows for part in held),
    }


def _data(findings: Sequence[Finding], held: Sequence[Held]) -> Mapping[str, Any]:
    return {
        "rules": [
            {
                "rule": finding.rule,
                "kind": finding.settings.kind,
                "rows": finding.rows,
                "dependent_rows": finding.hanging,
                "blocked": finding.blocked,
                "shares": [
                    {
                        "table": share.relation.full_name,
                        "reason": share.reason,
                        "dependent": share.hanging,
                        "tenant": share.tenant,
                        "rows": share.rows,
                    }
                    for share in finding.shares
                ],
                "samples": {table.full_name: list(keys) for table, keys in finding.samples.items()},
            }
            for finding in findings
        ],
        "quarantine": [
            {
                "run": part.run,
                "rule": part.rule,
                "table": part.relation.full_name,
                "rows": part.rows,
            }
            for part in held
        ],
    }
