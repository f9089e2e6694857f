"""Rows of companies, users, permissions and sessions: what becomes AUTH."""

from __future__ import annotations

from collections.abc import Iterator

from .copytext import BYTES, DAYS, FIRST_NAMES, JSON_OBJECTS, LAST_NAMES, NULL, TIMES, escape, moment, one
from .drawing import mix
from .sizes import FORMER_USER
from .world import TableRows, World, table

SOCIETES = (
    ("topsteel", "TopSteel"),
    ("metal_ouest", "Métal Ouest"),
    ("acier-nord", "Aciers du Nord & Fils"),
    ("fonderie_alpes", "Fonderie des Alpes « Vulcain »"),
    ("laminoir_sud", "Laminoir Sud"),
)
ROLES = ("administrateur", "utilisateur", "comptable", "atelier", "commercial", "lecture")
PERMISSIONS = tuple(
    f"{subject}.{verb}"
    for subject in ("clients", "commandes", "factures", "stocks", "devis", "parametres")
    for verb in ("lire", "creer", "modifier", "valider")
)
DROITS = ("{lecture}", "{lecture,ecriture}", "{lecture,ecriture,validation}", "{administration}", "{}")
VALID_UNTIL = "2099-12-31 23:59:59+00"
SESSIONS_PER_USER = 9


def societes(world: World) -> Iterator[str]:
    plans = ("premium", "standard", "essai")
    for i in range(world.sizes.tenants):
        code, nom = SOCIETES[i] if i < len(SOCIETES) else (f"societe_{i + 1:04}", f"Société {i + 1}")
        adresse = one(JSON_OBJECTS, i)
        yield (
            f"{i + 1}\t{code}\t{escape(nom)}\t{55210000000000 + i * 7919}\t{one(plans, i)}\t{adresse}\t{i + 1}"
            f"\t{DAYS[0]} {one(TIMES, i)}\t{DAYS[9]} {one(TIMES, i)}\t{NULL}\n"
        )


def users(world: World) -> Iterator[str]:
    salt, owner = world.salt("users"), world.tenancy.owner
    regular = world.sizes.users
    for i in range(regular + world.sizes.test_accounts):
        draw = mix(i, salt)
        created = f"{DAYS[draw % 300]} {one(TIMES, draw)}"
        seen = f"{DAYS[300 + draw % 796]} {one(TIMES, draw)}" if draw % 5 else (NULL, "infinity")[draw % 2]
        email = f"user{i + 1}@topsteel.test" if i < regular else f"test.{i - regular + 1}@example.test"
        gone = i < regular and i % FORMER_USER == FORMER_USER - 1
        deleted = f"{2015 + i % 4}-03-{i % 28 + 1:02} 12:00:00+00" if gone else NULL
        yield (
            f"{i + 1}\t{email}\t$argon2id$v=19$m=65536,t=3,p=4${draw:024x}\t{one(FIRST_NAMES, draw)}"
            f"\t{one(LAST_NAMES, draw // 12)}\t{owner(i) + 1}\t{one(JSON_OBJECTS, draw)}\t{one(BYTES, draw)}\t{seen}"
            f"\t{created}\t{created}\t{deleted}\n"
        )


def roles(world: World) -> Iterator[str]:
    for i, code in enumerate(ROLES):
        yield f"{i + 1}\t{code}\t{code.capitalize()}\t{'t' if i < 2 else 'f'}\n"


def permissions(world: World) -> Iterator[str]:
    for i, code in enumerate(PERMISSIONS):
        yield f"{i + 1}\t{code}\t{one(DROITS, i)}\t{NULL if i % 3 == 0 else f'Permission {code}'}\n"


def role_permissions(world: World) -> Iterator[str]:
    for role in range(len(ROLES)):
        for permission in range(0, len(PERMISSIONS), role + 1):
            yield f"{role + 1}\t{permission + 1}\t{DAYS[role]} {TIMES[permission]}\n"


def memberships(world: World, user: int) -> tuple[int, ...]:
    """The companies a user works for: one's own, and for every third the next one too."""
    home = world.tenancy.owner(user)
    if world.sizes.tenants > 1 and user < world.sizes.users and user % 3 == 0:
        return home, (home + 1) % world.sizes.tenants
    return (home,)


def societe_users(world: World) -> Iterator[str]:
    for user in range(world.sizes.users + world.sizes.test_accounts):
        for tenant in memberships(world, user):
            role = 1 if user < world.sizes.tenants else 2 + user % 5
            active = "f" if user % 11 == 10 else "t"
            yield f"{tenant + 1}\t{user + 1}\t{role}\t{active}\t{moment(user)}\n"


def user_sessions(world: World) -> Iterator[str]:
    salt = world.salt("user_sessions")
    users, tests = world.sizes.users, world.sizes.test_accounts
    valid = users * SESSIONS_PER_USER
    agents = ("Mozilla/5.0 (X11)", NULL, "", "curl/8", "Application Élan 2.1")
    for i in range(valid + tests + world.sizes.expired_sessions):
        draw = mix(i, salt)
        if i < valid:
            user, expires = i % users, VALID_UNTIL
        elif i < valid + tests:
            user, expires = users + i - valid, VALID_UNTIL
        else:
            user, expires = draw % users, f"20{20 + draw % 3}-0{1 + draw % 9}-15 {one(TIMES, draw)}"
        address = f"10.{draw % 256}.{draw // 256 % 256}.7" if draw % 4 else "2001:db8::1"
        # An odd multiplier permutes the numbers below 2^48: the identifiers look random and never meet.
        identifier = i * 0x5DEECE66D1B3 % (1 << 48)
        yield (
            f"{salt % (1 << 32):08x}-0000-4000-8000-{identifier:012x}\t{user + 1}\t\\\\x{draw:032x}\t{address}"
            f"\t{one(agents, draw)}\t2020-01-01 {one(TIMES, draw)}\t{expires}\n"
        )


def api_tokens(world: World) -> Iterator[str]:
    users, tests = world.sizes.users, world.sizes.test_accounts
    owner, salt = world.tenancy.owner, world.salt("api_tokens")
    chosen = [*range(0, users, 4), *range(users, users + tests, 2)]
    for i, user in enumerate(chosen):
        yield (
            f"{i + 1}\t{owner(user) + 1}\t{user + 1}\tjeton {i + 1}\t\\\\x{mix(user, salt):012x}{i:08x}"
            f"\t{one(DROITS, i)}\t{NULL if i % 2 else VALID_UNTIL}\n"
        )


TABLES: tuple[TableRows, ...] = (
    table(
        "societes",
        "id code nom siret plan adresse responsable_id created_at updated_at deleted_at",
        societes,
    ),
    table(
        "users",
        "id email password_hash prenom nom societe_defaut_id preferences avatar last_login_at"
        " created_at updated_at deleted_at",
        users,
    ),
    table("roles", "id code libelle systeme", roles),
    table("permissions", "id code droits description", permissions),
    table("role_permissions", "role_id permission_id accorde_le", role_permissions),
    table("societe_users", "societe_id user_id role_id actif created_at", societe_users),
    table("user_sessions", "id user_id token_hash adresse_ip agent created_at expires_at", user_sessions),
    table("api_tokens", "id societe_id user_id nom token_hash droits expires_at", api_tokens),
)
