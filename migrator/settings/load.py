"""Reads migrator.toml, the environment and flags into settings; secrets stay masked.

Precedence, highest first: flag, environment, `.env`, file, default.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from migrator.errors import ConfigurationError
from migrator.settings import Settings
from migrator.settings.locate import CONFIG_VARIABLE, locate_file
from migrator.settings.locate import DEFAULT_FILE as DEFAULT_FILE
from migrator.settings.problems import OWN, validated

_PLAIN_NAME = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")

# environment variable -> where it lands in the file's shape. The DB_* names are those of the reference guide.
ENVIRONMENT: Mapping[str, tuple[str, ...]] = {
    "DB_HOST": ("source", "host"),
    "DB_PORT": ("source", "port"),
    "DB_USERNAME": ("source", "user"),
    "DB_PASSWORD": ("source", "password"),
    "DB_DATABASE": ("source", "database"),
    "DB_TENANT_PREFIX": ("source", "prefix"),
    "DB_AUTH_NAME": ("targets", "auth", "database"),
    "DB_SHARED_NAME": ("targets", "shared", "database"),
    "MIGRATOR_SOURCE_URL": ("source", "url"),
    "MIGRATOR_TARGET_URL": ("servers", "default", "url"),
    "MIGRATOR_PREFIX": ("source", "prefix"),
    "MIGRATOR_CONTROL_DATABASE": ("control", "database"),
    "MIGRATOR_BACKUPS": ("paths", "backups"),
    "MIGRATOR_SPOOL": ("paths", "spool"),
    "MIGRATOR_LOGS": ("paths", "logs"),
    "MIGRATOR_PROGRAMS": ("paths", "programs"),
    "MIGRATOR_JOBS": ("limits", "jobs"),
    "MIGRATOR_EXECUTOR": ("limits", "executor"),
    "MIGRATOR_THROTTLE": ("limits", "throttle"),
    "MIGRATOR_MAX_SOURCE_CONNECTIONS": ("limits", "max_source_connections"),
    "MIGRATOR_MAX_TARGET_CONNECTIONS": ("limits", "max_target_connections"),
}


# A flag is called as its setting, but for these.
_FLAGS: Mapping[tuple[str, ...], str] = {("source", "url"): "source", ("servers", "default", "url"): "target"}

# Single parameters of the source that a URL of a higher level replaces; a URL without a password keeps the one given.
_REPLACED_BY_URL = ("host", "port", "user", "database")
_URL_WITH_PASSWORD = re.compile(r"://[^/@]*:[^@]*@|password\s*=")


# A path is as long as its setting lies deep.
Flags = Mapping[tuple[str, ...], Any] | Mapping[tuple[str, str], Any]


def load_settings(
    file: Path | str | None = None,
    *,
    flags: Flags | None = None,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
    without_file: bool = False,
) -> Settings:
    """Reads the configuration.

    `file` defaults to the one that MIGRATOR_CONFIG names, else to the nearest migrator.toml at or above `directory`
    (default: the current one); there must be one unless a flag names the source. `flags` maps paths such as
    ("limits", "jobs") to values; None values are ignored. `without_file` is for `migrator init`, which is about to
    write one: only flags and environment count then.

    Raises:
        ConfigurationError: the file is missing, is not TOML, or holds what is not understood.
    """
    directory = directory or Path.cwd()
    file = Path(file) if file is not None else None
    flags = {path: value for path, value in (flags or {}).items() if value is not None}
    environment = os.environ if environment is None else environment
    located = None if without_file else locate_file(file, directory, environment)
    if located is None and not without_file and ("source", "url") not in flags:
        raise _no_file(directory)
    document = _parse(located) if located is not None else {}
    if own := OWN & document.keys():
        raise ConfigurationError(f"There is no setting {min(own)!r}.", "docs/configuration.md lists every setting.")
    file = located or file or directory / DEFAULT_FILE
    origins: dict[tuple[str, ...], str] = {}
    for variables in (_dotenv(file.parent / ".env"), environment):
        for name, path in ENVIRONMENT.items():
            # A database name for a target that the file does not define is not an error: CI sets them always.
            if (value := variables.get(name)) and (path[0] != "targets" or path[1] in document.get("targets", {})):
                _put(document, path, value)
                origins[path] = name
    for path, value in flags.items():
        _put(document, path, value)
        origins[path] = f"--{_FLAGS.get(path, path[-1]).replace('_', '-')}"
    given = {".".join(path): origin for path, origin in origins.items()}
    whence = {"root": file.parent.resolve(), "file": file.resolve(), "origins": given}
    return validated(document, whence, origins)


def parsed(text: str, directory: Path) -> Settings:
    """The settings that a migrator.toml of that text in `directory` gives by itself, without environment or flags.

    Raises:
        ValidationError: the text is not what `migrator init` may write.
    """
    file = directory.resolve() / DEFAULT_FILE
    return Settings.model_validate({**tomllib.loads(text), "root": file.parent, "file": file})


def read_groups(file: Path) -> Mapping[str, tuple[str, ...]]:
    """The groups of tables in a TOML file: names with lists of patterns.

    Raises:
        ConfigurationError: it cannot be read, or holds something else.
    """
    document = _parse(file)
    for name, patterns in document.items():
        if not isinstance(patterns, list) or not all(isinstance(one, str) for one in patterns):
            raise ConfigurationError(
                f"{file}: {name} is no list of tables.", 'Write it so: users = ["user*", "roles"].'
            )
        if not _PLAIN_NAME.fullmatch(name):
            raise ConfigurationError(
                f"{file}: {name!r} cannot name a database and a schema.", "Take letters, digits and underscores."
            )
    return {name: tuple(patterns) for name, patterns in document.items()}


def _no_file(directory: Path) -> ConfigurationError:
    return ConfigurationError(
        f"There is no {DEFAULT_FILE} in {directory}, nor in a directory above it.",
        f"Run the command where migrator.toml is, or name it: migrator --config PATH COMMAND, or {CONFIG_VARIABLE}. "
        "`migrator init --source URL` writes one; `migrator demo` needs none.",
    )


def _dotenv(file: Path) -> Mapping[str, str | None]:
    if not file.is_file():
        return {}
    from dotenv import dotenv_values

    return dotenv_values(file)


def _parse(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"{file} is not valid TOML: {error}", "Correct that line; strings need quotes."
        ) from error
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}", "Check its permissions.") from error


def _put(document: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    *parents, leaf = path
    for part in parents:
        document = document.setdefault(part, {})
        if not isinstance(document, dict):
            raise ConfigurationError(
                f"[{'.'.join(parents)}] must be a table.", "docs/configuration.md shows its shape."
            )
    if path == ("source", "url"):
        # Otherwise the lower level's host would win over this URL, because single parameters win over a URL.
        for parameter in _REPLACED_BY_URL:
            document.pop(parameter, None)
        if _URL_WITH_PASSWORD.search(str(value)):
            document.pop("password", None)
    document[leaf] = value
