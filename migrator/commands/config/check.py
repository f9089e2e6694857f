"""The command config check: everything that is wrong with a configuration, as far as no server is needed to see it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from migrator.commands.shared.workspace import Workspace
from migrator.core.result.outcome import Outcome, Section
from migrator.core.result.progress import Silent
from migrator.core.result.wording import plural
from migrator.errors import ConfigurationError
from migrator.postgres.session.connect import Endpoint
from migrator.revisions import heads
from migrator.settings import Settings
from migrator.settings.problems import SettingsError


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong: in words, and what to do about it."""

    what: str
    remedy: str = "docs/configuration.md lists every setting."


@dataclass(frozen=True)
class CheckedConfiguration:
    """What was looked at, and what is wrong with it; `file` is None where it could not be told."""

    file: Path | None
    problems: tuple[Problem, ...]


def check_configuration(load: Callable[[], Settings]) -> CheckedConfiguration:
    """Everything that is wrong with the configuration that `load` reads, or nothing. Connects to nothing.

    Where settings are wrong themselves, the trees, programs and addresses that they name are not looked at.

    Raises:
        ConfigurationError: there is no file, or it is not TOML.
    """
    try:
        settings = load()
    except SettingsError as error:
        return CheckedConfiguration(error.file, tuple(Problem(one) for one in error.problems))
    return CheckedConfiguration(settings.file, tuple(_problems(settings)))


def _problems(settings: Settings) -> Iterator[Problem]:
    yield from _addresses(settings)
    yield from _names(settings)
    yield from _trees(settings)
    yield from _paths(settings)
    yield from _commands(settings)


def _addresses(settings: Settings) -> Iterator[Problem]:
    checks: list[Callable[[], object]] = [partial(Workspace.of, settings, Silent())]
    for name, server in settings.servers.items():
        checks.append(partial(Endpoint.of, server, setting=settings.described(f"servers.{name}.url")))
    for check in checks:
        yield from _told(check)
    for name, target in settings.targets.items():
        if target.server != "default" and target.server not in settings.servers:
            yield Problem(
                f"targets.{name}.server names {target.server!r}, but there is no [servers.{target.server}].",
                "Add it with its url, or correct the name.",
            )


def _told(check: Callable[[], object]) -> Iterator[Problem]:
    try:
        check()
    except ConfigurationError as error:
        yield Problem(error.message, error.hint)


def _names(settings: Settings) -> Iterator[Problem]:
    yield from _pattern("control.database", settings.control.database, {"prefix": "p"})
    for name, target in settings.targets.items():
        fields = {"prefix": "p", **({"slug": "s", "key": "k"} if target.per_tenant else {})}
        yield from _pattern(f"targets.{name}.database", target.database, fields)
        if target.per_tenant and not any(part in target.database for part in ("{slug}", "{key}")):
            yield Problem(
                f"targets.{name}.database is the same for every tenant: {target.database!r}.",
                "Let it hold {slug} or {key}.",
            )


def _pattern(setting: str, pattern: str, fields: Mapping[str, str]) -> Iterator[Problem]:
    try:
        pattern.format(**fields)
    except (KeyError, IndexError, ValueError) as error:
        known = ", ".join(f"{{{name}}}" for name in fields)
        yield Problem(f"{setting} cannot be filled: {error}.", f"It may hold {known}.")


def _trees(settings: Settings) -> Iterator[Problem]:
    if not settings.targets:
        yield Problem(
            "No target is configured.", "Add [targets.NAME]; `migrator init` writes them for a database of yours."
        )
    by_tree: dict[Path, list[str]] = {}
    for name, target in settings.targets.items():
        by_tree.setdefault(settings.path(target.migrations), []).append(name)
    for tree, names in by_tree.items():
        for problem in _told(partial(heads, tree)):
            yield Problem(
                f"{', '.join(f'targets.{name}.migrations' for name in names)}: {problem.what}", problem.remedy
            )


def _paths(settings: Settings) -> Iterator[Problem]:
    programs = settings.paths.programs
    if programs is not None and not settings.path(programs).is_dir():
        yield Problem(
            f"paths.programs is no directory: {settings.path(programs)}.", "Name the directory of pg_dump and others."
        )
    for setting, directory in (("backups", settings.paths.backups), ("spool", settings.paths.spool),
                               ("logs", settings.paths.logs)):  # fmt: skip
        if (path := settings.path(directory)).exists() and not path.is_dir():
            yield Problem(
                f"paths.{setting} is no directory: {path}.", "Name a directory; it is made where it is missing."
            )
    history = settings.audit.history
    if history is not None and not settings.path(history).is_dir():
        yield Problem(
            f"audit.history is no directory: {settings.path(history)}.", "Name the source's own Alembic tree."
        )
    for file in settings.audit.history_before:
        if not settings.path(file).is_file():
            yield Problem(f"audit.history_before: there is no file {settings.path(file)}.", "Correct its path.")


def _commands(settings: Settings) -> Iterator[Problem]:
    named = {
        "backup.encrypt": settings.backup.encrypt,
        "backup.decrypt": settings.backup.decrypt,
        "roles.hand_out": settings.roles.hand_out,
    }
    for setting, command in named.items():
        if command and shutil.which(settings.root / command[0] if "/" in command[0] else command[0]) is None:
            yield Problem(f"{setting}: there is no program {command[0]!r}.", "Install it, or write its full path.")


def present(result: CheckedConfiguration) -> Outcome:
    """Ok, or a row for each problem and exit code 2."""
    count = len(result.problems)
    return Outcome(
        "config check",
        "usage" if count else "done",
        ConfigurationError.exit_code if count else 0,
        headline=f"{result.file}: {plural(count, 'problem') if count else 'ok'}.",
        summary={"file": str(result.file), "problems": count},
        sections=(
            Section(
                "Problems", ("what", "remedy"), tuple((one.what, one.remedy) for one in result.problems), tone="bad"
            ),
        )
        if count
        else (),
        data={"file": result.file, "problems": [{"what": one.what, "remedy": one.remedy} for one in result.problems]},
        next=("migrator config check",) if count else ("migrator doctor",),
    )
