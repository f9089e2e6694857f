"""The sections [paths], [backup] and [audit]: directories, and what happens to the files in them."""

from __future__ import annotations

from pathlib import Path

from migrator.settings.section import Command, Section


class Paths(Section):
    """`[paths]`: where files go, relative to migrator.toml; `programs` is the directory of pg_dump and friends."""

    backups: Path = Path("backups")
    spool: Path = Path("spool")
    logs: Path = Path("logs")
    programs: Path | None = None


class BackupSettings(Section):
    """`[backup]`: commands that encrypt and decrypt dumps, in a pipe."""

    encrypt: Command = ()
    decrypt: Command = ()


class AuditSettings(Section):
    """`[audit]`: what is not reported; `history` is the source's Alembic tree, run after `history_before` (SQL)."""

    suppress: tuple[str, ...] = ()
    history: Path | None = None
    history_before: tuple[Path, ...] = ()
