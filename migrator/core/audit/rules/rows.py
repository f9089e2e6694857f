"""Rules on rows that were counted in the source: S03, S06, S07, S24, C01."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from migrator.core.audit.facts import Facts, ReferenceRows, UnownedRows
from migrator.core.audit.finding import Category, Observation, Severity, rule
from migrator.core.audit.places import key_place, place
from migrator.core.placement.model import UNOWNED_TARGETS
from migrator.core.result.wording import listed, plural
from migrator.core.schema.catalog import ForeignKey


@rule(
    "S03", "E", Category.INTEGRITY, "tables", "Row without a known tenant",
    why="A row whose tenant key is NULL, unknown, or not reachable belongs to no tenant's database. It is never "
    "dropped in silence: it blocks the split until somebody has decided on it.",
    remedy="Correct the rows, move them out of the way (a [clean.X] rule of kind unowned or orphans), or say what they "
    'are: [tables.NAME] unowned = "quarantine", "shared", "auth" or "replicate".',
)  # fmt: skip
def unowned_rows(facts: Facts) -> Iterator[Observation]:
    """Rows of tenant tables that no tenant owns, save those that have no key by intent."""
    for counted in facts.unowned:
        placement = facts.placement(counted.relation)
        policy = placement.unowned if placement else "block"
        # A mixed table's rows without a key are global ones, and so is what hangs on global rows; a key that leads
        # nowhere is an accident in any table.
        if policy in (*UNOWNED_TARGETS, "replicate"):
            counted = replace(counted, unset=0, beneath=0)
        rows = counted.unset + counted.beneath + counted.unreachable + counted.unknown
        if rows:
            path = ", ".join(placement.key_path.label) if placement and placement.key_path else ""
            settled = policy == "quarantine" or (policy != "block" and not counted.unknown)
            yield Observation(
                str(counted.relation), place(counted.relation),
                f"{plural(rows, 'row')} of {counted.total:,} by {path}: {_reasons(counted)}."
                + (f" As unowned = {policy!r} in migrator.toml says, {_FATE[policy]}." if settled else ""),
                counted.relation, "W" if settled else "E", rows, counted.samples,
            )  # fmt: skip


# What becomes of rows without an owner; of those with a wrong key only quarantine takes care.
_FATE = {
    "quarantine": "they go to quarantine",
    "shared": "they go to SHARED, together with the rows that are global by intent",
    "auth": "they go to AUTH, together with the rows that are of no tenant by intent",
    "replicate": "every tenant gets them, together with the rows that are global by intent",
}


def _reasons(counted: UnownedRows) -> str:
    parts = []
    if counted.unset:
        parts.append(f"{counted.unset:,} with NULL")
    if counted.beneath:
        parts.append(f"{counted.beneath:,} whose parent has none either (NULL)")
    if counted.unknown:
        parts.append(f"{counted.unknown:,} with a key that no tenant has ({listed(counted.unknown_keys, 5)})")
    if counted.unreachable:
        parts.append(f"{counted.unreachable:,} whose parent is missing")
    return ", ".join(parts)


@rule(
    "S06", "E", Category.INTEGRITY, "foreign keys", "Row that references another tenant's row",
    why="After the split the two rows are in different databases: the reference dangles, or worse, meets another row "
    "that has the same key there.",
    remedy="Correct the tenant key or the reference; a [clean.X] rule of kind cross-tenant moves the referencing rows "
    "to quarantine. Where tenants may name each other's rows by design, let the key go: [[tables.X.release]] "
    'key = "column -> table.column", reason = "...": the targets do not have it, verify counts.',
)  # fmt: skip
def row_of_another_tenant(facts: Facts) -> Iterator[Observation]:
    """Foreign keys between tenant tables by which a row of one tenant names a row of another one."""
    for counted in facts.references:
        if counted.cross_tenant:
            yield _naming(
                facts, counted.key, counted.cross_tenant, counted.cross_tenant_samples, "that belongs to another tenant"
            )


@rule(
    "S07", "E", Category.INTEGRITY, "foreign keys", "Orphan row",
    why="A row names a parent that does not exist. The targets' foreign keys cannot be created over it, and where the "
    "parent leads to the tenant, nobody knows whose row it is.",
    remedy="Restore the parent, correct the reference, or move the rows to quarantine (a [clean.X] rule of kind "
    "orphans); then validate the constraint so that no more appear.",
)  # fmt: skip
def orphan_rows(facts: Facts) -> Iterator[Observation]:
    """Foreign keys, declared or configured, with rows whose parent is missing."""
    for counted in facts.references:
        if counted.orphans:
            what = f"that does not exist: {_why_possible(facts, counted)}"
            yield _naming(facts, counted.key, counted.orphans, counted.orphan_samples, what)


def _why_possible(facts: Facts, counted: ReferenceRows) -> str:
    key = counted.key
    if key.virtual:
        return "no constraint is declared, the key path in migrator.toml assumes one"
    if any(
        loose.name == key.name and loose.table == key.table and not loose.enforced for loose in facts.loose_constraints
    ):
        return f"the constraint {key.name} is NOT ENFORCED"
    if (key.table, key.name) in facts.disabled_keys:
        return f"the triggers of the constraint {key.name} are disabled"
    if not key.validated:
        return f"the constraint {key.name} is NOT VALID"
    return f"the constraint {key.name} claims to be valid, so they came in while its triggers were off"


@rule(
    "S24", "E", Category.INTEGRITY, "foreign keys", "Row whose parent its tenant will not have",
    why="The referenced row belongs to no tenant, so it goes to SHARED or to quarantine, while the foreign key stays "
    "in the tenant's database: it cannot be created over that row.",
    remedy='Give the parent to the tenants, [tables.PARENT] unowned = "replicate", or correct the reference.',
)  # fmt: skip
def parent_elsewhere(facts: Facts) -> Iterator[Observation]:
    """Foreign keys within the tenants' databases whose parent rows land elsewhere."""
    for counted in facts.references:
        if counted.parent_elsewhere:
            yield _naming(
                facts,
                counted.key,
                counted.parent_elsewhere,
                counted.parent_elsewhere_samples,
                "that does not go to the same tenant's database",
            )


