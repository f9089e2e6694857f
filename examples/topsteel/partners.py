"""Rows of customers, suppliers and articles: what a company deals with, and in."""

from __future__ import annotations

from collections.abc import Iterator

from .copytext import (
    COMPANIES,
    DAYS,
    DESIGNATIONS,
    JSON_OBJECTS,
    KEYWORDS,
    LAST_NAMES,
    NOTES,
    NULL,
    ODD_DATES,
    TIMES,
    moment,
    money,
    one,
    quantity,
)
from .drawing import mix
from .reference_data import UNITS
from .world import TableRows, World, table

CATEGORIES_PER_TENANT = 3


def clients(world: World) -> Iterator[str]:
    salt, slots, size = world.salt("clients"), world.tenancy.slots, world.tenancy.size
    creator = world.pick(world.sizes.users)
    regular = world.sizes.clients
    recent = regular + world.sizes.old_clients
    for i in range(recent + world.sizes.recent_clients):
        draw = mix(i, salt)
        tenant = slots[i % size]
        if i < regular:
            deleted = NULL
        elif i < recent:
            deleted = f"{2015 + i % 4}-{1 + i % 12:02}-17 08:00:00+00"
        else:
            deleted = f"2024-{1 + i % 12:02}-17 08:00:00+00"
        created = f"{DAYS[draw % 700]} {one(TIMES, draw)}"
        first = one(DAYS, draw) if draw % 16 else one(ODD_DATES, draw // 16)
        yield (
            f"{i + 1}\t{tenant + 1}\tC{i + 1:06}\t{one(COMPANIES, draw)} {i + 1}"
            f"\t{NULL if draw % 7 == 0 else 30000000000000 + draw % 10**13}"
            f"\t{NULL if draw % 5 == 0 else f'contact@client{i + 1}.test'}\t{one(JSON_OBJECTS, draw // 3)}"
            f"\t{NULL if draw % 6 == 0 else draw % 100000}\t{one(NOTES, draw // 7)}\t{first}"
            f"\t{creator(tenant, draw)}\t{created}\t{created}\t{deleted}\n"
        )


def contacts(world: World) -> Iterator[str]:
    salt = world.salt("contacts")
    number = 0
    regular = world.sizes.clients
    # Each customer who was deleted long ago keeps one contact: it goes where the customer goes.
    for client in range(regular + world.sizes.old_clients):
        for rank in range(1 + client % 3 if client < regular else 1):
            number += 1
            draw = mix(number, salt)
            email = NULL if draw % 9 == 0 else f"p{number}@client{client + 1}.test"
            phone = NULL if draw % 4 == 0 else f"+33 {draw % 10**9:09}"
            main = "f" if rank else "t"
            yield f"{number}\t{client + 1}\t{one(LAST_NAMES, draw)}\t{email}\t{phone}\t{main}\t{moment(draw)}\n"


def fournisseurs(world: World) -> Iterator[str]:
    salt, owner = world.salt("fournisseurs"), world.tenancy.owner
    for i in range(world.sizes.fournisseurs):
        draw = mix(i, salt)
        yield (
            f"{i + 1}\t{owner(i) + 1}\tF{i + 1:05}\t{one(COMPANIES, draw)}\t{NULL if draw % 2 else f'OLD-{i}'}"
            f"\t{draw % 60}\t{one(NOTES, draw)}\n"
        )


def categories(world: World) -> Iterator[str]:
    standard = world.sizes.global_categories
    for i in range(standard):
        yield f"{i + 1}\t{NULL}\t{NULL if i < 4 else i % 4 + 1}\t{one(DESIGNATIONS, i)} (standard)\n"
    number = standard
    for tenant in range(world.sizes.tenants):
        # The first hangs below a standard category, the others below the one before.
        parent = 1 + tenant % standard
        for rank in range(CATEGORIES_PER_TENANT):
            number += 1
            yield f"{number}\t{tenant + 1}\t{parent}\t{one(DESIGNATIONS, tenant + rank)}\n"
            parent = number


def articles(world: World) -> Iterator[str]:
    salt, tenancy = world.salt("articles"), world.tenancy
    supplier = world.pick(world.sizes.fournisseurs)
    standard, materials = world.sizes.global_categories, world.sizes.materials
    for i in range(world.sizes.articles):
        draw = mix(i, salt)
        tenant = tenancy.owner(i)
        category = draw % standard if draw % 3 else standard + tenant * CATEGORIES_PER_TENANT + draw // 3 % 3
        parent: int | str = NULL
        if i % 5 == 0 and (rank := tenancy.rank(i)):
            parent = tenancy.nth(tenant, rank - 1) + 1
        created = f"{DAYS[draw % 500]} {one(TIMES, draw)}"
        yield (
            f"{i + 1}\t{tenant + 1}\tART-{draw % 97:02}/{i + 1:06}\t{one(DESIGNATIONS, draw)}\t{category + 1}\t{parent}"
            f"\t{NULL if draw % 6 == 0 else draw % materials + 1}\t{one(UNITS, draw)[0]}"
            f"\t{NULL if draw % 4 == 0 else supplier(tenant, draw)}\t{money(draw, 9999)}"
            f"\t{NULL if draw % 11 == 0 else quantity(draw, 4000)}\t{one(KEYWORDS, draw)}"
            f"\t{one(JSON_OBJECTS, draw)}\t{created}\t{created}\t{NULL}\n"
        )


def nomenclatures(world: World) -> Iterator[str]:
    tenancy = world.tenancy
    counts = tenancy.counts(world.sizes.articles)
    for i in range(0, world.sizes.articles, 2):
        tenant, rank = tenancy.owner(i), tenancy.rank(i)
        # The next articles of the same company, round and round; never the article itself.
        for step in range(1, min(1 + i % 3, counts[tenant] - 1) + 1):
            component = tenancy.nth(tenant, (rank + step) % counts[tenant])
            yield f"{i + 1}\t{component + 1}\t{i % 40 + step}.{i % 10000:04}\n"


TABLES: tuple[TableRows, ...] = (
    table(
        "clients",
        "id societe_id code raison_sociale siret email adresse plafond_credit notes premiere_commande created_by"
        " created_at updated_at deleted_at",
        clients,
    ),
    table("contacts", "id client_id nom email telephone principal created_at", contacts),
    table("fournisseurs", "id societe_id code raison_sociale ancien_code delai_jours notes", fournisseurs),
    table("categories", "id societe_id parent_id libelle", categories),
    table(
        "articles",
        "id societe_id reference designation categorie_id parent_id material_id unite_code fournisseur_id prix poids_kg"
        " mots_cles caracteristiques created_at updated_at deleted_at",
        articles,
    ),
    table("nomenclatures", "article_id composant_id quantite", nomenclatures),
)
