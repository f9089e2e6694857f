"""The plan: its steps, how tables are cut, and what its fingerprint rests on."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrator.core.placement.place import place
from migrator.core.placement.tenants import Tenant
from migrator.core.plan.steps import (
    MAX_PARTS,
    PART_PAGES,
    Compare,
    CopyTable,
    CreateDatabase,
    FinishDatabase,
    Plan,
    PrepareTarget,
    RaiseFence,
    TreeState,
    build_plan,
    scaffold_name,
    table_parts,
)
from migrator.core.plan.survey import Survey, name_parameters
from migrator.core.schema.catalog import Catalog, Sequence, Table
from migrator.core.schema.names import MAX_IDENTIFIER_BYTES
from migrator.settings import Settings
from tests.schema import catalog, column, key, public, table
from tests.unit.placement.test_place import TARGETS

TENANTS = (Tenant("1", "north", "North", "erp_north"), Tenant("2", "south", "South", "erp_south"))
ENTRIES: Mapping[str, Any] = {"units": {"target": "shared", "replicate": ["tenant"]}, "junk": {"ignore": "old"}}


def source(**clients: Any) -> Catalog:
    return catalog(
        table("tenants", "id integer!", "code text!"),
        table("units", "code text!", pk="code", bytes=8192),
        table("junk", "id int!", bytes=10**9),
        table(
            "clients", "id bigint!", "tenant_id integer!", keys=(key("clients", "tenant_id", "tenants"),),
            **{"bytes": 10**6, "rows": 100, **clients},
        ),
    )  # fmt: skip


SEQUENCE = Sequence(public("numbers"), last_value=7)


def settings(**more: Any) -> Settings:
    return Settings.model_validate({"tenants": {"root": "tenants"}, "targets": TARGETS, "tables": ENTRIES, **more})


def plan(
    found: Catalog | None = None,
    tenants: tuple[Tenant, ...] = TENANTS,
    configured: Settings | None = None,
    prefix: str = "erp",
    heads: Mapping[str, tuple[str, ...]] | None = None,
    files: str = "",
    parameters: tuple[tuple[str, str, str], ...] = (),
) -> Plan:
    found, configured = found or source(), configured or settings()
    heads = heads or {"auth": ("a1",), "shared": ("s1",), "tenant": ("t1",)}
    surveyed = Survey(found, place(found, configured), tenants, {}, *name_parameters(parameters))
    return build_plan(
        surveyed, configured, source="postgres@db/erp", prefix=prefix,
        databases={"auth": f"{prefix}_auth", "shared": f"{prefix}_shared"},
        trees={name: TreeState(found, f"{name}{files}") for name, found in heads.items()},
    )  # fmt: skip


def test_the_steps_and_their_order() -> None:
    made = plan()
    kinds = [type(step) for step in made.steps]
    assert kinds == sorted(
        kinds, key=[PrepareTarget, CreateDatabase, RaiseFence, CopyTable, FinishDatabase, Compare].index
    )
    assert [step.target for step in made.of(PrepareTarget)] == ["auth", "shared", "tenant"]
    databases = [(step.database, step.tenant, step.bare) for step in made.of(CreateDatabase)]
    assert databases == [
        ("erp_auth", "", "erp_auth_bare"),
        ("erp_shared", "", "erp_shared_bare"),
        ("erp_north", "1", "erp_tenant_bare"),
        ("erp_south", "2", "erp_tenant_bare"),
    ]
    assert {step.database for step in made.of(FinishDatabase)} == {name for name, _, _ in databases}
    copies = [(str(step.relation), step.target, step.databases) for step in made.of(CopyTable)]
    # The largest first; a replica is a copy of its own; what is ignored is not copied.
    assert copies == [
        ("clients", "tenant", 2),
        ("units", "shared", 1),
        ("units", "tenant", 2),
        ("tenants", "auth", 1),
    ]
    assert len({step.id for step in made.steps}) == len(made.steps)


def test_the_document_is_json_and_names_no_secret() -> None:
    secret = settings(source={"url": "postgresql://me:hidden@db/erp"})
    text = json.dumps(plan(configured=secret).to_document())
    assert "hidden" not in text
    document = json.loads(text)
    assert document["fingerprint"] == plan().fingerprint
    assert document["steps"][0]["kind"] == "PrepareTarget"


def with_column(found: Catalog) -> Catalog:
    return changed(found, lambda one: dataclasses.replace(one, columns=(*one.columns, column("added text"))))


def changed(found: Catalog, change: Callable[[Table], Table]) -> Catalog:
    clients = public("clients")
    return dataclasses.replace(found, tables={**found.tables, clients: change(found.tables[clients])})


@pytest.mark.parametrize(
    "other",
    [
        plan(with_column(source())),
        plan(changed(source(), lambda one: dataclasses.replace(one, foreign_keys=one.foreign_keys[:0]))),
        plan(dataclasses.replace(source(), database="another")),
        plan(dataclasses.replace(source(), system_identifier="another")),
        plan(tenants=TENANTS[:1]),
        plan(tenants=(TENANTS[0], dataclasses.replace(TENANTS[1], name="Renamed"))),
        plan(prefix="other"),
        plan(heads={"auth": ("a2",), "shared": ("s1",), "tenant": ("t1",)}),
        plan(configured=settings(tables={**ENTRIES, "clients": {"target": "tenant", "as": "customers"}})),
        plan(configured=settings(tables={**ENTRIES, "clients": {"target": "tenant", "unowned": "quarantine"}})),
        plan(configured=settings(targets={**TARGETS, "auth": {"database": "x", "migrations": "auth"}})),
        plan(files="edited"),
        plan(parameters=(("", "search_path", "app, public"),)),
        plan(dataclasses.replace(source(), sequences={SEQUENCE.relation: SEQUENCE})),
        plan(configured=settings(tenants={"root": "tenants", "settings": {"app.tenant": "{key}"}})),
        plan(configured=settings(tenants={"root": "tenants", "per_tenant_objects": ["conv_{id}"]})),
        plan(configured=settings(tables={**ENTRIES, "clients": {"virtual": ["id -> tenants.id"]}})),
        plan(configured=settings(roles={"reporting": {"read": ["shared"]}})),
    ],
    ids=[
        "column", "key", "database", "server", "tenant", "name", "prefix", "head", "as", "unowned", "target",
        "file", "parameter", "sequence", "tenant-parameter", "own-objects", "virtual-key", "reader",
    ],
)  # fmt: skip
def test_another_basis_is_another_fingerprint(other: Plan) -> None:
    assert other.fingerprint != plan().fingerprint


@pytest.mark.parametrize(
    "same",
    [
        plan(source(bytes=10**12, rows=10**9, pages=10**6)),
        plan(
            changed(
                source(),
                lambda one: dataclasses.replace(
                    one, columns=tuple(dataclasses.replace(each, type_oid=4711) for each in one.columns)
                ),
            )
        ),
        plan(configured=settings(limits={"jobs": 7})),
        plan(configured=settings(source={"url": "postgresql://me:other@elsewhere/erp"})),
        plan(configured=settings(roles={"hand_out": "vault write"})),
    ],
    ids=["rows", "oids", "jobs", "connection", "command"],
)
def test_what_changes_by_itself_is_no_basis(same: Plan) -> None:
    assert same.fingerprint == plan().fingerprint


def test_numbers_that_a_sequence_gives_are_no_basis() -> None:
    before, after = (
        plan(dataclasses.replace(source(), sequences={SEQUENCE.relation: dataclasses.replace(SEQUENCE, last_value=at)}))
        for at in (7, 8)
    )
    assert before.fingerprint == after.fingerprint


@given(st.integers(0, 10**8), st.integers(1, MAX_PARTS))
def test_parts_are_the_whole_table_once(pages: int, most: int) -> None:
    parts = table_parts(table("t", "id int!", pages=pages), most)
    assert 1 <= len(parts) <= most
    if parts == (None,):
        return
    assert parts[0] is not None
    assert parts[0][0] == 0
    assert parts[-1] is not None
    assert parts[-1][1] is None  # open: the table may have grown
    for one, following in pairwise(parts):
        assert one is not None
        assert following is not None
        assert one[1] == following[0]
        assert one[0] < following[0]


def test_small_and_partitioned_tables_are_read_whole() -> None:
    assert table_parts(table("t", "id int!", pages=PART_PAGES)) == (None,)
    assert table_parts(table("t", "id int!", kind="p", pages=10 * PART_PAGES)) == (None,)


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=80))
def test_scaffolds_keep_their_role_within_the_limit(prefix: str) -> None:
    names = {scaffold_name(prefix, target, role) for target in TARGETS for role in ("template", "bare")}
    assert len(names) == 2 * len(TARGETS)
    assert all(len(name.encode()) <= MAX_IDENTIFIER_BYTES for name in names)
