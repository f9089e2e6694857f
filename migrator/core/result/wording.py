"""Words of findings and reports: counts with their noun, shortened lists, sizes."""

from __future__ import annotations

from collections.abc import Iterable


def plural(count: int, noun: str) -> str:
    """ "1 row", "1,200 rows"."""
    return f"{count:,} {noun if count == 1 else noun + 's'}"


def listed(words: Iterable[object], limit: int = 12, between: str = ", ") -> str:
    """ "a, b, c and 4 more"."""
    texts = [str(word) for word in words]
    shown = between.join(texts[:limit])
    return shown if len(texts) <= limit else f"{shown} and {len(texts) - limit} more"


# As pg_size_pretty counts and names them.
_SIZES = ("bytes", "kB", "MB", "GB", "TB", "PB")


def size(number: float) -> str:
    """A number of bytes in powers of 1024, named as PostgreSQL names them: 12.3 MB."""
    amount, step = float(number), 0
    # 1023.95 would be shown as 1024.0 of the smaller unit.
    while abs(amount) >= 1023.95 and step < len(_SIZES) - 1:
        amount, step = amount / 1024, step + 1
    return f"{number:.0f} bytes" if step == 0 else f"{amount:.1f} {_SIZES[step]}"


def rough_time(seconds: float) -> str:
    """A time that is an estimate, in the largest unit that says enough: 12 s, 5 min, 2 h 10 min."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    hours, rest = divmod(minutes, 60)
    return f"{minutes} min" if not hours else f"{hours} h {rest:02} min"
