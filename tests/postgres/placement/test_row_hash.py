"""The hash of a row tells apart what its text tells apart, and nothing else."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql

from migrator.core.plan.transfer import base_type, has_own_hash
from migrator.postgres.placement.row_hash import row_hash

VALUES = {
    "smallint": ["0", "-1", "32767"],
    # Pairs of those from the third on hash alike by bigint's own function, which folds 64 bits into 32.
    "bigint": ["0", "9223372036854775807", "-1", "4294967295", "1", "4294967296", "-4294967296", "4294967297"],
    "boolean": ["t", "f"],
    "text": ["", " ", "a", "a ", "A", "é", "e\u0301"],
    "character varying(9)": ["", "a", "a "],
    "uuid": ["00000000-0000-0000-0000-000000000000", "6f9619ff-8b86-d011-b42d-00cf4fc964ff"],
    "date": ["2000-01-01", "0044-03-15 BC", "infinity", "-infinity"],
    # So do the second and the third of these.
    "timestamp with time zone": [
        "2000-01-01 00:00:00+00",
        "2000-01-01 00:00:00.000001+00",
        "2000-01-01 01:11:34.967296+00",
        "infinity",
    ],
    "timestamp without time zone": ["2000-01-01 00:00:00.000001", "2000-01-01 01:11:34.967296", "-infinity"],
    "bytea": ["\\x", "\\x00", "\\x0000"],
    "numeric": ["0", "0.0", "1", "1.0", "1.00", "NaN", "Infinity", "-Infinity"],
    "numeric(12,2)": ["0", "-0.01", "0.01", "1", "100", "9999999999.99", "NaN"],
    "numeric(8,-2)": ["0", "100", "-100", "NaN"],
    "numeric(20,10)": ["0.0000000001", "1", "NaN"],
    "double precision": ["0", "-0", "NaN", "1e-300"],
    "interval": ["1 day", "24 hours", "1 month", "30 days"],
    "jsonb": ["{}", "[]", "null", '{"a": 1}', '{"a": 1.0}'],
}


@pytest.mark.parametrize("type_", VALUES)
@pytest.mark.parametrize("records", [True, False], ids=["records", "text"])
def test_one_hash_for_each_text(database_url: str, type_: str, records: bool) -> None:
    with psycopg.connect(database_url) as connection:
        if records and connection.info.server_version < 140000:
            pytest.skip("rows are hashed as text before 14")
        hashed = row_hash([(sql.Identifier("v"), base_type(type_) if has_own_hash(type_) else "")], records=records)
        found = connection.execute(
            sql.SQL("SELECT DISTINCT v::text, {} FROM unnest({}::text[]::{}[]) v").format(
                hashed, sql.Literal([*VALUES[type_], None, *VALUES[type_]]), sql.SQL(type_)
            )
        ).fetchall()
    assert len({text for text, _ in found}) == len({number for _, number in found}) == len(found)
    assert len(found) == len(VALUES[type_]) + 1


@pytest.mark.parametrize("records", [True, False], ids=["records", "text"])
def test_a_hash_has_64_bits(database_url: str, records: bool) -> None:
    """Of 32 bits, 400,000 rows would share some 18 hashes."""
    with psycopg.connect(database_url) as connection:
        if records and connection.info.server_version < 140000:
            pytest.skip("rows are hashed as text before 14")
        for type_ in ("integer", "bigint"):
            hashed = row_hash([(sql.Identifier("v"), type_)], records=records)
            (counted,) = connection.execute(
                sql.SQL("SELECT count(DISTINCT {}) FROM (SELECT n::{} FROM generate_series(1, 400000) n) d (v)").format(
                    hashed, sql.SQL(type_)
                )
            ).fetchone() or (0,)
            assert counted == 400_000
