"""Renders the report as one HTML file that needs nothing beside it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from migrator.core.result.outcome import Outcome, Section, Tone
from migrator.report.cells import TONE_WORDS, figure, filled, is_numeric, label, visible

if TYPE_CHECKING:
    from jinja2 import Template

# Words that say by themselves how bad a row is.
_WORD_TONES: Mapping[str, Tone] = {"error": "bad", "BLOCKS": "bad", "failed": "bad", "warning": "warning"}
_SENTENCE = 48  # characters: a cell longer than this is read, not compared with its neighbours
_WIDE_VALUE = 24


def to_html(outcome: Outcome) -> str:
    """The outcome as a complete HTML document. Every value is escaped."""
    summary = [(label(name), figure(name, value)) for name, value in outcome.summary.items()]
    return _template().render(
        outcome=outcome,
        headline=visible(outcome.headline),
        summary=[(name, value, len(value) > _WIDE_VALUE) for name, value in summary],
        sections=[
            *(_section(section) for section in outcome.sections),
            *([_section(Section("The page", text=outcome.page))] if outcome.page else []),
            *([_section(Section("The fence", text=outcome.fence, tone="warning"))] if outcome.fence else []),
        ],
        origin=visible(outcome.origin.sentence) if outcome.origin is not None else "",
        next=[visible(command) for command in outcome.next],
    )


def _section(section: Section) -> Mapping[str, object]:
    section = filled(section)
    rows = [[figure(name, value) for name, value in zip(section.columns, row, strict=True)] for row in section.rows]
    return {
        "title": visible(section.title),
        "word": TONE_WORDS[section.tone],
        "tone": section.tone,
        "text": visible(section.text),
        "columns": [
            (label(name), is_numeric(name, (row[at] for row in section.rows)))
            for at, name in enumerate(section.columns)
        ],
        "rows": [[(cell, _WORD_TONES.get(cell, "")) for cell in row] for row in rows],
        # On a narrow screen rows of sentences become cards; rows of figures stay a table that scrolls.
        "wordy": any(len(cell) > _SENTENCE for row in rows for cell in row),
    }


@cache
def _template() -> Template:
    # Imported here: most commands write text.
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("migrator.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("report.html.j2")
