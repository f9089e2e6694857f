"""The table of stages: which way leads out and back, what is refused in words, what is read from two databases."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from migrator.core.online.recovery import Door, Fence, resume
from migrator.core.online.stages import MEANINGS, Stage
from migrator.core.online.tenant_events import (
    Abandoned,
    Agreed,
    Arm,
    Armed,
    AwaitStandbys,
    CutoverOrdered,
    Decide,
    Decided,
    Differed,
    Disarm,
    DoorOpened,
    DoorShut,
    Effect,
    Event,
    Failed,
    FinishOrdered,
    Freeze,
    Frozen,
    Journal,
    Lifted,
    LiftFence,
    NotFrozen,
    OpenDoor,
    OpeningGivenUp,
    PositionsVoid,
    ProofVoid,
    Prove,
    Publish,
    Published,
    ReadGates,
    Release,
    Repair,
    ReserveNumbers,
    RestoreFence,
    ReturnOrdered,
    ShutDoor,
    Side,
    TakePosition,
    Tick,
    Ticked,
    Undecided,
    VoidDoor,
)
from migrator.core.online.tenant_states import Tenant, opening, returned, step
from migrator.errors import RefusedError

SOURCE, TARGET = Side.SOURCE, Side.TARGET

OUT: tuple[tuple[Event, Stage, tuple[Effect, ...]], ...] = (
    (Ticked(), Stage.FOLLOWED, (Journal(Stage.FOLLOWED),)),
    (Agreed(), Stage.PROVED, (Journal(Stage.PROVED),)),
    (CutoverOrdered(), Stage.PROVED, (ReserveNumbers(), Arm(SOURCE))),
    (Armed(), Stage.ARMED, (Journal(Stage.ARMED), Freeze(SOURCE))),
    (NotFrozen(), Stage.ARMED, ()),
    (CutoverOrdered(), Stage.ARMED, (Freeze(SOURCE),)),
    (Frozen(), Stage.FROZEN, (Tick(SOURCE), Prove(SOURCE))),
    (Agreed(), Stage.DECIDING, (Journal(Stage.DECIDING), Decide())),
    (Decided(7), Stage.FENCED, (Journal(Stage.FENCED), AwaitStandbys(SOURCE, 7), OpenDoor(7))),
    (DoorOpened(), Stage.OPENED, (Journal(Stage.OPENED), Publish(TARGET, 7))),
    (Published(), Stage.PUBLISHED, (Journal(Stage.PUBLISHED), Tick(TARGET))),
    (Ticked(), Stage.REVERSING, (Journal(Stage.REVERSING),)),
)
BACK: tuple[tuple[Event, Stage, tuple[Effect, ...]], ...] = (
    (ReturnOrdered(), Stage.RETURNING, (Journal(Stage.RETURNING), Arm(TARGET))),
    (Armed(), Stage.RETURNING, (Freeze(TARGET),)),
    (Frozen(), Stage.RETURN_FROZEN, (Tick(TARGET), Prove(TARGET))),
    (Agreed(), Stage.RETURN_FROZEN, (ShutDoor(7),)),
    (DoorShut(), Stage.SHUT, (AwaitStandbys(TARGET, 7), TakePosition(7), LiftFence(7))),
    (Lifted(8), Stage.LIFTED, (AwaitStandbys(SOURCE, 0), Publish(SOURCE, 8))),
    (Published(), Stage.FOLLOWED, (Journal(Stage.FOLLOWED),)),
)


def test_the_way_out_and_back() -> None:
    tenant = Tenant("7", Stage.COPIED)
    for event, stage, effects in OUT + BACK:
        tenant, following = step(tenant, event)
        assert (tenant.stage, following) == (stage, effects), event
    assert tenant == Tenant("7", Stage.FOLLOWED)


@pytest.mark.parametrize(
    ("stage", "event", "after", "effects"),
    [
        (Stage.FROZEN, Agreed(late=True), Stage.ARMED, (Release(SOURCE),)),
        (Stage.FROZEN, Failed(), Stage.ARMED, (Release(SOURCE),)),
        (
            Stage.FROZEN,
            Differed(),
            Stage.FOLLOWED,
            (Release(SOURCE), Disarm(SOURCE), Journal(Stage.FOLLOWED)),
        ),
        (Stage.ARMED, Failed(), Stage.PROVED, (Release(SOURCE), Journal(Stage.PROVED))),
        (Stage.RETURNING, Failed(), Stage.REVERSING, (Release(TARGET), Journal(Stage.REVERSING))),
        (Stage.ARMED, Abandoned(), Stage.PROVED, (Disarm(SOURCE), Journal(Stage.PROVED))),
        (Stage.PROVED, ProofVoid(), Stage.FOLLOWED, (Journal(Stage.FOLLOWED),)),
        (Stage.PROVED, PositionsVoid(SOURCE), Stage.COPIED, (Journal(Stage.COPIED), Repair(SOURCE))),
        (Stage.REVERSING, PositionsVoid(TARGET), Stage.PUBLISHED, (Journal(Stage.PUBLISHED), Repair(TARGET))),
        (Stage.DECIDING, Failed(), Stage.DECIDING, (Release(SOURCE), ReadGates())),
        (Stage.DECIDING, Undecided(), Stage.DECIDING, (Release(SOURCE), ReadGates())),
        (Stage.FENCED, OpeningGivenUp(), Stage.FENCED, (VoidDoor(7),)),
        (Stage.FENCED, DoorShut(), Stage.SHUT, (Tick(TARGET), Prove(TARGET))),
        (Stage.SHUT, Differed(), Stage.DECIDING, (Journal(Stage.DECIDING), Decide(replaces=7))),
        (Stage.RETURN_FROZEN, Agreed(late=True), Stage.RETURNING, (Release(TARGET),)),
        (Stage.RETURN_FROZEN, Failed(), Stage.RETURN_FROZEN, (Release(TARGET), ReadGates())),
        (Stage.RETURNING, Abandoned(), Stage.REVERSING, (Disarm(TARGET), Journal(Stage.REVERSING))),
        (Stage.REVERSING, FinishOrdered(), Stage.FINISHING, (Tick(TARGET), Prove(TARGET))),
        (Stage.FINISHING, Differed(), Stage.REVERSING, ()),
        (Stage.FINISHING, Agreed(), Stage.FINALIZED, (Journal(Stage.FINALIZED),)),
    ],
    ids=str,
)
def test_what_goes_wrong_leads_back_or_is_read(
    stage: Stage, event: Event, after: Stage, effects: tuple[Effect, ...]
) -> None:
    tenant, following = step(Tenant("7", stage, 7), event)
    assert (tenant.stage, following) == (after, effects)


@pytest.mark.parametrize(
    ("stage", "order", "hint"),
    [
        (Stage.COPIED, CutoverOrdered(), "once it is `proved`"),
        (Stage.FINALIZED, ReturnOrdered(), "before it is finalized"),
        (Stage.OPENED, FinishOrdered(), "`reversing`"),
        (Stage.DECIDING, Abandoned(), "after the decision"),
        (Stage.PROVED, Decided(3), "follow status"),
    ],
    ids=str,
)
def test_what_cannot_happen_is_refused_with_what_is_true(stage: Stage, order: Event, hint: str) -> None:
    with pytest.raises(RefusedError) as refused:
        step(Tenant("acme", stage), order)
    assert f"Tenant acme is {stage}: {MEANINGS[stage].text}" in refused.value.message
    assert hint in refused.value.hint


def test_each_stage_has_a_meaning() -> None:
    assert list(MEANINGS) == list(Stage)


@pytest.mark.parametrize(
    ("journal", "fence", "door", "stage", "effects"),
    [
        (Stage.FOLLOWED, Fence(0, 4), Door(0, False), Stage.FOLLOWED, ()),
        (Stage.ARMED, Fence(0, 4), Door(0, False), Stage.PROVED, (Journal(Stage.PROVED),)),
        (Stage.DECIDING, Fence(0, 4), Door(0, False), Stage.PROVED, (Journal(Stage.PROVED),)),
        (Stage.PROVED, Fence(0, 4), Door(3, False), Stage.PROVED, returned(4)),
        (Stage.DECIDING, Fence(5, 5), Door(0, False), Stage.FENCED, (Journal(Stage.FENCED), *opening(5))),
        (Stage.FENCED, Fence(5, 5), Door(5, True), Stage.OPENED, (Journal(Stage.OPENED), Publish(TARGET, 5))),
        (Stage.OPENED, Fence(5, 5), Door(5, True), Stage.OPENED, (Publish(TARGET, 5),)),
        (Stage.PUBLISHED, Fence(5, 5), Door(5, True), Stage.REVERSING, (Journal(Stage.REVERSING),)),
        (Stage.RETURNING, Fence(5, 5), Door(5, True), Stage.REVERSING, (Journal(Stage.REVERSING),)),
        (Stage.RETURNING, Fence(5, 5), Door(5, False), Stage.SHUT, (Tick(TARGET), Prove(TARGET))),
        (Stage.RETURNING, Fence(0, 6), Door(5, False), Stage.LIFTED, returned(6)),
        (Stage.FINALIZED, Fence(5, 5), Door(5, True), Stage.FINALIZED, ()),
        (Stage.REVERSING, Fence(0, 4), Door(5, True), Stage.DECIDING, (Journal(Stage.DECIDING), RestoreFence(5, 4))),
        (Stage.PROVED, Fence(0, 4, False), Door(0, False), Stage.COPIED, (Journal(Stage.COPIED), Repair(SOURCE))),
    ],
    ids=str,
)  # fmt: skip
def test_the_databases_say_where_a_tenant_stands(
    journal: Stage, fence: Fence, door: Door, stage: Stage, effects: tuple[Effect, ...]
) -> None:
    tenant, following = resume("7", journal, fence, door)
    assert (tenant.stage, following) == (stage, effects)
    assert tenant.generation in (0, fence.generation)


@pytest.mark.parametrize("stage", [stage for stage in Stage if stage is not Stage.FINALIZED], ids=str)
def test_a_lost_journal_changes_nothing_of_who_writes(stage: Stage) -> None:
    """Whatever the journal says: what the two databases decided is resumed. Only the point of no return is its own."""
    assert resume("7", stage, Fence(5, 5), Door(4, False))[0].stage is Stage.FENCED
    assert resume("7", stage, Fence(5, 5), Door(5, False))[0].stage is Stage.SHUT
    assert MEANINGS[resume("7", stage, Fence(5, 5), Door(5, True))[0].stage].writer == "target"
    assert MEANINGS[resume("7", stage, Fence(0, 6), Door(5, False))[0].stage].writer == "source"


def test_the_page_says_of_each_stage_what_the_code_says() -> None:
    page = (Path(__file__).parents[3] / "docs/online.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `([a-z-]+)` \| (.+) \| (.+) \| (.+) \|$", page, re.MULTILINE)
    assert listed == [(stage, meaning.text, meaning.writer, meaning.home) for stage, meaning in MEANINGS.items()]
    picture = page.split("```")[1]
    assert set(re.findall(r"\b[a-z]+(?:-[a-z]+)*\b", picture)) >= {*Stage}
