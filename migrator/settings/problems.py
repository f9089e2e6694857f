"""Checks a configuration against what its settings may be, and words everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from migrator.errors import ConfigurationError
from migrator.settings import Settings
from migrator.settings.spelling import close_name

# Parts of Settings that nobody writes: they say where the rest came from.
OWN = frozenset({"root", "file", "origins"})

# What other settings name: without one of its entries these would be wrong as well, and are not.
_NAMED_BY_OTHERS = frozenset({"targets", "servers", "tenants"})

Origins = Mapping[tuple[str, ...], str]
Location = tuple[int | str, ...]


class SettingsError(ConfigurationError):
    """A configuration with settings that cannot be used; `problems` has a sentence for each."""

    file: Path | None = None
    problems: tuple[str, ...] = ()

    @classmethod
    def of(cls, file: Path, problems: Sequence[str]) -> SettingsError:
        """The error that names them all."""
        error = cls(
            f"{file} cannot be used:\n" + "\n".join(f"  {problem}" for problem in problems),
            "docs/configuration.md lists every setting.",
        )
        error.file, error.problems = file, tuple(problems)
        return error


def validated(document: Mapping[str, Any], whence: Mapping[str, Any], origins: Origins) -> Settings:
    """The settings that the merged `document` gives; `whence` are their root, file and origins.

    Rules between settings are checked only where each of them is valid, so what is wrong is left out and the rest is
    looked at again: every problem is told at once.

    Raises:
        SettingsError: something in it is not understood.
    """
    remaining: dict[str, Any] = deepcopy(dict(document))
    problems: list[str] = []
    while True:
        try:
            settings = Settings.model_validate({**remaining, **whence})
        except ValidationError as error:
            faults = error.errors(include_input=False, include_url=False)
            problems += [problem for fault in faults for problem in _worded(fault, origins) if problem not in problems]
            if not all(_left_out(remaining, fault) for fault in faults):
                break
        else:
            if not problems:
                return settings
            break
    raise SettingsError.of(whence["file"], problems)


def _left_out(document: dict[str, Any], fault: Any) -> bool:
    """Removes what a fault is about, where nothing else becomes wrong by that; False where something would."""
    location: Location = fault["loc"]
    if not location or fault["type"] == "missing":
        return False
    if location[0] in _NAMED_BY_OTHERS and fault["type"] != "extra_forbidden":
        return False
    part: Any = document
    for at, step in enumerate(location):
        if not isinstance(part, dict) or step not in part:
            return False
        if at + 1 == len(location) or not isinstance(part[step], dict):
            # Of a list that holds something wrong all of it goes.
            del part[step]
            return True
        part = part[step]
    return False


def _worded(fault: Any, origins: Origins) -> Iterator[str]:
    for line in _what(fault["type"], fault["msg"], fault["loc"]).split("\n"):
        yield f"{_where(fault['loc'], origins)}{line}"


def _where(location: Location, origins: Origins) -> str:
    if not location:
        return ""  # the message of a rule between several settings names them itself
    where = ".".join(str(part) for part in location)
    origin = origins.get(tuple(str(part) for part in location))
    return f"{where} (from {origin}): " if origin else f"{where}: "


def _what(kind: str, message: str, location: Location) -> str:
    match kind:
        case "extra_forbidden":
            meant = close_name(Settings, location)
            known = meant is not None and meant not in OWN
            return "there is no such setting" + (f"; did you mean {meant}?" if known else "")
        case "missing":
            return "has to be set"
    return message.removeprefix("Value error, ")
