"""Writes and reads receipts: what a target database knows of the units whose rows it holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from migrator.errors import RefusedError
from migrator.postgres.session.connect import Connection, query, rows


@dataclass(frozen=True, slots=True)
class Receipt:
    """One unit's: the state of the source that it read, and the rows that it wrote with their hash sum."""

    epoch: str
    rows: int
    hash: int


def write_receipt(connection: Connection, unit: str, epoch: str, rows: int = 0, hash_: int = 0) -> None:
    """Records a unit in the transaction that did it."""
    write_receipts(connection, {unit: Receipt(epoch, rows, hash_)})


def write_receipts(connection: Connection, done: Mapping[str, Receipt]) -> None:
    """Records several units, by name, in the transaction that did them."""
    connection.execute(
        query("copy/receipts_write"),
        {
            "units": list(done),
            "epochs": [one.epoch for one in done.values()],
            "rows": [one.rows for one in done.values()],
            "hashes": [one.hash for one in done.values()],
        },
    )


def find_receipt(connection: Connection, unit: str, epoch: str) -> Receipt | None:
    """The receipt of a unit that was done in this database before, or None.

    Raises:
        RefusedError: it was done from another state of the source than `epoch`.
    """
    return find_receipts(connection, (unit,), epoch).get(unit)


def find_receipts(connection: Connection, units: Sequence[str], epoch: str) -> Mapping[str, Receipt]:
    """The receipts of those of the units that were done in this database before.

    Raises:
        RefusedError: one was done from another state of the source than `epoch`.
    """
    receipts = {
        unit: Receipt(written, count, int(total))
        for unit, written, count, total in rows(connection, "copy/receipts_read", {"units": list(units)})
    }
    for unit, receipt in receipts.items():
        if receipt.epoch != epoch:
            raise RefusedError(
                f"{connection.info.dbname} holds rows of {unit} from another state of the source.",
                "Run `migrator rollback`, then start again from dry-run.",
            )
    return receipts


def read_receipts(connection: Connection) -> Mapping[str, Receipt]:
    """Every receipt of a target database, by unit."""
    return {unit: Receipt(epoch, count, int(total)) for unit, epoch, count, total in rows(connection, "copy/receipts")}
