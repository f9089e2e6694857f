"""Prints a page of the documentation: at a terminal's width where there is one, elsewhere as it is written."""

from __future__ import annotations

import re
from typing import ClassVar

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import Heading, Markdown, MarkdownElement
from rich.text import Text
from rich.theme import Theme

# Links to other pages lead nowhere on a terminal; their words are names that `explain` takes.
_LOCAL_LINK = re.compile(r"\[([^\]\n]+)\]\((?![a-z]+:)[^)\s]+\)")

# What stands between fences, as every second part.
_CODE = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


# Rich's own have colours and a background that say nothing here.
_STYLES = Theme({**{f"markdown.h{level}": "bold" for level in range(1, 7)}, "markdown.code": "bold"})


class _LeftHeading(Heading):
    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if self.tag != "h1":
            yield Text("")
        yield Text.assemble(self.text, style="bold")


class _Page(Markdown):
    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **Markdown.elements,
        "heading_open": _LeftHeading,
    }


def print_page(page: str, console: Console) -> None:
    """Prints a page of Markdown."""
    page = _LOCAL_LINK.sub(r"\1", page)
    if not console.is_terminal:
        console.print(Text(page.rstrip("\n")), soft_wrap=True)
        return
    for number, part in enumerate(_CODE.split(page.strip())):
        if number:
            console.print()
        if number % 2:
            # It is copied from here: no line ends of ours, nothing cut off.
            for line in part.rstrip("\n").split("\n"):
                console.print(Text(f"    {line}"), soft_wrap=True)
        else:
            with console.use_theme(_STYLES):
                console.print(_Page(part.strip(), hyperlinks=False))
