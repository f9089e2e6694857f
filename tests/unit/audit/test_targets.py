"""The rules on target servers and on what was made there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from migrator.core.audit.facts import DriftedDatabase, Facts, RoleFact, TargetFacts, UnownedRows
from migrator.core.plan.checks import ServerFacts
from migrator.core.plan.steps import CreateDatabase, PrepareTarget
from migrator.core.trees.named_roles import named_roles
from migrator.core.verify.object_differences import ObjectDifference
from tests.audit_facts import facts, found, severities
from tests.schema import planned, public, table

SERVER = ServerFacts("default", 180004, True, {"plpgsql": "1.0", "citext": "1.6"}, {}, 100, frozenset({"app", "dba"}))
PREPARE = PrepareTarget("tenant", "default", (), "erp_tenant_template", "erp_tenant_bare")
CREATE = CreateDatabase("tenant", "default", "erp_north", "1", "erp_tenant_bare")


def looked_at(*servers: ServerFacts, steps: tuple[Any, ...] = (PREPARE, CREATE), **more: Any) -> TargetFacts:
    return TargetFacts(planned(*steps), run="run-1", servers=servers, **more)


def test_s13_blocks_where_something_depends_on_the_extension() -> None:
    known = facts(
        extensions={"plpgsql": "1.0", "citext": "1.6", "postgis": "3.4.2", "pg_stat_statements": "1.10"},
        extensions_in_use=frozenset({"citext", "postgis"}),
        targets=looked_at(SERVER),
    )
    assert severities("S13", known) == {"default:postgis": "E", "default:pg_stat_statements": "W"}


def test_s13_compares_versions_by_their_numbers() -> None:
    def with_offer(version: str) -> Facts:
        server = replace(SERVER, extensions={"postgis": version})
        return facts(extensions={"postgis": "3.10.1"}, targets=looked_at(server))

    assert severities("S13", with_offer("3.9.4")) == {"default:postgis": "W"}
    assert severities("S13", with_offer("3.10.1")) == {}
    assert severities("S13", with_offer("3.11")) == {}


def test_s17_names_mixed_owners_and_roles_that_a_server_lacks() -> None:
    roles = (RoleFact("app", 12), RoleFact("legacy", 2, granted=True), RoleFact("report", 0, granted=True))
    findings = found("S17", facts(roles=roles, targets=looked_at(SERVER)))
    assert {name: finding.severity for name, finding in findings.items()} == {
        "owners": "W", "default:legacy": "W", "default:report": "W"
    }  # fmt: skip
    assert findings["owners"].detail == "Tables have 2 owners: app (12 tables), legacy (2 tables)."
    assert findings["default:legacy"].detail.endswith("In the source it has 2 tables and privileges.")
    assert findings["default:report"].sql_fix == "CREATE ROLE report;"


def test_s17_is_silent_about_one_owner_whom_the_server_knows() -> None:
    assert (
        found("S17", facts(roles=(RoleFact("app", 12), RoleFact("dba", granted=True)), targets=looked_at(SERVER))) == {}
    )


def test_s19_names_what_is_taken_and_what_is_too_long() -> None:
    taken = replace(SERVER, databases={"erp_north": None, "erp_tenant_bare": "run-0", "erp_other": None})
    (finding,) = found("S19", facts(targets=looked_at(taken))).values()
    assert (finding.key, finding.severity) == ("S19:default:taken", "E")
    assert finding.detail == ("2 databases exist already and were not made by this run: erp_north, erp_tenant_bare.")
    long = replace(CREATE, database="é" * 32)
    (finding,) = found("S19", facts(targets=looked_at(SERVER, steps=(long,)))).values()
    assert finding.detail == "The name takes 64 bytes, and an identifier holds 63."
    assert found("S19", facts(targets=TargetFacts(conflict="Two targets …")))["conflict"].severity == "E"


def test_s19_is_silent_about_the_runs_own_databases_and_other_servers() -> None:
    own = replace(SERVER, databases={"erp_north": "run-1", "erp_tenant_bare": "run-1"})
    other = replace(SERVER, name="west", databases={"erp_north": None})
    assert found("S19", facts(targets=looked_at(own, other))) == {}


LARGE = table("log", "id bigint!", bytes=90_000_000)


def test_s20_blocks_where_disk_or_sessions_do_not_suffice() -> None:
    small = replace(SERVER, free_bytes=100_000_000, free_sessions=13)
    known = facts(LARGE, configured={"log": {"target": "tenant", "key": "id"}}, targets=looked_at(small, jobs=4))
    findings = found("S20", known)
    assert {name: finding.severity for name, finding in findings.items()} == {
        "default:disk": "E", "default:sessions": "E"
    }  # fmt: skip
    assert findings["default:disk"].detail == "95.4 MB are free, about 108.7 MB are needed."
    assert findings["default:sessions"].detail == "13 free connections, 14 are needed at least for 4 jobs."


def test_s20_is_silent_where_there_is_room_or_nobody_knows() -> None:
    table_ = {"log": {"target": "tenant", "key": "id"}}
    for free in (114_000_000, None):
        server = replace(SERVER, free_bytes=free)
        assert found("S20", facts(LARGE, configured=table_, targets=looked_at(server, jobs=4))) == {}
    # What a full disk lacks now may be what this run has put on it.
    begun = replace(SERVER, free_bytes=0, databases={"erp_north": "run-1"})
    assert found("S20", facts(LARGE, configured=table_, targets=looked_at(begun))) == {}


def test_s20_names_the_tenant_with_most_rows() -> None:
    def shares(*rows: int) -> Facts:
        counted = {str(key): count for key, count in enumerate(rows, 1)}
        return facts(unowned=tuple(UnownedRows(public(name), sum(rows), by_tenant=counted) for name in ("a", "b")))

    known = shares(600_000, 200_000, 200_000, 100_000)
    assert severities("S20", known) == {"tenant:1": "W"}
    assert found("S20", known)["tenant:1"].detail == (
        "It has 1,200,000 of 2,200,000 tenants' rows (55 %); 4 tenants share them."
    )
    assert found("S20", shares(500_000, 300_000, 300_000, 100_000)) == {}
    assert found("S20", shares(600_000, 200_000, 200_000)) == {}
    assert found("S20", shares(600, 200, 200, 100)) == {}


def test_s22_names_the_objects_that_differ() -> None:
    differences = (
        ObjectDifference("index", "public.a_idx", "extra"),
        ObjectDifference("table", "public.b", "different"),
    )
    drifted = DriftedDatabase("erp_north", differences)
    (finding,) = found("S22", facts(targets=looked_at(SERVER, drifted=(drifted,)))).values()
    assert (finding.key, finding.severity) == ("S22:erp_north", "E")
    assert finding.detail == (
        "2 objects against the template: index public.a_idx is extra, table public.b is different."
    )
    assert found("S22", facts(targets=looked_at(SERVER))) == {}


def test_roles_that_no_tree_names_will_have_no_access() -> None:
    roles = (
        RoleFact("App", 12),
        RoleFact("report", granted=True),
        RoleFact("dba", 3, superuser=True),
        RoleFact("idle"),
    )
    named = named_roles('ALTER TABLE x OWNER TO "App"; GRANT SELECT ON x TO Report, idle WITH GRANT OPTION;')
    assert named == {"App", "report", "idle"}

    def without_access(trees: frozenset[str] | None) -> set[str]:
        return set(found("S26", facts(roles=roles, targets=TargetFacts(roles_of_trees=trees))))

    assert without_access(named) == set()
    assert without_access(named - {"report"}) == {"report"}
    assert without_access(frozenset()) == {"App", "report", "idle"}
    # Before init there are no trees, and nothing can be said.
    assert without_access(None) == set()
