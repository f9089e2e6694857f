"""Runs a command line, from its arguments to its exit code."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from migrator.cli.failures import of_usage
from migrator.cli.options import DRAWN, OUTPUTS, PICTURES, Options, Output
from migrator.cli.program import program
from migrator.errors import ConfigurationError, MigratorError


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
        # Nothing was asked for, so nothing went wrong; of half a command (`migrator plan`) the rest is missing.
        alone = not arguments
        print(error.ctx.get_help() if error.ctx else error.message, file=sys.stdout if alone else sys.stderr)
        return 0 if alone else error.exit_code
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        options.command = context.info_name if context is not None else options.command
        return _report(of_usage(error), options)
    except MigratorError as error:
        return _report(error, options)
    # Imported here: --help needs neither the log, nor the driver, nor anything that renders.
    from migrator.cli.invocation import carry_out

    return carry_out(work, options)


def _report(error: MigratorError, options: Options) -> int:
    from migrator.cli.written import report_error

    return report_error(error, options)


def _asked_output(arguments: Sequence[str]) -> Output:
    """The output format, read before the arguments are understood: usage errors are told in it too."""
    for at, argument in enumerate(arguments):
        for output in OUTPUTS:
            if argument in (f"--output={output}", f"-o{output}") or (
                argument in ("--output", "-o") and arguments[at + 1 : at + 2] == [output]
            ):
                return output
    return "text"
