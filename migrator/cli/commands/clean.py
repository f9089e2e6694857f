"""The command clean: moves rows that stay behind to quarantine."""

from __future__ import annotations

import click

from migrator.cli.completion import clean_rules
from migrator.cli.options import StageCommand
from migrator.cli.session import Session, Work
from migrator.core.result.outcome import Outcome


@click.command("clean", cls=StageCommand, short_help="Show, or move to quarantine, rows that stay behind.")
@click.option("--execute", is_flag=True, help="Move the rows to quarantine, one transaction per rule.")
@click.option("--restore", is_flag=True, help="Put the quarantined rows back.")
@click.option(
    "--rule",
    "rules",
    multiple=True,
    metavar="NAME",
    shell_complete=clean_rules,
    help="Only this [clean.NAME] rule; may be repeated.",
)
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
        from migrator.commands.clean.report import present

        return present(stage(session.workspace, execute=execute, restore=restore, rules=rules))

    return work
