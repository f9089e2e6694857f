"""Receipts: what a target database itself knows of the units of work that were done in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from migrator.errors import RefusedError
from migrator.postgres.connect import Connection, query, rows


@dataclass(frozen=True, slots=True)
class Receipt:
    """One unit's: the state of the source that it read, and the rows that it wrote with their hash sum."""

    epoch: str
    rows: int
    hash: int


def write_receipt(connection: Connection, unit: str, epoch: str, rows: int = 0, hash_: int = 0) -> None:
    """Records a unit in the transaction that did it."""
    connection.execute(query("receipt_write"), {"unit": unit, "epoch": epoch, "rows": rows, "hash": hash_})


def find_receipt(connection: Connection, unit: str, epoch: str) -> Receipt | None:
    """The receipt of a unit that was done in this database before, or None.

    Raises:
        RefusedError: it was done from another state of the source than `epoch`.
    """
    found = rows(connection, "receipt_read", {"unit": unit})
    if not found:
        return None
    ((written, count, total),) = found
    if written != epoch:
        raise RefusedError(
            f"{connection.info.dbname} holds rows of {unit} from another state of the source.",
            "Run `migrator rollback`, then start again from dry-run.",
        )
    return Receipt(written, count, int(total))


def read_receipts(connection: Connection) -> Mapping[str, Receipt]:
    """Every receipt of a target database, by unit."""
    return {unit: Receipt(epoch, count, int(total)) for unit, epoch, count, total in rows(connection, "receipts")}
