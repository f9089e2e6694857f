"""Formats single values: units, alignment, and characters that must not reach a terminal."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from typing import Literal

from migrator.core.result.outcome import Cell, Section, Tone
from migrator.core.result.wording import size

Unit = Literal["rows", "bytes", "seconds", "percent"]
_UNITS: tuple[Unit, ...] = ("rows", "bytes", "seconds", "percent")

_MEASURED = {"seconds": "time", "bytes": "size"}

# Without colour a report must say the same, so each tone is a word as well.
TONE_WORDS: dict[Tone, str] = {"plain": "", "good": "ok", "warning": "warning", "bad": "problem"}

_BIDIRECTIONAL = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def unit_of(name: str) -> Unit | None:
    """The unit that a column's or figure's name ends in ("source rows", "dump_bytes"), or None."""
    last = re.split(r"[\s_]+", name.lower())[-1]
    return next((unit for unit in _UNITS if unit == last), None)


def label(name: str) -> str:
    """A column's or figure's name as a heading. Its figures carry their unit, so it names what they measure instead."""
    words = name.replace("_", " ").split(" ")
    return visible(" ".join((*words[:-1], _MEASURED.get(words[-1], words[-1]))))


def figure(name: str, value: Cell) -> str:
    """`value` as text, in the unit that `name` ends in."""
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case str():
            return visible(value)
    match unit_of(name):
        case "rows":
            return count(value)
        case "bytes":
            return size(value)
        case "seconds":
            return duration(value)
        case "percent":
            return f"{value:.1f} %"
        case None:
            return str(value) if isinstance(value, int) else f"{value:.4g}"


def is_numeric(name: str, values: Iterable[Cell]) -> bool:
    """Whether a column is to be aligned to the right."""
    present = [value for value in values if value is not None]
    if not present:
        return unit_of(name) is not None
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in present)


def count(number: float) -> str:
    """A number of things: 1,234,567."""
    return f"{number:,.0f}"


def duration(seconds: float) -> str:
    """A time span in the two largest units that matter: 0.42 s, 12.3 s, 3 min 05 s, 2 h 07 min."""
    if abs(seconds) < 9.995:
        return f"{seconds:.2f} s"
    if abs(seconds) < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min"


def visible(text: str) -> str:
    """`text` with control characters written out: a row's value must not move the cursor or reverse a line."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        repr(character)[1:-1]
        if (unicodedata.category(character) in ("Cc", "Cs") and character != "\n") or character in _BIDIRECTIONAL
        else character
        for character in text.replace("\r\n", "\n").replace("\t", "    ")
    )


def filled(section: Section) -> Section:
    """The section without the columns in which no row says anything."""
    kept = [at for at in range(len(section.columns)) if any(row[at] != "" for row in section.rows)]
    if not section.rows or len(kept) == len(section.columns):
        return section
    return replace(
        section,
        columns=tuple(section.columns[at] for at in kept),
        rows=tuple(tuple(row[at] for at in kept) for row in section.rows),
    )


def title_of(section: Section) -> str:
    """A section's title with its tone in words."""
    word = TONE_WORDS[section.tone]
    return visible(f"{section.title} [{word}]" if word else section.title)


def span(seconds: float) -> str:
    """A time that is an estimate, or still running: no fractions."""
    return f"{seconds:.0f} s" if seconds < 59.5 else duration(seconds)
