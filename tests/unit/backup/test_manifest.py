"""Manifests: read back as written, refused when they are something else, compared with files and with the source."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from migrator.core.backup.manifest import (
    BackupFile,
    DatabaseGrant,
    DatabaseProperties,
    Inventory,
    Manifest,
    SequenceState,
    SourceIdentity,
    TableState,
    Verification,
    defects,
    parse_manifest,
)
from migrator.core.plan.database_parameters import DatabaseSetting
from migrator.core.verify.digests import Digest
from migrator.errors import RefusedError

NOON = datetime(2024, 2, 29, 12, tzinfo=UTC)
ORDERS = TableState.of(Digest("public.orders", "", 3, 2**64 - 1), "public", "orders")
INVENTORY = Inventory(
    tables=(ORDERS, TableState("Ä b", "it's", 0, "0")),
    sequences=(SequenceState("public", "orders_id_seq", None), SequenceState("public", "n", 2**62)),
    objects="ab" * 32,
)
MANIFEST = Manifest(
    format=1,
    run="20240229-120000-abcd",
    source=SourceIdentity("7301", "erp", 180004, "UTF8"),
    program="pg_dump 18.4",
    lsn="16/B374D848",
    started_at=NOON,
    finished_at=NOON + timedelta(seconds=2.5),
    seconds=2.5,
    inventory=INVENTORY,
    properties=DatabaseProperties(
        "owner",
        settings=(DatabaseSetting("", "search_path", '"$user", public'),),
        grants=(DatabaseGrant("", "CONNECT", False),),
    ),
    files=(BackupFile("dump/toc.dat", 10, "aa"), BackupFile("dump/1.dat.gz", 20, "bb")),
)
FOUND = {file.path: file for file in MANIFEST.files}


def test_a_manifest_reads_back_as_it_was_written() -> None:
    assert parse_manifest(MANIFEST.to_json(), "here") == MANIFEST
    assert MANIFEST.size == 30
    assert INVENTORY.rows == 3
    assert INVENTORY.digests[0] == Digest("public.orders", "", 3, 2**64 - 1)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{}",
        b"null",
        MANIFEST.to_json()[:-30],
        MANIFEST.to_json().replace(b'"format": 1', b'"format": 2'),
        MANIFEST.to_json().replace(b'"CONNECT"', b'"ALL; DROP"'),
        MANIFEST.to_json().replace(b'"rows": 3', b'"rows": "three"'),
    ],
)
def test_anything_else_is_refused(text: bytes) -> None:
    with pytest.raises(RefusedError, match=r"here/manifest.json is not the manifest of a backup") as caught:
        parse_manifest(text, "here/manifest.json")
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (FOUND, []),
        ({"dump/toc.dat": FOUND["dump/toc.dat"]}, ["dump/1.dat.gz is missing"]),
        (
            {**FOUND, "dump/1.dat.gz": BackupFile("dump/1.dat.gz", 19, "cc")},
            ["dump/1.dat.gz is cut short: 19 of 20 bytes"],
        ),
        (
            {**FOUND, "dump/toc.dat": BackupFile("dump/toc.dat", 10, "cc")},
            ["dump/toc.dat is damaged: its SHA-256 is not that of the manifest"],
        ),
        ({**FOUND, "dump/x": BackupFile("dump/x", 1, "cc")}, ["dump/x does not belong to this backup"]),
    ],
)
def test_files_that_are_not_those_of_the_manifest(found: dict[str, BackupFile], said: list[str]) -> None:
    assert [f"{defect.path} {defect.what}" for defect in defects(MANIFEST.files, found)] == said


def test_changes_are_told_and_only_those() -> None:
    assert INVENTORY.changes(INVENTORY) == ()
    more = replace(INVENTORY, tables=(replace(ORDERS, rows=4, hash="1"), *INVENTORY.tables[1:]))
    assert INVENTORY.changes(more) == ("public.orders: 3 rows then, 4 now",)
    other = replace(INVENTORY, tables=(replace(ORDERS, hash="1"), *INVENTORY.tables[1:]))
    assert INVENTORY.changes(other) == ("public.orders: other rows",)
    fewer = replace(INVENTORY, tables=(ORDERS,), objects="cd" * 32)
    assert INVENTORY.changes(fewer) == ("Ä b.it's: gone",)
    assert fewer.changes(INVENTORY) == ("Ä b.it's: new",)
    assert INVENTORY.changes(replace(INVENTORY, sequences=())) == ("sequences",)
    assert INVENTORY.changes(replace(INVENTORY, objects="cd" * 32)) == ("the schema",)


def test_a_trial_restore_reads_back_as_it_was_written() -> None:
    result = Verification("ab", NOON, 1.5, 2, 3, differences=("one",), notes=("two",))
    assert Verification.parse(result.to_json()) == result
    assert not result.passed
    assert replace(result, differences=()).passed
    assert Verification.parse(b"{") is None
