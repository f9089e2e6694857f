"""Where each company's rows are: the map that a migration writes and applications read."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from psycopg.conninfo import make_conninfo

State = Literal["monolith", "frozen", "live"]


@dataclass(frozen=True, slots=True)
class Place:
    """The database that holds a company's rows, as a libpq conninfo string, and whether they may be written there."""

    conninfo: str = field(repr=False)
    state: State = "monolith"


@dataclass(frozen=True)
class Map:
    """One generation of the map; who is not in `places` is in the monolith."""

    monolith: str = field(repr=False)
    generation: int = 0
    places: Mapping[int, Place] = field(default_factory=dict)

    def of(self, company: int | None) -> Place:
        """The company's place; that of what is no company's is the monolith."""
        return self.places.get(company, Place(self.monolith)) if company is not None else Place(self.monolith)

    def live(self) -> Mapping[int, Place]:
        """The companies that have a database of their own, and write there."""
        return {company: place for company, place in self.places.items() if place.state == "live"}


class Routing(Protocol):
    """Where the map is read."""

    def read(self) -> Map:
        """The map as it is now."""


@dataclass(frozen=True)
class Still:
    """The map of a monolith that nobody splits."""

    monolith: str = field(repr=False)

    def read(self) -> Map:
        return Map(self.monolith)


@dataclass(frozen=True)
class FileRouting:
    """The map in a file, as `migrator connections --format json` writes it.

    Its form: {"generation": 3, "tenants": {"7": {"state": "live", "database": "shop_7", "host": …, "port": …, "user":
    …}}}. What an entry leaves open ("") of the connection is as for the monolith, whose conninfo holds the password.
    """

    file: Path
    monolith: str = field(repr=False)

    def read(self) -> Map:
        """The map as the file has it; before there is one, everybody is in the monolith.

        Raises:
            ValueError: the file is no such map.
        """
        try:
            document = json.loads(self.file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return Map(self.monolith)
        places = {int(key): self._place(entry) for key, entry in document["tenants"].items()}
        return Map(self.monolith, int(document["generation"]), places)

    def _place(self, entry: Mapping[str, object]) -> Place:
        state = entry["state"]
        if state not in ("monolith", "frozen", "live"):
            raise ValueError(f"there is no state {state!r}")
        given = {name: str(entry[name]) for name in ("host", "port", "user") if entry.get(name)}
        if state == "live":
            given["dbname"] = str(entry["database"])
            return Place(make_conninfo(self.monolith, **given), "live")
        return Place(self.monolith, "frozen" if state == "frozen" else "monolith")


def write_map(file: Path, generation: int, tenants: Mapping[int, Mapping[str, object]]) -> None:
    """Writes the map as the command does: whoever reads meanwhile reads the old or the new one."""
    partial = file.with_name(f"{file.name}.partial")
    document = {"generation": generation, "tenants": {str(key): dict(entry) for key, entry in tenants.items()}}
    partial.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    partial.replace(file)


def newer(routing: Routing, than: Map, companies: Collection[int], patience: float) -> Map:
    """Reads the map until it has another place for one of the companies, and none is frozen: for so many seconds."""
    deadline = time.monotonic() + patience
    while True:
        read = routing.read()
        places = [read.of(company) for company in companies]
        if time.monotonic() > deadline or (
            places != [than.of(company) for company in companies] and all(place.state != "frozen" for place in places)
        ):
            return read
        time.sleep(0.01)
