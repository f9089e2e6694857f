"""The command connections: writes where each tenant's rows are served, for applications and poolers."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import click

from migrator.cli.completion import tenants
from migrator.cli.options import StageCommand
from migrator.cli.session import Session, Work
from migrator.core.connections.formats import MAP_FORMATS, MapFormat
from migrator.core.result.outcome import Outcome


@click.command("connections", cls=StageCommand, short_help="Show which database serves which tenant now.")
@click.option("--format", "form", type=click.Choice(MAP_FORMATS), help="Print a file for a program, not a report.")
@click.option("--tenant", metavar="TENANT", shell_complete=tenants, help="Only this one: its key, slug or database.")
@click.option(
    "--write",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="With --format: replace this file, whole or not at all, instead of printing.",
)
def connections(form: str | None, tenant: str | None, file: Path | None) -> Work:
    """Shows in which database the rows of each target and each tenant are served now: the monolith, or their own.

    Reads only. No format holds a password: libpq takes it from a passfile, PgBouncer from its own.

    \b
    Examples:
      migrator connections
      migrator connections --format pgbouncer --write /etc/pgbouncer/databases.ini
      migrator connections --format env --tenant acme
    """
    if file is not None and form is None:
        raise click.UsageError("--write goes with --format.")

    def work(session: Session) -> Outcome:
        from migrator.commands.connections.command import connections as read
        from migrator.commands.connections.report import present
        from migrator.commands.connections.write import write_map

        result = read(session.looking, tenant)
        chosen = cast(MapFormat | None, form)
        if file is None or chosen is None:
            return present(result, chosen)
        write_map(result, chosen, file)
        return present(result)

    return work
