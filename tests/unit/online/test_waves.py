"""Waves: everybody is in one of them, canaries first, and nobody changes it later."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from migrator.core.online.waves import assign_waves, tenants_of
from migrator.core.placement.tenants import Tenant
from migrator.errors import ConfigurationError
from migrator.settings.online import Online, Waves

TENANTS = tuple(Tenant(str(number), f"slug-{number}", f"Tenant {number}") for number in range(1, 13))


def waves_of(*then: str | int, canary: tuple[str, ...] = (), count: int = 12) -> list[list[str]]:
    """The waves as lists of keys."""
    assigned = assign_waves(TENANTS[:count], Waves(canary=canary, then=then))
    return [list(tenants_of(assigned, wave)) for wave in range(1, max(assigned.values(), default=0) + 1)]


def test_without_a_word_everybody_moves_in_one_wave() -> None:
    assert set(assign_waves(TENANTS, Waves()).values()) == {1}


def test_canaries_by_key_or_slug_then_shares_then_the_rest() -> None:
    assert waves_of("10%", 3, "rest", canary=("slug-7", "2")) == [
        ["7", "2"], ["1"], ["3", "4", "5"], ["6", "8", "9", "10", "11", "12"],
    ]  # fmt: skip


def test_shares_in_percent_are_of_all_but_the_canaries_and_rounded_up() -> None:
    assert [len(wave) for wave in waves_of("25%", "25%", "50%")] == [3, 3, 6]
    assert [len(wave) for wave in waves_of("1%", "1%")] == [1, 1, 10]
    assert [len(wave) for wave in waves_of("30%", "70%")] == [4, 8]


def test_who_is_left_has_a_wave_and_an_empty_wave_is_none() -> None:
    assert [len(wave) for wave in waves_of(5)] == [5, 7]
    assert [len(wave) for wave in waves_of(5, 20, "10%", "rest")] == [5, 7]
    assert waves_of("50%", count=0) == []
    assert waves_of("rest", canary=("1",), count=1) == [["1"]]


def test_who_has_a_wave_keeps_it_and_who_is_new_goes_last() -> None:
    settings = Waves(canary=("1",), then=("50%", "rest"))
    before = assign_waves(TENANTS[:6], settings)
    after = assign_waves(TENANTS[1:], settings, before)
    assert after == {**{key: wave for key, wave in before.items() if key != "1"}, **dict.fromkeys("789", 3)} | {
        "10": 3, "11": 3, "12": 3,
    }  # fmt: skip


@given(st.integers(0, 12), st.lists(st.one_of(st.integers(1, 9), st.just("7%"), st.just("12.5%")), max_size=5))
def test_everybody_is_in_exactly_one_wave_and_none_is_empty(count: int, then: list[str | int]) -> None:
    waves = waves_of(*then, count=count)
    assert sorted(key for wave in waves for key in wave) == sorted(tenant.key for tenant in TENANTS[:count])
    assert all(waves)


def test_unknown_canaries_and_waves_are_named() -> None:
    with pytest.raises(ConfigurationError, match="'acme' is no tenant"):
        waves_of(canary=("acme",))
    twins = (Tenant("1", "acme", ""), Tenant("2", "acme", ""))
    with pytest.raises(ConfigurationError, match="'acme' is the slug of several"):
        assign_waves(twins, Waves(canary=("acme",)))
    with pytest.raises(ConfigurationError, match="no wave 3") as caught:
        tenants_of(assign_waves(TENANTS, Waves(canary=("1",))), 3)
    assert "1 to 2" in caught.value.hint


@pytest.mark.parametrize(
    "wrong", [{"then": ["rest", 5]}, {"then": ["half"]}, {"then": [0]}, {"then": ["60%", "50%"]}, {"canary": ["1", 1]}]
)
def test_waves_that_cannot_be_are_refused(wrong: dict[str, list[str | int]]) -> None:
    with pytest.raises(ValidationError):
        Waves.model_validate(wrong)


def test_durations_have_units() -> None:
    online = Online.model_validate({"freeze_limit": "300ms", "proof_age": "15min", "decide_limit": 2})
    assert (online.freeze_limit, online.proof_age, online.decide_limit) == (0.3, 900, 2)
    assert Online.model_validate({"snapshot_max_age": "2h"}).snapshot_max_age == 7200
    for wrong in ("1 week", "-1s", "s", 0, "0s"):
        with pytest.raises(ValidationError):
            Online.model_validate({"freeze_limit": wrong})
