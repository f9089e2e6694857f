"""Compares the digests of both sides and accounts for every row of the source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from migrator.core.placement.model import Placements
from migrator.core.placement.tenants import UNOWNED
from migrator.core.plan.transfer import Transfer
from migrator.core.result.outcome import Cell, Section
from migrator.core.result.wording import plural
from migrator.core.verify.digests import Balance, Difference, Digest, balances, differences


@dataclass(frozen=True)
class Proof:
    """What source and targets disagree on (nothing, where it `holds`), and where every row went."""

    differences: tuple[tuple[str, Difference], ...]  # (target, difference)
    balances: tuple[Balance, ...]
    source_rows: int
    target_rows: int
    large_objects: Balance | None = None  # of the source; they are no rows, and count apart

    @property
    def holds(self) -> bool:
        objects = (self.large_objects,) if self.large_objects is not None else ()
        return not self.differences and not any(balance.lost for balance in (*self.balances, *objects))

    @property
    def arrived_rows(self) -> int:
        """How many rows of the source are in the databases, each counted once."""
        return sum(one.placed + one.shared for one in self.balances)

    @property
    def figures(self) -> dict[str, Cell]:
        """The rows of both sides, and where those of the source went, as a summary has them.

        `target_rows` counts every copy. Without balances nothing can be said of where rows went.
        """
        whereabouts: dict[str, Cell] = {
            "placed_rows": sum(one.placed for one in self.balances),
            "global_rows": sum(one.shared for one in self.balances),
            "quarantined_rows": sum(one.quarantined for one in self.balances),
            "ignored_rows": sum(one.ignored for one in self.balances),
        }
        return {
            "source_rows": self.source_rows,
            **(whereabouts if self.balances else {}),
            "lost_rows": sum(abs(one.lost) for one in self.balances),
            "target_rows": self.target_rows,
        }

    def told(self, source: str, databases: int) -> str:
        """Where the rows of the database `source` are, in words, once the proof holds."""
        quarantined = sum(one.quarantined for one in self.balances)
        ignored = sum(one.ignored for one in self.balances)
        arrived = self.arrived_rows
        return (
            f"{plural(arrived, 'row')} of {source} {'is' if arrived == 1 else 'are'} in {plural(databases, 'database')}"
            + (f", {quarantined:,} in quarantine" if quarantined else "")
            + (f", {ignored:,} left behind in ignored tables" if ignored else "")
        )


def prove(
    given: Mapping[str, Sequence[Digest]],
    held: Mapping[str, Sequence[Digest]],
    transfers: Mapping[str, Sequence[Transfer]],
    placements: Placements,
    *,
    counted: Mapping[str, int] | None,
    quarantined: Mapping[str, int],
    databases: Mapping[str, int],
) -> Proof:
    """Compares, target by target, what the source gave with what the databases hold.

    `given` and `held` are digests by target; `counted` the rows of each source table (None where only some databases
    are looked at: nothing can be said of conservation then), `databases` how many databases each target has.
    """
    unequal = [
        (target, difference)
        for target, items in transfers.items()
        for difference in differences(expected_digests(given.get(target, ()), items), held.get(target, ()))
    ]
    target_rows = sum(digest.rows for found in held.values() for digest in found)
    if counted is None:
        given_rows = sum(digest.rows for found in given.values() for digest in found)
        return Proof(tuple(unequal), (), given_rows, target_rows)
    accounted = balances(counted, given, placements.tables.values(), quarantined, databases)
    return Proof(tuple(unequal), accounted, sum(counted.values()), target_rows)


def expected_digests(given: Iterable[Digest], transfers: Sequence[Transfer]) -> list[Digest]:
    """What a target must hold: rows of no tenant are in none of its databases, unless only they go there."""
    unowned_only = {item.relation.full_name for item in transfers if item.unowned_only}
    return [
        Digest(digest.relation, "", digest.rows, digest.hash) if digest.tenant == UNOWNED else digest
        for digest in given
        if digest.tenant != UNOWNED or digest.relation in unowned_only
    ]


def proof_sections(proof: Proof) -> tuple[Section, ...]:
    """The proof as a report shows it."""
    lost = any(balance.lost for balance in proof.balances)
    conservation = Section(
        "Conservation: every row of the source, once",
        ("table", "source rows", "placed rows", "global rows", "quarantined rows", "ignored rows", "lost rows"),
        tuple(
            (one.relation, one.total, one.placed, one.shared, one.quarantined, one.ignored, one.lost)
            for one in proof.balances
        ),
        tone="bad" if lost else "good",
    )
    accounted: tuple[Section, ...] = (conservation,) if proof.balances else ()
    if (objects := proof.large_objects) is not None:
        columns = ("large objects", "with their rows", "left behind", "named by no column")
        counts = ((objects.total, objects.placed, objects.ignored, objects.lost),)
        accounted += (Section("Large objects of the source", columns, counts, tone="bad" if objects.lost else "good"),)
    if not proof.differences:
        return accounted
    unequal = Section(
        "Differences",
        ("target", "table", "tenant", "kind", "source rows", "target rows"),
        tuple(
            (target, one.relation, one.tenant, one.kind, one.source_rows, one.target_rows)
            for target, one in proof.differences
        ),
        tone="bad",
    )
    return (unequal, *accounted)
