"""Makes unique names within PostgreSQL's limit: slugs of tenants, databases."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping

# NAMEDATALEN - 1: PostgreSQL silently truncates longer identifiers, and two truncated names may meet.
MAX_IDENTIFIER_BYTES = 63


def slug(text: str) -> str:
    """`text` reduced to [a-z0-9_], accents removed; may be empty where nothing is left."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")


def unique_slugs(
    wanted: Iterable[tuple[str, str]], *, room: int, is_free: Callable[[str, str], bool] = lambda slug, key: True
) -> Mapping[str, str]:
    """A slug of at most `room` bytes for each (key, text), unique among them.

    `is_free` says whether a slug may be that key's tenant's; what it makes may be the name of something else of ours.

    A tenant whose slug is taken, empty or too long gets its key (slugged) appended; the first in order keeps the
    plain one, so that adding a tenant later never renames an earlier one.
    """
    taken: set[str] = set()
    slugs: dict[str, str] = {}
    for key, text in wanted:
        base = slug(text)
        candidate = base[:room].rstrip("_")
        if not base or len(base) > room or candidate in taken or not is_free(candidate, key):
            tail = ("m" if key.startswith("-") else "") + (slug(key) or key.encode().hex())
            candidate = _joined(base, tail, room)
            number = 2
            while candidate in taken or not is_free(candidate, key):
                candidate = _joined(base, f"{tail}_{number}", room)
                number += 1
        taken.add(candidate)
        slugs[key] = candidate
    return slugs


def _joined(base: str, tail: str, room: int) -> str:
    tail = tail[-room:]
    head = base[: max(0, room - len(tail) - 1)].strip("_")
    return f"{head}_{tail}" if head else tail
