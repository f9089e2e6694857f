"""What happened to captured tables that no trigger sees, as the difference of the catalogs at two positions."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Literal

from migrator.core.schema.catalog import Relation

# What makes a table suspect. Of an "uncaptured" one the changes to come are not logged either: it has to be installed
# anew, and what the others ask for is done after that.
SuspectKind = Literal["uncaptured", "trigger", "rewritten", "columns", "partitions", "emptied", "replaced"]


@dataclass(frozen=True, slots=True)
class WatchedRelation:
    """A captured table, or a partition of one, as the catalog has it.

    `trigger` tells whether it is still the same trigger: it changes with whatever ALTER TABLE does to it; '' where
    there is none. `fires` says whether that is for every write. `file` changes where all rows are written anew,
    `columns` with any column. `parents` are the oids of the tables that it belongs to.
    """

    number: int
    relation: Relation
    oid: int
    file: int
    parents: tuple[int, ...]
    columns: str
    trigger: str
    fires: bool
    logged: bool = True  # whether a crash of the server leaves its rows
    holds_rows: bool = True  # a partitioned table does not


@dataclass(frozen=True, slots=True)
class Watch:
    """The catalog of one position, as far as it says what capture has not seen.

    Whoever keeps a position keeps this beside it: what was missed since is the difference of the two. `epoch` is that
    of the capture, `started` changes whenever the server has gone through a crash or a restart.
    """

    system_identifier: str
    timeline: int
    epoch: str
    started: str
    relations: tuple[WatchedRelation, ...]

    @property
    def text(self) -> str:
        """All of it, to be kept."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def parse(cls, text: str) -> Watch:
        """Reads what `text` has written."""
        document = json.loads(text)
        relations = tuple(
            WatchedRelation(**{**item, "relation": Relation(*item["relation"]), "parents": tuple(item["parents"])})
            for item in document.pop("relations")
        )
        return cls(**document, relations=relations)


@dataclass(frozen=True, slots=True)
class Suspect:
    """A table that may have changed without an entry of the log: its number, where, and the reason."""

    number: int
    relation: Relation
    kind: SuspectKind
    reason: str


@dataclass(frozen=True, slots=True)
class Missed:
    """What the log does not say of the time between two positions.

    `void` are reasons for which the earlier position means nothing any more: everything has to be compared anew.
    """

    void: tuple[str, ...] = ()
    suspects: tuple[Suspect, ...] = ()

    @property
    def numbers(self) -> frozenset[int]:
        """The suspect tables."""
        return frozenset(suspect.number for suspect in self.suspects)


def missed(before: Watch, now: Watch, dirty: Collection[int] = ()) -> Missed:
    """What the log between two positions does not hold.

    `dirty` are the tables that it names as a whole: all their rows are read anyhow, so that it is no matter if they
    were written anew.
    """
    return Missed(tuple(_void(before, now)), tuple(_suspects(before, now, dirty)))


def _void(before: Watch, now: Watch) -> Iterator[str]:
    if before.system_identifier != now.system_identifier:
        yield f"it is another server: {now.system_identifier}, not {before.system_identifier}"
    elif before.timeline != now.timeline:
        yield (
            f"the server's timeline is {now.timeline}, it was {before.timeline}: it was promoted or restored, and what "
            "it had committed before may be gone"
        )
    if before.epoch != now.epoch or not now.epoch:
        yield "capture was taken away in between"


def _suspects(before: Watch, now: Watch, dirty: Collection[int]) -> Iterator[Suspect]:
    earlier = {relation.oid: relation for relation in before.relations}
    numbers = {relation.number for relation in before.relations}
    restarted = before.started != now.started
    for relation in now.relations:
        if relation.number not in numbers and relation.oid not in earlier:
            continue  # captured since: its rows are copied, not followed from before
        for kind, reason in _doubts(earlier.get(relation.oid), relation):
            if kind != "rewritten" or relation.number not in dirty:
                yield Suspect(relation.number, relation.relation, kind, reason)
        if restarted and not relation.logged:
            reason = "it is unlogged, and the server was restarted: a crash would have emptied it"
            yield Suspect(relation.number, relation.relation, "emptied", reason)
    remaining = {relation.oid for relation in now.relations}
    for relation in before.relations:
        if relation.oid not in remaining:
            yield Suspect(
                relation.number,
                relation.relation,
                "partitions",
                "it was dropped, renamed, detached, or taken out of capture",
            )


def _doubts(before: WatchedRelation | None, now: WatchedRelation) -> Iterator[tuple[SuspectKind, str]]:
    if now.holds_rows and not now.trigger:
        yield "uncaptured", "its capture trigger is missing"
    elif not now.fires:
        yield "uncaptured", "its capture trigger does not fire for every write"
    if before is None:
        yield "partitions", "it is new, or was attached: rows that it had then are in no log"
        return
    if before.number != now.number:
        yield "replaced", "it is captured by other columns, under another number than before"
    elif before.trigger != now.trigger:
        yield "trigger", "its capture trigger was altered, switched off for a time, or made anew"
    if before.file != now.file:
        yield "rewritten", "all its rows were written anew (ALTER TABLE, VACUUM FULL, CLUSTER)"
    if before.columns != now.columns:
        yield "columns", "its columns were altered"
    if before.parents != now.parents:
        yield "partitions", "it was attached to another table, or detached"


def by_number(suspects: Collection[Suspect]) -> Mapping[int, tuple[Suspect, ...]]:
    """The suspects of each table."""
    numbers = sorted({suspect.number for suspect in suspects})
    return {number: tuple(suspect for suspect in suspects if suspect.number == number) for number in numbers}
