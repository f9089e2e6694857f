"""How many rows a monolith of a given scale has, the bad ones among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Shape = Literal["many", "single"]

# Every FORMER_USER-th user has left the company; orders still bear their names.
FORMER_USER = 40


@dataclass(frozen=True, slots=True)
class Sizes:
    """Row counts of the tables that the others are derived from. In each, the regular rows come before the bad ones."""

    tenants: int
    shape: Shape

    users: int
    materials: int
    clients: int
    fournisseurs: int
    articles: int
    devis: int
    commandes: int
    stock_mouvements: int
    bons_de_commande: int
    documents: int
    notifications: int
    audit_log: int

    test_accounts: int
    expired_sessions: int
    old_clients: int
    recent_clients: int
    old_documents: int
    later_documents: int
    lost_documents: int
    foreign_documents: int
    lost_history: int
    orphan_lignes: int
    orphan_paiements: int
    foreign_devis: int

    global_categories: int = 12
    global_parametres: int = 6

    @property
    def former_users(self) -> int:
        return self.users // FORMER_USER


def sizes(tenants: int, scale: float, shape: Shape) -> Sizes:
    """The sizes of a monolith; scale 1 is about 100,000 rows, whatever the number of companies.

    Every company has at least one row of each size, so very many companies outgrow a small scale.

    Raises:
        ValueError: no company, a scale that is not positive, or several companies in the shape of one.
    """
    if tenants < 1 or scale <= 0:
        raise ValueError("a monolith needs at least one company and a positive scale")
    if shape == "single" and tenants != 1:
        raise ValueError("the shape 'single' is the database of one company: tenants must be 1")

    def regular(at_scale_one: int) -> int:
        return max(tenants, round(at_scale_one * scale))

    def bad(at_scale_one: int) -> int:
        return at_scale_one * max(1, round(scale))

    many, several = int(shape == "many"), int(tenants > 1)
    return Sizes(
        tenants=tenants,
        shape=shape,
        users=max(40, regular(300)),
        materials=min(20_000, max(20, round(400 * scale))),
        clients=regular(2_500),
        fournisseurs=regular(300),
        articles=regular(2_500),
        devis=regular(2_500),
        commandes=regular(5_000),
        stock_mouvements=regular(14_000),
        bons_de_commande=regular(1_000),
        documents=regular(1_500),
        notifications=regular(4_000),
        audit_log=regular(6_000),
        test_accounts=bad(8),
        expired_sessions=bad(200),
        old_clients=bad(24),
        recent_clients=bad(10),
        old_documents=bad(15),
        later_documents=bad(6),
        lost_documents=bad(11) * many,
        foreign_documents=bad(3) * several,
        lost_history=bad(13) * many,
        orphan_lignes=bad(12),
        orphan_paiements=bad(9),
        foreign_devis=bad(4) * several,
    )
