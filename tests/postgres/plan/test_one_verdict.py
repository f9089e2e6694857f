"""What stands in the way is judged once: audit and dry-run say the same of the same rows and objects."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.postgres.plan.projects import ROOT, ProjectFactory, blocking, project_factory, split_and_back
from tests.project import Answer
from tests.servers import DatabaseFactory

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def make(database_factory: DatabaseFactory, prefix: str, tmp_path: Path) -> ProjectFactory:
    return project_factory(database_factory, prefix, tmp_path)


NOTES = ROOT + "CREATE TABLE notes (id int PRIMARY KEY, company_id int REFERENCES companies, body text);"
MIXED = "INSERT INTO notes VALUES (1, 1, 'a'), (2, NULL, 'b'), (3, NULL, 'c'), (4, 2, 'd');"
# The key is declared and does not hold: rows of tenants that do not exist.
STRANGE = "SET session_replication_role = replica; INSERT INTO notes VALUES (5, 77, 'e'), (6, 78, 'f');"


def found_in_the_way(answer: Answer, rule: str) -> dict[str, str]:
    return {
        item["object"]: item["detail"]
        for item in answer.document["findings"]
        if item["id"] == rule and item["severity"] == "E"
    }


@pytest.mark.parametrize("unowned", ["block", "quarantine", "shared", "auth", "replicate"])
@pytest.mark.parametrize("rows", ["", MIXED, STRANGE, MIXED + STRANGE])
def test_rows_of_no_tenant_are_counted_and_judged_alike(make: ProjectFactory, unowned: str, rows: str) -> None:
    project = make(NOTES + rows)
    entry = next(line for line in project.toml.read_text().splitlines() if line.startswith("[tables.notes]"))
    text = project.toml.read_text().split(entry, 1)
    body, *others = text[1].split("\n[", 1)
    kept = "\n".join(line for line in body.splitlines() if not line.startswith("unowned"))
    rest = "".join(f"\n[{other}" for other in others)
    project.toml.write_text(f'{text[0]}{entry}\nunowned = "{unowned}"{kept}\n{rest}')
    audit, dry_run = project.run("audit"), project.run("dry-run")
    if unowned in ("shared", "auth") and f"[targets.{unowned}]" not in text[0]:
        # A word that names a target which there is not: dry-run ended in a traceback.
        assert (audit.exit_code, dry_run.exit_code) == (2, 2)
        assert f"[tables.notes] unowned = '{unowned}' means the target of that name" in dry_run.error
        return
    errors = found_in_the_way(audit, "S03")
    assert {name.removeprefix("S03 "): text for name, text in blocking(dry_run).items() if "S03" in name} == errors
    counted = {row["table"]: row for row in dry_run.section("Rows that nobody owns")}
    assert sum(row["unknown-key rows"] for row in counted.values()) == (2 if STRANGE in rows else 0)
    assert sum(row["rows without key"] for row in counted.values()) == (2 if MIXED in rows else 0)
    assert bool(errors) == (bool(rows) if unowned == "block" else STRANGE in rows and unowned != "quarantine")


OBJECTS = (
    ROOT
    + """
CREATE TABLE notes (id int PRIMARY KEY, company_id int REFERENCES companies, body text, content oid);
INSERT INTO notes VALUES (1, 1, 'a', lo_from_bytea(4242001, 'one')), (2, 2, 'b', lo_from_bytea(4242002, 'two'));
"""
)
OLD = "CREATE TABLE old (id int PRIMARY KEY, file oid); INSERT INTO old VALUES (1, 4242002);"


def test_large_objects_that_nothing_names_block_both_until_they_stay_behind_for_a_reason(make: ProjectFactory) -> None:
    project = make(OBJECTS + "SELECT lo_from_bytea(4242003, 'nobody names it'), lo_from_bytea(4242004, 'nor this');")
    assert 'large_objects = ["content"]' in project.toml.read_text()
    expected = "2 of 4 are named by no column that migrator.toml knows: 4242003, 4242004"
    assert blocking(project.run("dry-run"))["large objects"] == expected
    (detail,) = found_in_the_way(project.run("audit"), "S12").values()
    assert "2 objects that no configured column names: nobody said what becomes of them." in detail
    project.replace("[source]", '[source]\nignore_large_objects = "imports of 2019 that nobody reads"')
    assert found_in_the_way(project.run("audit"), "S12") == {}
    project.succeed("dry-run")
    migrated = project.succeed("migrate", "--without-backup")
    counts = {"large objects": 4, "with their rows": 2, "left behind": 2, "named by no column": 0}
    assert migrated.section("Large objects of the source") == [counts]
    assert project.succeed("verify").section("Large objects of the source") == [counts]
    assert project.value("b", "SELECT convert_from(lo_get(4242002), 'UTF8')") == "two"
    assert project.value("b", "SELECT count(*) FROM pg_largeobject_metadata") == 1
    run = str(project.run("status").document["run_id"])
    project.succeed("rollback", "--confirm", run)
    assert project.value("", "SELECT count(*) FROM pg_largeobject_metadata") == 4


def test_a_large_object_that_came_since_dry_run_is_missed(make: ProjectFactory) -> None:
    project = make(OBJECTS)
    project.succeed("dry-run")
    project.execute("", "SELECT lo_from_bytea(4242009, 'late')")
    answer = project.run("migrate", "--without-backup")
    assert answer.exit_code == 1
    assert answer.section("Large objects of the source")[0]["named by no column"] == 1
    assert project.run("verify").exit_code == 1
    project.execute("", "SELECT lo_unlink(4242009)")
    project.succeed("verify")


def test_large_objects_of_a_table_that_stays_behind_stay_with_it(make: ProjectFactory) -> None:
    project = make(OBJECTS + OLD)
    text = project.toml.read_text()
    start = text.index("[tables.old]")
    end = text.find("\n[", start + 1)
    end = len(text) if end < 0 else end
    project.toml.write_text(
        text[:start] + '[tables.old]\nignore = "not used any more"\nlarge_objects = ["file"]\n' + text[end:]
    )
    project.execute("", "SELECT lo_from_bytea(4242005, 'old'); UPDATE old SET file = 4242005;")
    project.replace("[source]", '[source]\nignore_large_objects = "there are none"')
    split = project.succeed("dry-run")
    assert not blocking(split)
    (counts,) = project.succeed("migrate", "--without-backup").section("Large objects of the source")
    assert counts == {"large objects": 3, "with their rows": 2, "left behind": 1, "named by no column": 0}


def test_a_reason_of_blanks_is_refused(make: ProjectFactory) -> None:
    project = make(OBJECTS)
    project.replace("[source]", '[source]\nignore_large_objects = " "')
    answer = project.run("dry-run")
    assert answer.exit_code == 2
    assert "ignore_large_objects" in answer.error


def test_a_split_without_any_flaw_goes_through(make: ProjectFactory) -> None:
    split_and_back(make(OBJECTS))
