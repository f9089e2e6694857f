"""pgcopydb: one clone of the whole database, then its comparison of the data."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

from benchmarks.case import Case, Measured
from benchmarks.testbed import MONOLITH, BenchmarkError, Testbed, tables

_TARGET = "pgcopydb_clone"
# What `compare data` of 0.12 and newer asks each side for every table; older ones lack the command.
_COMPARISON = "SELECT count(1), sum(hashtext(t::text)::bigint) FROM ONLY {} t"


def absent(bed: Testbed, program: str) -> str:
    """Why pgcopydb cannot be measured here; '' where it can."""
    if shutil.which(program) is None:
        return f"pgcopydb is absent ({program} is not found): apt-get install pgcopydb, or name it with --pgcopydb"
    major = int(re.search(r"\d+", bed.run([bed.program("postgres"), "--version"]).stdout)[0])  # type: ignore[index]
    words = _banner(program)
    known = {int(number) for number in re.findall(r"\d+", words.partition("compatible with")[2].partition("\n")[0])}
    if major not in known:
        return f"pgcopydb is absent: {words.splitlines()[0]} does not know PostgreSQL {major}"
    return ""


def version(program: str) -> str:
    """Its name and version."""
    return _banner(program).splitlines()[0] if shutil.which(program) else ""


def measure(bed: Testbed, case: Case, *, program: str) -> Measured:
    """Clones the monolith into one database and compares the two.

    Raises:
        BenchmarkError: it failed, or the two differ.
    """
    with bed.databases(_TARGET), bed.scratch() as directory:
        ends = ["--source", bed.server.url(MONOLITH), "--target", bed.server.url(_TARGET)]
        jobs = ["--table-jobs", str(case.jobs), "--index-jobs", str(case.jobs)]
        with bed.watched() as used:
            cloned = bed.run([program, "clone", *ends, *jobs, "--dir", str(directory / "clone")])
            if _has_comparison(program):
                compare = partial(bed.run, [program, "compare", "data", *ends, "--dir", str(directory / "compare")])
                seconds = compare().seconds
            else:
                seconds = _compare(bed, case)
        return Measured({"clone": cloned.seconds, "compare data": seconds}, used.peaks, processor=used.processor)


def _compare(bed: Testbed, case: Case) -> float:
    seconds = 0.0
    for table in ("tenants", *tables(case)):
        statement = _COMPARISON.format(table)
        sides = [bed.psql(database, f"--command={statement}") for database in (MONOLITH, _TARGET)]
        if sides[0].stdout != sides[1].stdout:
            raise BenchmarkError(f"pgcopydb's clone of {table} differs from the source")
        # Both sides are asked at once by the command that this stands in for.
        seconds += max(side.seconds for side in sides)
    return seconds


@cache
def _banner(program: str) -> str:
    shown = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    return next(
        (text[text.index("pgcopydb version") :] for text in (shown.stdout, shown.stderr) if "pgcopydb version" in text),
        "pgcopydb",
    )


@cache
def _has_comparison(program: str) -> bool:
    shown = subprocess.run([program, "compare", "data", "--help"], capture_output=True, text=True, check=False)
    return "unknown command" not in shown.stdout + shown.stderr


def contender(program: str) -> Callable[[Testbed, Case], Measured]:
    """`measure` with that program."""
    return partial(measure, program=str(Path(shutil.which(program) or program).absolute()))
