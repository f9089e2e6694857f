"""The split itself: dry-run, migrate, verify."""

from __future__ import annotations

import click

from migrator.cli.options import StageCommand
from migrator.cli.session import Session, Work
from migrator.core.result.outcome import Outcome


@click.command("dry-run", cls=StageCommand, short_help="Show what migrate would do, and write the plan.")
@click.option("--sql", is_flag=True, help="Show the SQL of each step.")
@click.option("--rehearse", is_flag=True, help="Carry the plan out into scratch databases, verify, measure, drop them.")
def dry_run(sql: bool, rehearse: bool) -> Work:
    """Shows everything that can be known of the split without changing anything, and writes the plan.

    Exit code 1 where something blocks. migrate carries out the plan of the last dry-run that passed.

    \b
    Examples:
      migrator dry-run
      migrator dry-run --sql --report plan.html
      migrator dry-run --rehearse
    """

    def work(session: Session) -> Outcome:
        from migrator.commands.dry_run.command import dry_run as stage

        return stage(session.workspace, sql=sql, rehearse=rehearse)

    return work


@click.command("migrate", cls=StageCommand, short_help="Split the source as planned; resumes.")
@click.option("--without-backup", is_flag=True, help="Go on although this run has no backup.")
@click.option(
    "--no-fence", is_flag=True, help="Let applications write to the source meanwhile; their rows are counted."
)
def migrate(without_backup: bool, no_fence: bool) -> Work:
    """Splits the source, as the plan of the passed dry-run says.

    The source's tables are fenced against writes first. Interrupted or killed, the same command goes on where it
    stopped. Refuses (exit code 3) without a backup, with a stale plan, and where a target exists that is not ours.

    \b
    Examples:
      migrator migrate
      migrator --jobs 8 migrate
    """

    def work(session: Session) -> Outcome:
        from migrator.engine.fork_server import warm_up

        if session.settings.limits.executor == "processes":
            warm_up()  # it imports what workers need while this process imports the stage
        from migrator.commands.migrate.command import migrate as stage

        return stage(session.workspace, without_backup=without_backup, fence=not no_fence)

    return work


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

    \b
    Examples:
      migrator verify
      migrator verify --output json | jq .differences
    """

    def work(session: Session) -> Outcome:
        from migrator.commands.verify.command import verify as stage

        return stage(session.workspace, sample=sample)

    return work
