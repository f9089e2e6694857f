"""The command config show: every setting, its value and what gave it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migrator.core.result.outcome import Cell, Outcome, Section
from migrator.settings import Settings
from migrator.settings.provenance.toml_lines import lines_of_values
from migrator.settings.provenance.values import DEFAULT, SettingValue, setting_values


@dataclass(frozen=True)
class ShownSettings:
    """The settings in force. `file` is None where a flag names the source and there is no file."""

    file: Path | None
    values: tuple[SettingValue, ...]


def show_settings(settings: Settings, environment: Mapping[str, str] | None = None) -> ShownSettings:
    """Every setting with its origin, secrets masked; `environment` is the one that the settings were read with."""
    file = settings.file if settings.file is not None and settings.file.is_file() else None
    lines = lines_of_values(file.read_text(encoding="utf-8")) if file is not None else {}
    values = setting_values(settings, lines, os.environ if environment is None else environment)
    return ShownSettings(file, tuple(values))


def present(result: ShownSettings) -> Outcome:
    """A table for each section, and every value with its origin in the document."""
    sections = dict.fromkeys(one.section for one in result.values)
    return Outcome(
        "config show",
        headline=f"The settings in force, from {result.file}."
        if result.file is not None
        else "The settings in force; there is no migrator.toml.",
        summary={
            "file": str(result.file) if result.file is not None else None,
            "settings that something gave": sum(one.origin != DEFAULT for one in result.values),
            "defaults": sum(one.origin == DEFAULT for one in result.values),
        },
        sections=tuple(
            Section(
                f"[{section}]",
                ("setting", "value", "origin"),
                tuple(
                    (one.name, _cell(one.value), _short(one.origin, result.file))
                    for one in result.values
                    if one.section == section
                ),
            )
            for section in sections
        ),
        data={
            "file": result.file,
            "settings": [
                {"section": one.section, "name": one.name, "value": one.value, "origin": one.origin}
                for one in result.values
            ],
        },
        next=("migrator config check",),
    )


def _cell(value: Any) -> Cell:
    match value:
        case None | bool() | int() | float() | str():
            return value
    return json.dumps(value, ensure_ascii=False)


def _short(origin: str, file: Path | None) -> str:
    """The origin without the directory of the file that the headline names."""
    if file is None:
        return origin
    return origin.replace(f"{file}:", f"{file.name}:").replace(f" in {file.parent}/", " in ")
