"""The command plan: shows and compares stored plans."""

from __future__ import annotations

import click

from migrator.cli.commands.plan.diff import diff
from migrator.cli.commands.plan.show import show
from migrator.cli.options import Family


@click.group("plan", cls=Family, short_help="Show or compare the plans that dry-run wrote down.")
def plan() -> None:
    """Shows the plans that dry-run wrote down, and what they have otherwise than each other.

    A plan is named by its fingerprint, of which 8 characters are enough. What was approved under that name is carried
    out by `migrator migrate --plan FINGERPRINT`, and nothing else is.

    \b
    Examples:
      migrator plan show
      migrator plan diff
      migrator plan diff 3f9c0d1e
    """


for command in (show, diff):
    plan.add_command(command)
