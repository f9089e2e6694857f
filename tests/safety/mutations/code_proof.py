"""Mutations of what compares two sides: each lets something through that it is there to stop, or stops what is good."""

from __future__ import annotations

from collections.abc import Iterator

from tests.safety.mutations.change import Change

_COMPARE = "migrator.core.verify.digests"
_PROOF = "migrator.commands.proof.compare_sides"
_DIGEST = "migrator.postgres.verify.digest"
_HASH = "migrator.postgres.placement.row_hash"
_PROVING = "migrator.postgres.verify.verify_database"


def proof_changes() -> Iterator[Change]:
    """Every mutation of digests, comparison, conservation and what is asked of one database."""
    yield from _digests()
    yield from _comparison()
    yield from _conservation()
    yield from _database()


def _digests() -> Iterator[Change]:
    row = f"{_HASH}:row_hash"
    yield Change(
        "a digest without the last column",
        row,
        "    if not records:",
        "    columns = columns[:-1]\n    if not records:",
        "a value changed (words)",
    )
    yield Change(
        "a digest without the first column",
        row,
        "    if not records:",
        "    columns = columns[1:]\n    if not records:",
        "a row replaced by another",
    )
    yield Change(
        "a digest of the first column alone",
        row,
        "    if not records:",
        "    columns = columns[:1]\n    if not records:",
        "a value changed (label)",
    )
    yield Change(
        "a digest without what large objects hold",
        row,
        "if type_ == LARGE_OBJECT",
        "if False",
        "the bytes of a large object",
    )
    yield Change(
        "numbers as the server compares them",
        row,
        "'{}::text COLLATE \"C\"'",
        "'pg_catalog.rtrim({}::text, $$0$$)'",
        "an equal number of other digits (1.50)",
    )
    yield Change(
        "text without regard to capitals",
        row,
        "sql.SQL('{} COLLATE \"C\"')",
        "sql.SQL('pg_catalog.upper({})')",
        "a value in capitals",
    )
    yield Change(
        "NULL as an empty string",
        row,
        "sql.SQL('{} COLLATE \"C\"')",
        "sql.SQL(\"coalesce({}, '')\")",
        "NULL in the place of an empty string",
    )
    yield Change(
        "text without spaces at its end",
        row,
        "sql.SQL('{} COLLATE \"C\"')",
        "sql.SQL('pg_catalog.rtrim({})')",
        "a space at the end",
    )
    yield Change(
        "the source's digest of every tenant together",
        f"{_DIGEST}:source_digests",
        "coalesce(key, '\\\\N')",
        "'1'::text",
    )
    yield Change(
        "the source's digest without its largest tenant",
        f"{_DIGEST}:source_digests",
        "GROUP BY 1",
        "WHERE key <> '2' GROUP BY 1",
    )
    yield Change(
        "a target's digest without its first table",
        f"{_DIGEST}:target_digests",
        "for transfer in transfers:",
        "for transfer in list(transfers)[1:]:",
    )
    yield Change(
        "a target's digest without partitions",
        f"{_DIGEST}:target_digests",
        '"" if transfer.partitioned else "ONLY "',
        '"ONLY "',
    )
    yield Change("a digest whose sum is always nought", f"{_DIGEST}:target_digests", "int(total) % HASH_MODULUS", "0")
    yield Change(
        "global rows to nobody", "migrator.commands.proof.drift:_as_routed", "for tenant in known:", "for tenant in ():"
    )
    yield Change(
        "an unknown tenant's rows are its own",
        "migrator.commands.proof.drift:_as_routed",
        "digest.tenant in tenants",
        "True",
    )


def _comparison() -> Iterator[Change]:
    compare = f"{_COMPARE}:differences"
    yield Change(
        "hashes are not compared",
        compare,
        "(one.hash if one else 0) == (other.hash if other else 0)",
        "True",
        "a value changed (label)",
    )
    yield Change(
        "the source with itself",
        compare,
        "for digest in target}",
        "for digest in left.values()}",
        "a value changed (label)",
    )
    yield Change(
        "the target with itself", compare, "for digest in source}", "for digest in target}", "a value changed (label)"
    )
    yield Change(
        "only tables that the source has rows of",
        compare,
        "left.keys() | right.keys()",
        "left.keys()",
        "a row in a table that has none",
    )
    yield Change(
        "only tables that the target has",
        compare,
        "left.keys() | right.keys()",
        "right.keys()",
        "a table with rows missing",
    )
    yield Change(
        "the first difference is enough",
        compare,
        "        unequal.append(",
        "        unequal[:] = []\n        unequal.append(",
        "a row moved to another tenant (missing)",
    )
    yield Change(
        "a row more is a row less",
        compare,
        "source_rows > target_rows",
        "source_rows != target_rows",
        "a row doubled in a table without a key",
    )
    prove = f"{_PROOF}:prove"
    yield Change(
        "the proof compares what was given with itself",
        prove,
        "held.get(target, ())",
        "expected_digests(given.get(target, ()), items)",
        "a value changed (label)",
    )
    yield Change(
        "the proof passes over the shared database",
        prove,
        "for target, items in transfers.items()",
        "for target, items in transfers.items() if target != 'shared'",
        "a row of the shared database changed",
    )
    yield Change(
        "the proof passes over a table",
        prove,
        "for difference in differences(expected_digests(given.get(target, ()), items), held.get(target, ()))",
        "for difference in differences(expected_digests(given.get(target, ()), items), held.get(target, ())) if difference.relation != 'public.rates'",
        "a value changed (label)",
    )
    yield Change(
        "rows of nobody are expected in the shared database",
        f"{_PROOF}:expected_digests",
        "digest.tenant != UNOWNED or",
        "True or",
    )
    merge = f"{_COMPARE}:merge_keys"
    yield Change(
        "keys are named only where both sides have them",
        merge,
        'yield RowDifference(left[0], "missing")',
        "pass",
        "a row lost",
    )
    yield Change(
        "rows that are more are not named", merge, 'yield RowDifference(right[0], "extra")', "pass", "a row added"
    )
    yield Change(
        "rows that differ are not named", merge, "if left[1] != right[1]:", "if False:", "a value changed (label)"
    )


