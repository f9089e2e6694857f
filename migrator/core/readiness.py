"""What has to be true before a migration: facts in, checks out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from migrator.core.audit.wording import identifier
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
    role: str
    may_create_databases: bool
    extensions: frozenset[str]  # that it has
    superuser_extensions: frozenset[str]  # of these, what this role may not install
    databases: Mapping[str, str | None]  # existing database -> the run that made it, None where not ours
    free_sessions: int


Need = Literal["read", "every row", "fence", "restore"]


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that the connected role may not do in the source, and the statement that lets it."""

    need: Need
    what: str
    statement: str


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


def check_privileges(missing: Sequence[Missing]) -> Iterable[Check]:
    """Whether the role may do in the source what each stage does there; the statements to type where it may not."""
    lacking = {need: [one for one in missing if one.need == need] for need in get_args(Need)}
    able: Mapping[Need, str] = {
        "read": "every table and sequence",
        "every row": "no policy hides one",
        "fence": "the role owns every table, or is a member of the owning role",
        "restore": "the role may swap the source for its backup",
    }
    for need, detail in able.items():
        found = lacking[need]
        name = _NEEDS[need]
        if not found:
            yield Check(name, "ok", detail)
            continue
        remedy = _some((f"{statement};" for statement in dict.fromkeys(one.statement for one in found)), between=" ")
        if need == "restore":
            yield Check(name, "warn", f"{_some(one.what for one in found)}; the other stages do without", remedy)
            continue
        yield Check(name, "block", _some(one.what for one in found), remedy)


_NEEDS: Mapping[Need, str] = {
    "read": "read the source",
    "every row": "row security",
    "fence": "fence the source",
    "restore": "rollback --restore-backup",
}


def check_source(catalog: Catalog) -> Iterable[Check]:
    """Whether the source is one that can be split."""
    if catalog.large_objects:
        yield Check(
            "large objects",
            "block",
            f"{catalog.large_objects} large objects exist, which no table's rows carry",
            "Move them into bytea columns, or remove them (vacuumlo).",
        )
    if catalog.encoding != "UTF8":
        yield Check("encoding", "warn", f"the source is encoded as {catalog.encoding}; targets are made alike")


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
        remedy = f"ALTER ROLE {identifier(facts.role)} CREATEDB;"
        yield Check(where, "block", f"the role {facts.role} may not create databases", remedy)
    missing = sorted(set(catalog.extensions) - facts.extensions - {"plpgsql"})
    if missing:
        yield Check(
            where, "warn", f"extensions of the source that it cannot install: {', '.join(missing)}",
            "Install their packages on the server, unless no target schema needs them.",
        )  # fmt: skip
    if superuser := sorted(set(catalog.extensions) & facts.superuser_extensions):
        yield Check(
            where, "warn", f"extensions of the source that only a superuser may install: {', '.join(superuser)}",
            "Leave them out of the target schemas, or connect to this server as a role that may.",
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


def _some(names: Iterable[object], shown: int = 5, between: str = ", ") -> str:
    listed = [str(name) for name in names]
    rest = len(listed) - shown
    return between.join(listed[:shown]) + (f" and {rest} more" if rest > 0 else "")


def _version(number: int) -> str:
    return f"{number // 10000}.{number % 10000}"
