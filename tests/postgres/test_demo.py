"""The demonstration, as `make demo` runs it: on a server of its own, from nothing to nothing."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from migrator.postgres.programs.local_server import LocalServer


@pytest.fixture
def playground() -> Iterator[Path]:
    """A directory that root's server account can reach, which pytest's own is not."""
    directory = Path(tempfile.mkdtemp(prefix="migrator-demo-"))
    yield directory
    if (directory / "server").is_dir() and (server := LocalServer.attach(directory / "server")) is not None:
        server.stop()
    shutil.rmtree(directory, ignore_errors=True)


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "migrator", *arguments, "--output", "json"]


def demo(playground: Path, *arguments: str) -> dict[str, Any]:
    ran = subprocess.run(
        command("demo", "--directory", str(playground), *arguments), capture_output=True, text=True, check=False
    )
    document: dict[str, Any] = json.loads(ran.stdout)
    assert document["exit_code"] == ran.returncode
    assert ran.returncode == 0 or "error" in document, ran.stderr
    return document


@pytest.mark.timeout(300)
def test_it_splits_proves_takes_back_and_leaves_nothing(playground: Path) -> None:
    document = demo(playground, "--tenants", "3", "--scale", "0.05")
    assert document["exit_code"] == 0
    assert document["summary"]["databases"] == 5
    assert document["summary"]["source identical"] is True
    assert document["source_changes"] == []
    result = document["sections"][-1]["text"].splitlines()
    assert len(result) == 3
    assert result[0].endswith("of 3 companies were split into 5 databases.")
    assert not playground.exists()


@pytest.mark.exhaustive
@pytest.mark.timeout(300)
def test_what_is_kept_can_be_explored_is_not_run_over_and_ends(playground: Path) -> None:
    kept = demo(playground, "--keep", "--scale", "0.05")
    told = subprocess.run(command("--config", kept["config"], "status"), capture_output=True, text=True, check=True)
    assert json.loads(told.stdout)["fenced"] is True
    assert demo(playground)["error"]["message"] == "A demonstration is still up."
    assert demo(playground, "--stop")["status"] == "done"
    assert demo(playground, "--stop")["status"] == "nothing-to-do"
    assert not playground.exists()


def test_a_directory_with_something_else_in_it_is_left_alone(playground: Path) -> None:
    (playground / "thesis.tex").write_text("years of work")
    assert demo(playground)["exit_code"] == 3
    assert demo(playground, "--stop")["status"] == "nothing-to-do"
    assert (playground / "thesis.tex").read_text() == "years of work"


@pytest.mark.timeout(300)
def test_interrupted_it_leaves_nothing_either(playground: Path) -> None:
    process = subprocess.Popen(
        command("demo", "--directory", str(playground)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert process.stderr is not None
    # A busy machine is told about in between: what takes more than ten seconds gets a line.
    assert any(line.endswith("is up, on a socket of its own\n") for line in process.stderr)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert json.loads(out)["status"] == "interrupted"
    assert not playground.exists()
