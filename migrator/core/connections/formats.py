"""Writes the map in the formats that applications, libpq and poolers read; none holds a password."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Literal, get_args
from urllib.parse import quote

from migrator.core.connections.map import DatabaseAddress, DatabaseMap, MapEntry
from migrator.errors import ConfigurationError

MapFormat = Literal["json", "env", "pg_service", "pgbouncer"]
MAP_FORMATS: tuple[MapFormat, ...] = get_args(MapFormat)

_PLAIN_WORD = re.compile(r"[A-Za-z0-9_.-]+")


def written(connections: DatabaseMap, form: MapFormat) -> str:
    """The map as the text of a file.

    Raises:
        ConfigurationError: two entries would be called the same there, or a name cannot be written in that format.
    """
    return _FORMATS[form](connections)


def url(address: DatabaseAddress) -> str:
    """The address as a URL that libpq understands."""
    user = f"{quote(address.user, safe='')}@" if address.user else ""
    database = quote(address.database, safe="")
    if address.host.startswith("/"):  # a socket's directory: no part of an authority
        port = f"&port={address.port}" if address.port else ""
        return f"postgresql://{user}/{database}?host={quote(address.host, safe='')}{port}"
    host = f"[{address.host}]" if ":" in address.host else quote(address.host, safe=",")
    port = f":{address.port}" if address.port else ""
    return f"postgresql://{user}{host}{port}/{database}"


def _json(connections: DatabaseMap) -> str:
    return json.dumps(connections.to_document(), indent=2, ensure_ascii=False) + "\n"


def _env(connections: DatabaseMap) -> str:
    names: dict[str, MapEntry] = {}
    for entry in connections.entries:
        name = f"{_variable(entry.target)}_{_variable(entry.slug)}" if entry.tenant else _variable(entry.target)
        other = names.setdefault(f"{name}_DATABASE_URL", entry)
        if other is not entry:
            raise ConfigurationError(
                f"{other.name} and {entry.name} would both be in the variable {name}_DATABASE_URL.",
                "Take another format (--format json), or one tenant at a time (--tenant).",
            )
    return "".join(f"{name}={url(entry.address)}\n" for name, entry in names.items())


def _variable(name: str) -> str:
    return re.sub(r"[^A-Z0-9]+", "_", name.upper())


def _pg_service(connections: DatabaseMap) -> str:
    sections: list[tuple[str, Mapping[str, str]]] = []
    for entry in connections.entries:
        if re.search(r"[\]\r\n]", entry.name):
            raise ConfigurationError(
                f"A service file cannot hold the name {entry.name!r}.", "Take another format: --format json."
            )
        sections.append((f"[{entry.name}]", entry.address.parameters))
    return _lines(sections, lambda name, value: f"{name}={_of_service(value)}")


def _of_service(value: str) -> str:
    # libpq takes what is behind = as it is, and knows no escapes; it cuts spaces off at the end of the line.
    if value != value.strip() or re.search(r"[\r\n]", value):
        raise ConfigurationError(
            f"A service file cannot hold the value {value!r}.", "Take another format: --format json."
        )
    return value


def _lines(sections: list[tuple[str, Mapping[str, str]]], line: Callable[[str, str], str]) -> str:
    return "\n".join(
        "".join(f"{text}\n" for text in (title, *(line(name, value) for name, value in parameters.items())))
        for title, parameters in sections
    )


def _pgbouncer(connections: DatabaseMap) -> str:
    lines = []
    for entry in connections.entries:
        if "\n" in entry.name or "\n" in entry.address.database:
            raise ConfigurationError(
                f"PgBouncer's configuration cannot hold the name {entry.name!r}.",
                "Take another format: --format json.",
            )
        # Of a user PgBouncer would take the password from its own file; without one the client's is passed on.
        parameters = {name: value for name, value in entry.address.parameters.items() if name != "user"}
        told = " ".join(f"{name}={_of_pgbouncer(value)}" for name, value in parameters.items())
        name = entry.name if _PLAIN_WORD.fullmatch(entry.name) else '"{}"'.format(entry.name.replace('"', '""'))
        lines.append(f"{name} = {told}\n")
    return "[databases]\n" + "".join(lines)


def _of_pgbouncer(value: str) -> str:
    return value if _PLAIN_WORD.fullmatch(value) or value.startswith("/") else "'{}'".format(value.replace("'", "''"))


_FORMATS: Mapping[MapFormat, Callable[[DatabaseMap], str]] = {
    "json": _json,
    "env": _env,
    "pg_service": _pg_service,
    "pgbouncer": _pgbouncer,
}
