"""How a run, or a tenant of it, is to be taken back: what becomes of later writes, and what is restored besides."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from migrator.commands.changes.conflicts import REFUSE, Settlement
from migrator.errors import ConfigurationError

Restore = Literal["nothing", "quarantine", "backup"]


@dataclass(frozen=True)
class LaterWrites:
    """What becomes of rows that applications wrote to the targets since migrate; by default they stand in the way.

    Attributes:
        save: a new directory, in which they are kept as files.
        replay: they are carried back into the source.
        discard: they are given up (the dumps have them).
        settlement: what becomes of those that cannot be carried back as they are.
    """

    save: Path | None = None
    replay: bool = False
    discard: bool = False
    settlement: Settlement = REFUSE

    @property
    def kept(self) -> bool:
        """Whether what can be told of them is not lost."""
        return self.save is not None or self.replay


@dataclass(frozen=True)
class WayBack:
    """How a run is taken back.

    Attributes:
        restore: "quarantine" puts cleaned rows back, "backup" swaps the source for its restored backup.
        journal: where it is "lost" the run is found by what it left on the servers.
    """

    writes: LaterWrites = LaterWrites()
    restore: Restore = "nothing"
    journal: Literal["kept", "lost"] = "kept"

    def require_possible(self) -> None:
        """Refuses wishes of which one undoes the other.

        Raises:
            ConfigurationError: rows would be carried back into a source that is swapped away.
        """
        if self.writes.replay and self.restore == "backup":
            raise ConfigurationError(
                "--replay-writes goes not with --restore-backup: what is carried back would go with the damaged "
                "source.",
                "Keep those rows as files, for the restored one: --save-writes DIR.",
            )
