"""Names of steps are read as they were written, whatever the names in them, and older ones as ever."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator.core.run.step_id import StepId

NAMES = st.text(min_size=1, max_size=8)
STEPS = st.one_of(
    st.builds(StepId, st.just("prepare"), target=NAMES, server=NAMES | st.just("")),
    st.builds(StepId, st.sampled_from(["create", "finish"]), database=NAMES),
    st.builds(StepId, st.just("copy"), target=NAMES, relation=NAMES),
    st.builds(
        StepId, st.just("copy"), target=NAMES, relation=NAMES, part=st.integers(0, 99), spooled=st.booleans()
    ),
    st.sampled_from([StepId("fence"), StepId("compare")]),
)  # fmt: skip


@given(STEPS)
def test_a_step_is_read_as_it_was_written(step: StepId) -> None:
    assert StepId.parse(str(step)) == step


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("prepare:auth", StepId("prepare", target="auth")),
        ("prepare:tenant@east", StepId("prepare", target="tenant", server="east")),
        ("create:erp_north", StepId("create", database="erp_north")),
        ("finish:a:b>c", StepId("finish", database="a:b>c")),
        ("copy:public.orders>tenant", StepId("copy", "tenant", "public.orders")),
        ("copy:public.a>b>tenant#3", StepId("copy", "tenant", "public.a>b", part=3)),
        ("copy:public.orders>tenant#12/spool", StepId("copy", "tenant", "public.orders", part=12, spooled=True)),
        ("fence", StepId("fence")),
        ("compare", StepId("compare")),
    ],
)
def test_what_earlier_versions_wrote_is_read(text: str, step: StepId) -> None:
    assert StepId.parse(text) == step
    assert str(step) == text


@pytest.mark.parametrize("text", ["", "copy", "copy:orders", "teleport:x", "fence ", "prepare"])
def test_anything_else_is_no_step(text: str) -> None:
    with pytest.raises(ValueError, match="names no step"):
        StepId.parse(text)


def test_a_part_has_one_receipt_by_whichever_way_it_goes() -> None:
    spooled = StepId("copy", "tenant", "public.orders", part=1, spooled=True)
    assert str(spooled.receipt) == "copy:public.orders>tenant#1"
