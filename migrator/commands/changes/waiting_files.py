"""The files in which changes wait that could not be carried back, as the journal remembers them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from migrator.core.run.facts import CONFLICT_FILES

if TYPE_CHECKING:
    # status asks for the files before it has a journal.
    from migrator.journal import RunJournal


def remember_file(journal: RunJournal, file: Path, left: int) -> None:
    """Keeps how many changes wait in a file."""
    files = journal.recorded(CONFLICT_FILES) or {}
    journal.record(CONFLICT_FILES, {**files, str(file.absolute()): left})


def waiting_files(journal: RunJournal) -> dict[str, int]:
    """The files of a run in which changes wait, with how many."""
    return {file: left for file, left in (journal.recorded(CONFLICT_FILES) or {}).items() if left}
