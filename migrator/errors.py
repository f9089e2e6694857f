"""Errors that an operator can act on; migrator.cli catches them once."""

from __future__ import annotations

from typing import ClassVar


class MigratorError(Exception):
    """Something an operator can act on.

    `message` says what is true, `hint` what to type or change next. Anything else that escapes is a bug and keeps
    its traceback (exit code 70).
    """

    exit_code: ClassVar[int] = 1
    status: ClassVar[str] = "findings"

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __reduce__(self) -> tuple[type[MigratorError], tuple[str, str]]:
        # Errors cross process boundaries: workers raise them, the coordinator reports them.
        return type(self), (self.message, self.hint)


class ConfigurationError(MigratorError):
    """The configuration or the command line cannot be used as it stands."""

    exit_code = 2
    status = "usage"


class RefusedError(MigratorError):
    """A guard stopped the command before it changed anything."""

    exit_code = 3
    status = "refused"


class TargetsFailedError(MigratorError):
    """Some targets failed; what is finished stays, and the same command resumes."""

    exit_code = 4
    status = "failed"


class DatabaseError(MigratorError):
    """A database cannot be reached, or a statement failed in it."""

    exit_code = 5
    status = "database-error"
    sqlstate: str = ""


class SnapshotLostError(DatabaseError):
    """The session that exported the snapshot has ended; what was read under it is known, and the rest is not read."""


class InterruptedRunError(MigratorError):
    """The operator interrupted the run; the same command resumes it."""

    exit_code = 130
    status = "interrupted"
