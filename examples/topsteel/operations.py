"""Rows of stock, purchases, documents, notifications, settings and history."""

from __future__ import annotations

from collections.abc import Iterator

from .copytext import BYTES, DAYS, JSON_OBJECTS, NOTES, NULL, ODD_DATES, TIMES, moment, money, one, quantity
from .drawing import mix
from .flaws import UNKNOWN_SOCIETE
from .world import TableRows, World, table

DEPOTS = ("P", "S")  # the main store holds every article, the second every third
PARAMETRES = ("devise", "tva_defaut", "langue", "logo", "delai_paiement", "arrondi")


def exercices(world: World) -> Iterator[str]:
    for tenant in range(world.sizes.tenants):
        for rank, year in enumerate((2022, 2023, 2024)):
            closed = "f" if rank == 2 else "t"
            period = f"[{year}-01-01,{year + 1}-01-01)"
            yield f"{tenant * 3 + rank + 1}\t{tenant + 1}\tExercice {year}\t{period}\t{closed}\n"


def depots(world: World) -> Iterator[str]:
    for tenant in range(world.sizes.tenants):
        yield f"{tenant + 1}\tP\tDépôt principal\n"
        yield f"{tenant + 1}\tS\tDépôt secondaire\n"


def stocks(world: World) -> Iterator[str]:
    salt, owner = world.salt("stocks"), world.tenancy.owner
    for article in range(world.sizes.articles):
        draw = mix(article, salt)
        for depot in DEPOTS[: 2 if article % 3 == 0 else 1]:
            yield (
                f"{owner(article) + 1}\t{depot}\t{article + 1}\t{quantity(draw, 8000)}"
                f"\t{NULL if draw % 5 == 0 else draw % 100}\t{moment(draw)}\n"
            )


