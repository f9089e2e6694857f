"""The command explain: shows the page of a rule, an exit code, a command or a word."""

from __future__ import annotations

import click

from migrator.cli.completion import page_names
from migrator.cli.options import StageCommand
from migrator.cli.session import Session, Work
from migrator.core.result.outcome import Outcome


@click.command("explain", cls=StageCommand, short_help="Explain an audit rule, an exit code, a command or a word.")
@click.argument("name", nargs=-1, shell_complete=page_names)
def explain(name: tuple[str, ...]) -> Work:
    """Shows the page of NAME: an audit rule, an exit code, a command, or a word of the glossary.

    Needs neither a network nor a configuration: the pages are in the package. Without NAME it lists what there is.

    \b
    Examples:
      migrator explain S06
      migrator explain 4
      migrator explain key path
    """

    def work(session: Session) -> Outcome:
        from migrator.commands.explain.command import explain as find
        from migrator.commands.explain.command import present

        return present(find(" ".join(name)))

    return work