def _conservation() -> Iterator[Change]:
    yield Change(
        "nothing is ever lost",
        f"{_COMPARE}:Balance.lost",
        "return self.total -",
        "return 0 and self.total -",
        "source: a row of nobody added",
    )
    yield Change("quarantine does not count", f"{_COMPARE}:balances", "quarantined.get(name, 0)", "0")
    yield Change("ignored tables do not count", f"{_COMPARE}:balances", "ignored=rows", "ignored=0")
    yield Change(
        "rows of nobody are placed",
        f"{_COMPARE}:balances",
        "for digest in home if digest.tenant != UNOWNED)",
        "for digest in home)",
    )
    yield Change(
        "conservation is not asked",
        f"{_PROOF}:Proof.holds",
        "not self.differences and not any(balance.lost for balance in (*self.balances, *objects))",
        "not self.differences",
        "source: a row of nobody added",
    )
    yield Change(
        "differences are not asked", f"{_PROOF}:Proof.holds", "not self.differences and ", "", "a value changed (label)"
    )


def _database() -> Iterator[Change]:
    leaks = f"{_PROVING}:_leaks"
    yield Change("nothing leaks", leaks, "if row is not None and row[0]:", "if False:", "a row of another tenant")
    yield Change(
        "leaks only by a column of the table's own",
        f"{_PROVING}:_foreign_rows",
        "        for hop in one.hops:",
        "        if one.hops:\n            return None\n        for hop in one.hops:",
        "a row given to another tenant over its key path",
    )
    yield Change("everybody's rows leak", f"{_PROVING}:_foreign_rows", "<> ALL", "= ALL")
    objects = "migrator.core.verify.object_differences:object_differences"
    yield Change(
        "no definition is compared",
        objects,
        "if expected.get((kind, name)) != actual.get((kind, name))",
        "if False",
        "index: missing",
    )
    yield Change(
        "only whether an object is there",
        objects,
        "if expected.get((kind, name)) != actual.get((kind, name))",
        "if ((kind, name) in expected) != ((kind, name) in actual)",
        "index: of something else",
    )
    yield Change(
        "objects that are more do not matter",
        objects,
        "expected.keys() | actual.keys()",
        "expected.keys()",
        "index: one more",
    )
    yield Change(
        "objects that are missing do not matter",
        objects,
        "expected.keys() | actual.keys()",
        "actual.keys()",
        "index: missing",
    )
    for kind in ("constraint", "index", "privilege", "policy", "trigger", "comment", "owner"):
        first = {
            "constraint": "constraint: a check gone",
            "privilege": "privilege: of a table, to everybody",
            "comment": "comment: of a table",
            "owner": "owner: a table's",
        }
        yield Change(
            f"no {kind} is compared", objects, "if expected.get((kind, name)) != actual.get((kind, name))",
            f"if kind != '{kind}' and expected.get((kind, name)) != actual.get((kind, name))",
            first.get(kind, f"{kind}: missing"),
        )  # fmt: skip
    low = "migrator.postgres.schema.sequences:low_sequences"
    yield Change(
        "no sequence is behind",
        low,
        "furthest(stands, *values) != stands",
        "False",
        "sequence: behind a row that is there",
    )
    yield Change(
        "rows do not matter to sequences",
        low,
        "(*used, given.get(sequence.relation))",
        "(given.get(sequence.relation),)",
        "sequence: behind a row that is there",
    )
    yield Change(
        "a sequence that nobody used stands at its beginning",
        low,
        "last if called else last - sequence.increment",
        "last",
        "sequence: never used, before a row",
    )
    collisions = f"{_PROVING}:_collisions"
    yield Change(
        "a sequence may stand in anybody's block",
        collisions,
        "not any(map(block.holds, (one.last_value, one.last_value + one.increment)))",
        "False",
        "sequence: in another database's block",
    )
    yield Change(
        "rows do not matter to blocks",
        collisions,
        "elif one.relation in ahead:",
        "elif False:",
        "sequence: behind a row in its block",
    )
    examine = f"{_PROVING}:examine"
    yield Change(
        "a database's settings are those that were expected",
        examine,
        "**_as_objects(read_settings(connection))",
        "**_as_objects(expected.settings)",
        "a setting of the database: changed",
    )
    yield Change(
        "references lead somewhere",
        f"{_PROVING}:orphans",
        "missing += 1",
        "missing += 0",
        "a reference into another database that leads nowhere",
    )
    yield Change(
        "references are not followed",
        f"{_PROVING}:_absent",
        "WHERE NOT EXISTS",
        "WHERE false AND NOT EXISTS",
        "a reference into another database that leads nowhere",
    )
