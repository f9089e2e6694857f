"""Rows of quotes, orders, deliveries, invoices and payments: what a company does."""

from __future__ import annotations

from collections.abc import Iterator

from .copytext import BYTES, DAYS, DESIGNATIONS, DOUBLES, JSON_OBJECTS, NOTES, NULL, TIMES, moment, money, one, quantity
from .drawing import Pattern, mix
from .flaws import MISSING
from .world import (
    FACTURE_LIGNES,
    FACTURES,
    LIGNES,
    LIVRAISON_LIGNES,
    LIVRAISONS,
    PAIEMENTS,
    RAPPROCHEMENTS,
    TableRows,
    World,
    table,
)

DEVIS_LIGNES = Pattern([2, 3, 1, 4, 2])
CERTIFIED = 6  # every sixth delivered line comes with a certificate


def devis(world: World) -> Iterator[str]:
    tenancy, salt = world.tenancy, world.salt("pieces")
    client, creator = world.pick(world.sizes.clients), world.pick(world.sizes.users)
    regular, tenants = world.sizes.devis, world.sizes.tenants
    for i in range(regular + world.sizes.foreign_devis):
        draw = mix(i, salt)
        if i < regular:
            tenant = holder = tenancy.owner(i)
        else:
            tenant = (i - regular) % tenants
            holder = (tenant + 1) % tenants
        statut = "accepte" if i % 2 == 0 else ("ouvert", "refuse")[draw % 2]
        yield (
            f"{i + 1}\t{tenant + 1}\t{client(holder, draw)}\t{2 * i + 1}\t{one(DESIGNATIONS, draw)}\t{statut}"
            f"\t{money(draw, 90000)}\t{NULL if draw % 3 == 0 else one(DAYS, draw)}"
            f"\t{creator(tenant, draw)}\t{moment(draw)}\n"
        )


def devis_lignes(world: World) -> Iterator[str]:
    salt, materials = world.salt("devis_lignes"), world.sizes.materials
    regular = world.sizes.devis
    number = 0
    for parent in range(regular + world.sizes.foreign_devis):
        for rank in range(DEVIS_LIGNES.of(parent) if parent < regular else 2):
            number += 1
            draw = mix(number, salt)
            yield (
                f"{number}\t{parent + 1}\t{rank + 1}\t{NULL if draw % 3 == 0 else draw % materials + 1}"
                f"\t{one(DESIGNATIONS, draw)}\t{quantity(draw, 500)}\t{money(draw, 2000)}\n"
            )


