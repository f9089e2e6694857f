"""Turns whatever ends a command into an error that an operator can read."""

from __future__ import annotations

import errno
import traceback

import click

from migrator.errors import ConfigurationError, DatabaseError, InterruptedRunError, MigratorError


class BugError(MigratorError):
    """An exception that nobody foresaw."""

    exit_code = 70
    status = "bug"


def of_usage(error: click.ClickException) -> ConfigurationError:
    """A command line that Click does not understand."""
    context = getattr(error, "ctx", None)
    asked = context.command_path if context is not None else "migrator"
    return ConfigurationError(error.format_message(), f"`{asked} --help` lists what it takes.")


def translated(error: BaseException, command: str) -> MigratorError:
    """`error` as an operator should read it. What is nobody's fault but ours is a BugError."""
    match error:
        case MigratorError():
            return error
        case click.ClickException():
            return of_usage(error)
        case KeyboardInterrupt() | click.Abort():
            return InterruptedRunError(
                f"{command} was interrupted. What is finished stays finished.",
                f"`migrator {command}` goes on where it stopped; `migrator status` shows how far it is.",
            )
        case OSError() if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return DatabaseError(
                _what(error),
                "A disk of this machine is full: `df -h` on [paths] backups, spool and logs, which `migrator config "
                "show` names. Free space there, then run the same command again.",
            )
        case OSError() if error.errno == errno.EIO:
            return DatabaseError(_what(error), "Mend the file system, then run the same command again.")
        case OSError() if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            return ConfigurationError(_what(error), "Check [paths] in migrator.toml and who you run this as.")
    # Imported here: a command line that is not understood needs no log.
    from migrator import logs

    return BugError(
        f"This is a bug in migrator: {type(error).__name__}: {error}",
        f"The traceback is in {log}; -v shows it here."
        if (log := logs.current_file()) is not None
        else "".join(traceback.format_exception(error)),
    )


def _what(error: OSError) -> str:
    return f"{error.filename}: {error.strerror}." if error.filename else f"{error.strerror}."
