"""Objects of one tenant: which names mean one, what comes with them, and when a pattern is proposed."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from migrator.core.placement.name_patterns import owner
from migrator.core.placement.place import place
from migrator.core.schema.catalog import Relation, Sequence
from migrator.core.trees.division import Division, Entry
from migrator.core.trees.tenant_objects import (
    apart,
    objects_of_unknown_tenants,
    own_entries,
    privileges_in,
    propose_patterns,
    without_own_grants,
)
from migrator.settings import Tenants
from tests.schema import catalog, key, public, table
from tests.unit.placement.test_place import CLIENTS, TENANTS, USERS, settings

PATTERNS = ("conv_seq_{id}", "crm.log_{id}")


@pytest.mark.parametrize(
    ("relation", "expected"),
    [
        (public("conv_seq_42"), "42"),
        (Relation("crm", "conv_seq_-1"), "-1"),
        (Relation("crm", "log_7"), "7"),
        (public("log_7"), None),
        (Relation("crm", "log_7_no_seq"), None),
        (public("conv_seq_"), None),
        (public("my_conv_seq_1"), None),
    ],
)
def test_whose_an_object_is_by_its_name(relation: Relation, expected: str | None) -> None:
    assert owner(PATTERNS, relation) == expected


@pytest.mark.parametrize("pattern", ["conv_seq", "{id}", "{id}_{id}"])
def test_a_pattern_names_the_key_once_and_something_else(pattern: str) -> None:
    with pytest.raises(ValidationError):
        Tenants(root="companies", per_tenant_objects=(pattern,))


def sequences(*names: str) -> tuple[Sequence, ...]:
    return tuple(Sequence(public(name)) for name in names)


def test_a_pattern_is_proposed_where_the_tenants_have_such_objects_and_nobody_else() -> None:
    known = {"1", "2", "3"}
    assert propose_patterns(catalog(sequences=sequences("seq_1", "seq_3")), known) == (
        ("seq_{id}", "2 of 3 tenants have such a sequence"),
    )
    assert propose_patterns(catalog(sequences=sequences("seq_1")), known) == ()
    assert propose_patterns(catalog(sequences=sequences("seq_1", "seq_2", "seq_2024")), known) == ()
    drawn = Sequence(public("no_2"), used_by=((public("orders"), "no"),))
    assert propose_patterns(catalog(sequences=(*sequences("no_1"), drawn)), known) == ()
    logs = [table(f"log_{number}", "id int!") for number in (1, 2)]
    assert propose_patterns(catalog(*logs), known) == (("log_{id}", "2 of 3 tenants have such a table"),)
    lines = table("lines", "id int!", "log int", keys=(key("lines", "log", "log_1"),))
    assert propose_patterns(catalog(*logs, lines), known) == ()


def test_a_table_of_one_tenant_needs_no_key_and_is_no_way_for_others() -> None:
    log = table("log_7", "id int!", "client_id bigint", keys=(key("log_7", "client_id", "clients"),))
    lines = table("lines", "id int!", "log_id int!", keys=(key("lines", "log_id", "log_7"),))
    found = place(
        catalog(TENANTS, USERS, CLIENTS, log, lines),
        settings(tenants={"root": "tenants", "per_tenant_objects": "log_{id}"}),
    )
    own = found.tables[public("log_7")]
    assert (own.target, own.own, own.key_path and own.key_path.constant) == ("tenant", "7", "7")
    assert public("lines") in {one.relation for one in found.undecided}


def test_what_needs_an_own_object_is_own_and_what_needs_two_tenants_is_nobodys() -> None:
    entries = (
        Entry(1, "TABLE", "public.log_1", "", relation=public("log_1"), schema="public"),
        Entry(2, "SEQUENCE", "public.log_1_no_seq", "", (1,), "public"),
        Entry(3, "TABLE", "public.log_2", "", relation=public("log_2"), schema="public"),
        Entry(4, "TABLE", "public.orders", "", relation=public("orders"), schema="public"),
        Entry(5, "VIEW", "public.both", "", (1, 3), "public"),
        Entry(6, "INDEX", "public.log_1_x", "", (1,), "public"),
        Entry(7, "FK CONSTRAINT", "public.log_1 log_1_user", "", (1, 4), "public"),
    )
    own = own_entries(entries, ("log_{id}",))
    assert {tenant: [one.id for one in found] for tenant, found in own.by_tenant.items()} == {
        "1": [1, 2, 6, 7],
        "2": [3],
    }
    assert [one.entry.id for one in own.left] == [5]
    assert [one.id for one in own.before("1")] == [1, 2]
    assert [one.id for one in own.after("1")] == [6, 7]
    assert own.relations("1") == (public("log_1"), public("log_1_no_seq"))
    # The key to orders is not among what tenants' databases can have.
    kept, division = apart(own, Division({"tenant": entries[:6], "auth": (entries[1],)}, ()), {"tenant"})
    assert [one.id for one in kept.after("1")] == [6]
    assert {name: [one.id for one in found] for name, found in division.targets.items()} == {"tenant": [4], "auth": []}
    assert [one.entry.id for one in division.left] == [5]


def test_objects_of_tenants_that_are_gone_are_told() -> None:
    found = catalog(table("log_9", "id int!"), sequences=sequences("conv_seq_1", "conv_seq_13"))
    assert list(objects_of_unknown_tenants(found, ("conv_seq_{id}", "log_{id}"), {"1"})) == [
        public("conv_seq_13"),
        public("log_9"),
    ]


def test_what_is_granted_to_a_tenants_role_is_taken_out() -> None:
    text = (
        'GRANT SELECT ON TABLE public.orders TO web;\nGRANT SELECT ON TABLE public.orders TO "of_7" WITH GRANT OPTION;'
    )
    acl = Entry(5, "ACL", "public.TABLE orders", text, (4,), "public")
    (rest,), grants = without_own_grants((acl,), ("of_{id}",))
    assert rest.sql.strip() == "GRANT SELECT ON TABLE public.orders TO web;"
    ((key, (granted,)),) = grants.items()
    assert (key, granted.id, granted.sql) == (
        "7",
        -5,
        'GRANT SELECT ON TABLE public.orders TO "of_7" WITH GRANT OPTION;',
    )
    own = own_entries((rest,), ("of_{id}",), grants)
    kept, _ = apart(own, Division({"tenant": (rest,), "auth": ()}, ()), {"tenant"})
    assert kept.after("7") == (granted,)
    nowhere, division = apart(own, Division({"tenant": (), "auth": (rest,)}, ()), {"tenant"})
    assert nowhere.after("7") == ()
    assert [one.entry.title for one in division.left] == ["privileges of public.TABLE orders of the tenant 7"]


def test_the_privileges_that_a_tenants_database_keeps() -> None:
    text = "of_1 SELECT, of_2 SELECT grantable, web SELECT"
    assert privileges_in(text, ("of_{id}",), "2") == "of_2 SELECT grantable, web SELECT"
    assert privileges_in("web SELECT", ("of_{id}",), "2") is None
    assert propose_patterns(catalog(), {"1", "2"}, ["of_1", "of_2", "web"]) == (
        ("of_{id}", "2 of 2 tenants have such a role"),
    )
