"""Failures of many databases: what failed for the same reason is one line."""

from __future__ import annotations

import pytest

from migrator.core.run.failures import failure_lines, is_full_disk


def full(database: str, file: int) -> str:
    return f'dba@db1/{database}: could not extend file "base/{file}": No space left on device (SQLSTATE 53100)'


def test_one_reason_is_one_line_however_many_databases_it_failed() -> None:
    failures = {f"erp_{number}": full(f"erp_{number}", number) for number in range(52)}
    failures["erp_x"] = "dba@db1/erp_x: permission denied for schema public (SQLSTATE 42501)"
    (most, last) = failure_lines(failures)
    assert most.startswith("erp_0, erp_1, erp_10, erp_11, erp_12, erp_13 and 46 more: dba@db1/erp_0: could not extend")
    assert last == f"erp_x: {failures['erp_x']}"


def test_reasons_that_differ_in_words_are_told_apart() -> None:
    assert len(failure_lines({"a": 'role "x" is gone', "b": 'role "y" is gone', "c": "the network is gone"})) == 2
    assert failure_lines({}) == ()


@pytest.mark.parametrize(
    "message", [full("erp", 1), "OSError: [Errno 122] Disk quota exceeded", "x: disk full (SQLSTATE 53100)"]
)
def test_a_full_disk_is_seen_in_whatever_says_so(message: str) -> None:
    assert is_full_disk(["something else", message])
    assert not is_full_disk(["something else"])
