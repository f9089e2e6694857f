"""Presents the result of verify."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from migrator.commands.plan.changes import change_sections
from migrator.commands.proof.compare_sides import proof_sections
from migrator.commands.proof.drift import drift_section, gap_sections
from migrator.commands.verify.result import CrossReference, Verified, VerifiedLive
from migrator.core.result.outcome import Cell, Outcome, Section
from migrator.core.result.wording import plural


def present(result: Verified) -> Outcome:
    """Whether the split is proven, and what disagrees; exit code 1 where anything does."""
    outcome = _present_everything(result) if result.scope == "everything" else present_structure(result)
    return replace(outcome, sections=(*change_sections(result.plan_changes), *outcome.sections))


def _present_everything(result: Verified) -> Outcome:
    sample, gone, databases = result.sample, result.dropped_tenants, result.databases
    figures: dict[str, Cell] = {
        "databases": databases,
        "databases_examined": len(result.facts),
        **result.proof.figures,
        "differences": len(result.proof.differences),
        "leaked_rows": sum(count for fact in result.facts for _, count in fact.leaks),
        "catalog_differences": sum(len(fact.objects) for fact in result.facts),
        "sequence_collisions": sum(len(fact.sequences) for fact in result.facts),
        "references_checked": len({one.foreign_key for one in result.references}),
        "released_references": sum(one.orphans for one in result.released),
        "cross_database_orphans": sum(one.orphans for one in result.references),
        "source_changes_since_snapshot": len(result.changed_since),
        "access_differences": len(result.access),
        "unfenced_tables": len(result.gaps),
    }
    if sample is not None:
        figures["sample_percent"] = sample
    sections = (*_finding_sections(result), *proof_sections(result.proof), *_figure_sections(result))
    data = _data(result)
    whole = "" if sample is None else f" (a sample: {len(result.facts)} of {databases} databases)"
    if gone:
        figures["tenants_taken_back"] = len(gone)
        whole += f" (without the tenants that were taken back: {', '.join(gone)})"
    if not result.holds:
        return Outcome(
            "verify",
            "findings",
            1,
            result.run_id,
            f"Source and targets {'agree, but the fence does not hold' if result.agrees else 'do not agree'}{whole}.",
            figures,
            sections,
            data,
            # Not the rollback itself: the differences may be what applications wrote after a good split.
            ("migrator rollback --validate",),
        )
    proven = "no row is lost, none leaked" if sample is None and not gone else "no row of theirs leaked"
    return Outcome(
        "verify",
        run_id=result.run_id,
        headline=f"All digests of {plural(len(result.facts), 'database')} agree{whole}; {proven}, "
        "no reference across databases is broken.",
        summary=figures,
        sections=sections,
        data=data,
        next=("migrator status", "migrator rollback --validate"),
    )


def _data(result: Verified) -> Mapping[str, Any]:
    return {
        "differences": [
            {"target": target, "table": one.relation, "tenant": one.tenant, "kind": one.kind,
             "source_rows": one.source_rows, "target_rows": one.target_rows}
            for target, one in result.proof.differences
        ],
        "rows": [
            {"database": row.database, "table": row.table, "key": row.key, "kind": row.kind} for row in result.rows
        ],
        "references": [
            {"foreign_key": one.foreign_key, "database": one.database, "orphans": one.orphans, "samples": one.samples}
            for one in result.references
        ],
        "released": [
            {"foreign_key": one.foreign_key, "database": one.database, "orphans": one.orphans, "samples": one.samples}
            for one in result.released
        ],
    }  # fmt: skip


def present_structure(result: Verified) -> Outcome:
    """Whether the databases of a finished run are what they were made to be, their rows apart."""
    figures: dict[str, Cell] = {
        "databases_examined": len(result.facts),
        "leaked_rows": sum(count for fact in result.facts for _, count in fact.leaks),
        "catalog_differences": sum(len(fact.objects) for fact in result.facts),
        "sequence_collisions": sum(len(fact.sequences) for fact in result.facts),
        "references_checked": len({one.foreign_key for one in result.references}),
        "cross_database_orphans": sum(one.orphans for one in result.references),
        "access_differences": len(result.access),
    }
    sections = (*_finding_sections(result), *_figure_sections(result))
    if not result.holds:
        return Outcome(
            "verify",
            "findings",
            1,
            result.run_id,
            "The databases are not what they were made to be.",
            figures,
            sections,
        )
    return Outcome(
        "verify",
        run_id=result.run_id,
        headline=f"{plural(len(result.facts), 'database')} have the schemas that they were made with, and no row of "
        "another tenant. Rows are their applications' since the run was finished, and are not compared.",
        summary=figures,
        sections=sections,
        next=("migrator status",),
    )


def _finding_sections(result: Verified) -> list[Section]:
    sections = []
    if result.rows:
        rows = tuple((row.database, row.table, row.key, row.kind) for row in result.rows)
        why = (
            "Gone astray, or written by applications since migrate: `migrator rollback --validate` counts such writes."
        )
        sections.append(Section("Rows that differ", ("database", "table", "key", "kind"), rows, why, "bad"))
    objects = tuple((fact.database, *one) for fact in result.facts for one in fact.objects)
    if objects:
        columns = ("database", "kind", "object", "against the template")
        sections.append(Section("Schemas that differ from their template", columns, objects, tone="bad"))
    leaks = tuple((fact.database, *one) for fact in result.facts for one in fact.leaks)
    if leaks:
        sections.append(Section("Rows of another tenant", ("database", "table", "rows"), leaks, tone="bad"))
    if result.access:
        sections.append(Section("Databases that are not closed", ("database", "what"), result.access, tone="bad"))
    sequences = tuple((fact.database, *one) for fact in result.facts for one in fact.sequences)
    if sequences:
        columns = ("database", "sequence", "stands at", "furthest value given")
        sections.append(Section("Sequences that would collide", columns, sequences, tone="bad"))
    broken = _cells(result.references)
    if broken:
        columns = ("foreign key", "database", "orphan keys", "some of them")
        sections.append(Section("References broken across databases", columns, broken, tone="bad"))
    sections += gap_sections(result.gaps)
    if released := _cells(result.released):
        columns = ("released key", "database", "keys without a row", "some of them")
        sections.append(Section("References that were let go", columns, released, tone="warning"))
    if result.changed_since:
        sections.append(drift_section(result.changed_since))
    return sections


def _cells(references: Iterable[CrossReference]) -> tuple[tuple[Cell, ...], ...]:
    """Those of the references that lead nowhere, as rows of a table."""
    return tuple((one.foreign_key, one.database, one.orphans, one.samples) for one in references if one.orphans)


def _figure_sections(result: Verified) -> list[Section]:
    checked: dict[str, list[int]] = {}
    for reference in result.references:
        entry = checked.setdefault(reference.foreign_key, [0, 0])
        entry[0] += 1
        entry[1] += reference.orphans
    live: dict[tuple[str, str], list[int]] = {}
    for fact in result.facts:
        for table, rows, living in fact.live:
            totals = live.setdefault((fact.target, table), [0, 0])
            totals[0] += rows
            totals[1] += living
    sections = (
        Section(
            "References across databases",
            ("foreign key", "databases", "orphan keys"),
            tuple((label, *figures) for label, figures in checked.items()),
        ),
        Section(
            "Counters: rows that are not soft-deleted",
            ("target", "table", "rows", "live rows"),
            tuple((target, table, *figures) for (target, table), figures in sorted(live.items())),
        ),
    )
    return [section for section in sections if section.rows]


def present_live(result: VerifiedLive) -> Outcome:
    """What a comparison came to while the source was followed."""
    unequal = tuple(
        (proof.database, one.relation, one.kind, one.source_rows, one.target_rows)
        for proof in result.proofs
        for one in proof.differences
    )
    problems = tuple((proof.database, proof.problem) for proof in result.proofs if proof.problem)
    sections = (
        *((Section("Differences", ("database", "table", "kind", "source rows", "target rows"), unequal, "", "bad"),)
          if unequal else ()),
        *((Section("Not compared", ("database", "why"), problems, "", "bad"),) if problems else ()),
    )  # fmt: skip
    equal = sum(not (proof.differences or proof.problem) for proof in result.proofs)
    return Outcome(
        "verify",
        status="done" if result.holds else "findings",
        exit_code=0 if result.holds else 1,
        run_id=result.run_id,
        headline=f"{plural(equal, 'database')} of {len(result.proofs)} "
        f"{'is' if equal == 1 else 'are'} exactly what {result.source} holds for "
        f"{'it' if equal == 1 else 'them'}, each at one position, while it is written to.",
        summary={
            "databases": len(result.proofs),
            "equal_databases": equal,
            "compared_rows": sum(proof.rows for proof in result.proofs),
            "moved_databases": len(result.moved),
        },
        sections=sections,
        data={
            "proofs": [
                {"database": one.database, "target": one.target, "tenant": one.tenant, "position": one.position,
                 "rows": one.rows, "differences": len(one.differences), "problem": one.problem or None}
                for one in result.proofs
            ]
        },
        next=("migrator follow status",),
    )  # fmt: skip
