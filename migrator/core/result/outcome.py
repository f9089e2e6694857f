"""The result of a command as a value, which every report is rendered from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from migrator.core.result.graph import Graph
from migrator.core.result.origin import Origin

Cell = str | int | float | bool | None
Status = Literal[
    "done", "nothing-to-do", "findings", "refused", "usage", "failed", "database-error", "interrupted", "bug", "planned"
]
Tone = Literal["plain", "good", "warning", "bad"]


@dataclass(frozen=True, slots=True)
class Section:
    """A titled block of a report: a table, some lines of prose, or both.

    `rows` hold raw values (rows in units, bytes in bytes, seconds in seconds); a column whose name is "bytes", "rows"
    or "seconds" (or ends in one of these words) is formatted by the text and HTML reports accordingly.
    """

    title: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    text: str = ""
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one command.

    `summary` is a flat mapping of the few figures that a person asks for first; `data` holds the machine-readable
    rest, merged into the top level of the JSON document; `next` lists the commands that make sense now; `graph` is what
    can be drawn of it. `fence` is the last line where the source is left fenced; `origin` is filled in where the report
    is written. `page` is Markdown, which the text report shows instead of all that; `verbatim` is a file for another
    program, which it writes as it is. The status "planned" is of what is
    shown on the way, for somebody to confirm.
    """

    command: str
    status: Status = "done"
    exit_code: int = 0
    run_id: str | None = None
    headline: str = ""
    summary: Mapping[str, Cell] = field(default_factory=dict)
    sections: tuple[Section, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    next: tuple[str, ...] = ()
    graph: Graph | None = None
    fence: str = ""
    origin: Origin | None = None
    page: str = ""
    verbatim: str = ""

    @property
    def recorded(self) -> dict[str, Any]:
        """What the journal's record of a stage keeps of it: the summary, and whether there are findings."""
        return {**self.summary, **({"status": "findings"} if self.exit_code else {})}
