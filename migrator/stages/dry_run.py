"""dry-run: all that can be known without changing anything, on one page, and the plan that migrate carries out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from migrator.core.audit.facts import TargetFacts
from migrator.core.audit.review import review
from migrator.core.outcome import Cell, Outcome, Section
from migrator.core.own_objects import strangers
from migrator.core.plan import (
    Compare,
    CopyTable,
    CreateDatabase,
    FinishDatabase,
    Plan,
    PrepareTarget,
    RaiseFence,
    Step,
)
from migrator.core.readiness import (
    Check,
    Missing,
    Population,
    check_large_objects,
    check_placements,
    check_policies,
    check_population,
    check_privileges,
    check_roles,
    check_server,
    check_source,
    check_spread,
    needed_bytes,
)
from migrator.core.session_settings import check_settings
from migrator.journal import Run
from migrator.postgres.audit import examine
from migrator.postgres.connect import Connection
from migrator.postgres.explain import explain
from migrator.postgres.large_objects import read_large_objects
from migrator.postgres.readiness import missing_grants, read_population
from migrator.postgres.session_settings import read_readers
from migrator.stages.audit_targets import server_facts
from migrator.stages.rehearsal import carry_out_rehearsal
from migrator.stages.session_settings import TargetSettings
from migrator.stages.survey import Survey, plan_of, survey_in
from migrator.stages.workspace import Workspace

# What the reference machine does (docs/performance.md): bytes of heap a second and job, indexes and digests included;
# and a database's making and finishing. A rehearsal measures instead.
_BYTES_A_SECOND_AND_JOB = 10_000_000
_SECONDS_A_DATABASE = 0.3


def dry_run(workspace: Workspace, *, sql: bool = False, rehearse: bool = False) -> Outcome:
    """Looks at everything, changes nothing, and writes down the plan; exit code 1 where something blocks.

    `sql` adds the statements of every step; `rehearse` carries the plan out into scratch databases and drops them.
    """
    with workspace.stage("dry-run") as (run, summary):
        with workspace.read_source("dry-run") as connection:
            connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            missing = missing_grants(connection)
            if any(one.need in ("read", "every row") for one in missing):
                return _unreadable(run, missing, summary)
            found = survey_in(connection, workspace)
            plan = plan_of(workspace, found)
            population = _populations(workspace, found, connection)
            checks = [
                *check_placements(found.placements),
                *check_privileges(missing),
                *check_source(found.catalog),
            ]
            checks += check_large_objects(read_large_objects(connection, found.catalog, found.placements))
        checks += _setting_checks(workspace, plan)
        checks += _stranger_checks(workspace, found)
        checks += check_population(population, found.placements)
        servers = tuple(server_facts(workspace, name) for name in workspace.settings.target_servers)
        targets = TargetFacts(plan, run=run.id, jobs=workspace.settings.limits.jobs, servers=servers)
        checks += _audit_checks(workspace, targets)
        needed = needed_bytes(found.catalog, found.placements, plan)
        for server in servers:
            checks += check_server(server, found.catalog, needed[server.name])
            hosts = {step.target for step in plan.of(CreateDatabase) if step.server == server.name}
            checks += check_roles(workspace.settings, server, hosts)
        checks += check_policies(workspace.settings, found.placements)
        checks += check_spread(servers, {step.server for step in plan.of(CreateDatabase) if step.tenant})
        if not found.tenants and any(target.per_tenant for target in workspace.settings.targets.values()):
            checks.append(
                Check("tenants", "block", "the tenant root is empty", "Name the right table: [tenants] root.")
            )
        checks.append(_backup_check(workspace, run))
        blocked = any(check.state == "block" for check in checks)
        estimate = _estimate(workspace, plan, sum(needed.values()))
        workspace.journal.record_plan(run.id, plan.fingerprint, plan.to_document(), passed=not blocked)
        figures: dict[str, str | int | float | bool | None] = {
            "tables": len(found.placements.tables),
            "undecided": len(found.placements.undecided),
            "tenants": len(found.tenants),
            "databases": sum(1 for _ in plan.of(CreateDatabase)),
            "rows": sum(sum(one.by_tenant.values()) + one.unowned for one in population if _is_home(found, one)),
            "unowned_rows": sum(one.unowned for one in population if _is_home(found, one)),
            "blocking": sum(1 for check in checks if check.state == "block"),
            **estimate,
            "fingerprint": plan.fingerprint,
        }
        summary.update(figures)
        sections = [
            _check_section(checks),
            _placement_section(found),
            *_population_sections(found, plan, population),
            _severed_section(found),
            _step_section(plan),
        ]
        data = _data(found, plan, population, checks)
        if sql:
            statements = [(step.id, text) for step in plan.steps for text in _statements(step, found, workspace)]
            sections.append(Section("Statements", ("step", "statement"), tuple(statements)))
            data = {**data, "statements": [{"step": step, "sql": text} for step, text in statements]}
        if blocked:
            summary["status"] = "findings"
            return Outcome(
                "dry-run",
                "findings",
                1,
                run.id,
                f"{figures['blocking']} findings block the migration.",
                figures,
                tuple(sections),
                data,
                ("migrator audit", "migrator clean", "migrator dry-run"),
            )
        headline = "Nothing blocks; the plan is written down."
        if rehearse:
            rehearsal = carry_out_rehearsal(workspace)
            sections.append(rehearsal.section)
            data = {**data, "rehearsal": rehearsal.figures}
            headline = f"Rehearsed in {rehearsal.seconds:.1f} s: all digests agree; the scratch databases are dropped."
        return Outcome(
            "dry-run",
            run_id=run.id,
            headline=headline,
            summary=figures,
            sections=tuple(sections),
            data=data,
            next=("migrator migrate",),
        )


def _unreadable(run: Run, missing: Sequence[Missing], summary: dict[str, Any]) -> Outcome:
    """A page of privileges only: the rest cannot be looked at without them."""
    checks = list(check_privileges(missing))
    summary["status"] = "findings"
    return Outcome(
        "dry-run",
        "findings",
        1,
        run.id,
        "The role cannot read all of the source; nothing else could be looked at.",
        {"blocking": sum(1 for check in checks if check.state == "block")},
        (_check_section(checks),),
        {"checks": _listed(checks)},
        ("migrator dry-run",),
    )


# Rows that reference what will be in another database or nowhere, rows that a clean rule would move, and what the
# target servers lack: extensions, roles, free names, room.
_RULES = ("S06", "S07", "S24", "C01", "S13", "S17", "S19", "S20")


def _audit_checks(workspace: Workspace, targets: TargetFacts) -> Iterable[Check]:
    """What audit finds in the way; a reference blocks where the key is declared, as the targets will declare it."""
    with workspace.read_source("dry-run") as connection:
        facts = replace(examine(connection, workspace.settings, workspace.progress), targets=targets)
    undeclared = {reference.key.label for reference in facts.references if reference.key.virtual}
    for finding in review(facts, suppress=workspace.settings.audit.suppress, only=_RULES).findings:
        blocks = finding.severity == "E" and finding.object not in undeclared
        yield Check(f"{finding.id} {finding.object}", "block" if blocks else "warn", finding.detail, finding.remedy)


def _setting_checks(workspace: Workspace, plan: Plan) -> Iterable[Check]:
    settings = TargetSettings(workspace, plan)
    refused = {one: why for found in settings.refused.values() for one, why in found.items()}
    with workspace.read_source("dry-run") as connection:
        readers = read_readers(connection)
    travelling = [one for one in settings.source if one not in refused]
    return check_settings(travelling, refused, readers, workspace.settings.tenants.settings)


def _stranger_checks(workspace: Workspace, found: Survey) -> Iterable[Check]:
    left = list(strangers(found.catalog, workspace.settings.tenants.per_tenant_objects, set(found.known_keys)))
    if left:
        listed = ", ".join(str(one) for one in left[:5]) + (" and more" if len(left) > 5 else "")
        yield Check(
            "objects of one tenant", "warn", f"{listed}: named like a tenant's own, of no tenant that there is",
            "They are left behind; drop them if the tenant is gone.",
        )  # fmt: skip


def _is_home(found: Survey, one: Population) -> bool:
    placement = found.placements.tables[one.relation]
    return placement.home == one.target and not placement.derived


def _statements(step: Step, found: Survey, workspace: Workspace) -> list[str]:
    per_tenant = isinstance(step, CopyTable) and workspace.settings.targets[step.target].per_tenant
    return explain(step, found.catalog, found.placements.tables, found.query_columns, per_tenant=per_tenant)


def _populations(workspace: Workspace, found: Survey, connection: Connection) -> list[Population]:
    progress = workspace.progress
    placed = [placement for placement in found.placements.tables.values() if placement.target]
    progress.start("counting rows", total=len(placed), unit="tables")
    result = []
    for number, placement in enumerate(placed, 1):
        for target in placement.homes:
            result.append(
                read_population(
                    connection,
                    placement,
                    target,
                    found.catalog,
                    per_tenant=workspace.settings.targets[target].per_tenant,
                    known=found.known_keys,
                )
            )
        progress.advance("counting rows", rows=number)
    progress.finish("counting rows")
    return result


def _backup_check(workspace: Workspace, run: Run) -> Check:
    kept = workspace.journal.recorded(run.id, "backup")
    if kept is None:
        return Check("backup", "warn", "there is none of this run", "migrator backup --verify")
    return Check("backup", "ok", f"recorded in {kept.get('directory', 'the journal')}")


def _estimate(workspace: Workspace, plan: Plan, needed: int) -> dict[str, int | float]:
    databases = sum(1 for _ in plan.of(CreateDatabase))
    seconds = (
        sum(step.bytes for step in plan.of(CopyTable)) / _BYTES_A_SECOND_AND_JOB
    ) + databases * _SECONDS_A_DATABASE
    return {"estimated_seconds": round(seconds / workspace.settings.limits.jobs, 1), "estimated_bytes": needed}


# -- the page ---------------------------------------------------------------------------------------------------------


def _check_section(checks: Iterable[Check]) -> Section:
    order = {"block": 0, "warn": 1, "ok": 2}
    listed = sorted(checks, key=lambda check: order[check.state])
    words = {"block": "BLOCKS", "warn": "warning", "ok": "ok"}
    tone = "bad" if any(check.state == "block" for check in listed) else "good"
    return Section(
        "Readiness",
        ("check", "result", "what is true", "what to do"),
        tuple((check.name, words[check.state], check.detail, check.remedy) for check in listed),
        tone="bad" if tone == "bad" else "good",
    )


def _placement_section(found: Survey) -> Section:
    rows: list[tuple[Cell, ...]] = []
    for placement in found.placements.tables.values():
        table = found.catalog.tables.get(placement.relation)
        rows.append(
            (
                str(placement.relation),
                placement.target or "(ignored)",
                "" if placement.destination == placement.relation else str(placement.destination),
                " , ".join(placement.key_path.label) if placement.key_path else "",
                table.bytes if table else None,
                placement.reason,
            )
        )
    return Section("Placements", ("table", "target", "as", "key path", "bytes", "reason"), tuple(rows))


def _population_sections(found: Survey, plan: Plan, population: Iterable[Population]) -> Iterable[Section]:
    listed = list(population)
    totals: dict[tuple[str, str], list[int]] = {}
    for one in listed:
        for tenant, count in one.by_tenant.items():
            entry = totals.setdefault((one.target, tenant), [0, 0, 0])
            entry[0] += 1
            entry[1] += count
            entry[2] += _share(found, one, count)
    names = {tenant.key: tenant for tenant in found.tenants}
    single = {step.target: step.database for step in plan.of(CreateDatabase) if not step.tenant}
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            target,
            names[tenant].database if tenant in names else single.get(target, target),
            names[tenant].name if tenant in names else "",
            *figures,
        )
        for (target, tenant), figures in sorted(totals.items(), key=lambda item: (item[0][0], -item[1][1]))
    )
    yield Section("Targets", ("target", "database", "tenant", "tables", "rows", "estimated bytes"), rows)
    unowned = tuple(
        (str(one.relation), one.without_key, one.unknown_key, found.placements.tables[one.relation].unowned)
        for one in listed
        if one.unowned
    )
    if unowned:
        yield Section(
            "Rows that nobody owns",
            ("table", "rows without key", "unknown-key rows", "unowned"),
            unowned,
            tone="warning",
        )


def _share(found: Survey, one: Population, count: int) -> int:
    table = found.catalog.tables.get(one.relation)
    everything = sum(one.by_tenant.values()) + one.unowned
    return round(table.bytes * count / everything) if table and everything else 0


def _severed_section(found: Survey) -> Section:
    rows = []
    for key in found.placements.severed:
        child, parent = found.placements.tables[key.table], found.placements.tables[key.referenced]
        rows.append((key.label, child.target, parent.target))
    return Section(
        "Foreign keys that will cross databases (checked by verify instead)",
        ("foreign key", "from target", "to target"),
        tuple(rows),
        text="" if rows else "None.",
    )


def _step_section(plan: Plan) -> Section:
    return Section("Steps", ("step", "what it does"), tuple((step.id, _describe(step)) for step in plan.steps))


def _describe(step: Step) -> str:
    match step:
        case PrepareTarget():
            heads = ", ".join(head for tree in step.trees for head in tree.heads)
            return f"build {step.template} at {heads}, and {step.bare} without indexes and keys"
        case CreateDatabase():
            return f"create database {step.database} from {step.bare}"
        case RaiseFence():
            return f"refuse writes to {step.tables} tables of the source, then take the snapshot"
        case CopyTable():
            return (
                f"read {step.relation} once{f' in {len(step.parts)} parts' if len(step.parts) > 1 else ''}, "
                f"route its rows to {step.destination} of {step.databases} databases"
            )
        case FinishDatabase():
            return f"indexes, keys, triggers, sequences and statistics of {step.database}, then its digests"
        case Compare():
            return "compare the digests of both sides, and account for every row"


def _data(found: Survey, plan: Plan, population: Iterable[Population], checks: Iterable[Check]) -> Mapping[str, object]:
    return {
        "checks": _listed(checks),
        "plan": plan.to_document(),
        "population": [
            {
                "table": str(one.relation),
                "target": one.target,
                "rows": dict(one.by_tenant),
                "without_key": one.without_key,
                "unknown_key": one.unknown_key,
            }
            for one in population
        ],
        "severed": [key.label for key in found.placements.severed],
    }


def _listed(checks: Iterable[Check]) -> list[Mapping[str, str]]:
    return [
        {"name": check.name, "state": check.state, "detail": check.detail, "remedy": check.remedy} for check in checks
    ]
