"""Slugs and database names: within PostgreSQL's limits, never two alike, never a new one for an earlier tenant."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator.core.schema.names import MAX_IDENTIFIER_BYTES, slug, unique_slugs

# Texts that people write, and texts that nobody should: all of Unicode but what PostgreSQL cannot store.
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=100)
KEYS = st.one_of(st.integers(-1000, 100_000).map(str), st.uuids().map(str), TEXTS.filter(bool))
TENANTS = st.lists(st.tuples(KEYS, TEXTS), max_size=30, unique_by=lambda tenant: tenant[0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("acier-nord", "acier_nord"),
        ("Fonderie des Alpes « Vulcain »", "fonderie_des_alpes_vulcain"),
        ("Métal Ouest", "metal_ouest"),
        ("e\u0301te\u0301", "ete"),
        ("ﬁne", "fine"),
        ("  --  ", ""),
        ("日本", ""),
        ("a\nb\tc", "a_b_c"),
        ('"; DROP DATABASE erp; --', "drop_database_erp"),
        ("../../etc/passwd", "etc_passwd"),
        ("İstanbul", "istanbul"),
    ],
)
def test_slugs(text: str, expected: str) -> None:
    assert slug(text) == expected


@given(TEXTS)
def test_a_slug_needs_no_quotes(text: str) -> None:
    assert re.fullmatch(r"([a-z0-9]+(_[a-z0-9]+)*)?", slug(text))


@given(TENANTS, st.integers(8, MAX_IDENTIFIER_BYTES))
def test_slugs_are_there_and_short_and_differ(tenants: list[tuple[str, str]], room: int) -> None:
    found = unique_slugs(tenants, room=room)
    assert found.keys() == {key for key, _ in tenants}
    assert len(set(found.values())) == len(tenants)
    assert all(re.fullmatch(r"[a-z0-9_]+", name) and len(name.encode()) <= room for name in found.values())


@given(TENANTS, TENANTS, st.integers(8, MAX_IDENTIFIER_BYTES))
def test_a_tenant_that_comes_later_renames_nobody(
    tenants: list[tuple[str, str]], later: list[tuple[str, str]], room: int
) -> None:
    earlier = unique_slugs(tenants, room=room)
    known = {key for key, _ in tenants}
    everybody = unique_slugs([*tenants, *(tenant for tenant in later if tenant[0] not in known)], room=room)
    assert {key: everybody[key] for key in earlier} == earlier


def test_who_is_first_keeps_the_plain_name() -> None:
    assert unique_slugs([("1", "Acme"), ("2", "ACME!"), ("3", "acmé")], room=20) == {
        "1": "acme",
        "2": "acme_2",
        "3": "acme_3",
    }


def test_keys_that_look_alike_give_names_that_differ() -> None:
    assert unique_slugs([("1", "x"), ("-1", "x"), ("01", "x")], room=20) == {"1": "x", "-1": "x_m1", "01": "x_01"}
    assert unique_slugs([("1", ""), ("-1", ""), ("日", "日")], room=20) == {"1": "1", "-1": "m1", "日": "e697a5"}


def test_a_name_that_is_cut_gets_its_key() -> None:
    long = "a" * 70
    assert unique_slugs([("7", long), ("8", long)], room=12) == {"7": "aaaaaaaaaa_7", "8": "aaaaaaaaaa_8"}
