"""Divides the source's DDL among the targets: each object goes where everything that it needs is.

The unit is an entry of pg_dump's table of contents, so nothing is translated. Tables go where they are placed; what
belongs to tables goes where all of them are; what needs no table goes wherever something needs it, or everywhere.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from migrator.core.schema.catalog import Relation

# Belong to the database or the cluster, or to rows: no revision of a target makes them.
_NEVER = frozenset({
    "EVENT TRIGGER", "PUBLICATION", "PUBLICATION TABLE", "PUBLICATION TABLES IN SCHEMA", "SUBSCRIPTION",
    "SUBSCRIPTION TABLE", "BLOB", "BLOBS", "BLOB METADATA", "LARGE OBJECT", "DATABASE", "DATABASE PROPERTIES",
    "TABLE DATA", "SEQUENCE SET", "MATERIALIZED VIEW DATA",
})  # fmt: skip
# What they hold may be a secret, which has no place in a file.
_SECRET = frozenset({"USER MAPPING"})
# Say something about an object, wherever that is.
PASSIVE = frozenset({"COMMENT", "ACL", "SECURITY LABEL"})
ROUTINES = frozenset({"FUNCTION", "PROCEDURE"})
# Only one database of a cluster can hold them.
_SINGLE_EXTENSIONS = frozenset({"pg_cron"})

_GROUPS: Mapping[str, tuple[str, ...]] = {
    "schemas": ("SCHEMA", "EXTENSION", "PROCEDURAL LANGUAGE"),
    "types": ("TYPE", "DOMAIN", "SHELL TYPE", "COLLATION"),
    "functions": (
        "FUNCTION", "PROCEDURE", "AGGREGATE", "OPERATOR", "OPERATOR CLASS", "OPERATOR FAMILY", "CAST", "TRANSFORM",
    ),
    "servers": ("FOREIGN DATA WRAPPER", "SERVER"),
    "tables": ("TABLE", "FOREIGN TABLE", "SEQUENCE", "SEQUENCE OWNED BY", "DEFAULT", "TABLE ATTACH"),
    "views": ("VIEW", "MATERIALIZED VIEW"),
    "constraints": ("CONSTRAINT", "CHECK CONSTRAINT"),
    "indexes": ("INDEX", "INDEX ATTACH", "STATISTICS"),
    "triggers": ("TRIGGER", "RULE"),
    "foreign_keys": ("FK CONSTRAINT",),
    "policies": ("POLICY", "ROW SECURITY"),
    "privileges": ("ACL", "DEFAULT ACL", "SECURITY LABEL"),
}  # fmt: skip
_GROUP_OF = {kind: group for group, kinds in _GROUPS.items() for kind in kinds}


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the table of contents. `relation` is set for tables, partitions included."""

    id: int
    kind: str
    name: str  # "public.orders orders_pkey", for people
    sql: str
    dependencies: tuple[int, ...] = ()
    schema: str = ""
    relation: Relation | None = None

    @property
    def title(self) -> str:
        """ "foreign key public.orders orders_customer_id_fkey"."""
        kind = {"FK CONSTRAINT": "foreign key", "ACL": "privileges of"}.get(self.kind, self.kind.lower())
        return f"{kind} {self.name}"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An object that no target has, or that a target lacks which has a part of what it belongs to."""

    entry: Entry
    reason: str
    spans: bool = False  # because what it needs ends up apart


# What a table brings along: it is left out with its table, without saying.
_PARTS = frozenset({"DEFAULT", "CONSTRAINT", "FK CONSTRAINT", "TRIGGER", "RULE", "POLICY", "ROW SECURITY"})


def without_parts(left: Iterable[LeftOut]) -> tuple[LeftOut, ...]:
    """What is left out, without what is but a part of a table that is left out itself."""
    left = tuple(left)
    tables = tuple(f"{one.entry.name} " for one in left if one.entry.kind == "TABLE")
    ids = {one.entry.id for one in left if one.entry.kind == "TABLE"}
    owned = {one.entry.name for one in left if one.entry.kind == "SEQUENCE OWNED BY"}
    return tuple(
        one
        for one in left
        if not (one.entry.kind in _PARTS and one.entry.name.startswith(tables))
        and not (one.entry.kind == "INDEX" and ids & set(one.entry.dependencies))
        and not (one.entry.kind in ("SEQUENCE", "SEQUENCE OWNED BY") and one.entry.name in owned)
    )


@dataclass(frozen=True)
class Division:
    """Each target's entries in the order in which they can be executed, and what no target has.

    By entry: the `tables` that it stands or falls with, and the entries that it `needs`.
    """

    targets: Mapping[str, tuple[Entry, ...]]
    left: tuple[LeftOut, ...]
    warnings: tuple[str, ...] = ()
    tables: Mapping[int, frozenset[Relation]] = field(default_factory=dict)
    needs: Mapping[int, tuple[int, ...]] = field(default_factory=dict)


def divide(
    entries: Sequence[Entry],
    homes: Mapping[Relation, frozenset[str]],
    targets: Sequence[str],
    *,
    mentions: Callable[[str], Iterable[Relation]],
    in_scope: Callable[[str], bool] = lambda schema: True,
) -> Division:
    """Divides the entries among the targets.

    `homes` gives the targets of every placed table (none where it is left behind or undecided), `mentions` the tables
    that a function's text uses. Objects of schemas out of scope are taken along only where something needs them.
    """
    return _Dividing(entries, homes, tuple(targets), mentions, in_scope).result()


class _Dividing:
    def __init__(
        self,
        entries: Sequence[Entry],
        homes: Mapping[Relation, frozenset[str]],
        targets: tuple[str, ...],
        mentions: Callable[[str], Iterable[Relation]],
        in_scope: Callable[[str], bool],
    ) -> None:
        self.entries = entries
        self.by_id = {entry.id: entry for entry in entries}
        self.homes = homes
        self.targets = targets
        self.everywhere = frozenset(targets)
        self.in_scope = in_scope
        self.tables = {entry.relation: entry.id for entry in entries if entry.relation is not None}
        self.needs = {entry.id: self._needs(entry) for entry in entries}
        self.mentioned = {
            entry.id: tuple(self.tables[one] for one in dict.fromkeys(mentions(entry.sql)) if one in self.tables)
            for entry in entries
            if entry.kind in ROUTINES
        }
        self.calls = self._calls()
        self.bound: dict[int, frozenset[int]] = {}
        self.final: dict[int, frozenset[str]] = {}
        self.warnings: list[str] = []

    def result(self) -> Division:
        for entry in self.entries:
            self._bind(entry.id)
        for entry in self.entries:
            self.final[entry.id] = self._placed(entry)
        self._spread_needs()
        for entry in self.entries:
            if entry.kind in PASSIVE:
                above = [self.final[one] for one in self.needs[entry.id] if self.by_id[one].kind != "SCHEMA"]
                above = above or [self.final[one] for one in self.needs[entry.id]]
                self.final[entry.id] = frozenset.intersection(*above) if above else self.everywhere
        left = tuple(self._left())
        chosen = {
            target: tuple(entry for entry in self.entries if target in self.final[entry.id]) for target in self.targets
        }
        tables = {
            one: frozenset(relation for table in bound if (relation := self.by_id[table].relation) is not None)
            for one, bound in self.bound.items()
        }
        return Division(chosen, left, tuple(self.warnings), tables, self.needs)

    def _needs(self, entry: Entry) -> tuple[int, ...]:
        """What must be there first. A sequence that is merely owned by a column's table exists without it."""
        known = [one for one in entry.dependencies if one in self.by_id]
        if entry.kind == "SEQUENCE OWNED BY":
            # pg_dump notes the table with the sequence.
            known += [up for one in known for up in self.by_id[one].dependencies if up in self.by_id]
        elif entry.kind == "SEQUENCE" and not entry.sql.lstrip().startswith("ALTER TABLE"):
            known = [one for one in known if self.by_id[one].relation is None]
        return tuple(known)

    def _calls(self) -> Mapping[int, tuple[int, ...]]:
        """What a routine's text names beside tables: other routines, types, sequences, views. No catalog knows that."""
        named: dict[str, list[int]] = defaultdict(list)
        for entry in self.entries:
            if entry.relation is None and entry.kind in (
                *ROUTINES, "TYPE", "DOMAIN", "SEQUENCE", "VIEW", "MATERIALIZED VIEW", "AGGREGATE",
            ):  # fmt: skip
                named[bare_name(entry)].append(entry.id)
        calls = {}
        for entry in self.entries:
            if entry.kind in ROUTINES:
                used = set(re.findall(r"[^\W\d]\w*", entry.sql)) & named.keys()
                calls[entry.id] = tuple(one for name in sorted(used) for one in named[name] if one != entry.id)
        return calls

    def _bind(self, start: int) -> frozenset[int]:
        """The tables that an entry stands or falls with: itself if it is one, else those of all that it needs."""
        if start in self.bound:
            return self.bound[start]
        entry = self.by_id[start]
        if entry.relation is not None:
            self.bound[start] = frozenset({start})
            return self.bound[start]
        self.bound[start] = frozenset()  # cuts a cycle of functions that call each other
        bound: set[int] = set(self.mentioned.get(start, ()))
        for one in self.needs[start]:
            bound |= self._bind(one)
        for one in self.calls.get(start, ()):
            if self.by_id[one].kind in ("VIEW", "MATERIALIZED VIEW") or self.by_id[one].kind in ROUTINES:
                bound |= self._bind(one)
        self.bound[start] = frozenset(bound)
        return self.bound[start]

    def _home(self, table: int) -> frozenset[str]:
        relation = self.by_id[table].relation
        return self.homes.get(relation, frozenset()) if relation is not None else frozenset()

    def _placed(self, entry: Entry) -> frozenset[str]:
        if entry.kind in _NEVER | _SECRET or (entry.kind == "EXTENSION" and bare_name(entry) in _SINGLE_EXTENSIONS):
            return frozenset()
        tables = self.bound[entry.id]
        if tables:
            return frozenset.intersection(*(self._home(table) for table in tables))
        return self.everywhere if entry.kind == "EXTENSION" else frozenset()

    def _is_free(self, entry: Entry) -> bool:
        return not self.bound[entry.id] and entry.kind not in _NEVER | _SECRET | PASSIVE | {"EXTENSION"}

    def _spread_needs(self) -> None:
        """Takes what needs no table to where it is needed; what nothing needs goes everywhere."""
        while self._needed():
            continue
        needed_by: dict[int, int] = defaultdict(int)
        for entry in self.entries:
            if entry.kind not in PASSIVE and entry.kind not in _NEVER:
                for one in (*self.needs[entry.id], *self.calls.get(entry.id, ())):
                    needed_by[one] += one != entry.id
        for entry in self.entries:
            unused = not self.final[entry.id] and not needed_by[entry.id]
            if unused and self._is_free(entry) and self.in_scope(entry.schema):
                self.final[entry.id] = self.everywhere
        while self._needed():
            continue

    def _needed(self) -> bool:
        """One round; whether anything moved."""
        moved = False
        for entry in reversed(self.entries):
            here = self.final[entry.id]
            if not here or entry.kind in PASSIVE:
                continue
            for one in (*self.needs[entry.id], *self.calls.get(entry.id, ())):
                other = self.by_id[one]
                lacking = here - self.final[one]
                if not lacking or other.relation is not None or other.kind in _NEVER:
                    continue
                if self._is_free(other):
                    self.final[one] |= lacking
                    moved = True
                elif other.kind in ROUTINES and entry.relation is not None:
                    # A column's default or check calls it: the table cannot exist without, so it comes along, and
                    # fails when it is called if the tables that it reads are elsewhere.
                    self.final[one] |= lacking
                    self.warnings.append(
                        f"{other.title} is in {', '.join(sorted(lacking))} because {entry.title} needs it, "
                        f"but it uses {self._spread(other)}"
                    )
                    moved = True
        return moved

    def _left(self) -> Iterator[LeftOut]:
        for entry in self.entries:
            if self.final[entry.id] or (entry.schema and not self.in_scope(entry.schema)):
                continue
            if entry.kind in PASSIVE and any(not self.final[one] for one in self.needs[entry.id]):
                continue  # goes without saying
            if entry.kind in ("TABLE DATA", "SEQUENCE SET", "MATERIALIZED VIEW DATA"):
                continue
            if entry.kind in _NEVER or entry.kind == "EXTENSION":
                yield LeftOut(entry, "it belongs to the database as a whole, and is left out of every tree")
                continue
            if entry.kind in _SECRET:
                secret = replace(entry, sql="")
                yield LeftOut(secret, "it may hold a password: make it by hand in the databases that need it")
                continue
            unplaced = [self.by_id[one] for one in self.bound[entry.id] if not self._home(one)]
            if unplaced:
                names = ", ".join(sorted({str(one.relation) for one in unplaced}))
                yield LeftOut(entry, f"{names} has no target")
            elif not self.bound[entry.id]:
                needing = [one for one in self.entries if entry.id in self.needs[one.id] and one.id != entry.id]
                yield LeftOut(entry, f"only {needing[0].title} needs it, which has no target" if needing else "unused")
            else:
                yield LeftOut(entry, f"what it needs ends up apart: {self._spread(entry)}", spans=True)

    def _spread(self, entry: Entry) -> str:
        """ "orders (tenant), users (auth)"."""
        tables = sorted((self.by_id[id_] for id_ in self.bound[entry.id]), key=lambda table: table.name)
        return ", ".join(
            f"{table.relation} ({' + '.join(sorted(self._home(table.id))) or 'nowhere'})" for table in tables
        )


