"""The command help: shows the help of a command."""

from __future__ import annotations

import click

from migrator.cli.completion import command_names
from migrator.cli.options import StageCommand


@click.command("help", cls=StageCommand, short_help="Show the help of a command.")
@click.argument("command", nargs=-1, shell_complete=command_names)
@click.pass_context
def help_command(context: click.Context, command: tuple[str, ...]) -> int:
    """Shows the help of a COMMAND, or of the program: the same as `migrator COMMAND --help`.

    \b
    Examples:
      migrator help
      migrator help dry-run
      migrator help plan diff
    """
    shown = context.find_root()
    for word in command:
        group = shown.command
        chosen = group.get_command(shown, word) if isinstance(group, click.Group) else None
        if chosen is None:
            names = ", ".join(group.list_commands(shown)) if isinstance(group, click.Group) else "none"
            raise click.UsageError(f"{shown.command_path} has no command {word!r}; it has: {names}.", shown)
        shown = click.Context(chosen, shown, info_name=word)
    click.echo(shown.get_help())
    return 0
