"""The command audit: reports what stands in the way of a split."""

from __future__ import annotations

from pathlib import Path

import click

from migrator.cli.completion import audit_rules
from migrator.cli.options import StageCommand
from migrator.cli.session import Session, Work
from migrator.core.result.outcome import Outcome


@click.command("audit", cls=StageCommand, short_help="Report what the split would trip over.")
@click.option(
    "--baseline",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="An earlier audit's JSON document: what it found is not reported again, only counted.",
)
@click.option(
    "--rule",
    "rules",
    multiple=True,
    metavar="ID",
    shell_complete=audit_rules,
    help="Only this rule (S01, G04, …); may be repeated.",
)
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
        from migrator.commands.audit.report import present

        return present(stage(session.workspace, baseline=baseline, rules=rules))

    return work