def commandes(world: World) -> Iterator[str]:
    slots, size, salt = world.tenancy.slots, world.tenancy.size, world.salt("pieces")
    client, creator = world.pick(world.sizes.clients), world.pick(world.sizes.users)
    total, quotes = world.sizes.commandes, world.sizes.devis
    invoiced, open_ = ("livree", "en_production", "livree"), ("brouillon", "confirmee", "annulee")
    for i in range(total):
        # The same draw as the quote of the same number, which has the same owner: so the customer is the same too.
        draw = mix(i, salt)
        tenant = slots[i % size]
        day = DAYS[i * len(DAYS) // total]
        invoices = FACTURES.of(i)
        yield (
            f"{i + 1}\t{tenant + 1}\t{client(tenant, draw)}\t{i + 1 if i < quotes and i % 2 == 0 else NULL}"
            f"\t{FACTURES.start(i) + 1 if invoices > 1 else NULL}\t{2 * i + 2}\t{one(NOTES, draw)}"
            f"\t{(invoiced if invoices else open_)[draw % 3]}\t{money(draw, 50000)}\t{day}"
            f"\t{creator(tenant, draw >> 3)}\t{day} {one(TIMES, draw)}\t{day} {one(TIMES, draw)}\t{NULL}\n"
        )


def commande_lignes(world: World) -> Iterator[str]:
    slots, size, salt = world.tenancy.slots, world.tenancy.size, world.salt("commande_lignes")
    article = world.pick(world.sizes.articles)
    number = 0
    for parent in range(world.sizes.commandes):
        tenant = slots[parent % size]
        for rank in range(LIGNES.of(parent)):
            number += 1
            draw = mix(number, salt)
            yield (
                f"{number}\t{parent + 1}\t{rank + 1}\t{article(tenant, draw)}"
                f"\t{NULL if draw % 3 else one(DESIGNATIONS, draw)}\t{quantity(draw, 400)}\t{money(draw, 3000)}\n"
            )
    for i in range(world.sizes.orphan_lignes):
        parent = i * 7 % world.sizes.commandes
        yield f"{number + i + 1}\t{parent + 1}\t{1000 + i}\t{MISSING + i}\tarticle disparu\t1.000\t9.99\n"


def livraisons(world: World) -> Iterator[str]:
    salt, total = world.salt("livraisons"), world.sizes.commandes
    carriers = ("Transports Béraud", NULL, "", "Enlèvement\\t sur place")
    number = 0
    for parent in range(total):
        for _ in range(LIVRAISONS.of(parent)):
            number += 1
            draw = mix(number, salt)
            day = DAYS[parent * len(DAYS) // total]
            sent = f"{day} {one(TIMES, draw)}"
            received = f"{day} 23:30:00+00" if draw % 6 else NULL
            yield f"{number}\t{parent + 1}\tBL{number:08}\t{one(carriers, draw)}\t{sent}\t{received}\n"


def livraison_lignes(world: World) -> Iterator[str]:
    number = delivery = 0
    for parent in range(world.sizes.commandes):
        first = LIGNES.start(parent) + 1
        for _ in range(LIVRAISONS.of(parent)):
            delivery += 1
            for rank in range(LIGNES.of(parent)):
                number += 1
                yield f"{number}\t{delivery}\t{first + rank}\t{number % 90}.{number % 1000:03}\n"


def certificats_matiere(world: World) -> Iterator[str]:
    salt = world.salt("certificats_matiere")
    for i, line in enumerate(range(0, LIVRAISON_LIGNES.start(world.sizes.commandes), CERTIFIED)):
        draw = mix(i, salt)
        yield (
            f"{i + 1}\t{line + 1}\tCOULEE-{draw % 10**6:06}\t{one(DOUBLES, draw)}"
            f"\t{one(JSON_OBJECTS, draw)}\t{one(BYTES, draw)}\n"
        )


def factures(world: World) -> Iterator[str]:
    salt, total = world.salt("factures"), world.sizes.commandes
    number = 0
    for parent in range(total):
        for _ in range(FACTURES.of(parent)):
            number += 1
            draw = mix(number, salt)
            day = parent * len(DAYS) // total
            statut = ("payee", "emise", "en_retard", "payee")[draw % 4]
            yield (
                f"{number}\t{parent + 1}\tFA-{number:07}\t{statut}\t{DAYS[day]}\t{DAYS[min(day + draw % 60, 1095)]}"
                f"\t{money(draw, 60000)}\n"
            )


def facture_lignes(world: World) -> Iterator[str]:
    salt = world.salt("facture_lignes")
    rates = ("20.00", "5.50", "0.00", "10.00")
    number = 0
    for parent in range(FACTURES.start(world.sizes.commandes)):
        for rank in range(FACTURE_LIGNES.of(parent)):
            number += 1
            draw = mix(number, salt)
            yield (
                f"{number}\t{parent + 1}\t{rank + 1}\t{one(DESIGNATIONS, draw)}\t{quantity(draw, 300)}"
                f"\t{money(draw, 2500)}\t{one(rates, draw)}\n"
            )


def paiements(world: World) -> Iterator[str]:
    salt = world.salt("paiements")
    modes = ("virement", "chèque", "prélèvement", "LCR")
    number = 0
    for parent in range(FACTURES.start(world.sizes.commandes)):
        for _ in range(PAIEMENTS.of(parent)):
            number += 1
            draw = mix(number, salt)
            amount = f"{draw % 9000 - 100}.{draw % 100:02}"  # some are refunds
            yield f"{number}\t{parent + 1}\t{amount}\t{one(modes, draw)}\t{moment(draw)}\n"
    for i in range(world.sizes.orphan_paiements):
        yield f"{number + i + 1}\t{MISSING + i}\t42.00\tvirement\t{moment(i)}\n"


def rapprochements(world: World) -> Iterator[str]:
    number = 0
    payments = PAIEMENTS.start(FACTURES.start(world.sizes.commandes))
    # Trailing zeros of a numeric are data: 0.5 and 0.500 are equal, and not the same.
    gaps = ("0", "0.00", "0.5", "0.500", "-12.3400", "1e-10")
    for parent in range(payments):
        for _ in range(RAPPROCHEMENTS.of(parent)):
            number += 1
            yield f"{number}\t{parent + 1}\tRELEVE-{parent // 50:05}\t{one(gaps, number)}\n"
    for i in range(0, world.sizes.orphan_paiements, 2):
        number += 1
        yield f"{number}\t{payments + i + 1}\tRELEVE-PERDU\t0\n"


TABLES: tuple[TableRows, ...] = (
    table(
        "devis",
        "id societe_id client_id numero objet statut montant_ht valable_jusqu_au created_by created_at",
        devis,
    ),
    table("devis_lignes", "id devis_id rang material_id designation quantite prix_unitaire", devis_lignes),
    table(
        "commandes",
        "id societe_id client_id devis_id facture_acompte_id numero reference_client statut montant_ht date_commande"
        " created_by created_at updated_at deleted_at",
        commandes,
    ),
    table("commande_lignes", "id commande_id order article_id designation quantite prix_unitaire", commande_lignes),
    table("livraisons", "id commande_id bordereau transporteur expediee_le recue_le", livraisons),
    table("livraison_lignes", "id livraison_id commande_ligne_id quantite", livraison_lignes),
    table(
        "certificats_matiere",
        "id livraison_ligne_id coulee limite_elastique composition contenu",
        certificats_matiere,
    ),
    table("factures", "id commande_id numero statut emise_le echeance total_ttc", factures),
    table("facture_lignes", "id facture_id rang designation quantite prix_unitaire taux_tva", facture_lignes),
    table("paiements", "id facture_id montant mode recu_le", paiements),
    table("rapprochements", "id paiement_id releve ecart", rapprochements),
)
