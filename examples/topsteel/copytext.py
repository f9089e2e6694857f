"""COPY's text format, and the vocabulary that rows are made of.

Whatever may need escaping is escaped once, here, when the module is loaded: rows are then put together from these.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TypeVar

T = TypeVar("T")

NULL = r"\N"

_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r", "\b": r"\b", "\f": r"\f", "\v": r"\v"})


def escape(text: str) -> str:
    """A value as COPY's text format wants it."""
    return text.translate(_ESCAPES)


def array(values: list[str | None]) -> str:
    """A text array as a COPY field; None becomes a NULL element."""
    quoted = [
        "NULL" if value is None else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in values
    ]
    return escape("{" + ",".join(quoted) + "}")


def one(values: Sequence[T], draw: int) -> T:
    """One of the values."""
    return values[draw % len(values)]


def moment(draw: int) -> str:
    """A timestamp within the three years of the data."""
    return f"{DAYS[draw % len(DAYS)]} {TIMES[draw % len(TIMES)]}"


def money(draw: int, limit: int) -> str:
    """An amount below `limit`, with two decimals."""
    return f"{draw % limit}.{draw % 100:02}"


def quantity(draw: int, limit: int) -> str:
    """A quantity below `limit`, with three decimals."""
    return f"{draw % limit}.{draw % 1000:03}"


def _escaped(*texts: str | None) -> tuple[str, ...]:
    return tuple(NULL if text is None else escape(text) for text in texts)


# The data ends on the day before this one. Nothing in it depends on when it is made.
BASE = date(2025, 1, 1)
DAYS: tuple[str, ...] = tuple((BASE - timedelta(days=back)).isoformat() for back in range(1096, 0, -1))
TIMES: tuple[str, ...] = tuple(
    f"{6 + step % 14:02}:{step * 7 % 60:02}:{step * 13 % 60:02}.{step * 999_331 % 1_000_000:06}+00"
    for step in range(1021)
)

# fmt: off
FIRST_NAMES = _escaped(
    "Zoé", "Jean-Noël", "Åsa", "Loïc", "Inès", "Søren", "Łukasz", "Nguyễn", "Maëlys", "Paul", None, "",
)
LAST_NAMES = _escaped(
    "Durand", "Müller", "O'Neill", "de La Tour", "Lefèvre", "Ørsted", "García", "Weiß", "Петров", "山田", "Šimić",
    "N'Guessan", "Le Goff",
)
COMPANIES = _escaped(
    "Ateliers du Rhône", "Chaudronnerie Noël & Fils", "Métallerie « Le Fer à cheval »", "Charpentes Ducœur",
    "Serrurerie O'Brien", "Tôlerie 3000", "Forges de Saint-Étienne", "Kraków Stal", "Soudure/Découpe",
    "Usinage 100 %",
)
# What has broken an import or an export somewhere: separators, line ends, quotes, escapes, NULL against empty, and text
# that looks like a NULL, a parameter or a markup.
NOTES = _escaped(
    None, "", "Livraison le matin", "tab\there", "two\nlines", "windows\r\nlines", r"back\slash", r"literal \N", r"\.",
    "quote ' double \" dollar $1 $$", "percent %s {slug} ${var}", "NULL", " spaces ", "emoji 🏗️🔩",
    "العربية", "中文字符", "e\u0301 is not é", "zero\u200bwidth", "bell \x07 and \x01", "last plane \U0010fffd",
    "<b>&amp;</b>; --", None, None, None,
)
DESIGNATIONS = _escaped(
    "IPE 200", "HEA 140", "Tube carré 40*40*3", "Tôle 2 mm", "Cornière 50x50", "Plat 40x8", "Rond Ø 20",
    "Fer à béton HA12",
    "Poutrelle reconstituée", "Platine 200 µm", "Boulon M16 \\ 8.8", "Électrode 3,2",
)
# A double has values that no arithmetic gives, and digits that fewer than 17 do not carry.
DOUBLES = (
    "235", "355.5", "NaN", "Infinity", "-Infinity", "-0", "1e-307", "1.7976931348623157e+308", "0.1",
    "460.00000000000006", NULL,
)
# The zero of one framework, the Ides of March, both ends of time.
ODD_DATES = ("0001-01-01 BC", "0044-03-15 BC", "infinity", "-infinity", NULL, "9999-12-31", "1582-10-10")
JSON_OBJECTS = _escaped(
    "{}",
    '{"rue": "12 rue de l\'Enclume", "ville": "Le Creusot", "cp": "71200"}',
    '{"a": [1, 2.50, null, {"b": "\\n\\t\\\\"}]}',
    '{"clé": "\\u00e9 🏗️", "vide": ""}',
    '{"grand": 12345678901234567890.123456789, "exp": 1e-7}',
    '{"x": true, "x2": false}',
)
# fmt: on
KEYWORDS = (
    "{}",
    array(["acier", "S235"]),
    array(["a,b", 'quo"te', "back\\slash"]),
    array([None, "", "NULL", "{}"]),
    array(["inox", "304 L", "tab\there"]),
)
BYTES = _escaped("\\x", "\\x00", "\\x5c4e0a09", "\\xdeadbeef00ff", "\\x255044462d312e370a25e2e3cfd30a", None)
