"""Presents what became of tenants that were to move."""

from __future__ import annotations

from migrator.commands.cutover.result import MovedWave, ReturnOutlook
from migrator.core.online.stages import MEANINGS
from migrator.core.result.outcome import Outcome, Section
from migrator.core.result.wording import plural


def present(result: MovedWave) -> Outcome:
    """Who has moved, who has not and why, and how long writers were held up; exit code 4 where somebody is left."""
    cut = result.kind == "cutover"
    where = "their own databases" if cut else result.source
    table = Section(
        "Tenants",
        ("tenant", "database", "stage", "what is true", "why not further"),
        tuple(
            (tenant, database, stage, MEANINGS[stage].text if stage is not None else None, result.reasons.get(tenant))
            for tenant, database in result.databases.items()
            for stage in (result.stages.get(tenant),)
        ),
        tone="bad" if result.left else "good",
    )
    steps = Section(
        "Steps",
        ("wave", "step", "tenants", "began seconds", "seconds"),
        tuple(
            (number, one.name, one.tenants, round(one.began, 3), round(one.seconds, 3))
            for number, times in enumerate(result.times, 1)
            for one in times
        ),
    )
    frozen = max(result.frozen, default=0.0)
    refused = max(result.refused, default=0.0)
    return Outcome(
        "cutover" if cut else "rollback",
        status="findings" if result.left else "done",
        exit_code=4 if result.left else 0,
        run_id=result.run_id,
        headline=f"{plural(len(result.arrived), 'tenant')} of {len(result.databases)} "
        f"{'is' if len(result.arrived) == 1 else 'are'} served by {where}; their writers were held up for "
        f"{frozen:.3f} seconds at most.",
        summary={
            "tenants": len(result.databases),
            "moved": len(result.arrived),
            "left": len(result.left),
            "frozen_seconds": round(frozen, 3),
            "refused_seconds": round(refused, 3),
        },
        sections=(table, steps),
        data={
            "tenants": {
                tenant: {"database": database, "stage": result.stages.get(tenant), "reason": result.reasons.get(tenant)}
                for tenant, database in result.databases.items()
            }
        },
        next=_next(result),
    )


def _next(result: MovedWave) -> tuple[str, ...]:
    if result.left:
        return ("migrator follow status", "migrator connections")
    if result.kind == "cutover":
        return ("migrator connections", "migrator follow status", "migrator rollback --tenant TENANT")
    return ("migrator connections", "migrator follow status")


def present_outlook(result: ReturnOutlook) -> Outcome:
    """Whether tenants can go back; exit code 1 where something holds one."""
    held = sum(tenant.held is not None for tenant in result.tenants)
    return Outcome(
        "rollback",
        status="findings" if held else "done",
        exit_code=1 if held else 0,
        run_id=result.run_id,
        headline=f"{plural(len(result.tenants) - held, 'tenant')} of {len(result.tenants)} can go back into "
        f"{result.source} with all that was written.",
        summary={"tenants": len(result.tenants), "held": held},
        sections=(
            Section(
                "The way back",
                ("tenant", "database", "stage", "carried back seconds ago", "what holds it"),
                tuple((one.tenant, one.database, one.stage, one.carried_seconds, one.held) for one in result.tenants),
                tone="bad" if held else "good",
            ),
        ),
        data={
            "tenants": {
                one.tenant: {"database": one.database, "stage": one.stage, "seconds": one.carried_seconds,
                             "held": one.held}
                for one in result.tenants
            }
        },
        next=("migrator follow status",) if held else ("migrator rollback --tenant TENANT",),
    )  # fmt: skip
