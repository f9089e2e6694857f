"""The command completion: prints the script that lets a shell complete command lines."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from migrator.cli.options import StageCommand

_SHELLS = ("bash", "zsh", "fish")


@click.command("completion", cls=StageCommand, short_help="Print the script that completes command lines in a shell.")
@click.argument("shell", type=click.Choice(_SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> int:
    """Prints the script that lets a SHELL (bash, zsh, fish) complete commands, options, runs, tenants and tables.

    \b
    Examples:
      migrator completion bash > ~/.local/share/bash-completion/completions/migrator
      migrator completion zsh > "${fpath[1]}/_migrator"
      migrator completion fish > ~/.config/fish/completions/migrator.fish
    """
    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(context.find_root().command, {}, "migrator", "_MIGRATOR_COMPLETE").source())
    return 0
