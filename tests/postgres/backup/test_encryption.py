"""Backups through a command of the user's: nothing in the clear on the disk, and refused early where no key fits."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from migrator.commands.backup.directory import check_backup, newest, place
from migrator.commands.shared.workspace import Workspace
from migrator.errors import ConfigurationError, DatabaseError, RefusedError
from tests.postgres.shop import Shop, load_shop, make_shop
from tests.postgres.workspaces import WorkspaceFactory, run_sql, said, state
from tests.servers import DatabaseFactory
from tests.stages import backup

SECRET_ROWS = """
CREATE TABLE accounts (id integer PRIMARY KEY, iban text);
INSERT INTO accounts SELECT n, 'FR7630006000011234567890' || n FROM generate_series(1, 50) n;
"""


def openssl(key: Path, *extra: str) -> list[str]:
    return ["openssl", "enc", "-aes-256-cbc", "-pbkdf2", "-iter", "1000", "-pass", f"file:{key}", *extra]


@pytest.fixture
def key(tmp_path: Path) -> Path:
    (tmp_path / "key").write_text("correct horse battery staple")
    return tmp_path / "key"


@pytest.fixture
def gnupg(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    if shutil.which("gpg") is None:
        pytest.skip("gpg is not installed")
    home = tmp_path_factory.mktemp("gnupg")
    home.chmod(0o700)
    yield home
    subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False)


def kept(work: Workspace) -> Path:
    run = work.journal.current_run(work.source_id)
    assert run is not None
    found = newest(place(work.backups), run.id)
    assert found is not None
    return found


def files(directory: Path) -> list[Path]:
    return [path for path in directory.rglob("*") if path.is_file()]


def test_with_gpg(database_url: str, make_workspace: WorkspaceFactory, key: Path, gnupg: Path) -> None:
    run_sql(database_url, SECRET_ROWS)
    gpg = f"gpg --batch --quiet --homedir '{gnupg}' --pinentry-mode loopback --passphrase-file '{key}'"
    work = make_workspace(database_url, backup={"encrypt": f"{gpg} --symmetric", "decrypt": f"{gpg} --decrypt"})
    assert backup(work, verify=True).summary["verified"] == "yes"
    assert check_backup(kept(work), work.source_id).encryption == "gpg"


def test_nothing_is_in_the_clear_and_a_key_is_needed(
    database_url: str, make_workspace: WorkspaceFactory, key: Path, tmp_path: Path
) -> None:
    run_sql(database_url, SECRET_ROWS)
    plain = make_workspace(database_url)
    assert backup(plain).status == "done"
    # Only the public half of a key is here: it cannot be tried.
    half = make_workspace(database_url, backup={"encrypt": openssl(key)})
    assert backup(half).status == "done"
    assert "is not encrypted" in " ".join(said(half))
    assert "was not read back" in " ".join(said(half))
    directory = kept(half)
    assert directory != kept(plain) or directory.name.endswith("-2")
    assert [path.name for path in files(directory / "dump")] == ["archive.encrypted"]
    for path in files(directory):
        assert b"FR7630006" not in path.read_bytes()
    with pytest.raises(RefusedError, match="nothing says how to decrypt it"):
        backup(half, verify=True)
    whole = make_workspace(database_url, backup={"encrypt": openssl(key), "decrypt": openssl(key, "-d")})
    assert backup(whole, verify=True).summary["verified"] == "yes"
    assert kept(whole) == directory
    (tmp_path / "other").write_text("another passphrase")
    wrong = make_workspace(database_url, backup={"decrypt": openssl(tmp_path / "other", "-d")})
    (directory / "verified.json").unlink()
    with pytest.raises(RefusedError, match="cannot be decrypted"):
        backup(wrong, verify=True)


def test_a_command_that_fails_leaves_nothing(database_url: str, make_workspace: WorkspaceFactory, key: Path) -> None:
    run_sql(database_url, SECRET_ROWS)
    for command, error, said_ in (
        (["no-such-program"], ConfigurationError, "no program 'no-such-program'"),
        (openssl(key.parent / "no-such-key"), DatabaseError, r"\[backup\] encrypt failed: .*no-such-key"),
        (["false"], DatabaseError, "encrypt failed: exit code 1"),
        (["true"], DatabaseError, "SIGPIPE|Broken pipe|cannot be read back|pg_dump failed"),
        # Were there a shell, it would make a file.
        (["sh -c 'touch made'; true"], ConfigurationError, "no program"),
    ):
        work = make_workspace(database_url, backup={"encrypt": command, "decrypt": ["cat"]})
        with pytest.raises((error, RefusedError), match=said_):
            backup(work)
        assert list(place(work.backups).iterdir()) == []
    assert not (key.parent / "made").exists()


@pytest.mark.timeout(300)
def test_an_encrypted_backup_comes_back(
    database_factory: DatabaseFactory, prefix: str, tmp_path: Path, key: Path
) -> None:
    url = database_factory()
    load_shop(url)
    shop: Shop = make_shop(tmp_path / "shop", url, prefix)
    with shop.toml.open("a") as file:
        file.write(f"\n[backup]\nencrypt = {openssl(key)!r}\ndecrypt = {openssl(Path('../key'), '-d')!r}\n")
    before = state(url)
    shop.succeed("backup", "--verify")
    shop.split()
    shop.execute("", "DROP SCHEMA migrator_fence CASCADE; DELETE FROM order_lines WHERE order_id = 1")
    key.rename(tmp_path / "hidden")
    refused = shop.take_back("--restore-backup")
    assert refused.exit_code == 3
    assert "cannot be decrypted" in refused.error
    assert "tenant_1" in shop.databases()
    (tmp_path / "hidden").rename(key)
    restored = shop.take_back("--restore-backup")
    assert restored.exit_code == 0, restored.document
    after = state(url)
    assert (after.digests, after.objects) == (before.digests, before.objects)
    for dump in (Path(row["dump"]) for row in restored.section("Dumps")):
        assert [path.name for path in files(dump)] == ["archive.encrypted"]
