"""The rules on what is hard to read or move, and on capacity."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from migrator.core.audit.facts import Occupant, TriggerFact
from migrator.core.plan.checks import LargeObjectFacts
from migrator.core.schema.catalog import Sequence
from tests.audit_facts import facts, found, severities
from tests.schema import public, table

T = table("t", "id bigint!", "file oid", "image public.lo", "kind regclass")


def test_s12_counts_large_objects_and_names_the_columns() -> None:
    known = replace(
        facts(T, large_objects=3, domains={"public.lo": "oid"}), large_objects=LargeObjectFacts(3, unnamed=(7, 8, 9))
    )
    (finding,) = found("S12", known).values()
    assert finding.severity == "E"
    assert finding.detail == (
        "It holds 3 large objects. Columns that may point at them: t.file, t.image. "
        "3 objects that no configured column names: nobody said what becomes of them."
    )
    assert found("S12", facts(T)) == {}


@pytest.mark.parametrize(
    ("counted", "severity", "ending"),
    [
        (LargeObjectFacts(3), "I", "at them: t.file, t.image."),
        (LargeObjectFacts(3, unnamed=(7,)), "E", "1 object that no configured column names: nobody said what becomes"),
        (LargeObjectFacts(3, unnamed=(7,), ignored="an old import."), "I", "names: stay behind: an old import."),
    ],
)
def test_s12_blocks_by_what_is_named_by_no_column_and_not_left_behind(
    counted: LargeObjectFacts, severity: str, ending: str
) -> None:
    (finding,) = found("S12", replace(facts(T, large_objects=3), large_objects=counted)).values()
    assert finding.severity == severity
    assert ending in finding.detail


def test_s14_and_s25_name_tables_that_cannot_be_read() -> None:
    known = facts(replace(T, force_row_security=True), hidden=frozenset({public("t")}))
    assert found("S14", known)["public.t"].sql_fix == "ALTER TABLE public.t NO FORCE ROW LEVEL SECURITY;"
    known = facts(T, unreadable=frozenset({public("t")}), role="auditor")
    assert found("S25", known)["public.t"].sql_fix == "GRANT SELECT ON public.t TO auditor;"


def test_s15_names_disabled_triggers_and_keys() -> None:
    known = facts(
        T,
        triggers=(
            TriggerFact(public("t"), "off", "public.f()", enabled=False),
            TriggerFact(public("t"), "on", "public.f()"),
        ),
        disabled_keys=frozenset({(public("t"), "t_fkey")}),
    )
    assert severities("S15", known) == {"public.t(off)": "W", "public.t(t_fkey)": "W"}


def test_s16_names_inheritance_and_foreign_tables() -> None:
    child = replace(table("child", "id bigint!"), parents=(public("t"),))
    known = facts(T, child, foreign_tables={public("remote"): "warehouse"})
    assert severities("S16", known) == {"public.child": "W", "public.remote": "W"}


def test_s18_names_columns_of_object_names() -> None:
    assert severities("S18", facts(T)) == {"public.t(kind)": "W"}


def test_s21_names_occupants() -> None:
    known = facts(
        T,
        occupants=(
            Occupant("prepared transaction", "o'clock", "Prepared by app.", 7200.0),
            Occupant("replication slot", "old"),
            Occupant("idle transaction", "pid 7", "user app", 400.0),
        ),
    )
    findings = found("S21", known)
    assert findings["prepared transaction:o'clock"].detail == "Open for 2 hours. Prepared by app."
    assert findings["prepared transaction:o'clock"].sql_fix.startswith("ROLLBACK PREPARED 'o''clock';")
    assert set(findings) == {"prepared transaction:o'clock", "replication slot:old", "idle transaction:pid 7"}


INTEGER_MAX = 2**31 - 1


@pytest.mark.parametrize(
    ("settings", "column", "severity"),
    [
        ({"last_value": INTEGER_MAX * 74 // 100}, "integer", None),
        ({"last_value": INTEGER_MAX * 75 // 100 + 1}, "integer", "W"),
        ({"last_value": INTEGER_MAX * 90 // 100 + 1}, "integer", "E"),
        ({"last_value": INTEGER_MAX}, "integer", "E"),
        ({"last_value": INTEGER_MAX}, "bigint", None),
        ({"last_value": INTEGER_MAX}, "public.identifier", "E"),
        ({"last_value": 900, "maximum": 1000}, "bigint", "E"),
        ({"last_value": 899, "maximum": 1000}, "bigint", "W"),
        ({"last_value": 749, "maximum": 1000}, "bigint", None),
        ({"last_value": 990, "maximum": 1000, "cycle": True}, "bigint", None),
        ({"last_value": None, "maximum": 1000}, "bigint", None),
        ({"last_value": -95, "maximum": -1, "minimum": -100, "increment": -1}, "bigint", "E"),
        ({"last_value": 30_000}, "smallint", "E"),
        ({"last_value": INTEGER_MAX}, "text", None),
    ],
)
def test_g09_measures_sequences_against_the_narrower_limit(
    settings: dict[str, Any], column: str, severity: str | None
) -> None:
    sequence = Sequence(public("s"), used_by=((public("t"), "id"),), **settings)
    known = facts(table("t", f"id {column}!"), sequences=(sequence,), domains={"public.identifier": "integer"})
    assert severities("G09", known) == ({"public.s": severity} if severity else {})


def test_g09_says_what_is_left() -> None:
    sequence = Sequence(public("s"), last_value=990, maximum=1000, increment=5)
    (finding,) = found("G09", facts(T, sequences=(sequence,))).values()
    assert finding.detail == "99.0 % used: it stands at 990 of 1,000, the limit of the sequence; 2 values left."


def test_g10_names_generated_narrow_keys() -> None:
    known = facts(table("t", "id integer! s"), table("u", "id bigint! s"), table("codes", "id integer!"))
    assert severities("G10", known) == {"public.t(id)": "I"}


def test_g15_and_g22_name_old_and_large_tables() -> None:
    grown = replace(table("log", "id bigint!", "created_at timestamptz"), bytes=20 * 2**30)
    known = facts(
        grown, replace(grown, relation=public("parts"), kind="p"), ages={public("log"): 2**30, public("t"): 2**29}
    )
    assert severities("G15", known) == {"public.log": "W"}
    assert severities("G22", known) == {"public.log": "I"}
