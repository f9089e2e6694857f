"""Text that is printed as it is: help, and what a shell reads."""

from __future__ import annotations

import click

from migrator.cli.options import Options
from migrator.cli.session import Session, Work
from migrator.core.result.outcome import Outcome


def verbatim(context: click.Context, text: str, name: str) -> Work | int:
    """Prints `text` and is done; where a document was asked for, the work that makes one with the text under `name`.

    Raises:
        click.UsageError: a report was asked for, which would be another text.
    """
    options = context.ensure_object(Options)
    if options.report is not None:
        raise click.UsageError(f"--report does not go with {context.info_name}.", context)
    if options.output == "text":
        click.echo(text)
        return 0

    def work(_session: Session) -> Outcome:
        return Outcome(str(context.info_name), headline=f"The text is in {name}.", page=text, data={name: text})

    return work
