"""Runs one command with its progress, its log and Ctrl-C, and writes how it ended."""

from __future__ import annotations

import sys
from contextlib import closing
from dataclasses import replace

import structlog
from rich.text import Text

from migrator import logs
from migrator.cli.failures import BugError, translated
from migrator.cli.interrupts import interruptible
from migrator.cli.options import Options
from migrator.cli.program import program
from migrator.cli.session import Session, Work
from migrator.cli.written import as_text, console_on, nowhere, report_error, write_result
from migrator.core.result.outcome import Outcome
from migrator.errors import MigratorError
from migrator.report.lull import Lull
from migrator.report.progress import display


def carry_out(work: Work, options: Options) -> int:
    """Does a command's work and returns its exit code: the one place where its errors end."""
    stderr = console_on(sys.stderr, options)
    structlog.contextvars.clear_contextvars()
    failure: MigratorError | None = None
    outcome: Outcome | None = None
    fence, origin = "", None
    with interruptible(stderr), display(stderr, Lull(options.command, _awaited)) as progress:
        logs.to_console(
            lambda line: stderr.print(Text.from_ansi(line), soft_wrap=True),
            verbose=options.verbose,
            colors=stderr.color_system is not None and not stderr.no_color,
        )
        try:

            def show(between: Outcome) -> None:
                progress.pause()
                stderr.file.write(as_text(between, stderr))

            session = Session(options, progress, show)
            with closing(session):
                try:
                    outcome = work(session)
                except (Exception, KeyboardInterrupt) as error:
                    failure = translated(error, options.command)
                    _log(error, failure)
                fence, origin = session.last_line(failure), session.origin
        except (Exception, KeyboardInterrupt) as error:
            failure = translated(error, options.command)
            _log(error, failure)
        finally:
            logs.close_console()
    if failure is not None or outcome is None:
        return report_error(
            failure or BugError("The command returned nothing.", ""), options, fence=fence, origin=origin
        )
    outcome = replace(
        outcome,
        next=tuple(options.repeated(command, program.commands) for command in outcome.next),
        fence=options.repeated(fence, program.commands),
        origin=origin or nowhere(),
    )
    written = write_result(outcome, options)
    return max(outcome.exit_code, written)


def _awaited() -> str:
    # Imported when it is asked: a command that ends at once never needs the driver for it.
    from migrator.postgres.session.awaited import longest_awaited

    return longest_awaited()


def _log(error: BaseException, failure: MigratorError) -> None:
    logs.logger(__name__).error(
        "command failed",
        error=failure.message,
        exit_code=failure.exit_code,
        exc_info=error if isinstance(failure, BugError) else None,
        told=True,
    )
