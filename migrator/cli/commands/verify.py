"""The command verify: proves that every row arrived exactly once."""

from __future__ import annotations

import click

from migrator.cli.options import StageCommand
from migrator.cli.session import Session, Work
from migrator.core.result.outcome import Outcome


@click.command("verify", cls=StageCommand, short_help="Prove that every row arrived exactly once.")
@click.option(
    "--sample",
    type=click.FloatRange(0, 100, min_open=True),
    metavar="PERCENT",
    help="Examine only so many percent of the tenants: faster, and proves less.",
)
def verify(sample: float | None) -> Work:
    """Proves that every row arrived exactly once, in the right database, under the right schema.

    Compares digests per table and tenant, counts conservation, looks for leaks between tenants, compares each
    database's catalog with its template's, and checks foreign keys across databases. Exit code 1 on any difference,
    which names the keys.

    While `follow` is at work each database is compared with the source at one position, exactly, as writes go on.

    \b
    Examples:
      migrator verify
      migrator verify --output json | jq .differences
    """

    def work(session: Session) -> Outcome:
        from migrator.commands.follow.manage import is_following
        from migrator.commands.verify.command import verify as stage
        from migrator.commands.verify.live import verify_live
        from migrator.commands.verify.report import present, present_live

        if is_following(session.workspace):
            if sample is not None:
                raise click.UsageError("--sample does not go with a source that is followed: all of it is compared.")
            return present_live(verify_live(session.workspace))
        return present(stage(session.workspace, sample=sample))

    return work
