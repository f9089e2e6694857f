"""What init inferred and wrote, as values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from migrator.commands.shared.trees import Trees
from migrator.core.init.config_file import Findings
from migrator.core.placement.model import Placements, Undecided


@dataclass(frozen=True)
class Initialized:
    """What was inferred of a source, and the file and the Alembic trees that were written for it."""

    source: str
    findings: Findings
    placements: Placements
    trees: Trees
    file: Path  # migrator.toml
    directories: tuple[Path, ...]  # of the trees

    @property
    def undecided(self) -> tuple[Undecided, ...]:
        """The tables that a person has to decide on."""
        return tuple(self.placements.undecided)


@dataclass(frozen=True)
class TreesWritten:
    """The Alembic trees that were written anew for an edited migrator.toml."""

    trees: Trees
    directories: tuple[Path, ...]