def stock_mouvements(world: World) -> Iterator[str]:
    salt, slots, size = world.salt("stock_mouvements"), world.tenancy.slots, world.tenancy.size
    articles = world.sizes.articles
    directions = ("entree", "sortie", "sortie", "inventaire")
    origins = (NULL, '{"type": "commande"}', '{"type": "réception", "n": 12}', "null")
    for i in range(world.sizes.stock_mouvements):
        draw = mix(i, salt)
        article = draw % articles
        depot = "S" if article % 3 == 0 and draw & 64 else "P"
        # One in a hundred lies outside the partitions by year.
        day = one(DAYS, draw) if draw % 100 else ("2019-12-31", "2025-01-01")[draw // 100 % 2]
        yield (
            f"{i + 1}\t{slots[article % size] + 1}\t{depot}\t{article + 1}\t{day}\t{directions[draw >> 5 & 3]}"
            f"\t{draw % 900 - 300}.{draw % 1000:03}\t{origins[draw >> 9 & 3]}\n"
        )


def bons_de_commande(world: World) -> Iterator[str]:
    salt, owner = world.salt("BonDeCommande"), world.tenancy.owner
    supplier = world.pick(world.sizes.fournisseurs)
    for i in range(world.sizes.bons_de_commande):
        draw = mix(i, salt)
        tenant = owner(i)
        identifier = i * 0x5DEECE66D1B3 % (1 << 48)
        sent = NULL if draw % 5 == 0 else f"{one(DAYS, draw)} {one(TIMES, draw).removesuffix('+00')}"
        yield (
            f"{salt % (1 << 32):08x}-0000-4000-9000-{identifier:012x}\t{tenant + 1}\t{supplier(tenant, draw)}"
            f'\tBC-{i + 1:06}\t{sent}\t[{{"article": {draw % 500}, "qte": {draw % 70}.50}}]\t{money(draw, 70000)}\n'
        )


def documents(world: World) -> Iterator[str]:
    salt, owner = world.salt("documents"), world.tenancy.owner
    client, creator = world.pick(world.sizes.clients), world.pick(world.sizes.users)
    sizes, tenants = world.sizes, world.sizes.tenants
    old = sizes.documents
    later = old + sizes.old_documents
    lost = later + sizes.later_documents
    foreign = lost + sizes.lost_documents
    for i in range(foreign + sizes.foreign_documents):
        draw = mix(i, salt)
        tenant = owner(i)
        societe: int | str = tenant + 1
        customer: int | str = NULL if draw % 3 == 0 else client(tenant, draw)
        deleted = NULL
        if old <= i < later:
            deleted = f"{2015 + i % 4}-{1 + i % 12:02}-03 10:00:00+00"
        elif later <= i < lost:
            deleted = "2099-01-01 00:00:00+00"
        elif lost <= i < foreign:
            societe = customer = NULL
        elif i >= foreign:
            customer = client((tenant + 1) % tenants, draw)
        dated = one(DAYS, draw) if draw % 8 else one(ODD_DATES, draw // 8)
        yield (
            f"{i + 1}\t{societe}\t{customer}\tdocument {i + 1}.pdf\tapplication/pdf\t{dated}\t{one(BYTES, draw)}"
            f"\t{creator(tenant, draw)}\t{moment(draw)}\t{deleted}\n"
        )


def notifications(world: World) -> Iterator[str]:
    salt, owner = world.salt("notifications"), world.tenancy.owner
    reader = world.pick(world.sizes.users)
    channels = ("email", "application", "sms", "application")
    regular = world.sizes.notifications
    for i in range(regular):
        draw = mix(i, salt)
        tenant = owner(i)
        day = one(DAYS, draw)
        read = f"{day} 23:59:59.999999+00" if draw % 3 else NULL
        title = one(NOTES, draw)
        yield (
            f"{i + 1}\t{tenant + 1}\t{reader(tenant, draw)}\t{channels[draw & 3]}\t{'' if title == NULL else title}"
            f"\t{read}\t{day} {one(TIMES, draw)}\n"
        )
    for i, account in enumerate(range(world.sizes.users, world.sizes.users + world.sizes.test_accounts, 2)):
        yield f"{regular + i + 1}\t{owner(account) + 1}\t{account + 1}\temail\tessai {i + 1}\t{NULL}\t{moment(i)}\n"


def parametres(world: World) -> Iterator[str]:
    values = ('"EUR"', "20.0", '"fr"', "null", '{"jours": 30, "fin_de_mois": true}', "0.01")
    number = 0
    for key, value in zip(PARAMETRES, values, strict=True):
        number += 1
        yield f"{number}\t{NULL}\t{key}\t{value}\tinfinity\n"
    if world.sizes.shape == "single":
        return
    for tenant in range(world.sizes.tenants):
        for rank in range(4):
            number += 1
            until = ("infinity", "2030-06-30 22:00:00+00")[rank % 2]
            yield f"{number}\t{tenant + 1}\t{one(PARAMETRES, tenant + rank)}\t{values[rank]}\t{until}\n"


def audit_log(world: World) -> Iterator[str]:
    salt, slots, size = world.salt("audit_log"), world.tenancy.slots, world.tenancy.size
    regular, users = world.sizes.audit_log, world.sizes.users
    total = regular + world.sizes.lost_history
    actions = ("update", "insert", "delete", "update")
    for i in range(total):
        draw = mix(i, salt)
        societe = slots[i % size] + 1 if i < regular else UNKNOWN_SOCIETE
        action = actions[draw & 3]
        before = NULL if action == "insert" else one(JSON_OBJECTS, draw)
        after = NULL if action == "delete" else one(JSON_OBJECTS, draw // 7)
        yield (
            f"{i + 1}\t{societe}\t{('clients', 'commandes')[draw >> 2 & 1]}\t{draw % 5000}\t{action}\t{before}\t{after}"
            f"\t{NULL if draw % 10 == 0 else draw % users + 1}\t{DAYS[i * len(DAYS) // total]} {one(TIMES, draw)}\n"
        )


def import_clients_2019(world: World) -> Iterator[str]:
    # Without a key, rows may be the same to the last byte.
    for i in range(200):
        yield f"{i % 90}\t{NOTES[i % 30 % len(NOTES)]}\n"


TABLES: tuple[TableRows, ...] = (
    table("exercices", "id societe_id libelle periode cloture", exercices),
    table("depots", "societe_id code libelle", depots),
    table("stocks", "societe_id depot_code article_id quantite seuil updated_at", stocks),
    table(
        "stock_mouvements",
        "id societe_id depot_code article_id date_mouvement sens quantite origine",
        stock_mouvements,
    ),
    table(
        "BonDeCommande",
        "id societeId fournisseurId numeroBon dateEnvoi lignes montantTotal",
        bons_de_commande,
    ),
    table(
        "documents",
        "id societe_id client_id nom type_mime date_document contenu created_by created_at deleted_at",
        documents,
    ),
    table("notifications", "id societe_id user_id canal titre lue_le created_at", notifications),
    table("parametres", "id societe_id cle valeur valable_jusqua", parametres),
    table("audit_log", "id societe_id objet objet_id action avant apres user_id created_at", audit_log),
    table("import_clients_2019", "ligne contenu", import_clients_2019),
)
