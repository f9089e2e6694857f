"""Facts come back from JSON as they went, in the shapes that earlier versions wrote too; others are refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from migrator.core.run import facts
from migrator.core.run.facts import Fact, post_data
from migrator.core.schema.catalog import Relation
from migrator.core.verify.digests import Difference
from migrator.errors import RefusedError

ORDERS = Relation("public", "orders")
DIFFERENCE = Difference("public.orders", "1", "different", 3, 4)

# (fact, value, the document that earlier versions wrote for it)
CASES: list[tuple[Fact[Any], Any, Any]] = [
    (facts.EPOCH, "r-1/2", "r-1/2"),
    (
        facts.PARTS,
        [("copy:public.orders>tenant", ((0, 4096), (4096, None))), ("copy:public.units>shared", (None,))],
        [["copy:public.orders>tenant", [[0, 4096], [4096, None]]], ["copy:public.units>shared", [None]]],
    ),
    (facts.FILES, {"orders": 16385}, {"orders": 16385}),
    (facts.TABLES, {"public.orders": []}, {"public.orders": []}),
    (facts.SOURCE_OBJECTS, {("table", "public.orders"): "(…)"}, [["table", "public.orders", "(…)"]]),
    (facts.SOURCE_ROWS, {"public.orders": 7}, {"public.orders": 7}),
    (
        facts.SEQUENCES,
        facts.SequenceValues("r-1", {"tenant": {ORDERS: 42}}),
        {"epoch": "r-1", "values": {"tenant": [["public", "orders", 42]]}},
    ),
    (facts.THROTTLE, facts.ThrottleState("the replica lags", 1.5), {"paused": "the replica lags", "rate": 1.5}),
    (facts.THROTTLE, facts.ThrottleState(), {}),
    (
        facts.TENANT_SERVERS,
        facts.TenantServers("by_size", {"1": "east"}),
        {"spread": "by_size", "servers": {"1": "east"}},
    ),
    (facts.PLANNED_STEPS, {"copy": 7}, {"copy": 7}),
    (facts.PASSWORDS, ["erp_app"], ["erp_app"]),
    (
        facts.BACKUP,
        facts.BackupFact("d", "0a", "2026-01-01T00:00:00+00:00", "0/1", 1, 2, 3, False, None),
        {"directory": "d", "manifest": "0a", "taken_at": "2026-01-01T00:00:00+00:00", "lsn": "0/1", "tables": 1,
         "rows": 2, "bytes": 3, "verified": False, "verified_at": None},
    ),
    (
        facts.AUDIT,
        facts.AuditFact("f", True, "C", {"E": 1}, []),
        {"file": "f", "blocks": True, "health": "C", "findings": {"E": 1}, "rules": []},
    ),
    (
        facts.MEASURED_TIMES,
        facts.SplitTimes("3f", 4.0, 3.0, 2.0, 1.0, "2026-01-01T00:00:00+00:00"),
        {"fingerprint": "3f", "migrate": 4.0, "fenced": 3.0, "verify": 2.0, "back": 1.0,
         "measured_at": "2026-01-01T00:00:00+00:00"},
    ),
    (facts.CLEAN, {"command": "c"}, {"command": "c"}),
    (
        facts.CARRIED_BACK,
        facts.CarriedBack(2, None, ["public.orders"], 0),
        {"rows": 2, "file": None, "tables": ["public.orders"], "kept": 0},  # renumbered came later
    ),
    (facts.CARRIED_BACK, None, None),
    (facts.CARRYING_BACK, ["public.orders"], ["public.orders"]),
    (
        facts.COMPARED,
        facts.Compared([DIFFERENCE], 5),
        {"changed": [["public.orders", "1", "different", 3, 4]], "tables": 5},
    ),
    (
        facts.FOLLOW_START,
        facts.FollowStart("20260101-120000-ab12-c0ffee00", "10:20:15", True),
        {"epoch": "20260101-120000-ab12-c0ffee00", "snapshot": "10:20:15", "copied": True},
    ),
    (facts.FOLLOW_STOP, True, True),
    (
        facts.WAVE_BLOCKS,
        {"erp_north": [("public", "orders_id_seq", 1001, 2000)]},
        {"erp_north": [["public", "orders_id_seq", 1001, 2000]]},
    ),
    (facts.DROPPING, ["erp_north"], ["erp_north"]),
    (facts.TENANTS_DROPPED, {"1": "begun"}, {"1": "begun"}),
    (facts.RESTORED, "erp_restored", "erp_restored"),
    (
        facts.SEQUENCE_BLOCKS,
        facts.SequenceBlocks("r-1", [{"target": "tenant"}], {"erp_north": 0}, [("tenant", "public", "s", "cycles")]),
        {"epoch": "r-1", "blocks": [{"target": "tenant"}], "places": {"erp_north": 0},
         "without": [["tenant", "public", "s", "cycles"]]},
    ),
    (facts.SEQUENCE_BLOCKS, None, None),
    (
        facts.REFILLED_BLOCKS,
        {"erp_north": [("public", "orders", 1, 9)]},
        {"erp_north": [["public", "orders", 1, 9]]},
    ),
    (facts.DRAWN_NUMBERS, {ORDERS: 42}, [["public", "orders", 42]]),
    (facts.SEQUENCE_POSITIONS, {"erp_north": {ORDERS: 42}}, {"erp_north": [["public", "orders", 42]]}),
    (facts.CONFLICT_FILES, {"/tmp/conflicts.1.jsonl": 2}, {"/tmp/conflicts.1.jsonl": 2}),
    (
        facts.NEW_NUMBERS,
        [("erp_north", "public", "orders", "7", "id", "8")],
        [["erp_north", "public", "orders", "7", "id", "8"]],
    ),
    (
        facts.FINISHING,
        facts.Finishing("rename", "erp_old", True),
        {"source": "rename", "renamed": "erp_old", "drop_templates": True},
    ),
    (
        facts.TEMPLATE_OBJECTS,
        {"tenant": {("table", "public.orders"): "(…)"}},
        {"tenant": [["table", "public.orders", "(…)"]]},
    ),
    (post_data("tenant"), "CREATE INDEX …", "CREATE INDEX …"),
]  # fmt: skip


@pytest.mark.parametrize(("fact", "value", "written"), CASES)
def test_a_fact_comes_back_and_is_what_earlier_versions_wrote(fact: Fact[Any], value: Any, written: Any) -> None:
    document = json.loads(json.dumps(fact.to_document(value)))
    assert fact.from_document(document) == value
    assert fact.from_document(written) == value
    if written != {}:
        assert document.items() >= written.items() if isinstance(written, dict) else document == written


def test_every_fact_has_a_case_and_a_name_of_its_own() -> None:
    known = [one for one in vars(facts).values() if isinstance(one, Fact)]
    assert {fact.name for fact in known} <= {fact.name for fact, _, _ in CASES}
    assert len({fact.name for fact in known}) == len(known)


@pytest.mark.parametrize(
    ("fact", "document"),
    [(facts.EPOCH, {"epoch": 1}), (facts.BACKUP, {"directory": "d"}), (facts.PARTS, [["copy:x>y"]])],
)
def test_another_shape_is_refused_in_a_sentence(fact: Fact[Any], document: Any) -> None:
    with pytest.raises(RefusedError, match=f"fact '{fact.name}' cannot be read") as refused:
        fact.from_document(document)
    assert "migrator rollback --validate" in refused.value.hint
