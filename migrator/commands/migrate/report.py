"""Presents what migrate made of the source."""

from __future__ import annotations

from migrator.commands.migrate.result import Migrated
from migrator.commands.plan.changes import change_sections
from migrator.commands.proof.compare_sides import Proof, proof_sections
from migrator.commands.proof.drift import drift_section
from migrator.core.result.outcome import Cell, Outcome


def present(result: Migrated) -> Outcome:
    """What was made, and where every row is; exit code 1 where source and targets do not agree."""
    changes = change_sections(result.plan_changes)
    if result.proof is None:
        return Outcome(
            "migrate",
            status="nothing-to-do",
            run_id=result.run_id,
            headline="This plan has been carried out already.",
            summary=result.earlier or {},
            sections=changes,
            next=("migrator verify", "migrator rollback"),
        )
    drift = (drift_section(result.changed_since),) if result.changed_since else ()
    sections = (*changes, *drift, *proof_sections(result.proof))
    figures = summary(result, result.proof)
    if not result.proof.holds:
        return Outcome(
            "migrate",
            "findings",
            1,
            result.run_id,
            "The databases are made, but source and targets do not agree.",
            figures,
            sections,
            next=("migrator verify", "migrator rollback"),
        )
    return Outcome(
        "migrate",
        run_id=result.run_id,
        headline=f"{result.proof.told(result.source, len(result.databases))}; all digests agree."
        + (" The source is fenced: it takes no writes until rollback or finish." if result.fenced else ""),
        summary=figures,
        sections=sections,
        next=("migrator verify", "migrator status", "migrator rollback"),
    )


def summary(result: Migrated, proof: Proof) -> dict[str, Cell]:
    """The figures that a person asks for first."""
    return {
        "databases": len(result.databases),
        "tenants": result.tenants,
        "tables": result.tables,
        **proof.figures,
        "differences": len(proof.differences),
        "fenced": result.fenced,
        "source_changes_since_snapshot": len(result.changed_since),
    }
