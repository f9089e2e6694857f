"""Files that are whole or absent, and private."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from migrator.files import file_name, private_directory, sha256, tree_size, write_atomically


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_is_replaced_whole_and_closed_to_others(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    write_atomically(path, b"one")
    write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    assert mode(path) == 0o600
    assert os.listdir(tmp_path) == ["manifest.json"]


def test_the_mode_does_not_follow_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        write_atomically(tmp_path / "secret", b"")
        write_atomically(tmp_path / "public", b"", mode=0o644)
        private_directory(tmp_path / "a" / "b")
    finally:
        os.umask(before)
    assert [mode(tmp_path / name) for name in ("secret", "public", "a", "a/b")] == [0o600, 0o644, 0o700, 0o700]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "manifest.json"
    write_atomically(path, b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["manifest.json"]


def test_a_directory_that_is_there_is_closed(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "kept").mkdir(mode=0o755)
    private_directory(tmp_path / "kept")
    assert mode(tmp_path / "kept") == 0o700
    assert mode(tmp_path) == 0o755


def test_sizes_and_checksums(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one").write_bytes(b"x" * 10)
    (tmp_path / "two").write_bytes(b"y" * 5)
    assert tree_size(tmp_path) == 15
    assert sha256(tmp_path / "two") == "bae366da14f2fb5b65c4cd7668e892c0f1156c6f1360ee7f672506a4e7fbe99e"


def test_a_name_is_one_part_of_a_path() -> None:
    names = ("erp_north", "a/b", "a_b", "..", ".", "../../etc", "a%2Fb", "\u5b57", "a b")
    made = [file_name(name) for name in names]
    assert made[0] == "erp_north"
    assert len(set(made)) == len(names)
    for name in made:
        assert "/" not in name
        assert not name.startswith(".")
