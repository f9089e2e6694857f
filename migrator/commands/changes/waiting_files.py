"""The files in which changes wait that could not be carried back, as the journal remembers them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # status asks for the files before it has a journal.
    from migrator.journal import Journal

_FILES = "conflict files"


def remember_file(journal: Journal, run: str, file: Path, left: int) -> None:
    """Keeps how many changes wait in a file."""
    files = dict(journal.recorded(run, _FILES) or {})
    journal.record(run, _FILES, {**files, str(file.absolute()): left})


def waiting_files(journal: Journal, run: str) -> dict[str, int]:
    """The files of a run in which changes wait, with how many."""
    return {file: left for file, left in (journal.recorded(run, _FILES) or {}).items() if left}
