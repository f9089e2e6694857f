"""Directories of backups: written whole or not at all, and checked against their manifest.

backups/pre-migration/<run>/ holds manifest.json, dump/ (pg_dump's directory format) and, once a restore has been
tried, verified.json. A later backup of the same run is <run>-2, <run>-3, …; none is ever overwritten.
"""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from migrator.commands.shared.workspace import Workspace
from migrator.core.backup.manifest import BackupFile, Manifest, Verification, defects, parse_manifest
from migrator.errors import ConfigurationError, RefusedError
from migrator.files import (
    PRIVATE_DIRECTORY,
    PRIVATE_FILE,
    private_directory,
    rename_durably,
    sha256,
    write_atomically,
)
from migrator.postgres.backup.dump import is_encrypted, read_back

DUMP = "dump"
MANIFEST = "manifest.json"
VERIFIED = "verified.json"
_PARTIAL = ".partial"


def place(backups: Path) -> Path:
    """Where the backups before a migration are kept.

    Raises:
        ConfigurationError: the directory cannot be made.
    """
    try:
        return private_directory(backups / "pre-migration")
    except OSError as error:
        raise ConfigurationError(
            f"Backups cannot be kept in {backups}: {error.strerror}.", "Name another directory: [paths] backups."
        ) from error


def newest(home: Path, run: str) -> Path | None:
    """The newest complete backup of a run, or None."""
    numbered = re.compile(re.escape(run) + r"(?:-(\d+))?")
    numbered_paths = [
        (int(match[1] or 1), path)
        for path in home.iterdir()
        if (match := numbered.fullmatch(path.name)) and path.is_dir()
    ]
    return max(numbered_paths)[1] if numbered_paths else None


@contextmanager
def taking(home: Path, run: str) -> Iterator[tuple[Path, Path]]:
    """Yields (the directory to fill, the name that it gets when the block is complete); removes it when it is not.

    What earlier attempts left behind is removed first: the caller holds the source's lock, so they are over.
    """
    last = newest(home, run)
    number = 1 if last is None else int(last.name[len(run) + 1 :] or 1) + 1
    final = home / (run if number == 1 else f"{run}-{number}")
    for leftover in home.glob(f"{run}*{_PARTIAL}"):
        shutil.rmtree(leftover, ignore_errors=True)
    # A name of its own: a pg_dump that outlived its migrator may still write into the one of an earlier attempt.
    partial = private_directory(home / f"{final.name}.{secrets.token_hex(4)}{_PARTIAL}")
    try:
        yield partial, final
        rename_durably(partial, final)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def files_below(directory: Path) -> Mapping[str, BackupFile]:
    """The dump's files with size and SHA-256, by their path relative to the backup's directory."""
    files = {}
    for path in sorted((directory / DUMP).rglob("*")):
        if path.is_file():
            name = path.relative_to(directory).as_posix()
            files[name] = BackupFile(name, path.stat().st_size, sha256(path))
    return files


def finish_dump(workspace: Workspace, dump: Path) -> None:
    """Closes a fresh dump to everybody else (pg_dump's own modes follow the umask) and reads every byte of it back.

    Raises:
        RefusedError: it cannot be read back.
    """
    for path in (dump, *dump.rglob("*")):
        path.chmod(PRIVATE_DIRECTORY if path.is_dir() else PRIVATE_FILE)
    if is_encrypted(dump) and not workspace.cipher.decrypt:
        workspace.progress.say(f"{dump.name} is encrypted and was not read back: [backup] decrypt is not set here.")
        return
    read_back(dump, programs=workspace.programs, cipher=workspace.cipher)


def check_backup(directory: Path, source_id: str) -> Manifest:
    """The manifest of a complete, undamaged backup of that source.

    Every file's SHA-256 is compared, so this reads the whole backup.

    Raises:
        RefusedError: it is missing, incomplete, damaged, or of another source; says which file and what is wrong.
    """
    try:
        text = (directory / MANIFEST).read_bytes()
    except OSError as error:
        raise RefusedError(
            f"There is no backup in {directory}: {MANIFEST} cannot be read ({error.strerror}).",
            "Take one: migrator backup.",
        ) from error
    manifest = parse_manifest(text, str(directory / MANIFEST))
    if manifest.source.id != source_id:
        raise RefusedError(
            f"The backup in {directory} is of another source: {manifest.source.id}, not {source_id}.",
            "Name the source that it was taken of, or take a backup of this one: migrator backup.",
        )
    try:
        wrong = defects(manifest.files, files_below(directory))
    except OSError as error:
        raise RefusedError(
            f"The backup in {directory} cannot be read: {error.filename}: {error.strerror}.",
            "Check the disk and the permissions.",
        ) from error
    if wrong:
        more = f" (and {len(wrong) - 1} more files)" if len(wrong) > 1 else ""
        raise RefusedError(
            f"The backup in {directory} is not whole: {wrong[0].path} {wrong[0].what}{more}.",
            "It is not fit for a restore. Take another one: migrator backup.",
        )
    return manifest


def keep_verification(directory: Path, verification: Verification) -> None:
    """Writes the result of a trial restore beside the backup."""
    write_atomically(directory / VERIFIED, verification.to_json())


def verification_of(directory: Path) -> Verification | None:
    """The result of the last trial restore of exactly this backup, or None."""
    try:
        verification = Verification.parse((directory / VERIFIED).read_bytes())
    except FileNotFoundError:
        return None
    if verification is None or verification.manifest != sha256(directory / MANIFEST):
        return None
    return verification
