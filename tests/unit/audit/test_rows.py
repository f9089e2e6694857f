"""The rules on counted rows."""

from __future__ import annotations

from typing import Any

import pytest

from migrator.core.audit.facts import CleanableRows, LooseConstraint, ReferenceRows, UnownedRows
from migrator.core.schema.catalog import ForeignKey
from tests.audit_facts import facts, found
from tests.schema import key, public, table

NOTES = table(
    "notes", "id bigint!", "company_id integer", "parent_id bigint", keys=(key("notes", "parent_id", "notes"),)
)
PARENT = NOTES.foreign_keys[0]
NAME = "public.notes(parent_id)->public.notes(id)"


def placed(unowned: str = "block") -> dict[str, object]:
    return {"notes": {"target": "tenant", "key": "company_id", "unowned": unowned}}


@pytest.mark.parametrize(
    ("unowned", "counted", "rows", "severity"),
    [
        ("block", {"unset": 3, "unknown": 2, "unreachable": 1}, 6, "E"),
        ("quarantine", {"unset": 3, "unknown": 2}, 5, "W"),
        ("shared", {"unset": 3}, None, None),
        ("shared", {"unset": 3, "unknown": 2}, 2, "E"),
        ("replicate", {"unset": 3, "unreachable": 4}, 4, "W"),
        ("block", {}, None, None),
    ],
)
def test_s03_counts_the_rows_that_nobody_owns(
    unowned: str, counted: dict[str, Any], rows: int | None, severity: str | None
) -> None:
    known = facts(
        NOTES, configured=placed(unowned),
        unowned=(UnownedRows(public("notes"), 100, **counted, unknown_keys=("7",), samples=("id=1",)),),
    )  # fmt: skip
    findings = found("S03", known)
    assert {name: (finding.rows, finding.severity) for name, finding in findings.items()} == (
        {"public.notes": (rows, severity)} if rows else {}
    )


def test_s03_says_why() -> None:
    counted = UnownedRows(
        public("notes"), 100, unset=3, unknown=2, unreachable=1, unknown_keys=("7", "9"), samples=("id=1",)
    )
    (finding,) = found("S03", facts(NOTES, configured=placed(), unowned=(counted,))).values()
    assert finding.detail == (
        "6 rows of 100 by notes.company_id: 3 with NULL, 2 with a key that no tenant has (7, 9), "
        "1 whose parent is missing."
    )
    assert finding.samples == ("id=1",)


def test_s06_and_s24_count_references_that_leave_the_tenant() -> None:
    counted = ReferenceRows(
        PARENT,
        cross_tenant=2,
        parent_elsewhere=1,
        cross_tenant_samples=("id=1", "id=2"),
        parent_elsewhere_samples=("id=3",),
    )
    known = facts(NOTES, configured=placed(), references=(counted,))
    assert found("S06", known)[NAME].rows == 2
    assert found("S24", known)[NAME].rows == 1
    assert found("S07", known) == {}


@pytest.mark.parametrize(
    ("orphaned", "more", "reason"),
    [
        (key("notes", "parent_id", "notes", validated=False), {}, "the constraint notes_parent_id_fkey is NOT VALID"),
        (key("notes", "parent_id", "notes", name="", virtual=True, validated=False), {}, "no constraint is declared"),
        (PARENT, {"disabled_keys": frozenset({(public("notes"), "notes_parent_id_fkey")})}, "are disabled"),
        (
            PARENT,
            {"loose_constraints": (LooseConstraint(public("notes"), "notes_parent_id_fkey", "f", "", enforced=False),)},
            "is NOT ENFORCED",
        ),
        (PARENT, {}, "claims to be valid"),
    ],
)
def test_s07_says_how_orphans_are_possible(orphaned: ForeignKey, more: dict[str, object], reason: str) -> None:
    known = facts(NOTES, configured=placed(), references=(ReferenceRows(orphaned, orphans=1),), **more)
    assert reason in found("S07", known)[NAME].detail
    # The targets declare what the source does; what only migrator.toml knows keeps no row out of them.
    assert found("S07", known)[NAME].severity == ("W" if orphaned.virtual else "E")


def test_rows_of_a_table_that_is_left_behind_only_inform() -> None:
    known = facts(NOTES, configured={"notes": {"ignore": "old"}}, references=(ReferenceRows(PARENT, orphans=4),))
    finding = found("S07", known)[NAME]
    assert (finding.severity, finding.rows) == ("I", 4)
    assert finding.detail.endswith("The table is left behind by the split.")


def test_c01_reports_what_clean_rules_match() -> None:
    known = facts(
        NOTES, configured=placed(),
        cleanable=(
            CleanableRows("old", "rows", {public("notes"): 12}),
            CleanableRows("done", "rows", {public("notes"): 0}),
        ),
    )  # fmt: skip
    assert {name: finding.rows for name, finding in found("C01", known).items()} == {"old": 12}
