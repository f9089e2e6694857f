"""Finds the migrator.toml that a command works with."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from migrator.errors import ConfigurationError

DEFAULT_FILE = "migrator.toml"
CONFIG_VARIABLE = "MIGRATOR_CONFIG"


def locate_file(named: Path | None, directory: Path, environment: Mapping[str, str]) -> Path | None:
    """The configuration file: the one that is named, else the nearest migrator.toml at or above `directory`, or None.

    `named` (--config) wins over MIGRATOR_CONFIG, and both over what is found.

    Raises:
        ConfigurationError: a file that is named does not exist; one above `directory` is another user's.
    """
    if named is not None:
        if not named.is_file():
            raise ConfigurationError(
                f"There is no configuration file {named}.", "Check --config, or leave it out to use ./migrator.toml."
            )
        return named
    if variable := environment.get(CONFIG_VARIABLE):
        file = directory / variable
        if not file.is_file():
            raise ConfigurationError(
                f"There is no configuration file {file} ({CONFIG_VARIABLE}).",
                f"Correct {CONFIG_VARIABLE} or unset it; --config PATH counts instead of it.",
            )
        return file
    if (file := directory / DEFAULT_FILE).is_file():
        return file
    above = next((parent for parent in directory.resolve().parents if (parent / DEFAULT_FILE).is_file()), None)
    if above is None:
        return None
    _require_trusted(above)
    return above / DEFAULT_FILE


def _require_trusted(directory: Path) -> None:
    """Refuses a configuration above the current directory that another user put there.

    It names commands that are run ([backup] encrypt, [roles] hand_out), and a directory such as /tmp is everybody's.
    """
    for file in (directory / DEFAULT_FILE, directory / ".env"):
        if file.is_file() and file.stat().st_uid not in (0, os.geteuid()):
            raise ConfigurationError(
                f"{file} is in a directory above this one and belongs to another user; it is not used unasked.",
                f"Name it if you trust it: migrator --config {directory / DEFAULT_FILE} COMMAND.",
            )
