"""Proposes a placement of every table, each with its reason in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from migrator.core.init.communities import Member
from migrator.core.init.draft import Draft
from migrator.core.init.evidence import PathEvidence, WithoutTenant
from migrator.core.init.people import is_audit, is_bookkeeping
from migrator.core.init.references import dangling_columns
from migrator.core.init.sensitive import sensitive
from migrator.core.init.unowned import Fates, are_many
from migrator.core.placement.key_paths import KeyPath
from migrator.core.schema.catalog import ForeignKey, Relation, Table

# A table that nothing connects with the others is reference data as long as it is small.
_SMALL_ROWS = 10_000
# A table whose rows are nearly as many as those that name them is no reference data: they are somebody's.
_OWNED_ROWS = 1_000
_OWNED_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Proposal:
    """One table's entry. `key_path` is set only where it has to be written: migrator derives all others by itself."""

    relation: Relation
    target: str = ""
    reason: str = ""
    key_path: KeyPath | None = None
    path: KeyPath | None = None
    unowned: str = ""
    replicate: tuple[str, ...] = ()
    ignore: str = ""
    decide: tuple[str, ...] = ()
    ways: tuple[KeyPath, ...] = ()  # key paths of equal standing, one of which `decide` needs
    inferred: bool = False
    note: str = ""


def propose(
    drafted: Draft,
    *,
    rows: Mapping[Relation, int | None],
    path_evidence: Mapping[Relation, PathEvidence],
    without: Mapping[Relation, WithoutTenant],
    contradicted: Iterable[ForeignKey] = (),
) -> tuple[Proposal, ...]:
    """An entry for every table, in the catalog's order; `contradicted` are keys that names suggest and rows do not."""
    return tuple(_Proposing(drafted, rows, path_evidence, without, contradicted).entries())


