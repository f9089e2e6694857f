"""Rehearses a plan: carries it out into scratch databases, verifies, measures and drops them."""

from __future__ import annotations

import secrets
import shutil
import time
from contextlib import closing
from dataclasses import replace

from migrator.commands.dry_run.result import Rehearsal
from migrator.commands.migrate.command import migrate
from migrator.commands.rollback.drop import drop_run, dump_and_drop
from migrator.commands.rollback.leftovers import look
from migrator.commands.rollback.source_unchanged import compared_under_fence
from migrator.commands.shared.run_tenants import keep_servers
from migrator.commands.shared.survey import plan_of, survey
from migrator.commands.shared.workspace import RunContext, Workspace
from migrator.commands.verify.command import verify
from migrator.commands.verify.report import present
from migrator.core.plan.steps import CreateDatabase, Plan
from migrator.core.result.standing_fence import StandingFence
from migrator.errors import RefusedError
from migrator.postgres.databases.databases import drop_control, marks
from migrator.postgres.session.connect import READ_ONLY, session


def carry_out_rehearsal(workspace: Workspace) -> Rehearsal:
    """Migrates into databases of another prefix, without a fence, verifies, and takes it back, whatever happens.

    Raises:
        RefusedError: the rehearsal found differences, or its databases' names are taken.
    """
    scratch = _scratch_workspace(workspace)
    started = time.monotonic()
    figures: dict[str, float] = {}
    try:
        # The run is opened first: where it puts its tenants is decided once.
        open_run = scratch.journal.open_run(scratch.source_id, str(scratch.source))
        surveyed = survey(scratch)
        keep_servers(RunContext(scratch, open_run), surveyed.tenants)
        plan = plan_of(scratch, surveyed)
        taken = []
        for server in sorted({step.server for step in plan.of(CreateDatabase)}):
            with session(scratch.server(server), purpose="rehearse") as connection:
                existing = marks(connection)
            here = [step.database for step in plan.of(CreateDatabase) if step.server == server]
            taken += [database for database in here if database in existing]
        if taken:
            raise RefusedError(
                f"The rehearsal's database {taken[0]!r} exists already.", "Drop it, or choose another [source] prefix."
            )
        scratch.journal.of(open_run.id).record_plan(plan, passed=True)
        migrate(scratch, without_backup=True, fence=False, passwords=False)
        figures["migrate"] = round(time.monotonic() - started, 2)
        proof = verify(scratch)
        figures["verify"] = round(time.monotonic() - started - figures["migrate"], 2)
        steps = tuple(scratch.journal.of(open_run.id).step_records().values())
        for record in steps:
            name = f"steps: {record.kind}"
            figures[name] = round(figures.get(name, 0) + (record.seconds or 0), 2)
        if not proof.holds:
            raise RefusedError(
                f"The rehearsal ended with differences: {present(proof).headline}", "Look at the audit: migrator audit."
            )
        figures["going back"] = round(_go_back(RunContext(scratch, open_run), plan), 2)
        # The templates are built side by side, and before the source is fenced.
        prepared = max((step.seconds or 0.0 for step in steps if step.kind == "prepare"), default=0.0)
        figures["source fenced"] = round(max(0.0, figures["migrate"] - prepared), 2)
    finally:
        # Whether or not they can be dropped; the journal stays until they are.
        shutil.rmtree(scratch.backups, ignore_errors=True)
        with closing(scratch):
            drop_run(scratch)
        with session(scratch.server(), purpose="rehearse") as connection:
            drop_control(connection, scratch.control_name)
    return Rehearsal(round(time.monotonic() - started, 2), figures)


def _go_back(context: RunContext, plan: Plan) -> float:
    """Dumps and drops the scratch databases and reads the source once more, as rollback does; how long that took."""
    started = time.monotonic()
    findings = look(context, plan)
    dump_and_drop(context, findings)
    with session(context.workspace.source_rows, purpose="rehearse", settings=READ_ONLY) as connection:
        compared_under_fence(context, findings, connection)
    return time.monotonic() - started


def _scratch_workspace(workspace: Workspace) -> Workspace:
    # Cut, so that the longest of the fixed names still fits.
    prefix = workspace.prefix.encode()[:44].decode(errors="ignore") + "_rehearsal"
    settings = workspace.settings
    targets = {
        name: target.model_copy(
            update={"database": "{prefix}_{slug}" if target.per_tenant else f"{{prefix}}_{settings.host(name)}"}
        )
        for name, target in settings.targets.items()
    }
    source = settings.source.model_copy(update={"prefix": prefix})
    control = settings.control.model_copy(update={"database": "{prefix}_migrator"})
    # Dumps of scratch databases are nobody's backup; they go with these.
    paths = settings.paths.model_copy(update={"backups": workspace.backups / f"rehearsal-{secrets.token_hex(4)}"})
    changed = settings.model_copy(update={"source": source, "targets": targets, "control": control, "paths": paths})
    return replace(workspace, settings=changed, fence=StandingFence())
