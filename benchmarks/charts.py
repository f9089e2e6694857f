"""Results as charts, one SVG file each. Needs the extra `bench`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.case import Case
from benchmarks.requirements import base_case
from benchmarks.results import Results

_WHOLE = ("ours", "pgcopydb", "pg_dump", "by hand", "limit")
_COLOURS = dict(zip(_WHOLE, ("#0b6e4f", "#b5541c", "#4f6d9a", "#8a3f6b", "#8c8c8c"), strict=True))
_SIZE = (7.0, 3.6)
_LOGARITHMIC = 100  # how many times the smallest size the largest is from which on both axes are logarithmic


def draw(results: Results, directory: Path) -> tuple[Path, ...]:
    """Draws what the results allow; returns the files.

    Raises:
        ImportError: matplotlib is not installed.
    """
    import matplotlib

    matplotlib.use("svg")
    # Without these the same results would give other files each time.
    matplotlib.rcParams.update({"svg.hashsalt": "migrator", "svg.fonttype": "none", "font.size": 9})
    directory.mkdir(parents=True, exist_ok=True)
    base = base_case(results)
    if base is None:
        return ()
    drawn = [
        _lines(results, base, "rows", directory),
        _lines(results, base, "tenants", directory),
        _lines(results, base, "jobs", directory),
        _phases(results, base, directory),
        _memory(results, base, directory),
    ]
    return tuple(file for file in drawn if file is not None)


def _lines(results: Results, base: Case, axis: str, directory: Path) -> Path | None:
    """Wall time of the whole, against one size, everything else as in the base case."""
    varied = sorted(
        (case for case in results.cases if replace(case, **{axis: getattr(base, axis)}) == base),
        key=lambda case: float(getattr(case, axis)),
    )
    if len(varied) < 2:
        return None
    with _figure(directory / f"{axis}.svg") as axes:
        for name in _WHOLE:
            points = [
                (getattr(case, axis), seconds)
                for case in varied
                if (seconds := results.seconds(case, name)) is not None and name != "limit"
            ]
            if points:
                axes.plot(*zip(*points, strict=True), marker="o", label=name, color=_COLOURS[name])
        sizes = [getattr(case, axis) for case in varied]
        if max(sizes) >= _LOGARITHMIC * min(sizes):
            axes.set_xscale("log")
            axes.set_yscale("log")
            axes.yaxis.set_major_formatter("{x:g}")
        else:
            axes.set_ylim(bottom=0)
        axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
        axes.minorticks_off()
        axes.set_xlabel(axis)
        axes.set_ylabel("seconds")
        axes.grid(alpha=0.3)
        axes.legend(frameon=False)
    return directory / f"{axis}.svg"


def _phases(results: Results, base: Case, directory: Path) -> Path:
    """Each contender's phases, one behind the other."""
    names = [one for one in _WHOLE if one in results.contenders(base)]
    longest = max((results.seconds(base, name) or 0.0 for name in names), default=0.0)
    with _figure(directory / "phases.svg") as axes:
        for name in reversed(names):
            median = results.median(base, name)
            assert median is not None
            left = 0.0
            for number, (phase, seconds) in enumerate(median.phases.items()):
                shade = 1.0 - 0.16 * (number % 5)
                axes.barh(name, seconds, left=left, color=_COLOURS[name], alpha=shade, edgecolor="white")
                if seconds > 0.06 * longest:  # a narrower one has no room for its name
                    axes.text(left + seconds / 2, name, phase, ha="center", va="center", fontsize=6, rotation=20)
                left += seconds
        axes.set_xlabel("seconds")
    return directory / "phases.svg"


def _memory(results: Results, base: Case, directory: Path) -> Path:
    """The largest process of each kind."""
    with _figure(directory / "memory.svg") as axes:
        for name in reversed([one for one in _WHOLE if one in results.contenders(base)]):
            median = results.median(base, name)
            assert median is not None
            for kind, size in reversed(list(median.memory.items())):
                axes.barh(f"{name}: {kind}", size / 2**20, color=_COLOURS[name])
        axes.set_xlabel("peak memory of one process, MB")
    return directory / "memory.svg"


@contextmanager
def _figure(file: Path) -> Iterator[Any]:
    """The axes of a figure that is written when its block ends."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=_SIZE, layout="constrained")
    axes = figure.subplots()
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    yield axes
    # A date would make each drawing another file.
    figure.savefig(file, metadata={"Date": None})
