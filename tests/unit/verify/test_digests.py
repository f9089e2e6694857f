"""Digests, differences, keys and conservation, against models that are too simple to be wrong."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from migrator.core.placement.model import Placement
from migrator.core.placement.tenants import UNOWNED
from migrator.core.schema.catalog import Relation
from migrator.core.verify.digests import (
    HASH_MODULUS,
    Balance,
    Difference,
    Digest,
    RowDifference,
    balances,
    differences,
    merge_keys,
    total,
)

HASHES = st.integers(-(2**63), 2**63 - 1)
TEXT_KEYS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
ROWS = st.dictionaries(TEXT_KEYS, HASHES, max_size=40)


def digest_of(rows: dict[str, int], relation: str = "public.t", tenant: str = "1") -> Digest:
    return Digest(relation, tenant, len(rows), sum(rows.values()) % HASH_MODULUS)


# -- digests ----------------------------------------------------------------------------------------------------------


@given(ROWS, st.data())
def test_parts_of_a_table_in_any_order_give_the_digest_of_the_whole(rows: dict[str, int], data: st.DataObject) -> None:
    keys = data.draw(st.permutations(list(rows)))
    cut = data.draw(st.integers(0, len(keys)))
    parts = [digest_of({key: rows[key] for key in chosen}) for chosen in (keys[:cut], keys[cut:])]
    assert total(parts) == {("public.t", "1"): digest_of(rows)}


@given(ROWS, ROWS)
def test_digests_differ_where_rows_do(left: dict[str, int], right: dict[str, int]) -> None:
    found = differences([digest_of(left)], [digest_of(right)])
    if left == right:
        assert found == ()
    if Counter(left.values()) != Counter(right.values()) and sum(left.values()) != sum(right.values()):
        (one,) = found
        assert (one.source_rows, one.target_rows) == (len(left), len(right))


def test_kinds_of_differences() -> None:
    source = [Digest("t", "1", 3, 9), Digest("t", "2", 1, 1), Digest("t", "3", 2, 5), Digest("t", "4", 0, 0)]
    target = [Digest("t", "1", 2, 8), Digest("t", "2", 2, 3), Digest("t", "3", 2, 6), Digest("u", "1", 0, 0)]
    assert differences(source, target) == (
        Difference("t", "1", "missing", 3, 2),
        Difference("t", "2", "extra", 1, 2),
        Difference("t", "3", "different", 2, 2),
    )
    assert differences(source, []) == tuple(
        Difference("t", one.tenant, "missing", one.rows, 0) for one in source if one.rows
    )


# -- keys -------------------------------------------------------------------------------------------------------------


@given(ROWS, ROWS)
def test_merged_keys_are_the_differences_of_the_two_sets(left: dict[str, int], right: dict[str, int]) -> None:
    def stream(rows: dict[str, int]) -> Any:
        return iter(sorted(rows.items(), key=lambda row: row[0].encode()))

    expected = {
        *(RowDifference(key, "missing") for key in left.keys() - right.keys()),
        *(RowDifference(key, "extra") for key in right.keys() - left.keys()),
        *(RowDifference(key, "different") for key in left.keys() & right.keys() if left[key] != right[key]),
    }
    found = list(merge_keys(stream(left), stream(right)))
    assert set(found) == expected
    assert len(found) == len(expected)
    assert [one.key for one in found] == sorted((one.key for one in found), key=str.encode)


# -- conservation -----------------------------------------------------------------------------------------------------


def placement(
    unowned: str = "block", *, ignored: str = "", derived: bool = False, per_tenant: bool = True
) -> Placement:
    relation = Relation("public", "t")
    return Placement(
        relation, "" if ignored else ("tenant" if per_tenant else "shared"), per_tenant, relation, "",
        unowned=unowned, ignored=ignored, derived=derived,
    )  # fmt: skip


def balance(rows: list[str | None], unowned: str, *, tenants: tuple[str, ...] = ("1", "2"), lose: int = 0) -> Balance:
    """The balance after rows with these keys were routed as migrate routes them, `lose` of the placed ones lost."""
    known = [key for key in rows if key in tenants]
    nobody = [key for key in rows if key not in tenants]
    counts = Counter(known)
    if lose and known:
        counts[known[0]] -= lose
    copied: dict[str, list[Digest]] = {"tenant": [Digest("public.t", key, count, 0) for key, count in counts.items()]}
    if nobody:
        copied["tenant"].append(Digest("public.t", UNOWNED, len(nobody), 0))
    if unowned == "replicate":
        copied["tenant"] += [Digest("public.t", tenant, len(nobody), 0) for tenant in tenants]
    if unowned == "shared":
        copied["shared"] = [Digest("public.t", UNOWNED, len(nobody), 0)]
    kept = {"public.t": len(nobody)} if unowned == "quarantine" else {}
    copied = {target: list(total(found).values()) for target, found in copied.items()}
    (found,) = balances({"public.t": len(rows)}, copied, [placement(unowned)], kept, {"tenant": len(tenants)})
    return found


KEYS = st.lists(st.sampled_from(["1", "2", None]), max_size=30)


@given(KEYS, st.sampled_from(["quarantine", "shared", "replicate"]))
def test_every_row_is_accounted_for_once(rows: list[str | None], unowned: str) -> None:
    found = balance(rows, unowned)
    nobody = rows.count(None)
    assert found.lost == 0
    assert found.placed == len(rows) - nobody
    assert found.quarantined == (nobody if unowned == "quarantine" else 0)
    assert found.shared == (0 if unowned == "quarantine" else nobody)


@given(KEYS.filter(lambda rows: any(rows)), st.sampled_from(["quarantine", "shared", "replicate"]))
def test_a_row_that_arrived_nowhere_is_lost(rows: list[str | None], unowned: str) -> None:
    assert balance(rows, unowned, lose=1).lost == 1
    assert balance(rows, unowned, lose=-1).lost == -1


def test_rows_of_nobody_that_went_nowhere_are_lost() -> None:
    copied = {"tenant": [Digest("public.t", "1", 4, 0), Digest("public.t", UNOWNED, 2, 0)]}
    (found,) = balances({"public.t": 6}, copied, [placement()], {}, {"tenant": 2})
    assert (found.placed, found.lost) == (4, 2)


def test_what_is_ignored_is_said_and_what_a_query_made_is_nobodys() -> None:
    (found,) = balances({"public.t": 6}, {}, [placement(ignored="old"), placement(derived=True)], {}, {})
    assert (found.ignored, found.lost) == (6, 0)


def test_replicas_are_no_rows_of_the_balance() -> None:
    copied = {"shared": [Digest("public.t", "", 3, 0)], "tenant": [Digest("public.t", key, 3, 0) for key in "12"]}
    (found,) = balances({"public.t": 3}, copied, [placement(per_tenant=False)], {}, {"shared": 1, "tenant": 2})
    assert (found.placed, found.lost) == (3, 0)
