"""The command cutover: moves tenants of a followed source to their own databases."""

from __future__ import annotations

import click

from migrator.cli.completion import tenants as tenant_names
from migrator.cli.options import StageCommand
from migrator.cli.session import Session, Work
from migrator.core.result.outcome import Outcome


@click.command("cutover", cls=StageCommand, short_help="Move tenants of a followed source to their databases.")
@click.option(
    "--tenant",
    "tenants",
    multiple=True,
    metavar="TENANT",
    shell_complete=tenant_names,
    help="This tenant (its key, slug or database); may be given several times.",
)
@click.option("--wave", type=click.IntRange(min=1), metavar="N", help="The tenants of this wave of [waves].")
@click.option("--all", "everybody", is_flag=True, help="Every tenant, wave by wave.")
@click.option(
    "--freeze-limit", type=float, metavar="SECONDS", help="Hold writers up no longer; default: [online] freeze_limit."
)
@click.option("--end-sessions", is_flag=True, help="End sessions that keep a transaction of these tenants open.")
def cutover(
    tenants: tuple[str, ...], wave: int | None, everybody: bool, freeze_limit: float | None, end_sessions: bool
) -> Work:
    """Moves tenants to their own databases while everybody else writes on.

    The writers of a wave are held up for as long as the last changes take; where that would be longer than the limit
    nothing happens, and they go on in the source. Afterwards what is written in their databases is carried back into
    the source, so that `rollback --tenant` loses nothing.

    \b
    Examples:
      migrator cutover --tenant acme
      migrator cutover --wave 1
      migrator cutover --all --freeze-limit 0.5
    """
    if sum((bool(tenants), wave is not None, everybody)) != 1:
        raise click.UsageError("Say who moves: --tenant, --wave or --all.")

    def work(session: Session) -> Outcome:
        from migrator.commands.cutover.choice import WaveChoice
        from migrator.commands.cutover.command import cutover as stage
        from migrator.commands.cutover.report import present

        choice = WaveChoice(tenants, wave)
        return present(stage(session.workspace, choice, freeze_limit=freeze_limit, end_sessions=end_sessions))

    return work
