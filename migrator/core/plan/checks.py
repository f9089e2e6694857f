"""Checks what has to be true before a migration: facts in, checks out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal, get_args

from migrator.core.placement.model import Placements
from migrator.core.plan.steps import CreateDatabase, Plan, PrepareTarget
from migrator.core.result.wording import listed, plural, size
from migrator.core.schema.catalog import Catalog, Relation
from migrator.core.schema.identifiers import identifier
from migrator.settings import Settings

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
    extensions: Mapping[str, str]  # that it could install, with the version that it would
    databases: Mapping[str, str | None]  # existing database -> the run that made it, None where not ours
    free_sessions: int
    roles: frozenset[str] = frozenset()
    free_bytes: int | None = None  # None: nobody can tell from here
    role: str = ""  # that we connect as
    identity: str = ""  # system identifier: one server under two names is told by it
    may_create_roles: bool = True
    passes_row_security: bool = True


Need = Literal["read", "every row", "fence", "restore"]


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that the connected role may not do in the source, and the statement that lets it."""

    need: Need
    what: str
    statement: str


@dataclass(frozen=True, slots=True)
class LargeObjectFacts:
    """The source's large objects: all, those that no configured column names, not readable ones, over-long ones.

    `ignored` is why unnamed ones stay behind, empty where that is not said; `named_by_ignored` is how many are named by
    tables alone that stay behind themselves.
    """

    total: int
    unnamed: tuple[int, ...] = ()
    unreadable: int = 0
    too_large: tuple[int, ...] = ()
    ignored: str = ""
    named_by_ignored: int = 0

    @property
    def undecided(self) -> int:
        """How many there are of which nobody said what becomes of them."""
        return 0 if self.ignored else len(self.unnamed)

    @property
    def staying(self) -> int:
        """How many stay in the source, as migrator.toml says."""
        return self.named_by_ignored + (len(self.unnamed) if self.ignored else 0)


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
    if catalog.encoding != "UTF8":
        yield Check("encoding", "warn", f"the source is encoded as {catalog.encoding}; targets are made alike")


