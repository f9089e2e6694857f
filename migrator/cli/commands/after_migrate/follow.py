"""The commands of follow: start, status, stop, uninstall."""

from __future__ import annotations

import click

from migrator.cli.options import Family
from migrator.cli.session import Session, Work
from migrator.core.result.outcome import Outcome


@click.group("follow", cls=Family, short_help="Split a source that goes on being written to.")
def follow() -> None:
    """Copies the source while it is written to, and keeps every database like it until its tenants are cut over.

    \b
    Examples:
      migrator follow start
      migrator follow status
      migrator follow stop
    """


@follow.command("start", short_help="Capture, copy, and follow until stopped.")
@click.option("--until-proved", is_flag=True, help="End once every database was followed and compared with the source.")
@click.option("--without-backup", is_flag=True, help="Go on although this run has no backup.")
def start(until_proved: bool, without_backup: bool) -> Work:
    """Captures what changes, copies every database at one position, then brings all of them on, round after round.

    It runs in the foreground until `follow stop`, an interrupt or a kill, and goes on where it stood when it is
    started again: let systemd or a container restart it.

    \b
    Examples:
      migrator follow start
      migrator follow start --until-proved
    """

    def work(session: Session) -> Outcome:
        from migrator.commands.follow.command import follow as stage
        from migrator.commands.follow.report import present

        return present(stage(session.workspace, until_proved=until_proved, without_backup=without_backup))

    return work


@follow.command("status", short_help="How far each database is behind the source.")
def status() -> Work:
    """Shows how far each database is behind the source, the size of the log, and what stays behind. Reads only.

    \b
    Examples:
      migrator follow status
      migrator follow status --output json
    """

    def work(session: Session) -> Outcome:
        from migrator.commands.follow.manage import follow_status
        from migrator.commands.follow.report import present

        return present(follow_status(session.looking))

    return work


@follow.command("stop", short_help="Let the follower end after its round.")
def stop() -> Work:
    """Asks the follower to end after its round, and waits for it. What changes is captured on, for the next start.

    \b
    Examples:
      migrator follow stop
    """

    def work(session: Session) -> Outcome:
        from migrator.commands.follow.manage import stop_following
        from migrator.commands.follow.report import present

        return present(stop_following(session.workspace))

    return work


@follow.command("uninstall", short_help="Take capture off the source.")
def uninstall() -> Work:
    """Takes our triggers and our log out of the source, which is then as it was. The databases stay.

    \b
    Examples:
      migrator follow uninstall
    """

    def work(session: Session) -> Outcome:
        from migrator.commands.follow.manage import uninstall_following
        from migrator.commands.follow.report import present

        return present(uninstall_following(session.workspace))

    return work
