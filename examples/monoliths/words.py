"""Text for a column by its name: an address for `email`, a number for `numero`, something hostile for `description`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from examples.topsteel.copytext import COMPANIES, FIRST_NAMES, LAST_NAMES, NOTES, NULL, escape, one

# (row, random number) -> a field of COPY's text format
Text = Callable[[int, int], str]


class Words(NamedTuple):
    """How texts of one kind are made; `distinct` where no two rows get the same."""

    text: Text
    distinct: bool = False


def words(column: str, length: int | None, *, nullable: bool) -> Words:
    """Texts for a column of that name which fit into `length` characters."""
    name = _snake(column)
    found = next((found for pattern, found in _RULES if pattern.search(name)), _LABELS)
    return found if isinstance(found, Words) else Words(_choice(found, length, nullable))


def fitting(values: Iterable[str], length: int | None) -> tuple[str, ...]:
    """The values that fit; an escaped one is at least as long as the value itself.

    Raises:
        ValueError: none does.
    """
    fits = tuple(value for value in values if length is None or len(value) <= length)
    if not fits:
        raise ValueError(f"no text fits into {length} characters")
    return fits


def _choice(values: tuple[str, ...], length: int | None, nullable: bool) -> Text:
    fits = fitting((value for value in values if nullable or value != NULL), length)
    return lambda _row, draw: one(fits, draw)


def _snake(column: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", column).lower()


_MAILBOXES = ("a.durand", "m.muller", "s.garcia", "n.weiss", "contact", "compta", "direction", "l.lefevre")
_DOMAINS = ("atelier.example", "forges.example", "conseil.example", "nord.example", "charpente.example")
_CITIES = ("Le Creusot", "Saint-Étienne", "Montréal", "Nouméa", "Île-d'Yeu", "Austin", "Łódź", "'s-Hertogenbosch")
_STREETS = (
    "12 rue de l'Enclume",
    "3 bis, quai Noël",
    "40 chemin \\ du Lavoir",
    "7 Main St\nSuite 4",
    "ZA « Les Forges »",
)
_LABELS = tuple(
    map(
        escape,
        ("Essentiel", "Confort +", "Première visite", "Suivi 2024", "Entretien", "Été/Hiver", "A & B", "Étape n° 2"),
    )
)


def _serial(prefix: str) -> Words:
    return Words(lambda row, _draw: f"{prefix}{row + 1:06}", distinct=True)


_RULES: tuple[tuple[re.Pattern[str], Words | tuple[str, ...]], ...] = tuple(
    (re.compile(pattern), found)
    for pattern, found in (
        (
            r"e?mail$|^email|recipient",
            Words(lambda row, draw: f"{one(_MAILBOXES, draw)}{row}@{one(_DOMAINS, draw // 8)}", distinct=True),
        ),
        (r"phone|telephone|mobile|_to_number|from_number", Words(lambda _row, draw: f"+33{6 * 10**8 + draw % 10**8}")),
        (r"iban", Words(lambda _row, draw: f"FR76{draw:023}")),
        (r"\bbic\b", ("AGRIFRPP", "BNPAFRPPXXX")),
        (r"siret", Words(lambda _row, draw: f"{draw % 10**14:014}")),
        (r"siren|vat_number|numero_tva", Words(lambda _row, draw: f"{draw % 10**9:09}")),
        (
            r"url|website|site_web|link|domain",
            Words(lambda row, draw: f"https://{one(_DOMAINS, draw)}/{row}?a=1&b=%C3%A9"),
        ),
        (r"colou?r|couleur", Words(lambda _row, draw: f"#{draw % 2**24:06x}")),
        (r"hash|token|secret|password|mot_de_passe", Words(lambda row, draw: f"{draw:012x}{row:012x}", distinct=True)),
        (r"zip|postal", Words(lambda _row, draw: f"{draw % 95999 + 1000:05}")),
        (r"city|ville", tuple(map(escape, _CITIES))),
        (r"country|pays", ("FR", "CA", "BE", "US")),
        (r"^state$", ("TX", "CA", "LA", "NM")),
        (r"address|adresse|ligne[12]|location", tuple(map(escape, _STREETS))),
        (r"first_name|prenom", FIRST_NAMES),
        (r"last_name|^nom$|contact_name|signer_name", LAST_NAMES),
        (r"company|raison_sociale|manufacturer|issuing|fournisseur", COMPANIES),
        (r"currency|devise", ("EUR", "CAD")),
        (r"locale|langu", ("fr", "en")),
        (r"mime", ("application/pdf", "image/png", "text/plain; charset=utf-8")),
        (r"\bip\b|ip_address", Words(lambda _row, draw: f"10.{draw % 256}.{draw // 256 % 256}.7")),
        (r"timezone", ("Europe/Paris", "America/Montreal")),
        (r"code$|reference|sku|slug|serial", _serial("R-")),
        (r"number$|numero|external_id|_uid$|_ref$|^key$|prefix", _serial("N")),
        (r"status|statut|^state", ("active", "pending", "closed")),
        (
            r"type|kind|category|categorie|source|canal|channel|provider|methode?|mode$",
            ("standard", "premium", "autre"),
        ),
        (r"_id$|model", _serial("x")),
        (
            r"note|descr|comment|message|content|contenu|body|detail|reason|motif|text|html|template|instruct|corps"
            r"|summary|prompt|error|terms|agent$",
            NOTES,
        ),
    )
)
