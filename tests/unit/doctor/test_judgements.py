"""What doctor makes of facts: each thing that can be wrong is a line with its remedy, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from migrator.commands.doctor.command import Examination
from migrator.commands.doctor.report import present
from migrator.core.doctor.diagnosis import Diagnosis, Health
from migrator.core.doctor.facts import (
    Connectedness,
    Control,
    Directory,
    ExaminedServer,
    ExaminedSource,
    Locale,
    Machine,
    Program,
    Unreachable,
    Wanted,
)
from migrator.core.doctor.machine import judge_machine
from migrator.core.doctor.privileges import judge_privileges
from migrator.core.doctor.servers import judge_servers, judge_unreachable
from migrator.core.plan.checks import Missing
from migrator.core.result.next_commands import STAGES
from migrator.report.document import to_json

GB = 1_000_000_000
LOCAL = Connectedness(True, "", False, False, 0.0, 0.001)
GERMAN = Locale("UTF8", "libc", "de_DE.UTF-8", "2.36", "2.36")
SERVER = ExaminedServer(
    "default", "dba@db1/postgres", 160004, "7", False, "dba", True, True, True, frozenset(), 90, 90 * GB, LOCAL, GERMAN,
    (), {"plpgsql": "1.0", "citext": "1.6"}, control=Control("erp_migrator", True, True, True),
)  # fmt: skip
FAR = replace(SERVER, name="far", address="dba@db2/postgres", identity="8", control=None)
SOURCE = ExaminedSource(
    replace(SERVER, name="source", address="dba@db1/erp", control=None),
    GB,
    (),
    {"citext": "1.6"},
    frozenset({"citext"}),
)
MACHINE = Machine(
    {"migrator": "1"}, 8, 16 * GB,
    (Program("pg_dump", "/bin/pg_dump", 180004),), (Directory("backups", "/b", 50 * GB, True),),
)  # fmt: skip
WANTED = Wanted(2, ("default",), ("default",), (), False)


def judged(
    source: ExaminedSource | None = SOURCE,
    *targets: ExaminedServer,
    machine: Machine = MACHINE,
    wanted: Wanted = WANTED,
) -> list[Diagnosis]:
    targets = targets or (SERVER,)
    return [
        *judge_servers(source, targets, wanted),
        *judge_privileges(source, targets, wanted),
        *judge_machine(machine, wanted, source.bytes if source is not None else None),
    ]


def bad(diagnoses: list[Diagnosis]) -> list[Diagnosis]:
    return [one for one in diagnoses if one.health != "ok"]


def test_where_all_is_well_every_line_is_ok() -> None:
    diagnoses = judged()
    assert bad(diagnoses) == []
    parts = {"servers", "connections", "clocks", "TLS", "encodings", "collations", "extensions", "disk", "privileges"}
    assert {one.part for one in diagnoses} == parts | {"programs", "machine"}
    assert {one.subject for one in diagnoses if one.part == "privileges"} == {*STAGES, "journal"}


def of_server(**damage: Any) -> Callable[[], list[Diagnosis]]:
    return lambda: judged(SOURCE, replace(SERVER, **damage))


def of_source(**damage: Any) -> Callable[[], list[Diagnosis]]:
    return lambda: judged(replace(SOURCE, server=replace(SOURCE.server, **damage)))


def of_machine(**damage: Any) -> Callable[[], list[Diagnosis]]:
    return lambda: judged(machine=replace(MACHINE, **damage))


REMOTE = replace(LOCAL, is_local=False)


@pytest.mark.parametrize(
    ("look", "part", "health", "said", "remedy"),
    [
        (of_server(version=150009), "servers", "failed", "15.9 at dba@db1/postgres, as dba: older than",
         "not older"),
        (of_server(is_standby=True), "servers", "failed", "standby", "primary"),
        (of_source(is_standby=True), "servers", "failed", "standby", "primary"),
        (of_source(connectedness=replace(LOCAL, is_pooled=True)), "servers", "failed", "pooler", "session mode"),
        (of_server(free_sessions=6), "connections", "warning", "6 sessions to spare; 2 jobs take 8", "--jobs"),
        (of_server(free_sessions=4), "connections", "failed", "4 sessions", "max_connections"),
        (of_source(free_sessions=3), "connections", "warning", "3 sessions to spare; 2 jobs take 4", "--jobs"),
        (of_source(connectedness=replace(LOCAL, clock_ahead=-7.5)), "clocks", "warning", "7.5 s behind this machine",
         "NTP"),
        (of_server(connectedness=replace(LOCAL, clock_ahead=2.6, clock_uncertainty=0.5)), "clocks", "warning",
         "2.6 s ahead of", "NTP"),
        (of_server(connectedness=REMOTE), "TLS", "warning", "not encrypted", "sslmode=verify-full"),
        (of_server(connectedness=replace(REMOTE, encryption="TLSv1.3, X")), "TLS", "warning", "TLSv1.3, X; nobody",
         "sslmode=verify-full"),
        (of_source(locale=replace(GERMAN, encoding="SQL_ASCII")), "encodings", "warning", "SQL_ASCII", "dry-run"),
        (of_source(locale=replace(GERMAN, recorded_version="2.31")), "collations", "warning", "version 2.31",
         "REINDEX"),
        (of_server(locale=replace(GERMAN, recorded_version="2.31", actual_version="2.31")), "collations", "warning",
         "by version 2.31, the source's server by 2.36", "same release"),
        (of_server(locale_is_known=False), "collations", "warning", "'de_DE.UTF-8'", "Install that locale"),
        (of_source(outdated_collations=(("public.x", "1", "2"),)), "collations", "warning", "public.x (1, now 2)",
         "REFRESH VERSION"),
        (of_server(offered_extensions={}), "extensions", "failed", "citext 1.6 of the source is not offered",
         "package"),
        (lambda: judged(replace(SOURCE, extensions_in_use=frozenset()), replace(SERVER, offered_extensions={})),
         "extensions", "warning", "nothing seems to depend", "package"),
        (of_server(offered_extensions={"citext": "1.4"}), "extensions", "warning", "1.4 is older", "Update"),
        (of_server(free_bytes=None), "disk", "warning", "cannot be seen", "[servers.default] free_disk"),
        (of_server(free_bytes=5), "disk", "warning", "5 bytes free; the source takes", "dry-run"),
        (of_machine(directories=(Directory("spool", "/s", 5 * GB, False),)), "disk", "failed", "/s cannot be written",
         "[paths] spool"),
        (of_machine(directories=(Directory("spool", "/s", 5, True),)), "disk", "warning", "5 bytes free in /s",
         "[paths] spool"),
        (lambda: judged(replace(SOURCE, bytes=80 * GB)), "disk", "warning", "a backup of the source takes up to",
         "[paths] backups"),
        (of_machine(memory_bytes=450_000_000), "machine", "warning", "2 jobs may take", "--jobs 1"),
        (of_machine(memory_bytes=None), "machine", "warning", "cannot be seen", ""),
        (of_machine(processors=1), "machine", "warning", "1 for 2 jobs", "--jobs 1"),
        (of_machine(programs=(Program("pg_dump", problem="There is no pg_dump.", remedy="Install it"),)), "programs",
         "failed", "There is no pg_dump.", "Install it"),
        (lambda: judged(wanted=replace(WANTED, commands=(Program("backup.encrypt", problem="no 'age'", remedy="x"),))),
         "programs", "failed", "no 'age'", "x"),
        (of_server(control=Control("erp_migrator", True, False, True)), "privileges", "failed", "no control database",
         "[control] database"),
        (of_server(control=Control("erp_migrator", True, True, False)), "privileges", "failed", "may not write",
         'GRANT CONNECT, CREATE ON DATABASE erp_migrator TO dba;'),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_line_with_its_remedy(
    look: Callable[[], list[Diagnosis]], part: str, health: Health, said: str, remedy: str
) -> None:
    lines = [one for one in bad(look()) if one.part == part]
    assert [one.health for one in lines] == [health]
    assert said in lines[0].detail
    assert remedy in lines[0].remedy


def test_a_clock_that_differs_less_than_the_way_there_takes_is_right() -> None:
    slow = replace(LOCAL, clock_ahead=3.0, clock_uncertainty=1.5)
    assert bad(judged(SOURCE, replace(SERVER, connectedness=slow))) == []


def test_an_encrypted_session_whose_certificate_is_checked_is_well() -> None:
    checked = replace(REMOTE, encryption="TLSv1.3, X", certificate_checked=True)
    assert bad(judged(SOURCE, replace(SERVER, connectedness=checked))) == []


def test_servers_of_tenants_are_several_and_of_one_major_version() -> None:
    wanted = replace(WANTED, target_servers=("default", "far"), tenant_servers=("default", "far"))
    assert bad(judged(SOURCE, SERVER, FAR, wanted=wanted)) == []
    (same,) = bad(judged(SOURCE, SERVER, replace(FAR, identity="7"), wanted=wanted))
    assert "same server as 'default'" in same.detail
    (majors,) = bad(judged(SOURCE, SERVER, replace(FAR, version=170001), wanted=wanted))
    assert "PostgreSQL 16 and 17" in majors.detail
    # Two that do not say who they are may be two.
    unknown = [replace(SERVER, identity=""), replace(FAR, identity="")]
    assert bad(judged(SOURCE, *unknown, wanted=wanted)) == []


READ = Missing("read", "SELECT on public.a", "GRANT SELECT ON TABLE public.a TO dba")
FENCE = Missing("fence", "3 tables belong to erp", "GRANT erp TO dba")
RESTORE = Missing("restore", "the database belongs to erp", "GRANT erp TO dba")


def lacking(diagnoses: list[Diagnosis]) -> dict[str, str]:
    return {one.subject: one.remedy for one in bad(diagnoses) if one.part == "privileges"}


def test_each_stage_is_told_the_grants_that_it_lacks() -> None:
    assert lacking(judged(replace(SOURCE, missing=(READ,)))) == dict.fromkeys(STAGES, f"{READ.statement};")
    fence = lacking(judged(replace(SOURCE, missing=(FENCE,))))
    assert fence == dict.fromkeys(("clean", "migrate", "rollback"), "GRANT erp TO dba;")
    both = lacking(judged(replace(SOURCE, missing=(READ, FENCE))))
    assert both["migrate"] == f"{READ.statement}; {FENCE.statement};"


def test_what_only_restoring_a_backup_needs_is_a_warning() -> None:
    (line,) = bad(judged(replace(SOURCE, missing=(RESTORE,))))
    assert (line.subject, line.health, line.stages) == ("rollback --restore-backup", "warning", ("rollback",))


def test_what_a_role_lacks_on_the_target_servers_is_told_to_the_stages_that_need_it() -> None:
    poor = replace(SERVER, may_create_databases=False, may_create_roles=False, passes_row_security=False)
    wanted = replace(WANTED, new_roles=("reader",), has_policies=True)
    remedies = lacking(judged(SOURCE, poor, wanted=wanted))
    assert remedies["backup --verify"] == "ALTER ROLE dba CREATEDB;"
    assert remedies["migrate"] == "ALTER ROLE dba CREATEDB; ALTER ROLE dba CREATEROLE; ALTER ROLE dba BYPASSRLS;"
    assert remedies["verify"] == "ALTER ROLE dba BYPASSRLS;"
    assert remedies.keys().isdisjoint({"audit", "backup", "clean", "rollback", "journal"})
    # Where no target is made, no database need be.
    elsewhere = replace(wanted, target_servers=("far",), tenant_servers=("far",))
    assert set(lacking(judged(SOURCE, poor, FAR, wanted=elsewhere))) == {"backup --verify"}
    # A role that is there already need not be made.
    known = replace(poor, roles=frozenset({"reader"}))
    assert "CREATEROLE" not in lacking(judged(SOURCE, known, wanted=wanted))["migrate"]


def test_a_journal_that_cannot_be_made_fails_every_stage() -> None:
    absent = Control("erp_migrator", False, False, False)
    assert bad(judged(SOURCE, replace(SERVER, control=absent))) == []
    (line,) = [
        one
        for one in bad(judged(SOURCE, replace(SERVER, control=absent, may_create_databases=False)))
        if one.subject == "journal"
    ]
    assert line.remedy == "ALTER ROLE dba CREATEDB; or CREATE DATABASE erp_migrator OWNER dba;"
    assert line.stages == STAGES


def test_without_the_source_the_rest_is_judged_and_nothing_is_claimed() -> None:
    diagnoses = judged(None)
    assert bad(diagnoses) == []
    assert [one.subject for one in diagnoses if one.part == "privileges"] == ["journal"]
    line = judge_unreachable(Unreachable("source", "db1: refused\n\tIs it running?", "Check that the server runs."))
    assert (line.part, line.subject, line.health, line.stages) == ("servers", "source", "failed", STAGES)
    assert line.detail == "db1: refused Is it running?"


def test_the_report_ends_with_1_only_where_something_failed() -> None:
    warned = Examination("erp", None, tuple(judged(SOURCE, replace(SERVER, free_bytes=None))))
    outcome = present(warned)
    assert (outcome.exit_code, outcome.status, outcome.summary["warnings"]) == (0, "done", 1)
    assert [section.title for section in outcome.sections if section.tone == "warning"] == ["Disk"]
    failed = present(Examination("erp", "migrate", tuple(judged(SOURCE, replace(SERVER, is_standby=True)))))
    assert (failed.exit_code, failed.status) == (1, "findings")
    assert failed.headline == "1 thing must be mended before migrate; 0 warnings."
    assert failed.next == ("migrator doctor --stage migrate",)
    assert '"health": "failed"' in to_json(failed)
