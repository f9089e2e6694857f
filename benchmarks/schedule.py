"""Which contender is measured in which case, how often, and in what order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.case import Case, Measured, Measurement
from benchmarks.contenders import by_hand, dump_restore, limit, ours, pgcopydb, relay
from benchmarks.results import Results
from benchmarks.testbed import Testbed

CONTENDERS = ("ours", "pgcopydb", "pg_dump", "by hand", "limit", "relay")

Measure = Callable[[Testbed, Case], Measured]


@dataclass(frozen=True)
class Item:
    """Some contenders in one case, in turn, so many times."""

    case: Case
    contenders: tuple[str, ...]
    rounds: int


def series(base: Case, rounds: int) -> tuple[Item, ...]:
    """What the page shows: everybody in the base case, then one size at a time changed, then many small tenants.

    What takes long for reasons that one round shows as well as three (many companies) is measured once. What must be
    reached comes first: results are written after each measurement. The last is ten times the base, for the memory.
    """
    one_copy = ("ours", "pgcopydb", "pg_dump")
    fewer = [replace(base, rows=base.rows // part) for part in (10, 4, 2)]
    return (
        Item(base, CONTENDERS, rounds),
        *(Item(replace(base, jobs=jobs), one_copy, 1) for jobs in (1, 4) if jobs != base.jobs),
        Item(replace(base, tenants=500), ("ours",), 1),
        Item(replace(base, tenants=200), ("ours", "by hand"), 1),
        Item(replace(base, tenants=200, tenant_index=False), ("ours", "by hand"), 1),
        Item(Case(rows=0, tenants=100 * base.tenants, jobs=base.jobs, shape="ledger"), ("ours",), 1),
        Item(replace(base, tenants=100), ("ours",), 1),
        *(Item(case, one_copy, 1) for case in fewer),
        Item(replace(base, rows=10 * base.rows), ("ours",), 1),
    )


def carry_out(
    bed: Testbed, items: Sequence[Item], *, results: Results, file: Path, program: str, say: Callable[[str], None]
) -> None:
    """Measures everything and writes the results after each measurement. `program` is pgcopydb's."""
    known: dict[str, Measure] = {
        "ours": ours.measure,
        "pg_dump": dump_restore.measure,
        "by hand": by_hand.measure,
        "limit": limit.measure,
        "relay": relay.measure,
    }
    if why := pgcopydb.absent(bed, program):
        if any("pgcopydb" in item.contenders for item in items):
            results.notes.append(why)
            say(why)
    else:
        known["pgcopydb"] = pgcopydb.contender(program)
    bed.fill_wal(max(item.case.wal_megabytes for item in items))
    for item in _by_monolith(items):
        say(item.case.label)
        bed.load(item.case)
        for number, name in _turns(item, known):
            bed.settle(item.case)
            measured = known[name](bed, item.case)
            results.measurements.append(Measurement(item.case, name, number, measured))
            results.write(file)
            say(f"  round {number}, {name}: {_told(measured)}")


def _turns(item: Item, known: Mapping[str, Measure]) -> Iterator[tuple[int, str]]:
    """Everybody once a round, each round begun by another: nobody always profits from what ran before."""
    names = [name for name in item.contenders if name in known]
    for number in range(item.rounds):
        first = number % len(names) if names else 0
        yield from ((number + 1, name) for name in names[first:] + names[:first])


def _by_monolith(items: Sequence[Item]) -> list[Item]:
    """The items in their order, those that share a monolith together: loading one takes as long as splitting it."""
    first: dict[object, int] = {}
    for number, item in enumerate(items):
        first.setdefault(item.case.monolith, number)
    return sorted(items, key=lambda item: first[item.case.monolith])


def _told(measured: Measured) -> str:
    phases = ", ".join(f"{name} {seconds:.1f}" for name, seconds in measured.phases.items())
    return f"{measured.seconds:.1f} s ({phases})"
