"""The command config: shows where each setting comes from, and checks the configuration."""

from __future__ import annotations

import click

from migrator.cli.options import Family
from migrator.cli.session import Session, Work
from migrator.core.result.outcome import Outcome


@click.group("config", cls=Family, short_help="Show where each setting comes from, or check them.")
def config() -> None:
    """Shows the settings in force and what gave each of them, or checks them without a server.

    \b
    Examples:
      migrator config show
      migrator config check
    """


@config.command("show", short_help="Show every setting, and what gave it.")
def show() -> Work:
    """Shows every setting with its value and its origin: the default, file and line, a variable, or a flag.

    Secrets are masked. Connects to nothing.

    \b
    Examples:
      migrator config show
      migrator config show --jobs 8 --output json
    """

    def work(session: Session) -> Outcome:
        from migrator.commands.config.show import present, show_settings

        return present(show_settings(session.settings))

    return work


@config.command("check", short_help="Check the configuration without a server.")
def check() -> Work:
    """Checks everything about the configuration that can be seen without a server, and reports all problems at once.

    Exit code 2 where there are any.

    \b
    Examples:
      migrator config check
      migrator --config erp.toml config check
    """

    def work(session: Session) -> Outcome:
        from migrator.commands.config.check import check_configuration, present

        return present(check_configuration(lambda: session.settings))

    return work
