"""What is no damage: the same split in other words, of which nothing may be said."""

from __future__ import annotations

from collections.abc import Iterator

from tests.safety.mutations.damage import Damage, statements


def controls() -> Iterator[Damage]:
    """Every change that leaves a target what it is."""
    for name, database, change in (
        ("rows written again as they are", "bolt", "UPDATE rates SET label = label"),
        ("rows in another order", "bolt", "CLUSTER customers USING customers_pkey; CLUSTER customers USING customers_name"),
        ("tables written anew", "bolt", "VACUUM (FULL) rates"),
        ("indexes made again", "bolt", "REINDEX TABLE rates"),
        ("statistics taken", "bolt", "ANALYZE"),
        ("a materialized view filled again", "bolt", "REFRESH MATERIALIZED VIEW turnover"),
        ("a column that came and went", "bolt", "ALTER TABLE log ADD COLUMN gone int; ALTER TABLE log DROP COLUMN gone"),
        ("a sequence further on", "bolt", "SELECT setval('numbers', 12000)"),
        ("the same constraint again", "bolt", "ALTER TABLE rates DROP CONSTRAINT rates_positive; ALTER TABLE rates ADD CONSTRAINT rates_positive CHECK (rate > 0); COMMENT ON CONSTRAINT rates_positive ON rates IS 'Nothing is free'"),
        ("triggers off and on", "bolt", "ALTER TABLE customers DISABLE TRIGGER ALL; ALTER TABLE customers ENABLE TRIGGER ALL"),
        ("the source's tables written anew", "mono", "VACUUM (FULL) rates"),
    ):  # fmt: skip
        yield Damage(name, "control", statements(database, change), "verify", 0, ("All digests of 3 databases agree",))
    yield Damage(
        "the fence stands", "control", lambda scene: None, "status", 0, ("The source refuses writes to 15 tables",)
    )
