"""From the arguments to the exit code: the one place where errors end, and where results are written."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Literal, cast

import click
import structlog
from rich.console import Console
from rich.text import Text

from migrator import logs
from migrator.cli.failures import BugError, of_usage, translated
from migrator.cli.interrupts import interruptible
from migrator.cli.options import DRAWN, OUTPUTS, PICTURES, Options, Output
from migrator.cli.program import program
from migrator.cli.session import Session, Work
from migrator.core.outcome import Outcome, Section, Status
from migrator.errors import ConfigurationError, MigratorError
from migrator.files import write_atomically
from migrator.report.document import error_to_json, to_json
from migrator.report.html import to_html
from migrator.report.progress import display
from migrator.report.text import render_text, to_text


def run(arguments: Sequence[str]) -> int:
    """Runs one command line and returns its exit code."""
    options = Options(output=_asked_output(arguments))
    try:
        work = program.main(list(arguments), prog_name="migrator", standalone_mode=False, obj=options)
        if isinstance(work, int):
            return work  # --help and --version
        if options.output in PICTURES and options.command not in DRAWN:
            raise ConfigurationError(
                f"There is no picture of {options.command}.",
                f"--output {options.output} goes with: {', '.join(sorted(DRAWN))}.",
            )
        if options.report is not None and not options.report.absolute().parent.is_dir():
            # Found now and not after hours of work.
            raise ConfigurationError(
                f"There is no directory {options.report.absolute().parent} for --report.", "Create it first."
            )
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.ctx.get_help() if error.ctx else error.message, file=sys.stderr)
        return error.exit_code
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        options.command = context.info_name if context is not None else options.command
        return _report_error(of_usage(error), options)
    except MigratorError as error:
        return _report_error(error, options)
    return _carry_out(work, options)


def _carry_out(work: Work, options: Options) -> int:
    stderr = _console(sys.stderr, options)
    structlog.contextvars.clear_contextvars()
    failure: MigratorError | None = None
    outcome: Outcome | None = None
    with interruptible(stderr), display(stderr) as progress:
        logs.to_console(
            lambda line: stderr.print(Text.from_ansi(line), soft_wrap=True),
            verbose=options.verbose,
            colors=stderr.color_system is not None and not stderr.no_color,
        )
        try:

            def show(between: Outcome) -> None:
                progress.pause()
                stderr.file.write(_text(between, stderr))

            with closing(Session(options, progress, show)) as session:
                outcome = work(session)
        except (Exception, KeyboardInterrupt) as error:
            failure = translated(error, options.command)
            _log(error, failure)
        finally:
            logs.close_console()
    if failure is not None or outcome is None:
        return _report_error(failure or BugError("The command returned nothing.", ""), options)
    outcome = replace(outcome, next=tuple(options.repeated(command, program.commands) for command in outcome.next))
    written = _write_stdout(outcome, options)
    return max(outcome.exit_code, written)


def _log(error: BaseException, failure: MigratorError) -> None:
    logs.logger(__name__).error(
        "command failed",
        error=failure.message,
        exit_code=failure.exit_code,
        exc_info=error if isinstance(failure, BugError) else None,
        told=True,
    )


def _write_stdout(outcome: Outcome, options: Options) -> int:
    match options.output:
        case "json":
            _write(to_json(outcome), "utf-8")
        case "html":
            _write(to_html(outcome), "utf-8")
        case "text":
            _write(_text(outcome, _console(sys.stdout, options)), sys.stdout.encoding or "utf-8")
        case "dot" | "svg" as form:
            try:
                _write(_drawn(outcome, form), "utf-8")
            except MigratorError as error:
                return _report_error(error, options)
    if options.report is None:
        return 0
    return _write_report(options.report, _rendered(outcome, options.report), options)


def _drawn(outcome: Outcome, form: Literal["dot", "svg"]) -> str:
    # Imported here: most commands draw nothing.
    from migrator.report.picture import to_dot, to_svg

    assert outcome.graph is not None
    return to_dot(outcome.graph) if form == "dot" else to_svg(outcome.graph)


def _report_error(error: MigratorError, options: Options) -> int:
    """Tells an error: on stderr for people, and on stdout where a document was asked for."""
    # Drivers and libraries quote what they were given, which may be a URL with its password.
    error = _masked(error)
    error.hint = options.repeated(error.hint, program.commands)
    run_id = structlog.contextvars.get_contextvars().get("run_id")
    stderr = _console(sys.stderr, options)
    try:
        stderr.print(Text.assemble(("error: ", "bold red"), error.message), soft_wrap=True)
        if error.hint:
            stderr.print(Text.assemble(("hint:  ", "bold"), error.hint), soft_wrap=True)
    except BrokenPipeError:
        _silence(sys.stderr.fileno())
    outcome = _as_outcome(error, options, run_id)
    if options.output == "json":
        _write(error_to_json(error, options.command, run_id), "utf-8")
    elif options.output == "html":
        _write(to_html(outcome), "utf-8")
    if options.report is not None and options.report.absolute().parent.is_dir():
        document = (
            error_to_json(error, options.command, run_id)
            if options.report.suffix == ".json"
            else _rendered(outcome, options.report)
        )
        _write_report(options.report, document, options)
    return error.exit_code


def _masked(error: MigratorError) -> MigratorError:
    error.message, error.hint = logs.mask(error.message), logs.mask(error.hint)
    return error


def _as_outcome(error: MigratorError, options: Options, run_id: str | None) -> Outcome:
    return Outcome(
        options.command,
        cast(Status, error.status),
        error.exit_code,
        run_id,
        headline=error.message,
        sections=(Section("What to do", text=error.hint, tone="bad"),) if error.hint else (),
    )


def _rendered(outcome: Outcome, file: Path) -> str:
    match file.suffix:
        case ".json":
            return to_json(outcome)
        case ".html" | ".htm":
            return to_html(outcome)
        case _:
            return to_text(outcome)


def _write_report(file: Path, document: str, options: Options) -> int:
    try:
        write_atomically(file.absolute(), document.encode())
    except OSError as error:
        stderr = _console(sys.stderr, options)
        stderr.print(Text(f"error: The report {file} cannot be written: {error.strerror}"), soft_wrap=True)
        return ConfigurationError.exit_code
    return 0


def _text(outcome: Outcome, console: Console) -> str:
    if not console.is_terminal:
        return to_text(outcome)
    with console.capture() as captured:
        render_text(outcome, console)
    return captured.get()


def _console(stream: object, options: Options) -> Console:
    # Said outright: FORCE_COLOR and the like must not put escapes into a file.
    terminal = bool(stream.isatty())  # type: ignore[attr-defined]
    return Console(
        file=stream,  # type: ignore[arg-type]
        force_terminal=terminal,
        no_color=True if options.no_color else None,
        highlight=False,
    )


def _write(text: str, encoding: str) -> None:
    """Writes to stdout in one go. Whoever stopped reading (`| head`) does not change what the command did."""
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode(encoding, "replace"))
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        _silence(sys.stdout.fileno())


def _silence(descriptor: int) -> None:
    # Python flushes its streams once more at exit, which would fail again and print a traceback.
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, descriptor)
    os.close(null)


def _asked_output(arguments: Sequence[str]) -> Output:
    """The output format, read before the arguments are understood: usage errors are told in it too."""
    for at, argument in enumerate(arguments):
        for output in OUTPUTS:
            if argument in (f"--output={output}", f"-o{output}") or (
                argument in ("--output", "-o") and arguments[at + 1 : at + 2] == [output]
            ):
                return output
    return "text"
