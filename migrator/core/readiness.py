"""What has to be true before a migration: facts in, checks out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from migrator.core.catalog import Catalog, Relation
from migrator.core.placement import Placements
from migrator.core.plan import CreateDatabase, Plan, PrepareTarget

State = Literal["ok", "warn", "block"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: what is true, and what to do where it is not good."""

    name: str
    state: State
    detail: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What was asked of one target server."""

    name: str
    version: int  # server_version_num
    may_create_databases: bool
    extensions: frozenset[str]  # that it could install
    databases: Mapping[str, str | None]  # existing database -> the run that made it, None where not ours
    free_sessions: int


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What was asked of the source beyond its catalog."""

    unreadable: tuple[Relation, ...]
    not_owned: tuple[Relation, ...]
    bypasses_row_security: bool
    may_create_schema: bool


@dataclass(frozen=True, slots=True)
class LargeObjectFacts:
    """The source's large objects: all, those that no configured column names, not readable ones, over-long ones."""

    total: int
    unnamed: tuple[int, ...] = ()
    unreadable: int = 0
    too_large: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Population:
    """Rows of one table for one target: by tenant key, and those of nobody."""

    relation: Relation
    target: str
    by_tenant: Mapping[str, int]
    without_key: int = 0
    unknown_key: int = 0
    for_everyone: int = 0  # rows of a table without tenant keys that each tenant gets a copy of

    @property
    def unowned(self) -> int:
        return self.without_key + self.unknown_key


def check_source(catalog: Catalog, facts: SourceFacts) -> Iterable[Check]:
    """Whether the role can read and fence the source."""
    if facts.unreadable:
        yield Check("read the source", "block", f"no SELECT on {_some(facts.unreadable)}", "GRANT SELECT on them.")
    else:
        yield Check("read the source", "ok", f"{len(catalog.tables)} tables")
    if facts.not_owned:
        yield Check(
            "fence the source",
            "block",
            f"not the owner of {_some(facts.not_owned)}, so no trigger can be put on them",
            "Connect as their owner or a member of the owning role, or migrate with --no-fence.",
        )
    elif not facts.may_create_schema:
        yield Check("fence the source", "block", "no CREATE on the database", "GRANT CREATE ON DATABASE … TO the role.")
    else:
        yield Check("fence the source", "ok", "the role owns every table")
    secured = [table.relation for table in catalog.tables.values() if table.force_row_security]
    if secured and not facts.bypasses_row_security:
        yield Check(
            "row security",
            "block",
            f"policies are forced on {_some(secured)} and would hide rows",
            "Connect as a role with BYPASSRLS.",
        )
    if catalog.encoding != "UTF8":
        yield Check("encoding", "warn", f"the source is encoded as {catalog.encoding}; targets are made alike")


def check_large_objects(facts: LargeObjectFacts) -> Iterable[Check]:
    """Whether it is said which rows the large objects belong to, and whether they can travel with them."""
    if not facts.total:
        return
    if facts.unnamed:
        yield Check(
            "large objects", "block",
            f"{len(facts.unnamed)} of {facts.total} are named by no column that migrator.toml knows: "
            f"{_some(facts.unnamed)}",
            'Name the column: [tables.X] large_objects = ["column"]; or remove them (vacuumlo finds those that no '
            "column names).",
        )  # fmt: skip
    if facts.unreadable:
        yield Check(
            "large objects", "block", f"{facts.unreadable} belong to roles that the connected role is no member of",
            "Connect as their owner or a member of the owning role.",
        )  # fmt: skip
    if facts.too_large:
        yield Check(
            "large objects", "block", f"{len(facts.too_large)} hold a gigabyte or more: {_some(facts.too_large)}",
            "Move them out of the database: migrator compares an object as one value, which ends there.",
        )  # fmt: skip
    if not (facts.unnamed or facts.unreadable or facts.too_large):
        yield Check(
            "large objects", "warn",
            f"{facts.total} travel with the rows that name them; no fence keeps applications from changing them",
            "See to it that nobody writes to large objects while migrate runs; verify tells whether somebody did.",
        )  # fmt: skip


