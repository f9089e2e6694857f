"""Presents what a stored plan decides, makes and can take back, for plan show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from migrator.commands.plan.find import NamedPlan
from migrator.commands.plan.steps import step_section
from migrator.core.placement.model import Placement
from migrator.core.plan.reverse import points_of_no_return, reverse_of
from migrator.core.plan.steps import CreateDatabase, Plan
from migrator.core.result.outcome import Outcome, Section
from migrator.core.result.wording import plural
from migrator.core.schema.digest import plain

_MOST_DATABASES = 50  # shown; the document has all


def present(named: NamedPlan) -> Outcome:
    """What a plan decides, makes and can take back."""
    plan = named.plan
    databases = sum(1 for _ in plan.of(CreateDatabase))
    gone = list(points_of_no_return(plan))
    return Outcome(
        "plan show",
        run_id=named.run.id,
        headline=f"Plan {plan.fingerprint[:12]} splits {plan.source} into {plural(databases, 'database')}; "
        + (f"{plural(len(gone), 'step')} cannot be taken back." if gone else "every step of it can be taken back."),
        summary={
            "fingerprint": plan.fingerprint,
            "source": plan.source,
            "made": f"{named.record.made_at:%Y-%m-%d %H:%M:%S %Z}",
            "state": named.state,
            "databases": databases,
            "tenants": len(plan.tenants),
            "tables": len(plan.survey.placements.tables),
        },
        sections=(
            _table_section(plan),
            _database_section(plan),
            _tree_section(plan),
            step_section(plan),
            _reverse_section(plan),
        ),
        data=_data(named),
        next=_next(named),
    )


def _next(named: NamedPlan) -> tuple[str, ...]:
    if named.run.fingerprint == named.record.fingerprint:
        return ("migrator status",)
    if not named.record.passed or named.run.closed_at is not None:
        return ("migrator dry-run",)
    return (f"migrator migrate --plan {named.record.fingerprint[:12]}", "migrator plan diff")


def _table_section(plan: Plan) -> Section:
    return Section(
        "Tables",
        ("table", "target", "becomes", "tenant by", "columns"),
        tuple(
            (str(one.relation), ", ".join(one.targets) or "ignored", _becomes(one), _path(one), _columns(one))
            for one in plan.survey.placements.tables.values()
        ),
    )


def _becomes(placement: Placement) -> str:
    return str(placement.destination) if placement.target and placement.destination != placement.relation else ""


def _path(placement: Placement) -> str:
    path = placement.tenant_path
    return path.text if path is not None else ""


def _columns(placement: Placement) -> str:
    return ", ".join(f"{name} as {new}" if new else f"without {name}" for name, new in placement.columns.items())


def _database_section(plan: Plan) -> Section:
    steps = list(plan.of(CreateDatabase))
    names = {tenant.key: tenant.name for tenant in plan.tenants}
    left_out = len(steps) - _MOST_DATABASES
    return Section(
        "Databases",
        ("database", "target", "server", "tenant"),
        tuple((one.database, one.target, one.server, names.get(one.tenant, "")) for one in steps[:_MOST_DATABASES]),
        text=f"{left_out:,} more are left out here; --output json has every one." if left_out > 0 else "",
    )


def _tree_section(plan: Plan) -> Section:
    return Section(
        "Alembic trees",
        ("target", "directory", "head", "files"),
        tuple((tree.target, tree.path, ", ".join(tree.heads), tree.digest[:12]) for tree in plan.trees),
    )


def _reverse_section(plan: Plan) -> Section:
    """What rollback does, kind by kind: a thousand databases are dropped like one."""
    alike: dict[str, list[str]] = {}
    for step in plan.steps:
        alike.setdefault(step.kind, []).append(reverse_of(step).text)
    return Section(
        "The way back",
        ("steps", "kind", "what takes it back"),
        tuple(
            (len(texts), kind, texts[0] if len(set(texts)) == 1 else f"{texts[0]}, and so each")
            for kind, texts in alike.items()
        ),
    )


def _data(named: NamedPlan) -> Mapping[str, Any]:
    plan = named.plan
    return {
        "plan": plan.to_document(),
        "made_at": named.record.made_at,
        "passed": named.record.passed,
        "carried_out": named.run.fingerprint == named.record.fingerprint,
        "placements": [
            {
                "table": str(one.relation),
                "targets": one.targets,
                "becomes": str(one.destination) if one.target else None,
                "tenant_by": _path(one) or None,
                "columns": dict(one.columns),
                "unowned": one.unowned,
            }
            for one in plan.survey.placements.tables.values()
        ],
        "decisions": plain(plan.decisions),
        "reverses": [{"step": step.id, "reverse": reverse_of(step).text} for step in plan.steps],
    }
