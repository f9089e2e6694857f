"""A backup and its trial restore, as values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from migrator.core.backup.manifest import Manifest, Verification


@dataclass(frozen=True, slots=True)
class Backup:
    """A complete backup; `taken` says whether this call took it, `why` why an earlier one was not enough."""

    directory: Path
    manifest: Manifest
    taken: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class BackedUp:
    """The backup of a run, and what its newest trial restore gave back; `tried` says whether this call restored it."""

    run_id: str
    backup: Backup
    verification: Verification | None
    tried: bool

    @property
    def directory(self) -> Path:
        return self.backup.directory

    @property
    def verified(self) -> bool:
        """Whether a restore of it gave back every row."""
        return self.verification is not None and self.verification.passed
