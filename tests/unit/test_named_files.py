"""Pages that name files name files that exist: docs/architecture.md and docs/glossary.md lead to what they speak of."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
PACKAGE = REPOSITORY / "migrator"
PAGES = ("docs/architecture.md", "docs/glossary.md", "CONTRIBUTING.md", "SECURITY.md")
# What stands for a name that the reader puts in: `postgres/ROOM/queries/NAME.sql`.
PLACEHOLDER = re.compile(r"\b(ROOM|NAME|COMMAND|FILE|NNNN)\b")
# What looks like a file of ours: what many folders have, what a user writes, and a module of the driver.
OTHERS = {"queries/", "versions/", "env.py", "migrator.toml", "psycopg.sql"}


def named_files(text: str) -> Iterator[str]:
    """What stands in backticks and looks like a path: it ends in `/` or in a suffix, a definition may follow."""
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    for quoted in re.findall(r"`([^`\n]+)`", prose):
        if re.fullmatch(r"\.?[\w./-]+(/|\.(py|sql|md|toml|yaml|txt))(::\w+)?", quoted) and quoted not in OTHERS:
            yield quoted


def missing(name: str) -> str:
    """Why a named file or definition cannot be found; '' where it can."""
    path, _, definition = name.partition("::")
    file = next((root / path for root in (PACKAGE, REPOSITORY) if (root / path).exists()), None)
    if file is None:
        return f"{name}: there is no such file"
    if not definition:
        return ""
    nodes = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    defined = {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    return "" if definition in defined else f"{name}: the file defines nothing of that name"


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_a_page_names_exists(page: str) -> None:
    names = list(named_files((REPOSITORY / page).read_text(encoding="utf-8")))
    assert names
    assert [why for name in names if not PLACEHOLDER.search(name) if (why := missing(name))] == []


@pytest.mark.parametrize(
    "damage",
    ["core/placement/places.py", "core/placement/place.py::places", "postgres/fences/", "tests/unit/verify/none.py"],
)
def test_a_file_that_is_gone_is_missed(damage: str) -> None:
    text = f"Where a table goes is decided in `{damage}` and nowhere else."
    assert [why for name in named_files(text) if (why := missing(name))]


def test_every_room_has_its_place_on_the_map() -> None:
    page = (REPOSITORY / "docs/architecture.md").read_text(encoding="utf-8")
    rooms = {
        f"{layer}/{room.name}/"
        for layer in ("core", "postgres")
        for room in (PACKAGE / layer).iterdir()
        if (room / "__init__.py").exists()
    }
    layers = {f"{part.name}/" for part in PACKAGE.iterdir() if (part / "__init__.py").exists()}
    assert {name for name in rooms | layers if f"`{name}`" not in page} == set()


def test_each_word_is_explained_once_and_the_page_of_words_says_where() -> None:
    page = (REPOSITORY / "docs/glossary.md").read_text(encoding="utf-8")
    words = [
        word.strip()
        for line in page.splitlines()
        if line.startswith("| ") and not line.startswith("| word ")
        for word in line.split("|")[1].split(",")
    ]
    assert len(words) > 60
    assert len(words) == len(set(words))
    # Bold words of the map are those that it leaves to the page of words; invariants bear names of their own.
    spoken = (REPOSITORY / "docs/architecture.md").read_text(encoding="utf-8").partition("## What always holds")[0]
    explained = set(re.findall(r"\*\*([a-z][^*]*)\*\*", spoken)) - {"room", "bold"}
    assert explained <= set(words), explained - set(words)


def numbered_wrong(index: str, pages: set[str]) -> list[str]:
    """What an index of decisions gets wrong: pages without a line, lines without a page, numbers that are skipped."""
    listed = re.findall(r"^- \[(\d{4})\]\((\1-[\w-]+\.md)\) \S", index, re.MULTILINE)
    unused = set(re.findall(r"^(\d{4}) was never used", index, re.MULTILINE))
    numbers = sorted({number for number, _ in listed} | unused)
    return [
        *sorted({page for _, page in listed} ^ pages),
        *(f"{number} twice" for number, count in Counter(number for number, _ in listed).items() if count > 1),
        *(f"{number} is used" for number in sorted(unused & {number for number, _ in listed})),
        *[f"{at:04} is skipped" for at in range(1, len(numbers) + 1) if f"{at:04}" not in numbers][:1],
    ]


def test_the_index_of_decisions_lists_each_once_and_names_unused_numbers() -> None:
    folder = REPOSITORY / "docs/decisions"
    pages = {path.name for path in folder.glob("*.md")} - {"README.md"}
    assert numbered_wrong((folder / "README.md").read_text(encoding="utf-8"), pages) == []


@pytest.mark.parametrize(
    ("index", "wrong"),
    [
        ("- [0001](0001-a.md) A\n- [0002](0002-b.md) B\n", []),
        ("- [0001](0001-a.md) A\n", ["0002-b.md"]),
        ("- [0001](0001-a.md) A\n- [0002](0002-b.md) B\n- [0003](0003-c.md) C\n", ["0003-c.md"]),
        ("- [0001](0001-a.md) A\n- [0002](0002-b.md) B\n- [0002](0002-b.md) B\n", ["0002 twice"]),
        ("- [0001](0001-a.md) A\n- [0002](0002-b.md) B\n\n0002 was never used.\n", ["0002 is used"]),
    ],
)
def test_an_index_that_is_wrong_is_seen(index: str, wrong: list[str]) -> None:
    assert numbered_wrong(index, {"0001-a.md", "0002-b.md"}) == wrong


def test_a_number_that_is_skipped_is_seen() -> None:
    index = "- [0001](0001-a.md) A\n- [0003](0003-c.md) C\n"
    assert numbered_wrong(index, {"0001-a.md", "0003-c.md"}) == ["0002 is skipped"]


def test_the_hooks_call_targets_that_exist() -> None:
    hooks = (REPOSITORY / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    entries = re.findall(r"entry: (.+)", hooks)
    assert entries
    assert {entry.removeprefix("make ") for entry in entries} <= targets
    assert re.findall(r"repo: (.+)", hooks) == ["local"]
