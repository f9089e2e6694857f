"""Writes a command's result and its errors to stdout, stderr and the file of --report."""

from __future__ import annotations

import os
import socket
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, cast

import structlog
from rich.console import Console
from rich.text import Text

from migrator import logs
from migrator.cli.options import Options
from migrator.cli.program import program
from migrator.core.result.origin import Origin
from migrator.core.result.outcome import Outcome, Section, Status
from migrator.errors import ConfigurationError, MigratorError
from migrator.files import write_atomically
from migrator.report.document import error_to_json, to_json
from migrator.report.html import to_html
from migrator.report.text import render_text, to_text
from migrator.version import __version__


def write_result(outcome: Outcome, options: Options) -> int:
    """Writes a result in the format that was asked for, and to the file of --report; an exit code, 0 where it could."""
    match options.output:
        case "json":
            _write(to_json(outcome), "utf-8")
        case "html":
            _write(to_html(outcome), "utf-8")
        case "text":
            _write(as_text(outcome, console_on(sys.stdout, options)), sys.stdout.encoding or "utf-8")
        case "dot" | "svg" as form:
            try:
                _write(_drawn(outcome, form), "utf-8")
            except MigratorError as error:
                return report_error(error, options)
    if options.report is None:
        return 0
    return _write_report(options.report, _rendered(outcome, options.report), options)


def _drawn(outcome: Outcome, form: Literal["dot", "svg"]) -> str:
    # Imported here: most commands draw nothing.
    from migrator.report.picture import to_dot, to_svg

    assert outcome.graph is not None
    return to_dot(outcome.graph) if form == "dot" else to_svg(outcome.graph)


def nowhere() -> Origin:
    """The origin of a report of a command that never came to a source."""
    return Origin(socket.gethostname(), __version__, datetime.now(UTC))


def report_error(error: MigratorError, options: Options, *, fence: str = "", origin: Origin | None = None) -> int:
    """Tells an error: on stderr for people, and on stdout where a document was asked for.

    `fence` is the last line where the source is left fenced, `origin` what the report is about.
    """
    origin = origin or nowhere()
    fence = options.repeated(fence, program.commands)
    # Drivers and libraries quote what they were given, which may be a URL with its password.
    error = _masked(error)
    error.hint = options.repeated(error.hint, program.commands)
    run_id = structlog.contextvars.get_contextvars().get("run_id")
    stderr = console_on(sys.stderr, options)
    try:
        stderr.print(Text.assemble(("error: ", "bold red"), error.message), soft_wrap=True)
        if error.hint:
            stderr.print(Text.assemble(("hint:  ", "bold"), error.hint), soft_wrap=True)
        if fence:
            stderr.print(Text(fence, style="bold yellow"), soft_wrap=True)
    except BrokenPipeError:
        _silence(sys.stderr.fileno())
    outcome = replace(_as_outcome(error, options, run_id), fence=fence, origin=origin)
    if options.output == "json":
        _write(error_to_json(error, options.command, run_id, fence=fence, origin=origin), "utf-8")
    elif options.output == "html":
        _write(to_html(outcome), "utf-8")
    if options.report is not None and options.report.absolute().parent.is_dir():
        document = (
            error_to_json(error, options.command, run_id, fence=fence, origin=origin)
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
        stderr = console_on(sys.stderr, options)
        stderr.print(Text(f"error: The report {file} cannot be written: {error.strerror}"), soft_wrap=True)
        return ConfigurationError.exit_code
    return 0


def as_text(outcome: Outcome, console: Console) -> str:
    """The report for `console`: styled where that is a terminal."""
    if not console.is_terminal:
        return to_text(outcome)
    with console.capture() as captured:
        render_text(outcome, console)
    return captured.get()


def console_on(stream: object, options: Options) -> Console:
    """A rich console that writes to `stream` as --no-color and the stream itself say."""
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