class _Proposing:
    def __init__(
        self,
        drafted: Draft,
        rows: Mapping[Relation, int | None],
        path_evidence: Mapping[Relation, PathEvidence],
        without: Mapping[Relation, WithoutTenant],
        contradicted: Iterable[ForeignKey],
    ) -> None:
        self.contradicted = {key.table: key for key in contradicted if key.referenced == drafted.root}
        self.draft = drafted
        self.rows = rows
        self.path_evidence = path_evidence
        self.without = without
        self.identities = {**self._of_credentials(), **drafted.identities}
        self.fates = Fates(drafted, without, self.identities)

    def _of_credentials(self) -> Mapping[Relation, str]:
        """Tables without a tenant that hold credentials, or whose rows nothing but credentials names."""
        bare = {
            relation: table
            for relation, table in self.draft.catalog.tables.items()
            if relation != self.draft.root and relation not in self.draft.key_paths.paths
            and relation not in self.draft.key_paths.ambiguous and not is_bookkeeping(relation)
        }  # fmt: skip
        kept = {
            relation: f"{guarded.why}; nothing leads to a tenant"
            for relation, table in bare.items()
            if (guarded := sensitive(table)) is not None and guarded.credentials
        }
        for relation in bare.keys() - kept.keys() - self.draft.identities.keys():
            by = {key.table for key in self.draft.referencing.get(relation, ()) if key.table != relation}
            if by and all((guarded := sensitive(self.draft.catalog.tables[one])) and guarded.credentials for one in by):
                kept[relation] = f"nothing but credentials names its rows: {', '.join(sorted(map(str, by)))}"
        return kept

    def entries(self) -> Iterator[Proposal]:
        for relation, table in self.draft.catalog.tables.items():
            yield self._entry(relation, table)

    def _entry(self, relation: Relation, table: Table) -> Proposal:
        if is_bookkeeping(relation):
            return bookkeeping_entry(relation)
        if relation == self.draft.root:
            return Proposal(relation, "auth", "the tenant root")
        if relation in self.identities:
            return Proposal(relation, "auth", self.identities[relation], inferred=True)
        parents = [parent for parent in table.parents if parent in self.draft.catalog.tables]
        if parents and relation not in self.draft.key_paths.paths:
            above = self._entry(parents[0], self.draft.catalog.tables[parents[0]])
            return replace(
                above, relation=relation, reason=f"it inherits from {parents[0]}", key_path=None, inferred=False
            )
        if relation in self.draft.key_paths.ambiguous:
            return self._ambiguous(relation, self.draft.key_paths.ambiguous[relation])
        path = self.draft.key_paths.paths.get(relation)
        if path is not None:
            return self._tenants(relation, path)
        return self._without_path(relation)

    def _tenants(self, relation: Relation, path: KeyPath) -> Proposal:
        reason = how(path)
        if relation in self.draft.through:
            reason += ", through a table of AUTH"
        evidence = self.path_evidence.get(relation)
        written = self.draft.written.get(relation)
        if evidence is not None and written is not None:
            reason += _agreed(evidence)
        counted = self.without.get(relation)
        if counted is not None and self._is_peoples(path) and are_many(counted.tenantless, counted.rows):
            reason = (
                f"it hangs on {self._people(relation, deeds=True)}, who have no one tenant for {counted.tenantless:,}"
            )
            return Proposal(relation, "auth", f"{reason} of its {counted.rows:,} rows", inferred=True)
        if counted is not None and counted.tenantless == counted.rows > 0:
            return self._nobodys(relation, path, counted)
        fate = self.fates.of(relation)
        if fate.ask:
            return Proposal(relation, decide=("tenant", "auth"), ways=(path,), reason=f"{reason}; {fate.note}")
        if relation in self.draft.audited and not self._used_by_tenants(relation):
            writer = path.hops[0].columns[0]
            return Proposal(
                relation, decide=("tenant", "shared"), ways=(path,),
                reason=f"only who wrote its rows ({writer}) leads to a tenant, and no table of the tenants uses it",
            )  # fmt: skip
        if fate.unowned:
            reason += f"; {fate.note}"
        return Proposal(
            relation, "tenant", reason, written, path, fate.unowned,
            inferred=path.inferred or bool(fate.unowned), note=fate.note,
        )  # fmt: skip

    def _nobodys(self, relation: Relation, path: KeyPath, counted: WithoutTenant) -> Proposal:
        """A path that no row goes is none: what the table is, its keys do not tell."""
        if self._one_for_one(relation, self.draft.root):
            return Proposal(relation, "auth", f"a row of it belongs to each row of {self.draft.root}", inferred=True)
        return Proposal(
            relation, decide=("tenant", "auth", "shared"), ways=(path,),
            reason=f"none of its {counted.rows:,} rows has a tenant by {path.text}",
        )  # fmt: skip

    def _ambiguous(self, relation: Relation, paths: Sequence[KeyPath]) -> Proposal:
        behind = {key.referenced for path in paths for key in path.hops[:1]}
        found = self.path_evidence.get(relation)
        reason = f"{len(paths)} key paths are equally short"
        if found is not None and found.disagreeing:
            reason += f" and disagree on {found.disagreeing:,} of {found.rows:,} rows ({'; '.join(found.samples)})"
        elif found is not None and found.rows == 0:
            reason += ", and there are no rows to compare"
        if not behind:
            reason += ": it links two tenants"
        return Proposal(relation, reason=reason, decide=("tenant", "auth", "shared"), ways=tuple(paths))

    def _without_path(self, relation: Relation) -> Proposal:
        references = [key for key in self.draft.keys[relation] if key.referenced != relation and key.when is None]
        undecided = [key.referenced for key in references if key.referenced in self.draft.key_paths.ambiguous]
        if undecided:
            return Proposal(
                relation, reason=f"its key path leads through {undecided[0]}, which is undecided itself",
                decide=("tenant", "shared"),
            )  # fmt: skip
        if (key := self.contradicted.get(relation)) is not None:
            return Proposal(
                relation, reason=f"{', '.join(key.columns)} looks like the key of {key.referenced}, but {key.evidence}",
                decide=("tenant", "shared", "auth"),
            )  # fmt: skip
        referencing = [key for key in self.draft.referencing.get(relation, ()) if key.table != relation]
        rows = self.rows.get(relation)
        small = rows is not None and rows <= _SMALL_ROWS
        common = self._used_by_tenants(relation) or (small and not referencing)
        if people := self._people(relation, deeds=not common):
            return Proposal(relation, "auth", f"it hangs on {people}, and nothing leads to a tenant", inferred=True)
        if self._one_for_one(relation, self.draft.root):
            return Proposal(relation, "auth", f"a row of it belongs to each row of {self.draft.root}", inferred=True)
        owner = self._exclusive(relation, rows)
        if owner is not None:
            return Proposal(
                relation,
                reason=f"nothing leads from it to a tenant, but rows of {owner} name its rows one by one: these are "
                "hardly reference data; a key path over these, or a query that yields the key, would give them to the "
                "tenants",
                decide=("shared", "auth", "tenant"),
                ways=self.draft.owners(relation),
            )
        if dangling := dangling_columns(self.draft.catalog.tables[relation], self.draft.keys[relation]):
            return Proposal(
                relation,
                reason=f"nothing that is known leads from it to a tenant, but {', '.join(dangling)} must name rows of "
                "something: say of what (virtual), or where it goes",
                decide=("tenant", "shared", "auth"),
            )
        if (guarded := sensitive(self.draft.catalog.tables[relation])) is not None:
            if guarded.kind == "people":
                return Proposal(relation, "auth", f"people of no one tenant: {guarded.why}", inferred=True)
            return Proposal(
                relation, reason=f"nothing leads from it to a tenant, and {guarded.why}: that is not for everybody",
                decide=("auth", "tenant"),
            )  # fmt: skip
        if referencing or references:
            by = ", ".join(sorted({str(key.table) for key in referencing})[:4])
            return Proposal(
                relation, "shared", "reference data: nothing leads to a tenant" + (f"; {by} use it" if by else "")
            )
        if small:
            return Proposal(relation, "shared", "no table is connected with it, and it is small", inferred=True)
        size = "unknown many" if rows is None else f"{rows:,}"
        return Proposal(
            relation, reason=f"no table is connected with it, and it has {size} rows", decide=("shared", "auth")
        )

    def _is_peoples(self, path: KeyPath) -> bool:
        """Whether every way to a tenant leads through people."""
        return all(
            any(hop.referenced in self.draft.identities for hop in alternative.hops)
            for alternative in path.alternatives
        )

    def _used_by_tenants(self, relation: Relation) -> bool:
        return any(self.draft.is_tenants(key.table) for key in self.draft.referencing.get(relation, ()))

    def _people(self, relation: Relation, *, deeds: bool) -> str:
        """The tables of identities that its keys lead to: directly, else over tables that have no tenant either.

        Without `deeds` keys that only say who did something to a row lead nowhere.
        """
        seen, level = {relation}, [relation]
        while level:
            parents = [
                key.referenced for one in level for key in self.draft.keys[one]
                if key.referenced not in seen and (deeds or not is_audit(key))
            ]  # fmt: skip
            if found := sorted({str(parent) for parent in parents if parent in self.draft.identities}):
                return ", ".join(found)
            seen.update(parents)
            level = [parent for parent in dict.fromkeys(parents) if parent != self.draft.root]
        return ""

    def _exclusive(self, relation: Relation, rows: int | None) -> Relation | None:
        """The tenants' table whose rows seem to own this one's: one for one by a unique key, or nearly as many."""
        for key in self.draft.referencing.get(relation, ()):
            if not self.draft.is_tenants(key.table):
                continue
            theirs = self.rows.get(key.table) or 0
            many = rows is not None and rows >= max(_OWNED_ROWS, _OWNED_SHARE * theirs)
            if many or self._one_for_one(relation, key.table):
                return key.table
        return None

    def _one_for_one(self, relation: Relation, other: Relation) -> bool:
        """Whether each row of the table is named by one row of the other at most."""
        unique = self.draft.catalog.tables[other].unique_keys
        return any(key.table == other and key.columns in unique for key in self.draft.referencing.get(relation, ()))


