"""Presents what init inferred and wrote."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from migrator.commands.init.result import Initialized, TreesWritten
from migrator.commands.shared.trees import LEFT_OUT_FILE, Trees
from migrator.core.init.config_file import Findings
from migrator.core.placement.model import Placements, Undecided
from migrator.core.result.outcome import Outcome, Section
from migrator.core.result.wording import plural
from migrator.core.trees.division import without_parts

MIGRATIONS = "migrations"


def present(result: Initialized | TreesWritten) -> Outcome:
    """What was inferred and written; exit code 1 while a table is undecided."""
    if isinstance(result, TreesWritten):
        return _trees_written(result)
    findings, placements, trees = result.findings, result.placements, result.trees
    file, made = result.file, result.directories
    undecided = placements.undecided
    placed = placements.tables.values()
    return Outcome(
        "init",
        "findings" if undecided else "done",
        1 if undecided else 0,
        headline=f"Wrote {file} and {len(made)} Alembic trees."
        + (
            f" {len(undecided)} {'tables have' if len(undecided) > 1 else 'table has'} to be decided on."
            if undecided
            else ""
        ),
        summary={
            "source": result.source,
            "tenant root": str(placements.tenant_root) if placements.tenant_root else None,
            "tables": len(findings.catalog.tables),
            **{target: sum(one.target == target for one in placed) for target in findings.targets},
            "ignored": sum(bool(one.ignored) for one in placed),
            "undecided": len(undecided),
            "inferred keys": len(findings.virtual) + sum(len(one.tables) for one in findings.polymorphs),
            "severed keys": len(placements.severed),
        },
        sections=(
            _root_section(findings, placements) if findings.tenants is not None else _group_section(findings),
            *tree_sections(trees),
            *_decisions(file, findings, undecided),
        ),
        data={
            "file": str(file),
            "tenant_root": str(placements.tenant_root) if placements.tenant_root else None,
            "candidates": [
                {"table": str(one.relation), "score": one.score, "reasons": one.reasons}
                for one in findings.choice.candidates
            ],
            "undecided": [
                {"table": str(one.relation), "candidates": one.candidates, "reason": one.reason} for one in undecided
            ],
            "virtual": [{"key": key.label, "evidence": key.evidence} for key in findings.virtual],
            **tree_data(trees, made),
        },
        next=("migrator placements", "migrator init --trees")
        if undecided
        else ("migrator placements", "migrator audit"),
    )


def _trees_written(result: TreesWritten) -> Outcome:
    trees = result.trees
    return Outcome(
        "init",
        headline=f"Wrote {len(result.directories)} Alembic trees.",
        summary={f"objects of {target}": len(entries) for target, entries in trees.objects.items()},
        sections=tree_sections(trees),
        data=tree_data(trees, result.directories),
        next=("migrator placements", "migrator dry-run"),
    )


def _decisions(file: Path, findings: Findings, undecided: Sequence[Undecided]) -> Iterator[Section]:
    """What is left for a person, at the end of the page; the evidence of what was inferred is in the file."""
    inferred = len(findings.virtual) + len(findings.polymorphs) + sum(one.inferred for one in findings.proposals)
    if inferred:
        yield Section(
            "To be looked at",
            text=f"{file.name} marks {plural(inferred, 'inference')}, each with its evidence.",
        )
    if undecided:
        yield Section(
            "To be decided",
            ("table", "why", "candidates"),
            tuple((str(one.relation), one.reason, "\n".join(one.candidates)) for one in undecided),
            tone="bad",
        )


def _root_section(findings: Findings, placements: Placements) -> Section:
    chosen = findings.choice.chosen is not None and findings.choice.chosen.relation == placements.tenant_root
    return Section(
        "Tenant root",
        ("table", "points", "why"),
        tuple((str(one.relation), one.score, "; ".join(one.reasons)) for one in findings.choice.candidates),
        text=f"{placements.tenant_root}: {findings.choice.why if chosen else 'as you said'}.",
    )


def _group_section(findings: Findings) -> Section:
    tables = {
        name: ", ".join(str(one.relation) for one in findings.proposals if one.target == name)
        for name in findings.targets
    }
    text = "Which tables belong together is for you to say: edit the targets of [tables.X], then `init --trees`."
    return Section("Targets", ("target", "tables"), tuple(tables.items()), text=text)


def tree_sections(trees: Trees) -> tuple[Section, ...]:
    spanning = [one for one in trees.division.left if one.spans and one.entry.kind != "FK CONSTRAINT"]
    other = without_parts(one for one in trees.division.left if not one.spans)
    sections = []
    if spanning:
        sections.append(
            Section(
                "Objects that no single target can have (S08)",
                ("object", "why"),
                tuple((one.entry.title, one.reason) for one in spanning),
                text=f"Their SQL is in {MIGRATIONS}/{LEFT_OUT_FILE}.",
                tone="warning",
            )
        )
    if other:
        sections.append(
            Section(
                "Left out", ("object", "why"), tuple((one.entry.title, one.reason) for one in other), tone="warning"
            )
        )
    sections += _own_section(trees)
    if trees.division.warnings:
        sections.append(Section("Worth knowing", text="\n".join(trees.division.warnings), tone="warning"))
    return tuple(sections)


def _own_section(trees: Trees) -> tuple[Section, ...]:
    rows = tuple(
        (tenant, ", ".join(str(one) for one in trees.own.relations(tenant))) for tenant in sorted(trees.own.by_tenant)
    )
    if not rows:
        return ()
    return (Section("Objects of one tenant: made in its database alone", ("tenant", "objects"), rows),)


def tree_data(trees: Trees, made: Sequence[Path]) -> Mapping[str, object]:
    return {
        "trees": [str(path) for path in made],
        "objects": {target: len(entries) for target, entries in trees.objects.items()},
        "left_out": [
            {"object": one.entry.title, "reason": one.reason, "spans": one.spans} for one in trees.division.left
        ],
        "own": {key: [str(one) for one in trees.own.relations(key)] for key in trees.own.by_tenant},
        "warnings": list(trees.division.warnings),
    }
