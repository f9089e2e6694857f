"""What a command works with: its options, its progress display, and the workspace once it is needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # Imported when they are needed: --help must not load the driver.
    from migrator.cli.options import Options
    from migrator.commands.shared.workspace import Workspace
    from migrator.core.result.origin import Origin
    from migrator.core.result.outcome import Outcome
    from migrator.errors import MigratorError
    from migrator.report.progress import Display
    from migrator.settings import Settings


@dataclass
class Session:
    """What a command works with."""

    options: Options
    progress: Display
    show: Callable[[Outcome], None]  # an outcome on the way to the result, for the person at the terminal
    _fresh: Workspace | None = None

    @cached_property
    def settings(self) -> Settings:
        """Flags over environment over file.

        Raises:
            ConfigurationError: they cannot be used.
        """
        from migrator.settings.load import load_settings

        return load_settings(self.options.config, flags=self.options.flags)

    @cached_property
    def workspace(self) -> Workspace:
        """The workspace, for commands that may change something: the log file is opened first.

        Raises:
            ConfigurationError: no source is named, or the log cannot be written.
        """
        from migrator import logs

        looking = self.looking
        logs.to_file(self.settings.path(self.settings.paths.logs))
        logs.logger(__name__).info("command", command=self.options.command, source=str(looking.source))
        return looking

    @cached_property
    def looking(self) -> Workspace:
        """The workspace, for commands that only look: nothing is written, not even a log.

        Raises:
            ConfigurationError: no source is named.
        """
        from migrator.commands.shared.workspace import Workspace

        return Workspace.of(self.settings, self.progress)

    def fresh(self, schemas: Sequence[str] = ()) -> Workspace:
        """A workspace for `init`: no file is read, because it is about to be written.

        Raises:
            ConfigurationError: no source is named.
        """
        from migrator.commands.shared.workspace import Workspace
        from migrator.settings.load import load_settings

        flags = {**self.options.flags, ("source", "schemas"): list(schemas) or None}
        self._fresh = Workspace.of(load_settings(flags=flags, without_file=True), self.progress)
        return self._fresh

    @property
    def origin(self) -> Origin | None:
        """What the command's report is about; None where it never came to a source."""
        known = self._fresh if self._fresh is not None else vars(self).get("looking")
        return known.origin if known is not None else None

    def last_line(self, failure: MigratorError | None) -> str:
        """What the command ends with where it leaves the source fenced, or where it failed before it could know.

        What it knows already is told from memory: the server may be gone.
        """
        if "looking" not in vars(self):
            return ""
        from migrator.commands.status.standing_fence import ask_fence, ask_source_alone
        from migrator.errors import DatabaseError

        fence = self.looking.fence
        ask_fence(self.looking)
        if not fence.known and isinstance(failure, DatabaseError):
            ask_source_alone(self.looking)
        return fence.sentence or (fence.unknown if isinstance(failure, DatabaseError) else "")

    def close(self) -> None:
        """Ends what the command opened; harmless where it opened nothing."""
        if "looking" in vars(self):
            self.looking.close()


Work = Callable[[Session], "Outcome"]
