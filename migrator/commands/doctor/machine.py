"""Looks at this machine: versions, memory, client programs, directories."""

from __future__ import annotations

import os
import platform
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from migrator.core.doctor.facts import Directory, Machine, Program
from migrator.errors import ConfigurationError
from migrator.postgres.programs.programs import ProgramName, find_program, libpq_version, program_version
from migrator.settings import Settings
from migrator.version import __version__

_PROGRAMS: tuple[ProgramName, ...] = ("pg_dump", "pg_restore")


def examine_machine(settings: Settings, server_version: int | None) -> Machine:
    """This machine, with the client programs for servers of that version; None where no server answered."""
    versions = {"migrator": __version__, "Python": platform.python_version(), "libpq": libpq_version()}
    programs = tuple(_program(name, server_version, settings) for name in _PROGRAMS)
    return Machine(versions, os.cpu_count() or 1, _available_memory(), programs, tuple(_directories(settings)))


def configured_commands(settings: Settings) -> tuple[Program, ...]:
    """The programs that [backup] and [roles] name."""
    named = {
        "backup.encrypt": settings.backup.encrypt,
        "backup.decrypt": settings.backup.decrypt,
        "roles.hand_out": settings.roles.hand_out,
    }
    return tuple(_command(setting, command[0], settings.root) for setting, command in named.items() if command)


def _command(setting: str, program: str, root: Path) -> Program:
    path = shutil.which(root / program if "/" in program else program)
    if path is None:
        return Program(
            setting, problem=f"there is no program {program!r}", remedy="Install it, or write its full path."
        )
    return Program(setting, path)


def _program(name: ProgramName, server_version: int | None, settings: Settings) -> Program:
    configured = settings.paths.programs
    try:
        path = find_program(name, server_version, settings.path(configured) if configured is not None else None)
    except ConfigurationError as error:
        return Program(name, problem=error.message, remedy=error.hint)
    return Program(name, str(path), program_version(path))


def _available_memory() -> int | None:
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii")
    except OSError:
        return None  # not Linux
    available = re.search(r"^MemAvailable:\s+(\d+) kB$", text, re.MULTILINE)
    return int(available[1]) * 1024 if available else None


def _directories(settings: Settings) -> Iterator[Directory]:
    for setting, path in (
        ("backups", settings.paths.backups), ("spool", settings.paths.spool), ("logs", settings.paths.logs)
    ):  # fmt: skip
        whole = settings.path(path)
        there = next(one for one in (whole, *whole.parents) if one.exists())
        usable = there.is_dir() and os.access(there, os.W_OK | os.X_OK)
        yield Directory(setting, str(whole), shutil.disk_usage(there).free, usable)
