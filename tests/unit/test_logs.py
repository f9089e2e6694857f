"""The log: JSON lines of several processes in one file, no secrets, rotation that loses nothing."""

from __future__ import annotations

import json
import logging
import multiprocessing
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import structlog

from migrator import logs
from migrator.errors import ConfigurationError


@pytest.fixture
def console() -> Iterator[list[str]]:
    """The lines that reach the console; logging is put back as it was afterwards."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    root.handlers = []
    lines: list[str] = []
    logs.to_console(lines.append, verbose=True, colors=False)
    yield lines
    logs.close_file()
    root.handlers, root.level = before, level
    logging.captureWarnings(False)
    structlog.contextvars.clear_contextvars()


def written(directory: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (directory / logs.FILE_NAME).read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("postgresql://u:geheim@h:5/db?a=b", "postgresql://u:********@h:5/db?a=b"),
        ("postgresql://u:p@ss/w:rd@h/db", "postgresql://u:********@h/db"),
        ("postgresql+psycopg://:geheim@/db", "postgresql+psycopg://:********@/db"),
        ("postgresql://u@h/db", "postgresql://u@h/db"),
        ("postgresql:///db?password=geheim&host=x", "postgresql:///db?password=********&host=x"),
        ("host=h password=geheim user=u", "host=h password=******** user=u"),
        (r"host=h password = 'ge\'hei m' user=u", "host=h password = ******** user=u"),
        ("PGPASSWORD=geheim pg_dump", "PGPASSWORD=******** pg_dump"),
        ("DB_PASSWORD='geheim'", "DB_PASSWORD=********"),
        ('{"password": "geheim", "a": 1}', '{"password": ********, "a": 1}'),
        ("sslpassword=geheim", "sslpassword=********"),
        ("ERP_DB_PASSWORD=geheim", "ERP_DB_PASSWORD=********"),
        ("the password is wrong: check it", "the password is wrong: check it"),
        ("wrong password: check it", "wrong password: check it"),
        ("12:30 me@example.test", "12:30 me@example.test"),
    ],
)
def test_passwords_are_masked(text: str, masked: str) -> None:
    assert logs.mask(text) == masked


def test_no_line_holds_a_password(tmp_path: Path, console: list[str]) -> None:
    logs.to_file(tmp_path)
    log = logs.logger("test")
    try:
        raise ValueError("could not connect to postgresql://u:geheim@h/db")
    except ValueError:
        log.exception(
            "to %s", "postgresql://u:geheim@h/db", nested={"PGPASSWORD": "geheim", "list": ["password=geheim"]}
        )
    logging.getLogger("alembic").warning("url %s", "postgresql://u:geheim@h/db")
    assert "geheim" not in (tmp_path / logs.FILE_NAME).read_text()
    assert "geheim" not in "\n".join(console)
    assert written(tmp_path)[0]["exception"].endswith("postgresql://u:********@h/db")


def test_a_line_carries_what_is_bound(tmp_path: Path, console: list[str]) -> None:
    file = logs.to_file(tmp_path)
    structlog.contextvars.bind_contextvars(run_id="r1", stage="migrate")
    logs.logger("test").info("copied", target="tenant", tenant="42", step="copy:orders", rows=3)
    logging.getLogger("alembic.runtime.migration").info("Running upgrade %s -> %s", "a", "b")
    first, second = written(tmp_path)
    assert list(first)[:5] == ["timestamp", "level", "event", "run_id", "stage"]
    assert (first["target"], first["tenant"], first["step"], first["rows"]) == ("tenant", "42", "copy:orders", 3)
    assert (second["event"], second["run_id"]) == ("Running upgrade a -> b", "r1")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "copied" in console[0]
    assert "r1" not in console[0]


def test_the_console_without_verbose_has_warnings_only_and_no_traceback(tmp_path: Path, console: list[str]) -> None:
    lines: list[str] = []
    logs.to_console(lines.append, verbose=False, colors=False)
    logs.to_file(tmp_path)
    log = logs.logger("test")
    log.info("quiet")
    log.warning("loud")
    log.error("told", told=True)
    log.error("bad", exc_info=ValueError("x"))
    assert [line.split("] ")[1] for line in lines] == ["loud", "bad"]
    assert [line["event"] for line in written(tmp_path)] == ["quiet", "loud", "told", "bad"]
    assert console == []


def test_where_nobody_has_begun_logging_nothing_is_printed() -> None:
    program = "from migrator import logs; logs.logger('migrator.journal').error('step failed', step='copy')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


def test_a_directory_that_cannot_be_written_is_a_clear_error(tmp_path: Path, console: list[str]) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match=r"log .*migration\.log cannot be written"):
        logs.to_file(tmp_path / "file")


def test_a_log_that_vanishes_is_made_again_and_its_directory_complained_about_once(
    tmp_path: Path, console: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    file = logs.to_file(tmp_path / "logs")
    log = logs.logger("test")
    log.info("one")
    file.unlink()
    log.info("two")
    assert [line["event"] for line in written(tmp_path / "logs")] == ["two"]
    file.unlink()
    file.parent.rmdir()
    log.info("three")
    log.info("four")
    assert capsys.readouterr().err.count("cannot be written") == 1


def test_rotation_keeps_every_line(tmp_path: Path, console: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "FILE_BYTES", 2000)
    logs.to_file(tmp_path)
    for number in range(60):
        logs.logger("test").info("line", number=number)
    files = sorted(
        tmp_path.glob(f"{logs.FILE_NAME}*"), key=lambda path: -int(path.suffix[1:]) if path.suffix[1:].isdigit() else 0
    )
    numbers = [json.loads(line)["number"] for file in files for line in file.read_text().splitlines()]
    assert len(files) > 2
    assert numbers == list(range(60))
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)


def _write(worker: int) -> None:
    log = logs.logger("worker")
    for number in range(50):
        # Longer than any buffer: a line that was written in two pieces would be torn by another process's.
        log.info("line", worker=worker, number=number, padding="x" * 12_000)


def test_processes_write_whole_lines_into_one_file(tmp_path: Path, console: list[str]) -> None:
    logs.to_file(tmp_path)
    structlog.contextvars.bind_contextvars(run_id="r1")
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(3, mp_context=context, initializer=logs.worker_initializer()) as pool:
        list(pool.map(_write, range(3)))
    lines = written(tmp_path)
    assert {(line["worker"], line["number"]) for line in lines} == {(w, n) for w in range(3) for n in range(50)}
    assert {line["run_id"] for line in lines} == {"r1"}
