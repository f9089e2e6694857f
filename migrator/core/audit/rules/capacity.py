"""Rules on room to grow: S10, G09, G10, G15, G22."""

from __future__ import annotations

from collections.abc import Iterator

from migrator.core.audit.facts import Facts
from migrator.core.audit.finding import Category, Observation, rule
from migrator.core.audit.places import place
from migrator.core.result.wording import listed, plural, size
from migrator.core.schema.catalog import Sequence
from migrator.core.schema.identifiers import identifier, qualified

_LARGEST = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1}
_WARN, _BLOCK = 75, 90  # percent of a sequence's values
_WRAPAROUND = 2**31  # transactions; PostgreSQL stops accepting writes shortly before
_LARGE_TABLE = 10 * 2**30  # bytes


@rule(
    "S10", "W", Category.KEYS, "sequences", "One sequence feeds several tables",
    why="Its numbers are unique over those tables together. After the split every database has a sequence of its own: "
    "where the tables land in different databases, numbers are given out twice.",
    remedy="Let the tables stay together, or give each a sequence of its own if their numbers need not differ.",
)  # fmt: skip
def shared_sequence(facts: Facts) -> Iterator[Observation]:
    """Sequences that columns of more than one table draw from."""
    for sequence in facts.catalog.sequences.values():
        tables = sorted({relation for relation, _ in sequence.used_by})
        if len(tables) > 1:
            targets = {
                placement.target for table in tables if (placement := facts.placement(table)) and placement.target
            }
            yield Observation(
                str(sequence.relation), place(sequence.relation),
                f"It feeds {listed(f'{table}.{column}' for table, column in sequence.used_by)}"
                + (f", which end up apart ({', '.join(sorted(targets))})." if len(targets) > 1 else "."),
            )  # fmt: skip


@rule(
    "G09", "W", Category.CAPACITY, "sequences", "Sequence near its end",
    why="When a sequence, or the column that it fills, has no value left, every INSERT fails.",
    remedy="Widen the column and the sequence to bigint (this rewrites the table), the referencing columns too.",
)  # fmt: skip
def exhausted_sequence(facts: Facts) -> Iterator[Observation]:
    """Sequences of which 75 % (warning) or 90 % (error) are used, by the narrower of sequence and column."""
    for sequence in facts.catalog.sequences.values():
        if sequence.last_value is None or sequence.cycle:
            continue
        last, limit, limited_by = _limit(facts, sequence)
        first = sequence.minimum if sequence.increment > 0 else sequence.maximum
        span = abs(limit - first) + 1
        used = abs(last - first) + 1
        if used * 100 < span * _WARN:
            continue
        left = max(0, abs(limit - last) // abs(sequence.increment)) if (limit - last) * sequence.increment > 0 else 0
        fixes = [
            f"ALTER TABLE {qualified(*relation)} ALTER COLUMN {identifier(column)} TYPE bigint;"
            for relation, column in sequence.used_by
        ]
        fixes.append(f"ALTER SEQUENCE {qualified(*sequence.relation)} AS bigint;")
        yield Observation(
            str(sequence.relation), place(sequence.relation),
            f"{used * 100 / span:.1f} % used: it stands at {last:,} of {limit:,}, the limit of {limited_by}; "
            f"{plural(left, 'value')} left.",
            severity="E" if used * 100 >= span * _BLOCK else "W",
            sql_fix=" ".join(fixes) if limit != _LARGEST["bigint"] else "",
        )  # fmt: skip


def _limit(facts: Facts, sequence: Sequence) -> tuple[int, int, str]:
    """Where the sequence stands, the last value that it and all its columns can hold, and who sets that limit."""
    rising = sequence.increment > 0
    limit, by = (sequence.maximum if rising else sequence.minimum), "the sequence"
    for relation, name in sequence.used_by:
        table = facts.catalog.tables.get(relation)
        column = table.column(name) if table else None
        largest = _LARGEST.get(facts.base_type(column.type)) if column else None
        if largest is None:
            continue
        bound = largest if rising else -largest - 1
        if (bound < limit) if rising else (bound > limit):
            limit, by = bound, f"the column {relation}.{name} ({column.type if column else ''})"
    return sequence.last_value or 0, limit, by


@rule(
    "G10", "I", Category.CAPACITY, "tables", "Primary key of 4 bytes or less",
    why="A generated integer key ends at 2,147,483,647, a smallint at 32,767; widening it later rewrites the table and "
    "every table that references it.",
    remedy="Where the table may grow that far, make the key bigint now, while it is small.",
)  # fmt: skip
def narrow_primary_key(facts: Facts) -> Iterator[Observation]:
    """Generated primary keys of type integer or smallint."""
    for table in facts.catalog.tables.values():
        column = table.column(table.primary_key[0]) if len(table.primary_key) == 1 else None
        if column is None or not (column.identity or column.sequence):
            continue
        type_ = facts.base_type(column.type)
        if type_ in ("integer", "smallint"):
            alter = f"ALTER TABLE {qualified(*table.relation)} ALTER COLUMN {identifier(column.name)} TYPE"
            yield Observation(
                f"{table.relation}.{column.name}", place(table.relation, (column.name,)), f"It is {column.type}.",
                table.relation, sql_fix=f"{alter} bigint;", sql_undo=f"{alter} {column.type};",
            )  # fmt: skip


@rule(
    "G15", "W", Category.CAPACITY, "tables", "Half-way to transaction wraparound",
    why="Rows older than 2,147,483,648 transactions would be mistaken for future ones; PostgreSQL refuses writes "
    "before that happens. That a table came so far means that VACUUM does not get through.",
    remedy="Find what holds VACUUM back (S21), then VACUUM (FREEZE) the table.",
)  # fmt: skip
def old_rows(facts: Facts) -> Iterator[Observation]:
    """Tables, with their TOAST and partitions, that are half of the way."""
    for relation, age in sorted(facts.ages.items()):
        if age * 2 >= _WRAPAROUND:
            yield Observation(
                str(relation), place(relation),
                f"Its oldest row is {age:,} transactions old, {age * 100 / _WRAPAROUND:.0f} % of the way.", relation,
                sql_fix=f"VACUUM (FREEZE) {qualified(*relation)};",
            )  # fmt: skip


@rule(
    "G22", "I", Category.CAPACITY, "tables", "Large table that grows by time, not partitioned",
    why="Deleting old rows from it is slow and leaves it bloated, where a partition is dropped in an instant.",
    remedy="Partition it by time in the target's schema: migrator copies into a partitioned table all the same.",
)  # fmt: skip
def unpartitioned_growth(facts: Facts) -> Iterator[Observation]:
    """Ordinary tables of 10 GiB or more that record when rows were made."""
    for table in facts.catalog.tables.values():
        column = next((name for name in ("created_at", "occurred_at", "logged_at", "date") if table.column(name)), None)
        if table.kind == "r" and table.bytes >= _LARGE_TABLE and column is not None:
            yield Observation(
                str(table.relation), place(table.relation),
                f"{size(table.bytes)}, with {column}.", table.relation,
            )  # fmt: skip


RULES = (shared_sequence, exhausted_sequence, narrow_primary_key, old_rows, unpartitioned_growth)
