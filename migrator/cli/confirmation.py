"""The run's id, typed by the person at the terminal: what confirms something that nothing takes back."""

from __future__ import annotations

import errno
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from migrator.cli.session import Session
from migrator.core.result.outcome import Outcome
from migrator.errors import InterruptedRunError, RefusedError

if TYPE_CHECKING:
    # Imported when it is asked: `rollback` confirms here as well, and needs nothing of migrate.
    from migrator.commands.migrate.outlook import SplitOutlook


def is_attended() -> bool:
    """Whether a person sits there to be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def typed_run_id(session: Session, outlook: Outcome, *, purpose: str, command: str) -> str:
    """Shows what would be done, and asks for the run's id; `purpose` is what typing it does ("take it back").

    Raises:
        InterruptedRunError: nothing was typed.
        RefusedError: something else was.
    """
    session.show(replace(outlook, next=()))
    question = f"\nType the run's id ({outlook.run_id}) to {purpose};\nanything else leaves everything as it is"
    try:
        typed: str = click.prompt(question, default="", show_default=False, err=True).strip()
    except click.Abort:
        click.echo(err=True)  # ends the line that the question is on
        raise _unconfirmed(command) from None
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        # The terminal is gone, with whoever would have typed. Without job control no signal says so.
        raise _unconfirmed(command) from error
    session.progress.resume()
    if typed != outlook.run_id:
        raise RefusedError("That is not the run's id; nothing was changed.", f"Run `migrator {command}` again.")
    return typed


def _unconfirmed(command: str) -> InterruptedRunError:
    return InterruptedRunError("Nothing was confirmed; nothing was changed.", f"Run `migrator {command}` again.")


def confirm_split(session: Session, outlook: SplitOutlook) -> None:
    """Shows what migrate is about to do and asks for the run's id.

    Raises:
        InterruptedRunError: nothing was typed.
        RefusedError: something else was typed, or nobody is there to be asked.
    """
    from migrator.commands.migrate.report_outlook import present

    shown = present(outlook)
    if not is_attended():
        raise RefusedError(
            "migrate has to be confirmed, and there is no terminal to ask on. It makes "
            f"{shown.summary['will be made']}; the source is fenced: {shown.summary['source fenced']}.",
            f"Carry out this plan and no other: migrator migrate --plan {outlook.plan.fingerprint[:12]}. Or the one of "
            "the last dry-run, whatever it is: migrator migrate --yes.",
        )
    typed_run_id(session, shown, purpose="split the source", command="migrate")
