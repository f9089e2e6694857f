"""The command migrate: splits the source as planned, and resumes."""

from __future__ import annotations

from functools import partial

import click

from migrator.cli.completion import fingerprints
from migrator.cli.confirmation import confirm_split
from migrator.cli.options import StageCommand
from migrator.cli.session import Session, Work
from migrator.core.result.outcome import Outcome


@click.command("migrate", cls=StageCommand, short_help="Split the source as planned; resumes.")
@click.option("--without-backup", is_flag=True, help="Go on although this run has no backup.")
@click.option(
    "--no-fence", is_flag=True, help="Let applications write to the source meanwhile; their rows are counted."
)
@click.option(
    "--online",
    is_flag=True,
    help="Fence nothing: follow the source until every database was compared with it, as follow start does.",
)
@click.option("--yes", is_flag=True, help="Do not ask; without a terminal this, or --plan, is how it is confirmed.")
@click.option(
    "--plan",
    "approved",
    metavar="FINGERPRINT",
    shell_complete=fingerprints,
    help="Carry out this plan and no other; 8 characters of it are enough.",
)
def migrate(without_backup: bool, no_fence: bool, online: bool, yes: bool, approved: str | None) -> Work:
    """Splits the source, as the plan of the passed dry-run says.

    Shows what it is about to do, how long the source is fenced for it and how long going back takes, and asks for the
    run's id; --yes or --plan answer that where nobody can be asked. The source's tables are fenced against writes
    first. Interrupted or killed, the same command goes on behind the fence, without asking again. Refuses (exit code 3)
    without a backup, with a stale plan or one that was not approved (--plan), where it is not confirmed, and where a
    target exists that is not ours.

    With --online nothing is fenced: `follow start` goes on from there, and `cutover` moves tenants.

    \b
    Examples:
      migrator migrate
      migrator --jobs 8 migrate --yes
      migrator migrate --plan 3f9c0d1e
    """

    if online and no_fence:
        raise click.UsageError("--online does not go with --no-fence: what is written meanwhile is followed.")

    def work(session: Session) -> Outcome:
        from migrator.engine.fork_server import warm_up

        if session.settings.limits.executor == "processes":
            warm_up()  # it imports what workers need while this process imports the stage
        if online:
            from migrator.commands.follow.command import follow
            from migrator.commands.follow.report import present as present_followed

            followed = follow(session.workspace, until_proved=True, without_backup=without_backup, approved=approved)
            return present_followed(followed)
        from migrator.commands.migrate.command import migrate as stage
        from migrator.commands.migrate.report import present

        result = stage(
            session.workspace,
            confirm=None if yes or approved is not None else partial(confirm_split, session),
            approved=approved,
            without_backup=without_backup,
            fence=not no_fence,
        )
        return present(result)

    return work