@rule(
    "C01", "I", Category.INTEGRITY, "tables", "Rows that a clean rule matches",
    why="migrator.toml says that these rows are not to be split: test accounts, expired sessions, deleted and damaged "
    "rows.",
    remedy="Look at them with migrator clean, move them to quarantine with migrator clean --execute.",
)  # fmt: skip
def cleanable_rows(facts: Facts) -> Iterator[Observation]:
    """Rules of [clean] that have something to do."""
    for counted in facts.cleanable:
        if counted.total:
            tables = listed(f"{rows:,} in {relation}" for relation, rows in sorted(counted.rows.items()) if rows)
            yield Observation(
                f"[clean.{counted.name}]", counted.name,
                f"It matches {plural(counted.total, 'row')} ({counted.kind}): {tables}.", rows=counted.total,
            )  # fmt: skip


def _naming(facts: Facts, key: ForeignKey, rows: int, samples: tuple[str, ...], what: str) -> Observation:
    """Rows that name a row of the referenced table `what`.

    It stands in the way where the targets will declare the key: not one that only migrator.toml knows, or lets go.
    """
    naming = f"{plural(rows, 'row')} of {key.table} {'names' if rows == 1 else 'name'}"
    if key.partition is not None:
        naming += f", by the key of {key.partition},"
    detail = f"{naming} a row of {key.referenced} {what}."
    reason = facts.placements.release_reason(key)
    if reason is not None:
        detail += f" The key is let go in migrator.toml: {reason.rstrip('.')}."
    severity: Severity | None = "W" if key.virtual or reason is not None else None
    return Observation(key.label, key_place(key), detail, key.table, severity, rows, samples)


RULES = (unowned_rows, row_of_another_tenant, orphan_rows, parent_elsewhere, cleanable_rows)
