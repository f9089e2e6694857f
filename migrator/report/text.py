"""Renders the report for terminals and logs: aligned tables, units, tones in words as well as in colour."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO
from itertools import zip_longest

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Column, Table
from rich.text import Text

from migrator.core.result.outcome import Outcome, Section, Status, Tone
from migrator.report.cells import figure, filled, is_numeric, label, title_of, visible
from migrator.report.page import print_page
from migrator.report.widths import GAP, Measured, fitted

# Yellow and red on purpose only where something is wrong: a report that is all colours has none.
TONE_STYLES: dict[Tone, str] = {"plain": "bold", "good": "bold green", "warning": "bold yellow", "bad": "bold red"}

_STATUS_STYLES: dict[Status, str] = {
    "done": "green",
    "nothing-to-do": "green",
    "findings": "yellow",
    "refused": "red",
    "usage": "red",
    "failed": "red",
    "database-error": "red",
    "interrupted": "yellow",
    "bug": "red",
    "planned": "yellow",
}

_INDENT = 2


def render_text(outcome: Outcome, console: Console) -> None:
    """Prints the outcome on `console`, folded to its width; nothing is cut off."""
    if outcome.verbatim:
        console.out(outcome.verbatim, end="", highlight=False)
        return
    if outcome.page:
        print_page(visible(outcome.page), console)
        return
    heading = Text.assemble((outcome.command, "bold"), "  ", (outcome.status, _STATUS_STYLES[outcome.status]))
    if outcome.run_id:
        heading.append(f"  run {visible(outcome.run_id)}", style="dim")
    console.print(heading, overflow="fold")
    if outcome.origin is not None:
        console.print(Text(visible(outcome.origin.sentence), style="dim"), overflow="fold")
    if outcome.headline:
        console.print(Text(visible(outcome.headline)), overflow="fold")
    if outcome.summary:
        console.print()
        console.print(_figures(outcome))
    for section in outcome.sections:
        console.print()
        _print_section(section, console)
    if outcome.next:
        console.print()
        console.print(Text("Next", style="bold"))
        for command in outcome.next:
            _print_verbatim(visible(command), console)
    if outcome.fence:
        console.print()
        console.print(Text(visible(outcome.fence), style="bold yellow"), overflow="fold")


def _figures(outcome: Outcome) -> RenderableType:
    table = Table.grid(Column(style="dim", overflow="fold"), Column(overflow="fold"), padding=(0, 2, 0, 0))
    for name, value in outcome.summary.items():
        table.add_row(Text(label(name)), Text(figure(name, value)))
    return Padding(table, (0, 0, 0, _INDENT), expand=False)


def _print_section(section: Section, console: Console) -> None:
    console.print(Text(title_of(section), style=TONE_STYLES[section.tone]), overflow="fold")
    if section.text:
        text = visible(section.text.rstrip("\n"))
        if "\n" in text:
            # Lists of statements and commands: line ends of ours inside them would spoil what is copied from here.
            for line in text.split("\n"):
                _print_verbatim(line, console)
        else:
            console.print(Padding(Text(text, overflow="fold"), (0, 0, 0, _INDENT), expand=False))
    if section.columns and section.rows:
        for number, block in enumerate(_table(filled(section), console)):
            if number:
                console.print()
            console.print(Padding(block, (0, 0, 0, _INDENT), expand=False))
    elif section.columns:
        _print_verbatim("none", console)


def _print_verbatim(line: str, console: Console) -> None:
    console.print(Text(" " * _INDENT + line), soft_wrap=True)


def _table(section: Section, console: Console) -> list[RenderableType]:
    """The section's rows as one table, or as a block per row where the columns do not fit side by side."""
    cells = [[figure(name, value) for name, value in zip(section.columns, row, strict=True)] for row in section.rows]
    numeric = [is_numeric(name, (row[at] for row in section.rows)) for at, name in enumerate(section.columns)]
    columns = [
        Measured.of(label(name), [row[at] for row in cells], numeric[at]) for at, name in enumerate(section.columns)
    ]
    widths = fitted(columns, console.width - _INDENT)
    if widths is None:
        return [_block(section, row) for row in cells]
    if all(width >= column.natural for width, column in zip(widths, columns, strict=True)):
        return [_aligned([label(name) for name in section.columns], cells, widths, numeric)]
    table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), show_edge=False, header_style="dim")
    for name, right, width in zip(section.columns, numeric, widths, strict=True):
        table.add_column(Text(label(name)), justify="right" if right else "left", overflow="fold", width=width)
    for row in cells:
        table.add_row(*(Text(cell) for cell in row))
    return [table]


def _aligned(heading: list[str], rows: list[list[str]], widths: list[int], numeric: list[bool]) -> RenderableType:
    """A table of which nothing has to be folded. A rich Table folds each cell all the same, seconds for thousands."""

    def line(cells: Sequence[str]) -> str:
        padded = (
            " " * (width - cell_len(cell)) + cell if right else cell + " " * (width - cell_len(cell))
            for cell, width, right in zip(cells, widths, numeric, strict=True)
        )
        return (" " * GAP).join(padded).rstrip()

    text = Text(line(heading), style="", no_wrap=True, overflow="ignore")
    text.stylize("dim")
    for row in rows:
        for cells in zip_longest(*(cell.split("\n") for cell in row), fillvalue=""):
            text.append(f"\n{line(cells)}")
    return text


def _block(section: Section, row: list[str]) -> RenderableType:
    block = Table.grid(Column(style="dim", overflow="fold"), Column(overflow="fold", ratio=1), padding=(0, 2, 0, 0))
    for name, cell in zip(section.columns, row, strict=True):
        if cell:
            block.add_row(Text(label(name)), Text(cell))
    return block


def to_text(outcome: Outcome, width: int = 1000) -> str:
    """The report without any styling, for files and pipes: lines are as long as their content, up to `width`."""
    console = Console(file=StringIO(), width=width, color_system=None, force_terminal=False, highlight=False)
    with console.capture() as captured:
        render_text(outcome, console)
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())
