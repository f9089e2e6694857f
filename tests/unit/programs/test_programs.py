"""Client programs: the version that fits is found, secrets stay out of argv, and nothing is left running."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from migrator.errors import ConfigurationError, DatabaseError
from migrator.postgres.programs import programs
from migrator.postgres.programs.programs import find_program, program_version, run_program
from migrator.postgres.session.connect import Endpoint

SECRET = "pa ss'w\\ord"
ENDPOINT = Endpoint(f"postgresql://ann:{'pa%20ss%27w%5Cord'}@db.test:5433/erp?sslmode=require")


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def installations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Four versions of pg_dump, the newest first in PATH, and one that cannot be run."""
    for version in ("17.2", "14.9", "16.1", "18beta1"):
        script(tmp_path / version / "pg_dump", f'echo "pg_dump (PostgreSQL) {version}"')
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "pg_dump").write_text("not a program")
    directories = [tmp_path / name for name in ("broken", "18beta1", "17.2", "14.9", "16.1")]
    monkeypatch.setattr(programs, "_directories", lambda: iter(directories))
    return tmp_path


@pytest.mark.parametrize(
    ("server", "found"),
    [(140009, "14.9"), (150004, "16.1"), (160000, "16.1"), (170004, "17.2"), (180000, "18beta1"), (None, "18beta1")],
)
def test_the_lowest_version_that_is_not_older_than_the_server(
    installations: Path, server: int | None, found: str
) -> None:
    assert find_program("pg_dump", server, None) == installations / found / "pg_dump"


def test_only_the_configured_directory_counts(installations: Path) -> None:
    assert find_program("pg_dump", 140000, installations / "16.1") == installations / "16.1" / "pg_dump"
    with pytest.raises(ConfigurationError, match=r"no pg_dump for PostgreSQL 17 or newer in .*\[paths\] programs"):
        find_program("pg_dump", 170000, installations / "16.1")


def test_what_to_install_is_said(installations: Path) -> None:
    with pytest.raises(ConfigurationError, match="no pg_restore for PostgreSQL 15 or newer on this machine") as caught:
        find_program("pg_restore", 150000, None)
    assert "apt install postgresql-client-15" in caught.value.hint


def test_versions_are_read(installations: Path) -> None:
    assert program_version(installations / "17.2" / "pg_dump") == 170002
    assert program_version(installations / "18beta1" / "pg_dump") == 180000
    assert program_version(installations / "broken" / "pg_dump") is None


def test_secrets_go_through_the_environment(tmp_path: Path) -> None:
    program = script(tmp_path / "pg_dump", 'echo "$@"; echo "env $PGPASSWORD" >&2; cat')
    done = run_program(program, ["--one", "a b"], ENDPOINT, purpose="dump 7")
    assert SECRET not in done.stdout
    assert done.stderr == f"env {SECRET}\n"
    assert "--no-password" in done.stdout
    assert done.stdout.strip().endswith("--one a b")
    for part in ("user=ann", "dbname=erp", "host=db.test", "port=5433", "sslmode=require", "keepalives_idle=30"):
        assert part in done.stdout
    assert "application_name='migrator dump 7'" in done.stdout


def test_a_failure_is_told_in_the_programs_words_without_the_password(tmp_path: Path) -> None:
    program = script(
        tmp_path / "pg_dump",
        f"""echo 'pg_dump: reading schemas' >&2
            echo "pg_dump: error: connection with {SECRET.replace(chr(92), chr(92) * 2)} failed: password wrong" >&2
            exit 1""",
    )
    with pytest.raises(
        DatabaseError, match=r"ann@db.test:5433/erp: pg_dump failed: connection with \*+ failed"
    ) as caught:
        run_program(program, [], ENDPOINT)
    assert SECRET not in str(caught.value)
    assert "reading schemas" not in str(caught.value)
    assert "~/.pgpass" in caught.value.hint


def test_a_full_disk_has_its_own_hint(tmp_path: Path) -> None:
    program = script(
        tmp_path / "pg_dump", "echo 'pg_dump: error: could not write: No space left on device' >&2; exit 1"
    )
    with pytest.raises(DatabaseError) as caught:
        run_program(program, [])
    assert "Free space" in caught.value.hint


def test_a_signal_is_told(tmp_path: Path) -> None:
    program = script(tmp_path / "pg_dump", "kill -KILL $$")
    with pytest.raises(DatabaseError, match="ended by SIGKILL"):
        run_program(program, [])


def test_other_exit_codes_can_be_accepted(tmp_path: Path) -> None:
    program = script(tmp_path / "pg_restore", "echo 'errors ignored on restore: 2' >&2; exit 1")
    assert run_program(program, [], accept=(0, 1)).exit_code == 1


@pytest.mark.parametrize("stubborn", [False, True])
def test_an_interrupt_ends_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stubborn: bool) -> None:
    monkeypatch.setattr(programs, "_TERMINATION_SECONDS", 1)
    ready = tmp_path / "pid"
    trap = "trap '' TERM" if stubborn else "trap 'exit 1' TERM"
    program = script(tmp_path / "pg_dump", f"{trap}\necho $$ > {ready}\nwhile :; do sleep 0.1; done")

    def interrupt() -> None:
        if ready.exists() and ready.read_text().strip():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_program(program, [], watch=interrupt)
    with pytest.raises(ProcessLookupError):
        os.kill(int(ready.read_text()), 0)


def test_much_output_does_not_block(tmp_path: Path) -> None:
    program = script(
        tmp_path / "pg_dump",
        "i=0; while [ $i -lt 3000 ]; do echo 'a line of sixty-four characters that fills the pipe of stderr' >&2; "
        "echo 'and another of sixty-four characters that fills the pipe of out'; i=$((i+1)); done",
    )
    began = time.monotonic()
    done = run_program(program, [])
    assert len(done.stdout.splitlines()) == len(done.stderr.splitlines()) == 3000
    assert time.monotonic() - began < 30
