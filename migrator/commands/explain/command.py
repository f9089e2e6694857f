"""The command explain: the page of a name, or what there is."""

from __future__ import annotations

from dataclasses import dataclass

from migrator.commands.explain.pages import KINDS, Page, find_page, pages
from migrator.core.result.outcome import Outcome


@dataclass(frozen=True)
class Contents:
    """What is explained: every page, without one that was asked for."""

    pages: tuple[Page, ...]


def explain(name: str) -> Page | Contents:
    """The page of that name; of the empty one, what there is.

    Raises:
        ConfigurationError: there is none; the hint lists what there is.
    """
    everything = pages()
    return find_page(name, everything) if name.strip() else Contents(everything)


def present(result: Page | Contents) -> Outcome:
    """The page itself in text, and as Markdown in the document."""
    match result:
        case Page():
            return Outcome(
                "explain",
                headline=result.title,
                page=result.text,
                data={"kind": result.kind, "name": result.name, "title": result.title, "markdown": result.text},
            )
        case Contents():
            return Outcome(
                "explain",
                headline="What is explained.",
                page=_contents(result),
                data={
                    "pages": [{"kind": one.kind, "name": one.name, "title": one.title} for one in result.pages],
                },
            )


def _contents(contents: Contents) -> str:
    text = "# What migrator explain NAME explains\n"
    for kind in KINDS:
        chosen = [one for one in contents.pages if one.kind == kind]
        text += f"\n## {kind.capitalize()}s\n\n"
        if kind in ("audit rule", "exit code"):
            text += "".join(f"- {one.name}: {one.title.removeprefix(f'Exit code {one.name}: ')}\n" for one in chosen)
        else:
            text += ", ".join(one.name for one in chosen) + "\n"
    return text