def check_large_objects(facts: LargeObjectFacts) -> Iterable[Check]:
    """Whether it is said which rows the large objects belong to, and whether they can travel with them."""
    if not facts.total:
        return
    if facts.unnamed and facts.ignored:
        yield Check(
            "large objects", "warn",
            f"{len(facts.unnamed)} of {facts.total} are named by no column and stay behind: {facts.ignored}",
        )  # fmt: skip
    if facts.undecided:
        yield Check(
            "large objects", "block",
            f"{len(facts.unnamed)} of {facts.total} are named by no column that migrator.toml knows: "
            f"{_some(facts.unnamed)}",
            'Name the column: [tables.X] large_objects = ["column"]; or remove them (vacuumlo finds those that no '
            'column names); or leave them behind: [source] ignore_large_objects = "why".',
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
    travelling = facts.total - len(facts.unnamed) - facts.named_by_ignored
    if travelling and not (facts.undecided or facts.unreadable or facts.too_large):
        yield Check(
            "large objects", "warn",
            f"{travelling} travel with the rows that name them; no fence keeps applications from changing them",
            "See to it that nobody writes to large objects while migrate runs; verify tells whether somebody did.",
        )  # fmt: skip


def check_server(facts: ServerFacts, catalog: Catalog, needed_bytes: int) -> Iterable[Check]:
    """Whether one target server is of the right kind; whether the plan fits onto it is for the audit's rules to say."""
    where = f"server {facts.name}"
    if facts.version // 10000 < catalog.server_version // 10000:
        yield Check(
            where,
            "block",
            f"version {_version(facts.version)} is older than the source's {_version(catalog.server_version)}",
            "Use a target server that is not older.",
        )
    else:
        sessions = f"{facts.free_sessions} sessions to spare"
        yield Check(where, "ok", f"reachable, PostgreSQL {_version(facts.version)}, {sessions}")
    if not facts.may_create_databases:
        remedy = f"ALTER ROLE {identifier(facts.role)} CREATEDB;"
        yield Check(where, "block", f"the role {facts.role} may not create databases", remedy)
    if facts.free_bytes is None:
        yield Check(
            where,
            "warn",
            f"its free disk is unknown; about {size(needed_bytes)} are needed",
            f'Look there, and say it: [servers.{facts.name}] free_disk = "500GB".',
        )
    elif facts.free_bytes >= needed_bytes:
        yield Check(where, "ok", f"{size(facts.free_bytes)} of disk free, about {size(needed_bytes)} needed")


def check_roles(settings: Settings, facts: ServerFacts, used: Collection[str]) -> Iterable[Check]:
    """Whether the role on one target server may do what policies and read-only roles ask for.

    `used` are the hosts whose databases are made there.
    """
    where, role = f"server {facts.name}", identifier(facts.role)
    secured = [name for name, target in settings.targets.items() if target.row_level_security]
    if not facts.passes_row_security and any(settings.host(name) in used for name in secured):
        told = f"FORCE ROW LEVEL SECURITY would keep the role {facts.role} from what it copies and compares"
        yield Check(where, "block", told, f"ALTER ROLE {role} BYPASSRLS;")
    missing = sorted({reader for host in used for reader in settings.readers_of(host)} - facts.roles)
    if missing and not facts.may_create_roles:
        told = f"the role {facts.role} may not make the roles {', '.join(missing)}"
        yield Check(where, "block", told, f"ALTER ROLE {role} CREATEROLE; or make them: CREATE ROLE {missing[0]};")


def check_policies(
    settings: Settings, placements: Placements, population: Iterable[Population] = ()
) -> Iterable[Check]:
    """Which tables row level security cannot hide from other tenants, and which rows it hides from all of them.

    `population` counts the rows of tables with policies by the tenant that these give them to.
    """
    for one in population:
        shared = placements.tables[one.relation].unowned == "replicate"
        if hidden := one.unknown_key + (0 if shared else one.without_key):
            yield Check(
                f"row level security of {one.relation}",
                "warn",
                f"{plural(hidden, 'row')} {'has' if hidden == 1 else 'have'} no tenant, or an unknown one: nobody will "
                f"see {'it' if hidden == 1 else 'them'}",
                f"Clean them; or let every tenant read those without a key: {_entry(one.relation)} "
                'unowned = "replicate".',
            )
    for name, target in settings.targets.items():
        if not target.row_level_security:
            continue
        placed = [one for one in placements.tables.values() if one.target == name]
        bare = [one.relation for one in placed if one.policy_path is None]
        if bare:
            yield Check(
                f"row level security of {name}",
                "warn",
                f"no key path leads from {_some(bare)} to a tenant: every tenant may read and write all of it",
                "Write a key_path, or place what tenants must not write elsewhere.",
            )
        else:
            yield Check(f"row level security of {name}", "ok", f"a policy for each of {plural(len(placed), 'table')}")


# An empty database takes about 8 MB, whatever is in its template.
_EMPTY_DATABASE = 8_000_000


def needed_bytes(catalog: Catalog, placements: Placements, plan: Plan) -> Mapping[str, int]:
    """How much disk the plan takes, by server: what is copied takes about what it takes in the source.

    A host's tables are taken to be spread evenly over its databases.
    """
    created = Counter((step.target, step.server) for step in plan.of(CreateDatabase))
    per_host = Counter(step.target for step in plan.of(CreateDatabase))
    needed: Counter[str] = Counter()
    for step in plan.of(PrepareTarget):
        needed[step.server] += 2 * _EMPTY_DATABASE
    for (_, server), count in created.items():
        needed[server] += count * _EMPTY_DATABASE
    for placement in placements.tables.values():
        table = catalog.tables.get(placement.relation)
        for (host, server), count in created.items():
            if table is not None and host in placement.homes:
                # Without a key path every tenant gets all of its rows.
                needed[server] += table.bytes * count // (per_host[host] if placement.key_path else 1)
    return needed


def sessions_needed(jobs: int) -> int:
    """How many sessions migrate holds at least on a target server."""
    return 3 * jobs + 2


def check_tenant_servers(servers: Sequence[ServerFacts], with_tenants: Collection[str]) -> Iterable[Check]:
    """Whether what is configured as several servers is several, and tenants' catalogs can be compared across them."""
    for number, one in enumerate(servers):
        for other in servers[:number]:
            if one.identity == other.identity:
                yield Check(
                    f"server {one.name}", "block", f"it is the same server as {other.name!r}", "Configure it once."
                )
    majors = {facts.version // 10000 for facts in servers if facts.name in with_tenants}
    if len(majors) > 1:
        yield Check(
            "servers of tenants",
            "block",
            f"they run PostgreSQL {' and '.join(map(str, sorted(majors)))}, which print definitions differently",
            "Spread tenants over servers of one major version: verify compares their catalogs as text.",
        )


def check_placements(placements: Placements) -> Iterable[Check]:
    """Whether every table has a home."""
    for undecided in placements.undecided:
        candidates = " | ".join(f'"{name}"' for name in undecided.candidates)
        yield Check(
            f"placement of {undecided.relation}",
            "block",
            undecided.reason,
            undecided.remedy
            or f'{_entry(undecided.relation)} target = {candidates}, or key_path = […], or ignore = "why".',
        )
    homes: dict[tuple[str, Relation], list[Relation]] = {}
    for placement in placements.tables.values():
        for host in placement.homes:
            homes.setdefault((host, placement.destination_in(host)), []).append(placement.relation)
    for (target, destination), relations in homes.items():
        if len(relations) > 1:
            yield Check(
                f"placement of {relations[0]}",
                "block",
                f"{_some(relations)} would all go into {destination} of target {target!r}",
                'Give each a table of its own (as = "…"), or read them by one query.',
            )
    if not placements.undecided:
        yield Check("placements", "ok", f"{plural(len(placements.tables), 'table')} placed")


def check_schema_names(taken: Iterable[str]) -> Iterable[Check]:
    """Whether the source has schemas that are called like those that migrator makes, and are somebody else's."""
    for schema in taken:
        yield Check(
            f"schema {schema}",
            "block",
            "it is called like a schema of migrator's own, and was not made by it",
            f"ALTER SCHEMA {schema} RENAME TO …, for as long as the split takes.",
        )


def check_population(population: Iterable[Population], placements: Placements) -> Iterable[Check]:
    """Whether every row belongs to somebody, or is of nobody by intent; those of nobody by accident are S03's."""
    owned = True
    for one in population:
        if not one.unowned:
            continue
        owned = False
        policy = placements.tables[one.relation].unowned
        if one.without_key and policy not in ("block", "quarantine"):
            what = f"{plural(one.without_key, 'row')} without a tenant"
            goes = "every tenant gets them" if policy == "replicate" else f"they go to {policy}"
            yield Check(f"rows of {one.relation}", "warn", f'{what}: as unowned = "{policy}" says, {goes}')
    if owned:
        yield Check("rows", "ok", "every row belongs to a tenant")


def _entry(relation: Relation) -> str:
    """The heading of a table's entry in migrator.toml, where JSON's escapes are TOML's."""
    return f"[tables.{json.dumps(str(relation), ensure_ascii=False)}]"


# So many names show what a check is about; the rest is counted.
_some = partial(listed, limit=5)


def _version(number: int) -> str:
    return f"{number // 10000}.{number % 10000}"
