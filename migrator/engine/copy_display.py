"""Shows how far the copies are: all of them on one line, and the tables that are being read below it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from migrator.core.result.progress import Progress
from migrator.journal import RunJournal

WHOLE = "copying rows"


class CopyDisplay:
    """Progress of the copies: what finished units did, plus what the journal says of running ones.

    `expected` gives rows by relation, as the statistics have them; `relations` that of every unit. A table that is
    read counts as read whole: what statistics had too much, or goes elsewhere, must not hold the whole back.
    """

    def __init__(self, progress: Progress, expected: Mapping[str, int], relations: Iterable[str]) -> None:
        self._progress = progress
        self._expected = expected
        self._left = Counter(relations)  # units by table
        self._total = sum(expected.get(relation, 0) for relation in self._left)
        self._rows: dict[str, dict[str, tuple[int, int]]] = defaultdict(dict)  # by table and step: (rows, bytes)
        self._shown: set[str] = set()

    def begin(self) -> None:
        """Shows the line of the whole, before any table."""
        if self._left:
            self._progress.start(WHOLE, total=self._total or None)

    def complete(self, relation: str, step: str, rows: int, bytes_: int) -> None:
        """A unit is done; with a table's last one its line makes room."""
        self._rows[relation][step] = rows, bytes_
        self._left[relation] -= 1
        if not self._left[relation] and relation in self._shown:
            self._shown.remove(relation)
            self._progress.finish(relation)

    def show(self, journal: RunJournal) -> None:
        """Moves the lines to what the journal says of running units."""
        for record in journal.running_steps():
            if record.kind == "copy" and self._left[record.relation] > 0:
                if record.relation not in self._shown:
                    self._shown.add(record.relation)
                    self._progress.start(record.relation, total=self._expected.get(record.relation))
                self._rows[record.relation][record.step] = record.rows, record.bytes
        for relation in self._shown:
            rows, bytes_ = self._of(relation)
            self._progress.advance(relation, rows=rows, bytes_=bytes_)
        self._show_whole()

    def close(self) -> None:
        """Takes every line away."""
        for relation in self._shown:
            self._progress.finish(relation)
        self._show_whole()
        if self._left:
            self._progress.finish(WHOLE)

    def _show_whole(self) -> None:
        if not self._left:
            return
        rows = sum(self._counted(relation) for relation in self._left)
        self._progress.advance(WHOLE, rows=rows, bytes_=sum(self._of(relation)[1] for relation in list(self._rows)))

    def _counted(self, relation: str) -> int:
        """What a table adds to the whole: all that was expected once it is read, never more before."""
        rows, expected = self._of(relation)[0], self._expected.get(relation, 0)
        if not self._total:
            return rows
        return expected if not self._left[relation] else min(rows, expected)

    def _of(self, relation: str) -> tuple[int, int]:
        steps = self._rows[relation].values()
        return sum(rows for rows, _ in steps), sum(size for _, size in steps)
