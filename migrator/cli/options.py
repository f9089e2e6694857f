"""Options that every command takes, before or after its name, and the Click classes that allow it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import click

Output = Literal["text", "json", "html", "dot", "svg"]
OUTPUTS: tuple[Output, ...] = ("text", "json", "html", "dot", "svg")
# What only a command whose result can be drawn understands.
PICTURES: tuple[Output, ...] = ("dot", "svg")
DRAWN = frozenset({"placements"})


@dataclass
class Options:
    """The options that are not a command's own. Flags are settings by their place in migrator.toml."""

    command: str = "migrator"
    config: Path | None = None
    output: Output = "text"
    report: Path | None = None
    verbose: bool = False
    no_color: bool = False
    flags: dict[tuple[str, ...], Any] = field(default_factory=dict)

    def repeated(self, text: str, commands: Collection[str]) -> str:
        """`text` with what has to be typed again in every command line of ours for it to mean the same configuration.

        `commands` are the names by which a command line is told from prose about migrator.
        """
        given = ["--config", str(self.config)] if self.config else []
        prefix = self.flags.get(("source", "prefix"))
        given += ["--prefix", prefix] if prefix else []
        if not given:
            return text
        names = "|".join(map(re.escape, commands))
        typed = f"migrator {shlex.join(given)} "
        return re.sub(rf"(?<![\w./-])migrator (?=(?:{names})\b(?! --help))", lambda _: typed, text)


# Option declarations -> the setting that the flag stands for.
_SETTINGS: tuple[tuple[tuple[str, ...], tuple[str, ...], Any, str, str], ...] = (
    (("--source",), ("source", "url"), str, "URL", "The monolith. A password in it can be seen by other users."),
    (("--target",), ("servers", "default", "url"), str, "URL", "The server that the targets are made on."),
    (("--prefix",), ("source", "prefix"), str, "NAME", "What the names of our databases begin with."),
    (("--jobs", "-j"), ("limits", "jobs"), click.IntRange(min=1), "N", "How much is done at once; default: 2."),
    (
        ("--executor",), ("limits", "executor"), str, "WHERE",
        "Where units run: processes (default), dask://HOST:PORT, dask+tls://….",
    ),
    (
        ("--throttle",), ("limits", "throttle"), str, "BYTES",
        "Bytes that migrate copies a second, over all workers: 50MB.",
    ),
    (
        ("--max-source-connections",), ("limits", "max_source_connections"), click.IntRange(min=1), "N",
        "Sessions on the source's server at most.",
    ),
    (
        ("--max-target-connections",), ("limits", "max_target_connections"), click.IntRange(min=1), "N",
        "Sessions on each target server at most.",
    ),
)  # fmt: skip

_FILE = click.Path(dir_okay=False, path_type=Path)


def common_options() -> list[click.Option]:
    """New instances of the options that every command has."""
    return [
        _option(
            ("--config", "-c"), "config", type=_FILE, metavar="PATH",
            help="Default: MIGRATOR_CONFIG, or migrator.toml here or above.",
        ),
        *(
            _setting(declarations, place, type=kind, metavar=metavar, help=text)
            for declarations, place, kind, metavar, text in _SETTINGS
        ),
        _option(
            ("--output", "-o"), "output", type=click.Choice(OUTPUTS),
            help="How the result is written to stdout; dot and svg: placements only.",
        ),
        _option(
            ("--report",), "report", type=_FILE, metavar="FILE",
            help="Write the result to a file too: .json, .html, anything else as text.",
        ),
        _option(("--verbose", "-v"), "verbose", is_flag=True, help="Show the log on stderr."),
        _option(("--no-color",), "no_color", is_flag=True, help="No colours; NO_COLOR does the same."),
    ]  # fmt: skip


def _option(declarations: tuple[str, ...], attribute: str, **settings: Any) -> click.Option:
    def remember(context: click.Context, parameter: click.Parameter, value: Any) -> None:
        if _is_given(context, parameter):
            setattr(context.ensure_object(Options), attribute, value)

    # Named apart from a command's own parameters, which are passed to it.
    return click.Option([*declarations, f"common_{attribute}"], callback=remember, expose_value=False, **settings)


def _setting(declarations: tuple[str, ...], place: tuple[str, ...], **settings: Any) -> click.Option:
    def remember(context: click.Context, parameter: click.Parameter, value: Any) -> None:
        if _is_given(context, parameter):
            context.ensure_object(Options).flags[place] = value

    name = f"common_{'_'.join(place)}"
    return click.Option([*declarations, name], callback=remember, expose_value=False, **settings)


def _is_given(context: click.Context, parameter: click.Parameter) -> bool:
    # Each option exists on the group and on the command: the one that was not typed must not undo the other.
    return context.get_parameter_source(str(parameter.name)) is click.core.ParameterSource.COMMANDLINE


class _Documented:
    """Writes a command's own options first and the common ones after them."""

    params: list[click.Parameter]

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        own: list[tuple[str, str]] = []
        common: list[tuple[str, str]] = []
        for parameter in self.get_params(context):  # type: ignore[attr-defined]
            # Arguments stand in the line of usage already.
            if isinstance(parameter, click.Option) and (record := parameter.get_help_record(context)) is not None:
                (common if str(parameter.name).startswith("common_") else own).append(record)
        for title, records in (("Options", own), ("Common options", common)):
            with formatter.section(title):
                formatter.write_dl(records)


_WITH_TENANT = (
    "Of one tenant are `migrator status --tenant`, `sequences --tenant` and `rollback --tenant`, after which "
    "`migrator migrate` makes its database again."
)


class StageCommand(_Documented, click.Command):
    """A command that understands the common options and returns the work to do."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.params = [*self.params, *common_options()]

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        """Names itself in what it does not understand: Click would blame some of it on the whole program."""
        try:
            return super().parse_args(context, args)
        except click.UsageError as error:
            if isinstance(error, click.NoSuchOption) and error.option_name == "--tenant":
                # Click would offer --target, which is another server.
                told = f"{self.name} is about the whole run: it has no --tenant. {_WITH_TENANT}"
                raise click.UsageError(told, context) from error
            error.ctx = error.ctx or context
            raise

    def invoke(self, context: click.Context) -> Any:
        """Notes which command was chosen, so that errors can name it."""
        family = context.parent.command if context.parent is not None else None
        name = f"{family.name} {self.name}" if isinstance(family, Family) else str(self.name)
        context.ensure_object(Options).command = name
        return super().invoke(context)


class Family(click.Group):
    """A command whose name is of two words: the family's own, and one of its commands."""

    command_class = StageCommand


class Program(_Documented, click.Group):
    """The group of all commands, listed in the order in which they are used."""

    command_class = StageCommand

    def list_commands(self, context: click.Context) -> list[str]:
        return list(self.commands)

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the commands first: they are what somebody who asks for help does not know yet."""
        self.format_commands(context, formatter)
        super().format_options(context, formatter)
