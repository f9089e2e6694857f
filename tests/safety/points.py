"""The points of the small case that somebody has written down, and how they are written anew.

    python -m tests.safety.points

goes through every stage and rewrites tests/safety/points.txt; `git diff` then shows which boundaries came and went.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from migrator.postgres.programs.local_server import temporary_server
from tests.safety.survival import undisturbed
from tests.safety.trial import STAGES, load_monolith
from tests.servers import FAST, in_memory

_REGISTRY = Path(__file__).with_name("points.txt")
_HEAD = """\
# Every boundary of the small case at which the journal, a target, the source or a file changes its state:
# stage, tab, point. A point of the journal is named with what was changed before it. test_points.py holds this list;
# python -m tests.safety.points writes it.
"""


def registered() -> Mapping[str, tuple[str, ...]]:
    """The points of each stage, in the order in which an undisturbed run meets them."""
    found: dict[str, list[str]] = {stage: [] for stage in STAGES}
    for line in _REGISTRY.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            stage, _, name = line.partition("\t")
            found[stage].append(name)
    return {stage: tuple(names) for stage, names in found.items()}


def register(points: Mapping[str, tuple[str, ...]]) -> None:
    """Writes them down."""
    lines = [f"{stage}\t{name}\n" for stage, names in points.items() for name in names]
    _REGISTRY.write_text(_HEAD + "".join(lines), encoding="utf-8")


if __name__ == "__main__":
    with temporary_server(settings=FAST, parent=in_memory()) as server:
        load_monolith(server.url, "small")
        register({stage: undisturbed(server, "small", stage).points for stage in STAGES})
