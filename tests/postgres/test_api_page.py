"""docs/api.md is run as it stands, and what it says of the library is so."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import migrator

PAGE = Path(__file__).parents[2] / "docs" / "api.md"

# Processes that copy rows must not run this file again: it would begin a second server.
_ALONE = """
import os
assert not os.path.exists("begun"), "a worker runs the main module"
open("begun", "x").close()
"""


def blocks() -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.timeout(300)
def test_the_examples_run_in_a_script_without_a_guard(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("\n".join([_ALONE, *blocks()]), encoding="utf-8")
    ran = subprocess.run([sys.executable, str(script)], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    # The library prints nothing.
    assert (ran.stdout, ran.stderr) == ("", "")


def test_every_method_has_its_line() -> None:
    table = re.findall(r"^\| (`.*?) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    named = {name for line in table for name in re.findall(r"`(\w+)\(", line)}
    public = {name for name in vars(migrator.Migration) if not name.startswith("_")}
    assert named == public - {"close", "write_trees"}


def test_every_result_that_the_table_names_is_in_the_library() -> None:
    text = PAGE.read_text(encoding="utf-8")
    named = set(re.findall(r"`([A-Z]\w+[a-z]\w*)`", text))
    assert len(named) > 20
    assert named <= set(migrator.__all__)
