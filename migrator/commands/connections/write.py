"""Writes the map into a file that a program reads while it is replaced."""

from __future__ import annotations

from pathlib import Path

from migrator.commands.connections.command import ServingMap
from migrator.core.connections.formats import MapFormat, written
from migrator.errors import ConfigurationError
from migrator.files import write_atomically

# A pooler runs as somebody else; there is no secret in it.
_READABLE = 0o644


def write_map(result: ServingMap, form: MapFormat, file: Path) -> None:
    """Replaces the file by the map in that format: whoever reads it sees the old one or the new one.

    Raises:
        ConfigurationError: the file cannot be written, or a name has no place in that format.
    """
    text = written(result.map, form)
    try:
        write_atomically(file.absolute(), text.encode(), _READABLE)
    except OSError as error:
        raise ConfigurationError(
            f"The map cannot be written to {file}: {error.strerror}.", "Name a file in a directory that is yours."
        ) from error
