"""Presents what clean would move, has moved, or has restored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from migrator.commands.clean.result import Cleaned, Finding, Restored
from migrator.core.result.outcome import Cell, Outcome, Section, Tone
from migrator.core.result.wording import plural
from migrator.postgres.clean.quarantine import Held

_NO_TENANT = "no tenant"
_TENANT_LINES = 60  # the JSON document has all of them


def present(result: Cleaned | Restored) -> Outcome:
    """What would leave, has left, or came back."""
    if isinstance(result, Restored):
        return _restored(result)
    return _moved(result) if result.executed else _shown(result)


def _shown(result: Cleaned) -> Outcome:
    """What would leave. Rows to clean are no failure: the exit code is 0."""
    findings, tenants, held, rows = result.findings, result.tenants, result.held, result.rows
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
    if stuck := [row for finding in findings for row in finding.stuck]:
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
        run_id=result.run_id,
        headline=_headline(rows, findings, "would go to quarantine; nothing was changed"),
        summary=_summary(findings, held, executed=False),
        sections=(*sections, *_held_sections(held)),
        data=_data(findings, held),
        next=("migrator clean --execute", "migrator dry-run") if rows else ("migrator dry-run",),
    )


def _moved(result: Cleaned) -> Outcome:
    """What has left."""
    findings, tenants, held, rows = result.findings, result.tenants, result.held, result.rows
    return Outcome(
        command="clean",
        status="done" if rows else "nothing-to-do",
        run_id=result.run_id,
        headline=_headline(rows, findings, "moved to quarantine"),
        summary=_summary(findings, held, executed=True),
        sections=(*_sections(findings, tenants, "Rows moved to quarantine", "good"), *_held_sections(held)),
        data=_data(findings, held),
        next=("migrator dry-run", "migrator clean --restore") if held else ("migrator dry-run",),
    )


def _restored(result: Restored) -> Outcome:
    """What came back."""
    rows, held = result.rows, result.held
    table = tuple((str(relation), count) for relation, count in sorted(result.restored.items()))
    return Outcome(
        command="clean",
        status="done" if rows else "nothing-to-do",
        run_id=result.run_id,
        headline=f"{plural(rows, 'row')} came back from quarantine." if rows else "The quarantine holds no such rows.",
        summary={"rows": rows, "tables": len(result.restored), "quarantined_rows": sum(part.rows for part in held)},
        sections=(
            *([Section("Rows put back", ("table", "rows"), table, tone="good")] if table else []),
            *_held_sections(held),
        ),
        data={"restored": {relation.full_name: count for relation, count in result.restored.items()}},
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
