"""What becomes of rows of a tenants' table that have no tenant, and what speaks for it, counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from migrator.core.init.draft import Draft
from migrator.core.init.evidence import WithoutTenant
from migrator.core.init.sensitive import sensitive
from migrator.core.schema.catalog import Relation

# So many rows without a tenant are no accident.
_MANY_ROWS = 10
_MANY_SHARE = 0.02


@dataclass(frozen=True, slots=True)
class Fate:
    """`unowned` as the file spells it, '' where there is nothing to say; `ask` where nobody but a person can say it."""

    unowned: str = ""
    note: str = ""
    ask: bool = False


class Fates:
    """The fate of each table's rows without a tenant."""

    def __init__(
        self, drafted: Draft, without: Mapping[Relation, WithoutTenant], at_auth: Mapping[Relation, str]
    ) -> None:
        """`at_auth` are the tables whose home AUTH is."""
        self._draft = drafted
        self._without = without
        self._asked: set[Relation] = set()
        self._at_auth = frozenset(str(relation) for relation in at_auth)

    def of(self, relation: Relation) -> Fate:
        """What to propose; credentials and personal data are never shared, replicated or put into quarantine."""
        counted = self._without.get(relation)
        if counted is None or not (counted.tenantless or counted.unknown):
            return Fate()
        if relation in self._asked:
            return Fate()  # it hangs on itself over others, which say no more than it does
        self._asked.add(relation)
        fate = self._proposed(relation, counted)
        self._asked.discard(relation)
        guarded = sensitive(self._draft.catalog.tables[relation])
        if guarded is None or fate.unowned == "auth":
            return fate
        if guarded.credentials and not counted.unknown:
            return Fate("auth", f"mixed: {_without_tenant(counted)}: they go to AUTH, because it holds {guarded.why}")
        return Fate("", f"{_without_tenant(counted)}, and {guarded.why}: say where those go (unowned)", ask=True)

    def _proposed(self, relation: Relation, counted: WithoutTenant) -> Fate:
        if counted.unknown and not are_many(counted.tenantless, counted.rows):
            return Fate("quarantine", f"{_part(counted, counted.unknown)} have the key of no tenant: quarantined")
        if not counted.tenantless:
            return Fate()
        theirs = {name: rows for name, rows in counted.named.items() if name in self._at_auth}
        if theirs:
            told = ", ".join(f"{rows:,} name rows of {name}" for name, rows in sorted(theirs.items()))
            return Fate("auth", f"mixed: {_without_tenant(counted)}: {told} in AUTH, and go there")
        if counted.unset == 0:
            return self._by_parent(relation, counted)
        note = f"mixed: {_part(counted, counted.unset)} have no tenant"
        if counted.referenced:
            told = ", ".join(f"{rows:,} rows of {table}" for table, rows in sorted(counted.referenced.items()))
            return Fate("replicate", f"{note}, and {told} name them: every tenant gets them")
        if are_many(counted.unset, counted.rows):
            return Fate("shared", f"{note}, and nothing names them: they go to SHARED")
        return Fate("quarantine", f"{note}; too few to be meant so: quarantined")

    def _by_parent(self, relation: Relation, counted: WithoutTenant) -> Fate:
        """Rows that hang on global rows of a mixed table are global themselves."""
        path = self._draft.key_paths.paths[relation]
        if path.hops and path.hops[0] not in self._draft.keys[relation]:
            named_by = path.hops[0].referenced
            note = f"mixed: {_part(counted, counted.tenantless)} are named by no row that has a tenant"
            if self.of(named_by).unowned == "auth":
                return Fate("auth", f"{note}: they go where those of {named_by} go")
            return Fate("shared", f"{note}: they go to SHARED")
        missing = counted.tenantless - counted.beneath
        for parent in self._parents(relation):
            policy = self.of(parent).unowned
            if policy and counted.beneath:
                note = (
                    f"mixed: {_part(counted, counted.beneath)} hang on rows that have no tenant, and go where those go"
                )
                return Fate(policy, note + (f"; the parent of {missing:,} is missing" if missing else ""))
        what = "a parent that is missing" if not counted.beneath else "a parent that is missing or has no tenant"
        return Fate("quarantine", f"{_part(counted, counted.tenantless)} name {what}: quarantined")

    def _parents(self, relation: Relation) -> Iterator[Relation]:
        path = self._draft.key_paths.paths[relation]
        for parent in dict.fromkeys(
            alternative.hops[0].referenced for alternative in path.alternatives if alternative.hops
        ):
            if parent != relation:
                yield parent


def are_many(rows: int, of: int) -> bool:
    """Whether so many rows are no accident."""
    return rows > 0 and (rows >= _MANY_ROWS or rows >= _MANY_SHARE * of)


def _without_tenant(counted: WithoutTenant) -> str:
    told = [f"{_part(counted, counted.tenantless)} have no tenant"] if counted.tenantless else []
    if counted.unknown:
        told.append(
            f"{counted.unknown:,} have the key of none"
            if told
            else f"{_part(counted, counted.unknown)} have the key of no tenant"
        )
    return " and ".join(told)


def _part(counted: WithoutTenant, rows: int) -> str:
    return f"{rows:,} of {counted.rows:,} {'sampled ' if counted.sampled else ''}rows"