def how(path: KeyPath) -> str:
    """A key path in words: how many hops, over keys of which kind."""
    kinds = []
    hops = [hop for alternative in path.alternatives for hop in alternative.hops]
    if any(not hop.virtual for hop in hops):
        kinds.append("declared")
    if any(hop.evidence and hop.when is None for hop in hops):
        kinds.append("inferred")
    if any(hop.when for hop in hops):
        kinds.append("polymorphic")
    length = len(path.hops)
    words = "its own key column" if not length else f"{length} hop{'s' * (length > 1)} over {' and '.join(kinds)} keys"
    evidence = next((hop.evidence for hop in hops if hop.evidence), path.evidence)
    more = f", else {len(path.otherwise)} further path{'s' * (len(path.otherwise) > 1)}" if path.otherwise else ""
    return words + more + (f" ({evidence})" if evidence else "")


def _agreed(evidence: PathEvidence) -> str:
    if evidence.disagreeing:
        disagreeing = f"{evidence.disagreeing:,} of {evidence.rows:,} rows"
        return f"; the paths disagree on {disagreeing}, where the first counts (S06)"
    if not evidence.rows:
        return "; other paths are equally short, and there are no rows to compare"
    return f"; all its paths agree on {evidence.rows:,} rows"


def grouped(members: Iterable[Member]) -> tuple[Proposal, ...]:
    """The entries of a layout without tenants."""
    return tuple(
        bookkeeping_entry(member.relation)
        if is_bookkeeping(member.relation)
        else Proposal(member.relation, member.group, member.reason, inferred=member.inferred)
        for member in members
    )


def bookkeeping_entry(relation: Relation) -> Proposal:
    """The entry of a table of bookkeeping."""
    return Proposal(relation, ignore="bookkeeping of the application's own migrations, by its name", inferred=True)
