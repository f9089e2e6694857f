"""What a proof says of where the source's rows are."""

from __future__ import annotations

from migrator.commands.proof.compare_sides import Proof
from migrator.core.verify.digests import Balance

BALANCES = (
    Balance("public.orders", 100, placed=90, quarantined=10),
    Balance("public.settings", 8, placed=5, shared=3),
    Balance("public.old_import", 50, placed=0, ignored=50),
)


def test_it_counts_in_the_databases_only_what_is_there() -> None:
    proof = Proof((), BALANCES, source_rows=158, target_rows=107)
    assert (
        proof.told("erp", 3) == "98 rows of erp are in 3 databases, 10 in quarantine, 50 left behind in ignored tables"
    )
    assert proof.figures == {
        "source_rows": 158,
        "placed_rows": 95,
        "global_rows": 3,
        "quarantined_rows": 10,
        "ignored_rows": 50,
        "lost_rows": 0,
        "target_rows": 107,
    }


def test_it_says_no_more_than_there_is() -> None:
    proof = Proof((), (Balance("public.orders", 1, placed=1),), source_rows=1, target_rows=1)
    assert proof.told("erp", 1) == "1 row of erp is in 1 database"


def test_a_sample_cannot_say_where_every_row_is() -> None:
    assert Proof((), (), source_rows=7, target_rows=7).figures.keys() == {"source_rows", "lost_rows", "target_rows"}
