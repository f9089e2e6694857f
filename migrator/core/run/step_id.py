"""Names of steps and of their parts: one way to write them, one way to read them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

StepKind = Literal["prepare", "create", "fence", "copy", "finish", "compare"]

_FORM = re.compile(
    r"(?P<fence>fence)|(?P<compare>compare)"
    r"|prepare:(?P<prepared>[^@]*)(?:@(?P<server>.*))?"
    r"|(?P<kind>create|finish):(?P<database>.*)"
    r"|copy:(?P<relation>.*)>(?P<target>[^>#/]*)(?:#(?P<part>\d+)(?P<spooled>/spool)?)?",
    re.DOTALL,
)
# What separates the fields cannot stand in the name of a target, save as these; nobody names a target so.
_ESCAPES = {character: f"%{ord(character):02X}" for character in "%@>#/"}


@dataclass(frozen=True, slots=True)
class StepId:
    """Which step it is: its kind, and what tells it from others of its kind.

    `relation` is "schema.table" in the source. A copy has parts, and a part that is read into a file is `spooled`:
    a step of its own, with the receipts of the part.
    """

    kind: StepKind
    target: str = ""
    relation: str = ""
    database: str = ""
    server: str = ""  # of a template; '' where it is the default one
    part: int | None = None
    spooled: bool = False

    def __str__(self) -> str:
        """As journals, receipts and logs write it: "copy:public.orders>tenant#0/spool"."""
        match self.kind:
            case "prepare":
                return f"prepare:{_escaped(self.target)}" + (f"@{self.server}" if self.server else "")
            case "create" | "finish":
                return f"{self.kind}:{self.database}"
            case "copy":
                part = "" if self.part is None else f"#{self.part}" + ("/spool" if self.spooled else "")
                return f"copy:{self.relation}>{_escaped(self.target)}{part}"
            case "fence" | "compare":
                return self.kind

    @classmethod
    def parse(cls, text: str) -> StepId:
        """The step that is written so.

        Raises:
            ValueError: nothing is.
        """
        found = _FORM.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} names no step")
        if found["fence"]:
            return cls("fence")
        if found["compare"]:
            return cls("compare")
        if found["prepared"] is not None:
            return cls("prepare", target=_unescaped(found["prepared"]), server=found["server"] or "")
        if found["kind"]:
            return cls("create" if found["kind"] == "create" else "finish", database=found["database"])
        part = None if found["part"] is None else int(found["part"])
        target = _unescaped(found["target"])
        return cls("copy", target, found["relation"], part=part, spooled=found["spooled"] is not None)

    @property
    def receipt(self) -> StepId:
        """What target databases know the step by: whether rows came by way of a file makes no difference there."""
        return replace(self, spooled=False)


def _escaped(name: str) -> str:
    return "".join(_ESCAPES.get(character, character) for character in name)


def _unescaped(text: str) -> str:
    return re.sub(r"%([0-9A-F]{2})", lambda code: chr(int(code[1], 16)), text)
