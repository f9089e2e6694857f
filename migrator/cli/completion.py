"""Completes what is typed from migrator.toml, the journal and the package, for the shells that Click knows.

A completion that cannot be had (no configuration, no server) is none: nothing may be printed between a person's words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from migrator.cli.options import Options
from migrator.errors import MigratorError

if TYPE_CHECKING:
    from migrator.commands.shared.names import KnownNames
    from migrator.settings import Settings

Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def _matching(names: Iterable[tuple[str, str]], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name, help=what or None) for name, what in names if name.startswith(incomplete)]


def _completer(names: Callable[[click.Context], Iterable[tuple[str, str]]]) -> Completer:
    """A completer of what `names` gives: pairs of a name and what it is."""

    def complete(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
        try:
            return _matching(names(context), incomplete)
        except MigratorError:
            return []

    return complete


def _settings(context: click.Context) -> Settings:
    from migrator.settings.load import load_settings

    options = context.find_object(Options) or Options()
    return load_settings(options.config, flags=options.flags)


def _journal(context: click.Context) -> KnownNames:
    from migrator.commands.shared.names import known_names

    return known_names(_settings(context))


def _rules(_context: click.Context) -> Iterable[tuple[str, str]]:
    from migrator.core.audit.rules import RULES

    return ((rule.id, rule.title) for rule in RULES.values())


def _pages(_context: click.Context) -> Iterable[tuple[str, str]]:
    from migrator.commands.explain.pages import pages

    return ((page.name, page.kind) for page in pages())


def _commands(context: click.Context) -> Iterable[tuple[str, str]]:
    group = context.find_root().command
    for word in context.params.get("command") or ():
        group = group.commands.get(word, group) if isinstance(group, click.Group) else group
    commands = group.commands if isinstance(group, click.Group) else {}
    return ((name, command.short_help or "") for name, command in commands.items())


run_ids = _completer(lambda context: _journal(context).runs)
open_run_ids = _completer(lambda context: _journal(context).open_runs)
tenants = _completer(lambda context: _journal(context).tenants)
fingerprints = _completer(lambda context: _journal(context).plans)
tables = _completer(lambda context: ((name, "") for name in _settings(context).tables))
clean_rules = _completer(lambda context: ((name, rule.kind) for name, rule in _settings(context).clean.items()))
audit_rules = _completer(_rules)
page_names = _completer(_pages)
command_names = _completer(_commands)
