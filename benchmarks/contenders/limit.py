"""What the server itself takes for its part, each alone: reading all rows, writing them, building the indexes."""

from __future__ import annotations

import os
from pathlib import Path

from benchmarks.case import Case, Measured
from benchmarks.testbed import MONOLITH, SQL, Testbed, tables

_TARGET = "copied"


def measure(bed: Testbed, case: Case) -> Measured:
    """One session after another, one database; nobody can copy with one job in less."""
    names = tables(case)
    with bed.databases(_TARGET), bed.scratch() as directory, bed.watched() as used:
        read = sum(
            bed.psql(MONOLITH, f"--command=COPY {name} TO STDOUT", output=Path(os.devnull)).seconds for name in names
        )
        for name in names:
            bed.psql(MONOLITH, f"--command=COPY {name} TO STDOUT", output=directory / name)
        bed.psql(_TARGET, f"--file={SQL / 'tables.sql'}", "--command=CHECKPOINT")
        written = sum(
            bed.psql(_TARGET, f"--command=COPY {name} FROM STDIN", input_=directory / name).seconds for name in names
        )
        indexed = bed.psql(_TARGET, f"--file={SQL / 'keys.sql'}").seconds
        return Measured(
            {"COPY TO": read, "COPY FROM": written, "indexes and keys": indexed},
            used.peaks,
            {"bytes": sum((directory / name).stat().st_size for name in names)},
        )
