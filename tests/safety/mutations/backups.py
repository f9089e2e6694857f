"""Damage to the backup that a rollback would restore, and what makes it another state than the source's."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.safety.mutations.damage import Damage, Inflict, both, statements
from tests.safety.mutations.scene import Scene

_UNFENCED = statements("mono", "DROP SCHEMA migrator_fence CASCADE")


def _file(name: str, change: Callable[[Path], None]) -> Inflict:
    """Changes a file of the backup, "dump/*.gz" is the largest that fits."""

    def inflict(scene: Scene) -> None:
        files = sorted(scene.backup_files().glob(name), key=lambda path: path.stat().st_size)
        change(files[-1])

    return inflict


def _flip(path: Path) -> None:
    """One bit in the middle."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)


def _cut(path: Path) -> None:
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1])


def _manifest(change: Callable[[Any], None]) -> Inflict:
    def rewrite(path: Path) -> None:
        document = json.loads(path.read_bytes())
        change(document)
        path.write_text(json.dumps(document))

    return _file("manifest.json", rewrite)


def _set(document: Any, *path: Any, value: Any) -> None:
    for step in path[:-1]:
        document = document[step]
    document[path[-1]] = value


def _rates(document: Any) -> Any:
    return next(table for table in document["inventory"]["tables"] if table["name"] == "rates")


def _remove(path: Path) -> None:
    path.unlink()


def backups() -> Iterator[Damage]:
    """Every damage to the backup."""
    yield from _files()
    yield from _manifests()
    yield from _states()


def _files() -> Iterator[Damage]:
    for name, inflict, says in (
        ("a bit of the table of contents", _file("dump/toc.dat", _flip), ("toc.dat", "is damaged")),
        ("a bit of a table's rows", _file("dump/*.dat*", _flip), (".dat", "is damaged")),
        ("a bit of a large object", _file("dump/blob*.dat*", _flip), ("blob", "is damaged")),
        ("the last byte missing", _file("dump/*.dat*", _cut), (".dat", "is cut short")),
        ("a file missing", _file("dump/*.dat*", _remove), (".dat", "is missing")),
        ("a file more", _file("dump/toc.dat", lambda path: _write(path.with_name("more.dat"))), ("more.dat", "does not belong")),
        ("no manifest", _file("manifest.json", _remove), ("manifest.json cannot be read",)),
    ):  # fmt: skip
        yield Damage(f"a backup: {name}", "backup", inflict, "backup", 3, says)
        yield Damage(f"a backup: {name}", "backup", inflict, "rollback --restore-backup", 3, says)


def _write(path: Path) -> None:
    path.write_bytes(b"more")


def _manifests() -> Iterator[Damage]:
    unreadable, foreign, not_ours = "is not the manifest", "is of another source", "not the one that this run took"
    for name, inflict, says in (
        ("cut short", _file("manifest.json", _cut_half), unreadable),
        ("without a field", _manifest(lambda found: found.pop("inventory")), unreadable),
        ("of another format", _manifest(lambda found: _set(found, "format", value=2)), unreadable),
        ("of another server", _manifest(lambda found: _set(found, "source", "system_identifier", value="1")), foreign),
        ("of another database", _manifest(lambda found: _set(found, "source", "database", value="other")), foreign),
        ("a file's digest", _manifest(lambda found: _set(found, "files", 0, "sha256", value="0" * 64)), "is damaged"),
        ("a file's size", _manifest(lambda found: _set(found, "files", 0, "bytes", value=1)), "is damaged"),
        ("a table's digest", _manifest(lambda found: _set(_rates(found), "hash", value="0" * 16)), not_ours),
        ("a table's rows", _manifest(lambda found: _set(_rates(found), "rows", value=19)), not_ours),
        ("a sequence", _manifest(lambda found: _set(found, "inventory", "sequences", 0, "last_value", value=3)), not_ours),
        ("of another run", _manifest(lambda found: _set(found, "run", value="20200101-000000-abcd")), not_ours),
    ):  # fmt: skip
        yield Damage(f"a manifest: {name}", "backup", inflict, "backup", 3, (says,))
        yield Damage(f"a manifest: {name}", "backup", inflict, "rollback --restore-backup", 3, (says,))
    # What the journal knows of it has to be lost as well, or the restore is not even tried.
    unknown = statements("migrator", "DELETE FROM migrator.records WHERE name = 'backup'")
    for name, inflict, wrong in (
        ("a table's digest", _manifest(lambda found: _set(_rates(found), "hash", value="0" * 16)), ("public.rates", "different rows")),
        ("a table's rows", _manifest(lambda found: _set(_rates(found), "rows", value=19)), ("public.rates", "19 backed up, 20 restored")),
        ("a table more", _manifest(lambda found: found["inventory"]["tables"].append({**_rates(found), "name": "more"})), ("public.more", "missing")),
        ("how many large objects", _manifest(lambda found: _set(found, "inventory", "large_objects", value=9)), ("large objects: 9 backed up, 6 restored",)),
        ("a sequence more", _manifest(lambda found: found["inventory"]["sequences"].append({"schema": "public", "name": "more", "last_value": 1})), ("sequence public.more is missing",)),
    ):  # fmt: skip
        yield Damage(
            f"a manifest, its digest unknown: {name}", "backup", both(unknown, inflict), "backup --verify", 1, wrong
        )
    yield Damage(
        "a manifest, its digest unknown: of another run", "backup",
        both(unknown, _manifest(lambda found: _set(found, "run", value="20200101-000000-abcd"))),
        "rollback --restore-backup", 3, (not_ours,),
    )  # fmt: skip


def _cut_half(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def _states() -> Iterator[Damage]:
    for name, says, damage in (
        ("a row", "public.rates: 20 rows then, 19 now", "DELETE FROM rates WHERE rate = 1.5"),
        ("a value", "public.rates: other rows", "UPDATE rates SET label = 'x' WHERE rate = 1.5"),
        (
            "two values exchanged", "public.rates: other rows",
            "UPDATE rates a SET large = b.large FROM rates b WHERE a.rate IN (3.5, 5.5) AND b.rate IN (3.5, 5.5) AND a.rate <> b.rate",
        ),
        ("a table more", "public.more: new", "CREATE TABLE more (id int)"),
        ("a table gone", "public.leftovers: gone", "DROP TABLE leftovers"),
        ("a sequence", "sequences", "SELECT setval('numbers', 5001)"),
        ("a definition", "the schema", "CREATE OR REPLACE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN OLD; END $$"),
        ("a large object more", "large objects: 6 then, 7 now", "SELECT lo_create(4711)"),
    ):  # fmt: skip
        yield Damage(
            f"a backup older than the source: {name}", "source", statements("mono", damage), "backup", 0, (says,),
            before=_UNFENCED,
        )  # fmt: skip
