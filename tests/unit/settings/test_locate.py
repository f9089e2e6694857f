"""Which migrator.toml is used: --config, MIGRATOR_CONFIG, the current directory, the directories above it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from migrator.errors import ConfigurationError
from migrator.settings.load import load_settings
from migrator.settings.locate import CONFIG_VARIABLE, locate_file
from tests.project import REPOSITORY


def written(directory: Path, name: str = "migrator.toml", prefix: str = "p") -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / name
    file.write_text(f"[source]\nurl = 'postgresql://h/d'\nprefix = '{prefix}'\n", encoding="utf-8")
    return file


def test_each_place_wins_over_the_next_one(tmp_path: Path) -> None:
    above, here = written(tmp_path), written(tmp_path / "a" / "b")
    variable, named = written(tmp_path / "c", "variable.toml"), written(tmp_path / "c", "named.toml")
    environment = {"MIGRATOR_CONFIG": str(variable)}
    assert locate_file(named, here.parent, environment) == named
    assert locate_file(None, here.parent, environment) == variable
    assert locate_file(None, here.parent, {}) == here
    here.unlink()
    assert locate_file(None, here.parent, {}) == above
    above.unlink()
    assert locate_file(None, here.parent, {}) is None


def test_the_nearest_directory_above_counts(tmp_path: Path) -> None:
    written(tmp_path)
    nearer = written(tmp_path / "a")
    below = tmp_path / "a" / "b" / "c"
    below.mkdir(parents=True)
    assert locate_file(None, below, {}) == nearer


def test_paths_and_dotenv_belong_to_the_file_that_is_found(tmp_path: Path) -> None:
    written(tmp_path)
    (tmp_path / ".env").write_text("MIGRATOR_PREFIX=from_env\n", encoding="utf-8")
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    settings = load_settings(directory=below, environment={})
    assert settings.path(settings.paths.backups) == tmp_path / "backups"
    assert settings.source.prefix == "from_env"
    assert settings.file == tmp_path / "migrator.toml"


def test_a_relative_variable_is_meant_from_the_current_directory(tmp_path: Path) -> None:
    file = written(tmp_path / "conf", "erp.toml")
    assert locate_file(None, tmp_path, {"MIGRATOR_CONFIG": "conf/erp.toml"}) == file
    assert locate_file(None, tmp_path, {"MIGRATOR_CONFIG": ""}) is None


def test_the_variable_is_documented() -> None:
    assert f"`{CONFIG_VARIABLE}`" in (REPOSITORY / "docs" / "configuration.md").read_text(encoding="utf-8")


def test_a_variable_that_names_no_file_is_an_error_whatever_else_there_is(tmp_path: Path) -> None:
    written(tmp_path)
    with pytest.raises(ConfigurationError, match=r"no configuration file .*none\.toml \(MIGRATOR_CONFIG\)") as caught:
        locate_file(None, tmp_path, {"MIGRATOR_CONFIG": "none.toml"})
    assert "unset it" in caught.value.hint


@pytest.mark.parametrize("foreign", ["migrator.toml", ".env"])
def test_what_another_user_put_above_is_not_used_unasked(
    foreign: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file names commands that are run, and anybody may write one to /tmp."""
    file = written(tmp_path)
    (tmp_path / ".env").write_text("", encoding="utf-8")
    below = tmp_path / "a"
    below.mkdir()
    real = Path.stat
    other = os.geteuid() + 1

    def stat(self: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        found = real(self, follow_symlinks=follow_symlinks)
        return os.stat_result([*found[:4], other, *found[5:]]) if self.name == foreign else found

    assert locate_file(None, below, {}) == file
    monkeypatch.setattr(Path, "stat", stat)
    with pytest.raises(ConfigurationError, match="belongs to another user") as caught:
        locate_file(None, below, {})
    assert f"migrator --config {file} " in caught.value.hint
    # What is named, and what is in the directory itself, is used as it always was.
    assert locate_file(file, below, {}) == file
    assert locate_file(None, tmp_path, {}) == file
