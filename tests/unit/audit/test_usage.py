"""The rules that judge by the server's statistics."""

from __future__ import annotations

from migrator.core.audit.facts import HeapSize
from tests.audit_facts import facts, found, index, severities
from tests.schema import key, public, table

MIB = 2**20
TABLE = table("t", "id bigint!", "a text", "parent_id bigint", keys=(key("t", "parent_id", "t"),))


def test_g08_names_large_indexes_that_nothing_scans() -> None:
    idle = index("t", "a", bytes=5 * MIB)
    others = (
        index("t", "a", name="scanned", bytes=5 * MIB, scans=1),
        index("t", "a", name="small", bytes=MIB - 1),
        index("t", "a", name="only_one", bytes=5 * MIB, unique=True),
        index("t", "a", name="excluding", bytes=5 * MIB, constraint="x"),
        index("t", "a", name="of_partition", bytes=5 * MIB, attached=True),
        index("t", "parent_id", bytes=5 * MIB),
    )
    known = facts(TABLE, indexes=(idle, *others), statistics_days=30.5)
    (finding,) = found("G08", known).values()
    assert finding.object == "t_a_idx"
    assert finding.detail == "No query has used it in the 30 days that were counted; it takes 5.0 MB."
    assert finding.sql_fix == "DROP INDEX CONCURRENTLY public.t_a_idx;"


def test_g08_waits_until_a_week_was_counted() -> None:
    assert found("G08", facts(TABLE, indexes=(index("t", "a", bytes=5 * MIB),), statistics_days=6.9)) == {}


def test_g14_adds_partitions_up_and_names_what_is_half_empty() -> None:
    def heap(name: str, root: str, size: int, needed: int) -> HeapSize:
        return HeapSize(public(name), public(root), size * MIB, needed * MIB)

    known = facts(
        heaps=(
            heap("log_1", "log", 150, 60),
            heap("log_2", "log", 150, 60),
            heap("small", "small", 90, 1),
            heap("full", "full", 5000, 3000),
        )
    )
    assert severities("G14", known) == {"public.log": "I"}
    assert found("G14", known)["public.log"].detail == (
        "Its rows need about 120.0 MB of 300.0 MB, by the planner's estimate."
    )
