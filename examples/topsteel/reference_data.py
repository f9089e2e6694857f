"""Rows of units, materials, processes and standards: what becomes SHARED."""

from __future__ import annotations

from collections.abc import Iterator

from .copytext import DAYS, DESIGNATIONS, DOUBLES, JSON_OBJECTS, KEYWORDS, NULL, TIMES, one
from .drawing import mix
from .world import TableRows, World, table

UNITS = (
    ("kg", "kilogramme", "1"),
    ("t", "tonne", "1000"),
    ("m", "mètre", "1.000"),
    ("m2", "mètre carré", "0.00000000000000000001"),
    ("pce", "pièce", "NaN"),
    ("h", "heure", "3600.50"),
)
GRADES = ("S235JR", "S355J2", "304L", "316L", "42CrMo4", "AW-6060", "C45", "Hardox 450")
STANDARDS = 60


def units(world: World) -> Iterator[str]:
    for code, libelle, facteur in UNITS:
        yield f"{code}\t{libelle}\t{facteur}\n"


def materials(world: World) -> Iterator[str]:
    salt = world.salt("materials")
    for i in range(world.sizes.materials):
        draw = mix(i, salt)
        created = f"{DAYS[draw % 500]} {one(TIMES, draw)}"
        yield (
            f"{i + 1}\tMAT-{i + 1:05}\t{one(DESIGNATIONS, draw)}\t{one(GRADES, draw)}\t{7 + draw % 2000 / 1000:.3f}"
            f"\t{one(DOUBLES, i)}\t{one(UNITS, draw)[0]}\t{one(JSON_OBJECTS, draw)}\t{one(KEYWORDS, draw)}"
            f"\t{created}\t{created}\t{NULL}\n"
        )


def processes(world: World) -> Iterator[str]:
    durations = ("00:15:00", "1 day 02:03:04.567", "-1 mon +3 days -04:05:06", "PT0S", "90 minutes")
    names = (
        "Découpe laser",
        "Pliage",
        "Soudage MIG",
        "Perçage",
        "Grenaillage",
        "Galvanisation",
        "Usinage CN",
        "Contrôle",
    )
    # json, unlike jsonb, keeps spaces and duplicate keys.
    settings = ('{"vitesse":  10}', '{"a": 1, "a": 2}', NULL)
    for i in range(40):
        code = f"PROC-{i + 1:02}"
        yield f"{i + 1}\t{code}\t{one(names, i)}\t{(i * 7) % 40 * 10}\t{one(durations, i)}\t{one(settings, i)}\n"


def quality_standards(world: World) -> Iterator[str]:
    bodies = ("EN", "ISO", "NF", "ASTM", "DIN")
    validities = ("[2019-01-01,)", "[2004-06-01,2019-01-01)", "(,2010-01-01)", "empty", "[2020-02-29,2030-02-28)")
    for i in range(STANDARDS):
        number = f"{10025 + i}-{i % 6 + 1}"
        title = f"Produits laminés, partie {i % 6 + 1}"
        yield f"{i + 1}\t{one(bodies, i)}\t{number}\t{2000 + i % 25}\t{title}\t{one(validities, i)}\n"


def material_standards(world: World) -> Iterator[str]:
    for material in range(world.sizes.materials):
        for standard in range(material % 3):
            yield f"{material + 1}\t{(material * 7 + standard * 11) % STANDARDS + 1}\t{'t' if standard else 'f'}\n"


TABLES: tuple[TableRows, ...] = (
    table("units", "code libelle facteur", units),
    table(
        "materials",
        "id code designation nuance densite resistance_mpa unit_code proprietes synonymes"
        " created_at updated_at deleted_at",
        materials,
    ),
    table("processes", "id code libelle order duree_standard reglages", processes),
    table("quality_standards", "id organisme numero edition intitule validite", quality_standards),
    table("material_standards", "material_id standard_id obligatoire", material_standards),
)
