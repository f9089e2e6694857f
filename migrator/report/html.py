"""The report as one HTML file that needs nothing beside it: to be mailed, filed and printed."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from migrator.core.outcome import Outcome
from migrator.report.cells import TONE_WORDS, figure, is_numeric, label, visible


def to_html(outcome: Outcome) -> str:
    """The outcome as a complete HTML document. Every value is escaped."""
    sections = [
        {
            "title": visible(section.title),
            "word": TONE_WORDS[section.tone],
            "tone": section.tone,
            "text": visible(section.text),
            "columns": [
                (label(name), is_numeric(name, (row[at] for row in section.rows)))
                for at, name in enumerate(section.columns)
            ],
            "rows": [
                [figure(name, value) for name, value in zip(section.columns, row, strict=True)] for row in section.rows
            ],
        }
        for section in outcome.sections
    ]
    return _template().render(
        outcome=outcome,
        headline=visible(outcome.headline),
        summary=[(label(name), figure(name, value)) for name, value in outcome.summary.items()],
        sections=sections,
        next=[visible(command) for command in outcome.next],
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("migrator.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("report.html.j2")
