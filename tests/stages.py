"""The commands as their reports: what tests of exit codes and of wording ask for."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from migrator.commands.audit import command as audit_command
from migrator.commands.audit import report as audit_report
from migrator.commands.backup import command as backup_command
from migrator.commands.backup import report as backup_report
from migrator.commands.changes.way_back import LaterWrites, Restore, WayBack
from migrator.commands.clean import command as clean_command
from migrator.commands.clean import report as clean_report
from migrator.commands.dry_run import command as dry_run_command
from migrator.commands.dry_run import report as dry_run_report
from migrator.commands.dry_run.result import DryRunWanted
from migrator.commands.finish import command as finish_command
from migrator.commands.finish import report as finish_report
from migrator.commands.finish.source import RunEnd
from migrator.commands.migrate import command as migrate_command
from migrator.commands.migrate import report as migrate_report
from migrator.commands.plan import diff as plan_diff
from migrator.commands.plan import find as plan_find
from migrator.commands.plan import show as plan_show
from migrator.commands.rollback import command as rollback_command
from migrator.commands.rollback import report as rollback_report
from migrator.commands.rollback import retry as retry_command
from migrator.commands.rollback import tenant as tenant_command
from migrator.commands.sequences import command as sequences_command
from migrator.commands.sequences import report as sequences_report
from migrator.commands.shared.workspace import Workspace
from migrator.commands.status import command as status_command
from migrator.commands.status import lock as lock_command
from migrator.commands.status import placements as placements_command
from migrator.commands.status import report as status_report
from migrator.commands.verify import command as verify_command
from migrator.commands.verify import report as verify_report
from migrator.core.result.outcome import Outcome

__all__ = [
    "audit",
    "backup",
    "clean",
    "diff_plans",
    "dry_run",
    "finish",
    "lock",
    "migrate",
    "placements",
    "refill_sequences",
    "retry_conflicts",
    "rollback",
    "rollback_tenant",
    "sequence_levels",
    "show_plan",
    "status",
    "verify",
]

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")


def reported(
    command: Callable[_Parameters, _Result], present: Callable[[_Result], Outcome]
) -> Callable[_Parameters, Outcome]:
    """The command, whose result is presented."""

    @wraps(command)
    def report(*arguments: _Parameters.args, **options: _Parameters.kwargs) -> Outcome:
        return present(command(*arguments, **options))

    return report


audit = reported(audit_command.audit, audit_report.present)
backup = reported(backup_command.backup, backup_report.present)
clean = reported(clean_command.clean, clean_report.present)
look_at_everything = reported(dry_run_command.dry_run, dry_run_report.present)


def dry_run(workspace: Workspace, **wanted: bool) -> Outcome:
    """dry-run by the options that an operator types."""
    return look_at_everything(workspace, DryRunWanted(**wanted))


migrate = reported(migrate_command.migrate, migrate_report.present)
verify = reported(verify_command.verify, verify_report.present)
validate_rollback = reported(rollback_command.validate_rollback, rollback_report.present)
take_back = reported(rollback_command.rollback, rollback_report.present)
validate_tenant_rollback = reported(tenant_command.validate_tenant_rollback, rollback_report.present)
take_tenant_back = reported(tenant_command.rollback_tenant, rollback_report.present)


def rollback(
    workspace: Workspace,
    *,
    validate: bool = False,
    confirm: str | None = None,
    restore_quarantine: bool = False,
    restore_backup: bool = False,
    lost_journal: bool = False,
    **later: Any,
) -> Outcome:
    """rollback by the options that an operator types; `later` are those of LaterWrites."""
    restore: Restore = "backup" if restore_backup else "quarantine" if restore_quarantine else "nothing"
    way = WayBack(_later(**later), restore, "lost" if lost_journal else "kept")
    if validate:
        return validate_rollback(workspace, way, confirm=confirm)
    return take_back(workspace, way, confirm=confirm)


def rollback_tenant(
    workspace: Workspace, tenant: str, *, validate: bool = False, confirm: str | None = None, **later: Any
) -> Outcome:
    """rollback --tenant by the options that an operator types."""
    if validate:
        return validate_tenant_rollback(workspace, tenant, confirm=confirm)
    return take_tenant_back(workspace, tenant, _later(**later), confirm=confirm)


validate_finish = reported(finish_command.validate_finish, finish_report.present)
end_run = reported(finish_command.finish, finish_report.present)


def finish(workspace: Workspace, *, validate: bool = False, confirm: str | None = None, **end: Any) -> Outcome:
    """finish by the options that an operator types; `end` are those of RunEnd."""
    if validate:
        return validate_finish(workspace, RunEnd(**end), confirm=confirm)
    return end_run(workspace, RunEnd(**end), confirm=confirm)


def _later(*, discard_writes: bool = False, **later: Any) -> LaterWrites:
    return LaterWrites(discard=discard_writes, **later)


retry_conflicts = reported(retry_command.retry_conflicts, rollback_report.present)
sequence_levels = reported(sequences_command.sequence_levels, sequences_report.present)
refill_sequences = reported(sequences_command.refill_sequences, sequences_report.present)
diff_plans = reported(plan_diff.diff_plans, plan_diff.present)
show_plan = reported(plan_find.find_plan, plan_show.present)
placements = reported(placements_command.placements, placements_command.present)
status = reported(status_command.status, status_report.present)
lock = reported(lock_command.lock, lock_command.present)
