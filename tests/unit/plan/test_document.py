"""The stored plan: what goes into the journal comes back as it was; what cannot be read is refused."""

from __future__ import annotations

import dataclasses
import json
from typing import Any, get_args

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator.core.placement.key_paths import KeyPath
from migrator.core.placement.model import Placement, Placements, Undecided
from migrator.core.placement.tenants import Tenant
from migrator.core.plan.decisions import Decisions, decision_changes
from migrator.core.plan.document import FORMAT, read_plan, stored_plan
from migrator.core.plan.steps import Plan, Step
from migrator.core.plan.survey import Survey
from migrator.core.schema.catalog import Catalog, ForeignKey, Relation, Sequence, Table
from migrator.errors import RefusedError
from migrator.settings import Settings
from tests.unit.plan.test_steps import plan, settings

KINDS = get_args(get_args(Step)[0])

RELATIONS = st.builds(Relation, st.text(max_size=5), st.text(max_size=5))
PLACEMENTS = st.builds(Placement, key_path=st.none() | st.builds(KeyPath, otherwise=st.tuples(st.builds(KeyPath))))


def by_relation(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[Relation, Any]]:
    return st.dictionaries(RELATIONS, values, max_size=3)


def tuples(values: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(values, max_size=3).map(tuple)


SURVEYS = st.builds(
    Survey,
    st.builds(Catalog, tables=by_relation(st.builds(Table)), sequences=by_relation(st.builds(Sequence))),
    st.builds(
        Placements,
        tables=by_relation(PLACEMENTS),
        undecided=tuples(st.builds(Undecided)),
        foreign_keys=tuples(st.builds(ForeignKey)),
    ),
    tuples(st.builds(Tenant)),
    by_relation(tuples(st.text(max_size=3))),
)
CONFIGURED = (
    settings(),
    settings(
        tenants={"root": "tenants", "settings": {"z.z": "{key}", "a.b": "{slug}"}, "per_tenant_objects": ["c_{id}"]}
    ),
    settings(tables={"clients": {"key_path": [["a.b -> c.d"], ["e.f"]], "virtual": [{"key": "x -> y.z"}]}}),
    settings(roles={"report": {"read": ["shared", "auth"]}, "per_tenant": True}),
    Settings.model_validate({"tenants": {"default": {"name": "One", "slug": "one", "column": "company"}}}),
)
PLANS = st.builds(
    Plan,
    survey=SURVEYS,
    decisions=st.sampled_from([Decisions.of(one, "erp") for one in CONFIGURED]),
    steps=tuples(st.one_of([st.builds(kind) for kind in KINDS])),
)


@given(PLANS)
@hypothesis.settings(max_examples=20, deadline=None)
def test_a_plan_comes_back_from_json_as_it_went(made: Plan) -> None:
    back = read_plan(json.loads(json.dumps(stored_plan(made))))
    assert back == made
    # Equal mappings may differ in their order, and the first target of a database is its host.
    assert list(back.decisions.targets) == list(made.decisions.targets)
    assert list(back.survey.catalog.tables) == list(made.survey.catalog.tables)


def test_every_kind_of_step_is_told_by_its_own_name() -> None:
    assert {kind.__name__ for kind in KINDS} == {
        field.default for kind in KINDS for field in dataclasses.fields(kind) if field.name == "kind"
    }


def test_what_is_planned_again_from_what_came_back_has_the_same_fingerprint() -> None:
    configured = settings(
        targets={"b": {"database": "x", "migrations": "b"}, "a": {"database": "x", "migrations": "a"}}, tables={}
    )
    assert Decisions.of(configured, "erp").applied_to(Settings()).hosted == configured.hosted
    made = plan()
    back = read_plan(stored_plan(made))
    assert plan(configured=back.decisions.applied_to(Settings())).fingerprint == made.fingerprint


def test_connections_and_commands_are_todays_and_never_stored() -> None:
    secret = settings(source={"url": "postgresql://me:hidden@db/erp"}, roles={"hand_out": "vault hidden"})
    made = plan(configured=secret)
    assert "hidden" not in json.dumps(stored_plan(made))
    applied = made.decisions.applied_to(secret)
    assert applied.roles.hand_out == ("vault", "hidden")
    assert applied.source.url.get_secret_value() == "postgresql://me:hidden@db/erp"


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ({"format": FORMAT + 1}, "a later version of migrator wrote it"),
        ({"format": FORMAT - 1}, "an earlier version of migrator wrote it"),
        ({"steps": [{"kind": "Teleport"}]}, r"it is damaged.*\(steps\.0\)"),
        ({"survey": None}, r"it is damaged.*\(survey\)"),
    ],
    ids=["later", "earlier", "step", "survey"],
)
def test_what_cannot_be_read_is_refused_in_a_sentence(damage: dict[str, Any], said: str) -> None:
    with pytest.raises(RefusedError, match=said) as refused:
        read_plan({**stored_plan(plan()), **damage})
    assert "migrator dry-run" in refused.value.hint


def test_plans_of_the_time_before_there_was_a_version_are_refused() -> None:
    with pytest.raises(RefusedError, match="an earlier version of migrator"):
        read_plan(plan().to_document())


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"tables": {"junk": {"ignore": "old"}}}, {"[tables.units]": "removed"}),
        (
            {"tables": {"units": {"target": "shared", "replicate": ["tenant"]}, "junk": {"ignore": "new"}}},
            {"[tables.junk] ignore": "old before, new now"},
        ),
        (
            {"tenants": {"root": "tenants", "settings": {"app.x": "{key}"}}},
            {"[tenants] settings.app.x": "nothing before, {key} now"},
        ),
        ({"source": {"schemas": ["app"]}}, {"[source] schemas": "nothing before, app now"}),
        ({"roles": {"r": {"read": ["auth"]}}}, {"[roles] readers.r": "nothing before, {'read': ['auth']} now"}),
        ({"limits": {"jobs": 9}}, {}),
    ],
)
def test_what_an_edit_of_the_file_decides_otherwise(change: dict[str, Any], told: dict[str, str]) -> None:
    before, after = (Decisions.of(one, "erp") for one in (settings(), settings(**change)))
    assert dict(decision_changes(before, after)) == told
