"""sequences: what is left of the blocks of numbers, and new ones."""

from __future__ import annotations

import click

from migrator.cli.completion import tenants
from migrator.cli.options import StageCommand
from migrator.cli.session import Session, Work
from migrator.core.result.outcome import Outcome


class _SequencesCommand(StageCommand):
    """Understands `sequences refill` as well as `sequences --refill`."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        """Takes the word for the option."""
        return super().parse_args(context, ["--refill", *args[1:]] if args[:1] == ["refill"] else args)


@click.command(
    "sequences", cls=_SequencesCommand, short_help="Show what is left of the blocks of numbers; refill them."
)
@click.option("--refill", is_flag=True, help="Reserve new blocks in the source for those that run out.")
@click.option(
    "--tenant", metavar="TENANT", shell_complete=tenants, help="Only this tenant's (its key, slug or database)."
)
def sequences(refill: bool, tenant: str | None) -> Work:
    """Shows how many numbers each database's sequences have left; `sequences refill` gives new ones.

    Until the run is finished every database draws from numbers of its own, so that all rows can go back. A block that
    is used up gives errors, never a number of somebody else's.

    \b
    Examples:
      migrator sequences
      migrator sequences refill
      migrator sequences refill --tenant acme
    """

    def work(session: Session) -> Outcome:
        from migrator.commands.sequences.command import refill_sequences, sequence_levels
        from migrator.commands.sequences.report import present

        if refill:
            return present(refill_sequences(session.workspace, tenant=tenant))
        return present(sequence_levels(session.looking, tenant=tenant))

    return work
