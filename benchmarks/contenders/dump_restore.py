"""pg_dump and pg_restore of the whole database, in the directory format, with as many jobs as we have."""

from __future__ import annotations

from benchmarks.case import Case, Measured
from benchmarks.testbed import MONOLITH, Testbed

_TARGET = "restored"


def measure(bed: Testbed, case: Case) -> Measured:
    """Dumps the monolith and restores it into one database; uncompressed, which is the fastest that they do."""
    with bed.databases(_TARGET), bed.scratch() as directory, bed.watched() as used:
        archive = str(directory / "dump")
        options = ["--format=directory", f"--jobs={case.jobs}", "--compress=0", f"--file={archive}"]
        dumped = bed.run([bed.program("pg_dump"), *options, f"--dbname={bed.server.url(MONOLITH)}"])
        target = [f"--jobs={case.jobs}", "--exit-on-error", f"--dbname={bed.server.url(_TARGET)}"]
        restored = bed.run([bed.program("pg_restore"), *target, archive])
    return Measured({"dump": dumped.seconds, "restore": restored.seconds}, used.peaks, processor=used.processor)
