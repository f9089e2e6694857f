"""Before the split: backup, audit, clean."""

from __future__ import annotations

from pathlib import Path

import click

from migrator.cli.options import StageCommand
from migrator.cli.session import Session, Work
from migrator.core.result.outcome import Outcome


@click.command("backup", cls=StageCommand, short_help="Back the source up, with a manifest.")
@click.option("--verify", is_flag=True, help="Restore it into a scratch database and compare digests of every table.")
def backup(verify: bool) -> Work:
    """Backs the source up with pg_dump, in parallel, with a manifest of rows, digests and checksums.

    The backup goes to backups/pre-migration/RUN/, readable by you only. A complete backup of the open run is kept;
    --verify can be added to it later.

    \b
    Examples:
      migrator backup --verify
      migrator --jobs 8 backup
    """

    def work(session: Session) -> Outcome:
        from migrator.commands.backup.command import backup as stage

        return stage(session.workspace, verify=verify)

    return work


@click.command("audit", cls=StageCommand, short_help="Report what the split would trip over.")
@click.option(
    "--baseline",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="An earlier audit's JSON document: what it found is not reported again, only counted.",
)
@click.option("--rule", "rules", multiple=True, metavar="ID", help="Only this rule (S01, G04, …); may be repeated.")
def audit(baseline: Path | None, rules: tuple[str, ...]) -> Work:
    """Reports what the split would trip over in schema and rows, a remedy for each finding, and a grade per category.

    Reads only, save that [audit] history is run on a scratch database. Exit code 1 where something stands in the way
    of the split.

    \b
    Examples:
      migrator audit
      migrator audit --rule S03 --rule S07
      migrator audit --baseline backups/audit/before.json --report audit.html
    """

    def work(session: Session) -> Outcome:
        from migrator.commands.audit.command import audit as stage

        return stage(session.workspace, baseline=baseline, rules=rules)

    return work


@click.command("clean", cls=StageCommand, short_help="Show, or move to quarantine, rows that stay behind.")
@click.option("--execute", is_flag=True, help="Move the rows to quarantine, one transaction per rule.")
@click.option("--restore", is_flag=True, help="Put the quarantined rows back.")
@click.option("--rule", "rules", multiple=True, metavar="NAME", help="Only this [clean.NAME] rule; may be repeated.")
def clean(execute: bool, restore: bool, rules: tuple[str, ...]) -> Work:
    """Shows the rows that the [clean] rules of migrator.toml match, with everything that hangs on them.

    Changes nothing unless --execute is given. Rows are never deleted: they move to the schema migrator_quarantine of
    the source, whole, and --restore puts them back.

    \b
    Examples:
      migrator clean
      migrator clean --execute
      migrator clean --restore --rule test-accounts
    """
    if execute and restore:
        raise click.UsageError("--execute and --restore exclude each other.")

    def work(session: Session) -> Outcome:
        from migrator.commands.clean.command import clean as stage

        return stage(session.workspace, execute=execute, restore=restore, rules=rules)

    return work