def check_server(facts: ServerFacts, catalog: Catalog, plan: Plan, run: str, *, jobs: int) -> Iterable[Check]:
    """Whether one target server can take what the plan makes on it."""
    where = f"server {facts.name}"
    if facts.version // 10000 < catalog.server_version // 10000:
        yield Check(
            where,
            "block",
            f"version {_version(facts.version)} is older than the source's {_version(catalog.server_version)}",
            "Use a target server that is not older.",
        )
    else:
        yield Check(where, "ok", f"reachable, PostgreSQL {_version(facts.version)}")
    if not facts.may_create_databases:
        yield Check(where, "block", "the role may not create databases", "ALTER ROLE … CREATEDB.")
    missing = sorted(set(catalog.extensions) - facts.extensions - {"plpgsql"})
    if missing:
        yield Check(
            where, "warn", f"extensions of the source that it cannot install: {', '.join(missing)}",
            "Install their packages on the server, unless no target schema needs them.",
        )  # fmt: skip
    names = [step.database for step in plan.of(CreateDatabase) if step.server == facts.name]
    names += [
        name for step in plan.of(PrepareTarget) if step.server == facts.name for name in (step.template, step.bare)
    ]
    foreign = sorted(name for name in names if name in facts.databases and facts.databases[name] != run)
    if foreign:
        yield Check(
            where,
            "block",
            f"{len(foreign)} databases exist already and were not made by this run: {_some(foreign)}",
            "Rename or drop them yourself, choose another [source] prefix, or take back the run that made them.",
        )
    else:
        yield Check(where, "ok", f"{len(names)} database names are free")
    needed = 3 * jobs + 2
    if facts.free_sessions < needed:
        yield Check(
            where,
            "block",
            f"{facts.free_sessions} free connections, {needed} are needed at least",
            "Lower --jobs, raise max_connections, or end idle sessions.",
        )
    else:
        yield Check(where, "ok", f"{facts.free_sessions} free connections for {jobs} jobs")


def check_placements(placements: Placements) -> Iterable[Check]:
    """Whether every table has a home."""
    for undecided in placements.undecided:
        candidates = " | ".join(f'"{name}"' for name in undecided.candidates)
        yield Check(
            f"placement of {undecided.relation}",
            "block",
            undecided.reason,
            f'[tables."{undecided.relation}"] target = {candidates}, or key_path = […], or ignore = "why".',
        )
    homes: dict[tuple[str, Relation], list[Relation]] = {}
    for placement in placements.tables.values():
        for target in placement.targets:
            homes.setdefault((target, placement.destination), []).append(placement.relation)
    for (target, destination), relations in homes.items():
        if len(relations) > 1:
            yield Check(
                f"placement of {relations[0]}",
                "block",
                f"{_some(relations)} would all go into {destination} of target {target!r}",
                'Give each a table of its own (as = "…"), or read them by one query.',
            )
    if not placements.undecided:
        yield Check("placements", "ok", f"{len(placements.tables)} tables placed")


def check_population(population: Iterable[Population], placements: Placements) -> Iterable[Check]:
    """Whether every row belongs to somebody, or it is said where it goes."""
    owned = True
    for one in population:
        if not one.unowned:
            continue
        owned = False
        placement = placements.tables[one.relation]
        what = " and ".join(
            text
            for count, text in (
                (one.without_key, f"{one.without_key} rows without a tenant"),
                (one.unknown_key, f"{one.unknown_key} rows of an unknown tenant"),
            )
            if count
        )
        settled = placement.unowned == "quarantine" or (placement.unowned != "block" and not one.unknown_key)
        yield Check(
            f"rows of {one.relation}",
            "warn" if settled else "block",
            f"{what}; they go to: {placement.unowned}" if settled else what,
            "" if settled else f'migrator clean --execute, or [tables."{one.relation}"] unowned = "quarantine".',
        )
    if owned:
        yield Check("rows", "ok", "every row belongs to a tenant")


def _some(names: Iterable[object], shown: int = 5) -> str:
    listed = [str(name) for name in names]
    rest = len(listed) - shown
    return ", ".join(listed[:shown]) + (f" and {rest} more" if rest > 0 else "")


def _version(number: int) -> str:
    return f"{number // 10000}.{number % 10000}"