def bare_name(entry: Entry) -> str:
    """The object's own name: of a function without its arguments."""
    name = entry.name.removeprefix(f"{entry.schema}.")
    return re.split(r"\(", name, maxsplit=1)[0] if entry.kind in (*ROUTINES, "AGGREGATE") else name


@dataclass(frozen=True, slots=True)
class ScriptFile:
    """One file of a baseline: its name, and its SQL."""

    name: str
    text: str


def script_files(entries: Sequence[Entry], *, last: Sequence[str] = ()) -> tuple[ScriptFile, ...]:
    """The entries as files to be executed in the order of their names, one for each run of the same kind of objects.

    The order of the entries is pg_dump's, which is that of their dependencies. `last` are statements for a last file.
    """
    runs: list[tuple[str, list[Entry]]] = []
    for entry in entries:
        group = runs[-1][0] if entry.kind == "COMMENT" and runs else _GROUP_OF.get(entry.kind, "others")
        if not runs or runs[-1][0] != group:
            runs.append((group, []))
        runs[-1][1].append(entry)
    counted: dict[str, int] = defaultdict(int)
    files = []
    for number, (group, members) in enumerate(runs, 1):
        counted[group] += 1
        again = f"_{counted[group]}" if counted[group] > 1 else ""
        text = "\n\n".join(f"-- {_one_line(entry.title)}\n{entry.sql.strip()}" for entry in members)
        files.append(ScriptFile(f"{number:03d}_{group}{again}.sql", text + "\n"))
    if last:
        files.append(ScriptFile(f"{len(runs) + 1:03d}_refresh.sql", "\n".join(last) + "\n"))
    return tuple(files)


def _one_line(text: str) -> str:
    return re.sub(r"[\r\n]+", " ", text)
