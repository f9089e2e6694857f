"""Lists every setting with its value and what gave it: the file and line, a variable, a flag, or the default."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from migrator import logs
from migrator.settings import Settings
from migrator.settings.problems import OWN
from migrator.settings.section import Section

DEFAULT = "default"
# What is run, and may be given a passphrase among its arguments.
_COMMANDS = frozenset({("backup", "encrypt"), ("backup", "decrypt"), ("roles", "hand_out")})
_MORE_ARGUMENTS = "…"


@dataclass(frozen=True, slots=True)
class SettingValue:
    """One setting. `value` is None, a number, a text, a list or a table, its secrets masked.

    `origin` is "default", "FILE:LINE", "variable NAME", "variable NAME in FILE" or "flag --NAME".
    """

    section: str
    name: str
    value: Any
    origin: str


def setting_values(
    settings: Settings, lines: Mapping[tuple[str, ...], int], environment: Mapping[str, str]
) -> Iterator[SettingValue]:
    """Every setting in the order of docs/configuration.md; `lines` are those of the settings' file.

    Of entries that are named ([tables.NAME], [targets.NAME], …) those settings that something gave.
    """
    origins = _Origins(settings, lines, environment)
    for name in Settings.model_fields:
        if name not in OWN:
            yield from _values((name,), getattr(settings, name), origins, named=False)


@dataclass(frozen=True)
class _Origins:
    settings: Settings
    lines: Mapping[tuple[str, ...], int]
    environment: Mapping[str, str]

    def of(self, path: tuple[str, ...]) -> str:
        """What gave the setting at that path of the file."""
        given = self.settings.origins.get(".".join(path))
        if given is not None and given.startswith("--"):
            return f"flag {given}"
        if given is not None:
            # The environment wins over .env: what is in both came from there.
            return f"variable {given}" + ("" if self.environment.get(given) else f" in {self.settings.root / '.env'}")
        inside = [line for one, line in self.lines.items() if one[: len(path)] == path]
        return f"{self.settings.file}:{min(inside)}" if inside else DEFAULT


def _values(path: tuple[str, ...], value: Any, origins: _Origins, *, named: bool) -> Iterator[SettingValue]:
    if isinstance(value, Section):
        for field, described in type(value).model_fields.items():
            part = getattr(value, field)
            # Readers are the roles themselves: in the file there is nothing between [roles] and their names.
            below = path if (path, field) == (("roles",), "readers") else (*path, described.alias or field)
            yield from _values(below, part, origins, named=named)
    elif isinstance(value, Mapping) and any(isinstance(entry, Section) for entry in value.values()):
        for name, entry in value.items():
            yield from _values((*path, name), entry, origins, named=True)
    elif not (isinstance(value, Mapping) and len(path) == 1):
        origin = DEFAULT if value is None else origins.of(path)
        if not named or origin != DEFAULT:
            yield SettingValue(".".join(path[:-1]), path[-1], _shown(path, value), origin)


def _shown(path: tuple[str, ...], value: Any) -> Any:
    match value:
        case None | bool() | int() | float():
            return value
        case SecretStr():
            # A URL is shown without its password; what is a password itself is not shown at all.
            secret = value.get_secret_value()
            return logs.mask(secret) if path[-1] == "url" else logs.MASK if secret else ""
        case Path():
            return str(value)
        case Section():
            return _shown(path, value.model_dump(by_alias=True, exclude_defaults=True))
        case Mapping():
            return {str(name): _shown((*path, str(name)), entry) for name, entry in value.items()}
        case tuple() | list() if path in _COMMANDS:
            return shlex.join(value[:1]) + (f" {_MORE_ARGUMENTS}" if len(value) > 1 else "")
        case tuple() | list():
            return [_shown(path, entry) for entry in value]
    return logs.mask(str(value))
