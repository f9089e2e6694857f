"""Writes private files that are whole or absent (manifests, reports, backups), and finds what the package carries."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

PRIVATE_FILE = 0o600
PRIVATE_DIRECTORY = 0o700


def reference_directory() -> Path:
    """Where docs/, examples/ and migrations/ are: inside an installed package, or beside it in a checkout."""
    package = Path(__file__).parent
    packaged = package / "_reference"
    return packaged if packaged.is_dir() else package.parent


def write_atomically(path: Path, data: bytes | Iterable[bytes], mode: int = PRIVATE_FILE) -> None:
    """Writes a file, all at once or part by part, so that a crash leaves the old content or the new one, never a part.

    Raises:
        OSError: the directory is missing, closed to us, or full; the old content is still there then.
    """
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.writelines([data] if isinstance(data, bytes) else data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        raise
    sync_directory(path.parent)


def private_directory(path: Path) -> Path:
    """Makes a directory that its owner alone can enter, and the missing ones above it; returns it.

    Directories that existed before keep their mode, except `path` itself.
    """
    for missing in reversed([path, *path.parents]):
        if not missing.exists():
            missing.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
    path.chmod(PRIVATE_DIRECTORY)
    return path


def file_name(name: str) -> str:
    """A database's or table's name as one part of a path, never two alike: it may hold a slash, or be two dots."""
    quoted = quote(name, safe=" ")
    return f"%2E{quoted[1:]}" if quoted.startswith(".") else quoted


def rename_durably(source: Path, destination: Path) -> None:
    """Renames a file or directory; after a crash it has one name or the other."""
    os.rename(source, destination)
    sync_directory(destination.parent)


def sync_directory(path: Path) -> None:
    """Makes the names in a directory durable: without it a rename may be lost in a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256(path: Path) -> str:
    """The SHA-256 of a file's content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def tree_size(path: Path) -> int:
    """The bytes of all files below a directory; one that vanishes meanwhile counts nothing."""
    size = 0
    for file in path.rglob("*"):
        with contextlib.suppress(FileNotFoundError):
            if file.is_file():
                size += file.stat().st_size
    return size
