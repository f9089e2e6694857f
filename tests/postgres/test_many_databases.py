"""More databases than a run may hold sessions to: rows go through files."""

from __future__ import annotations

from pathlib import Path

from tests.project import Project


def test_with_fewer_sessions_than_databases_every_row_still_arrives_once(
    topsteel_url: str, prefix: str, tmp_path: Path
) -> None:
    project = Project.make(tmp_path, topsteel_url, prefix)
    project.succeed("clean", "--execute")
    project.succeed("dry-run")
    # Eight sessions for two workers leave each of them two of the five companies' databases at a time.
    migrated = project.succeed("migrate", "--without-backup", "--jobs", "2", "--max-target-connections", "8")
    assert migrated.summary["differences"] == 0
    assert not any((tmp_path / "spool").iterdir())
    assert {row["lost rows"] for row in migrated.section("Conservation: every row of the source, once")} == {0}
    proven = project.succeed("verify")
    assert proven.summary["differences"] == proven.summary["lost_rows"] == proven.summary["leaked_rows"] == 0
