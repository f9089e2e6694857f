"""Everything that is wrong with a configuration is told at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrator.settings.load import load_settings
from migrator.settings.problems import SettingsError


def problems(directory: Path, text: str) -> tuple[str, ...]:
    (directory / "migrator.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_settings(directory=directory, environment={"MIGRATOR_JOBS": "many"})
    assert caught.value.exit_code == 2
    assert all(f"  {problem}" in caught.value.message for problem in caught.value.problems)
    return caught.value.problems


def test_values_and_rules_between_settings_are_told_together(tmp_path: Path) -> None:
    told = problems(
        tmp_path,
        """
        [targets.auth]
        database = "auth"
        migrations = "m"
        [tables.a]
        target = "auht"
        [tables.b]
        target = "nowhere"
        ignore = " "
        [tables.c]
        replicate = ["elsewhere"]
        [tenants]
        servers = ["s9"]
        [limts]
        jobs = 1
        """,
    )
    assert told[0].startswith("tables.b: ignore needs the reason") or "ignore" in " ".join(told)
    assert "limts: there is no such setting; did you mean limits?" in told
    assert any(one.startswith("limits.jobs (from MIGRATOR_JOBS): ") for one in told)
    assert "[tables.a] names the target 'auht'; known targets: auth" in told
    assert "[tables.c] names the target 'elsewhere'; known targets: auth" in told
    assert "tenants.servers names 's9', but there is no [servers.s9]" in told
    assert len(told) == len(set(told)) == 6


def test_what_hangs_on_a_wrong_target_is_not_called_wrong_as_well(tmp_path: Path) -> None:
    told = problems(tmp_path, '[targets.auth]\ndatabase = 1\nmigrations = "m"\n[tables.a]\ntarget = "auth"\n')
    assert not any("names the target" in one for one in told)
    assert any(one.startswith("targets.auth.database: ") for one in told)
