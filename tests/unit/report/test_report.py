"""What reports look like: units, alignment, tones in words, nothing cut off, nothing that moves a cursor."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from migrator.core.result.origin import Origin
from migrator.core.result.outcome import Outcome, Section, Status, Tone
from migrator.core.result.wording import size
from migrator.errors import MigratorError, RefusedError
from migrator.report.cells import TONE_WORDS, count, duration, figure, is_numeric, visible
from migrator.report.document import error_to_json, to_json
from migrator.report.html import to_html
from migrator.report.text import render_text, to_text

LONG = "public.a_table_whose_name_has_all_the_sixty_three_bytes_that_there_are"

OUTCOME = Outcome(
    "verify",
    "findings",
    1,
    "20260101-120000-ab12",
    headline="One table differs.",
    summary={"rows": 1234567, "dump_bytes": 123_456_789, "seconds": 192.4, "ok": False, "server": None},
    sections=(
        Section(
            "Differences",
            ("table", "tenant", "source rows", "seconds"),
            ((LONG, "acier_nord", 1234567, 3.2), ("public.b", "[bold]tôle[/bold]", None, 312.5)),
            text="Rows that one side lacks.",
            tone="bad",
        ),
        Section(
            "Statements", text=f"SELECT 1;\nALTER TABLE {LONG} ADD CONSTRAINT c CHECK (a > 0 AND b > 0 AND c > 0);"
        ),
        Section("Empty", ("table",)),
    ),
    data={"differences": [{"table": LONG}]},
    next=("migrator verify",),
    origin=Origin("ops1", "1.2", datetime(2026, 1, 1, 12, tzinfo=UTC), "erp", "db1:5432", "app"),
)
ABOUT = "erp on db1:5432 as app, from ops1 by migrator 1.2, 2026-01-01 12:00:00 UTC"


def test_every_form_says_what_it_is_about() -> None:
    assert to_text(OUTCOME).splitlines()[1] == ABOUT
    assert ABOUT in to_html(OUTCOME)
    assert json.loads(to_json(OUTCOME))["origin"] == {
        "source": "erp", "server": "db1:5432", "role": "app", "machine": "ops1", "version": "1.2",
        "time": "2026-01-01T12:00:00+00:00",
    }  # fmt: skip


def rendered(outcome: Outcome, width: int) -> str:
    console = Console(file=StringIO(), width=width, color_system=None, force_terminal=False, highlight=False)
    with console.capture() as captured:
        render_text(outcome, console)
    return captured.get()


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("rows", 1234567, "1,234,567"),
        ("source_rows", 0, "0"),
        ("bytes", 812, "812 bytes"),
        ("dump bytes", 1048575, "1.0 MB"),
        ("bytes", 5 * 1024**4, "5.0 TB"),
        ("seconds", 0.421, "0.42 s"),
        ("seconds", 9.999, "10.0 s"),
        ("seconds", 59.99, "1 min 00 s"),
        ("seconds", 3599.9, "1 h 00 min"),
        ("seconds", 90061, "25 h 01 min"),
        ("port", 5432, "5432"),
        ("ratio", 0.123456, "0.1235"),
        ("percent", 41.26, "41.3 %"),
        ("ok", True, "yes"),
        ("rows", None, "-"),
        ("rows", "many", "many"),
    ],
)
def test_figures_carry_the_unit_that_their_name_ends_in(name: str, value: Any, text: str) -> None:
    assert figure(name, value) == text


@given(st.floats(0, 1e15))
def test_units_never_show_a_full_next_unit(number: float) -> None:
    assert "1024.0" not in size(number)
    assert not duration(number).startswith(("60.0", "10.00"))
    assert " 60 s" not in duration(number)
    assert int(count(number).replace(",", "")) >= 0


@given(st.text())
def test_visible_text_moves_no_cursor(text: str) -> None:
    shown = visible(text)
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert all(character == "\n" or character >= " " for character in shown)
    shown.encode()


def test_a_column_of_numbers_is_aligned_to_the_right() -> None:
    assert is_numeric("anything", (1, None, 2.5))
    assert is_numeric("rows", ())
    assert not is_numeric("flag", (True, False))
    assert not is_numeric("name", ("a", 1))


@pytest.mark.parametrize("width", [200, 80, 40])
def test_no_width_cuts_an_identifier(width: int) -> None:
    text = rendered(OUTCOME, width)
    assert LONG in "".join(text.split())
    assert "…" not in text
    assert "1,234,567" in text


def test_the_text_says_tones_status_and_units_in_words() -> None:
    text = to_text(OUTCOME)
    assert "verify  findings  run 20260101-120000-ab12" in text
    assert "Differences [problem]" in text
    assert "117.7 MB" in text
    assert "3 min 12 s" in text
    assert "[bold]tôle[/bold]" in text
    assert "\x1b" not in text
    assert not any(line != line.rstrip() for line in text.splitlines())


def test_statements_are_never_broken_into_lines() -> None:
    assert f"  ALTER TABLE {LONG} ADD CONSTRAINT c CHECK (a > 0 AND b > 0 AND c > 0);\n" in rendered(OUTCOME, 40)


@pytest.mark.parametrize("width", [200, 20])
def test_what_no_row_says_takes_no_room(width: int) -> None:
    section = Section("S", ("table", "as", "rows"), (("orders", "", 5), ("lines", "", None)))
    text = rendered(Outcome("x", sections=(section,)), width)
    assert " as" not in text
    assert "-" in text
    assert not text.endswith("\n\n")
    some = replace(section, rows=(*section.rows, ("notes", "remarks", 1)))
    assert rendered(Outcome("x", sections=(some,)), width).count("remarks") == 1
    assert ">as<" not in to_html(Outcome("x", sections=(section,)))


def test_a_narrow_report_has_a_block_for_each_row_without_empty_lines_in_it() -> None:
    section = Section("S", ("table", "as"), ((LONG, ""), (LONG, "notes")))
    lines = rendered(Outcome("x", sections=(section,)), 20).splitlines()
    assert sum(line.startswith("  as ") for line in lines) == 1
    assert lines.count("") == 2  # before the section, and between the blocks


def test_headings_name_what_is_measured_and_not_its_unit() -> None:
    outcome = Outcome("x", summary={"estimated_seconds": 1.5, "bytes": 1024, "source_rows": 3})
    assert [line.split("  ")[1] for line in to_text(outcome).splitlines()[2:]] == [
        "estimated time",
        "size",
        "source rows",
    ]


def test_figures_line_up_at_the_right() -> None:
    outcome = Outcome("x", sections=(Section("S", ("table", "rows"), (("a", 5), ("b", 1234)), tone="good"),))
    lines = [line for line in to_text(outcome).splitlines() if line.endswith(("5", "1,234"))]
    assert len({len(line) for line in lines}) == 1


def test_every_tone_but_the_plain_has_a_word() -> None:
    assert set(TONE_WORDS) == set(get_args(Tone))
    assert [tone for tone, word in TONE_WORDS.items() if not word] == ["plain"]


def test_the_document_has_the_promised_keys_and_the_data_at_its_top() -> None:
    document = json.loads(to_json(OUTCOME))
    assert document["schema_version"] == 1
    assert document["status"] == "findings"
    assert document["exit_code"] == 1
    assert document["run_id"] == "20260101-120000-ab12"
    assert document["summary"]["rows"] == 1234567
    assert document["differences"] == [{"table": LONG}]
    assert document["sections"][0]["rows"][0] == [LONG, "acier_nord", 1234567, 3.2]
    assert document["next"] == ["migrator verify"]
    assert "error" not in document


def test_the_document_holds_values_that_json_has_no_word_for() -> None:
    @dataclass(frozen=True, slots=True)
    class Point:
        at: Path
        more: Any

    data = {
        "point": Point(Path("a/b"), MappingProxyType({1: {3, 1}})),
        "nan": float("nan"),
        "infinite": float("-inf"),
        "exact": Decimal("1.10"),
        "moment": datetime(2026, 1, 1, tzinfo=UTC),
        "surrogate": "\udcff",
    }
    document = json.loads(to_json(Outcome("x", data=data)), parse_constant=pytest.fail)
    assert document["point"] == {"at": "a/b", "more": {"1": [1, 3]}}
    assert document["nan"] == "nan"
    assert document["exact"] == "1.10"
    assert document["moment"] == "2026-01-01T00:00:00+00:00"


def test_data_cannot_take_the_documents_own_keys() -> None:
    with pytest.raises(ValueError, match="reserved keys: next"):
        to_json(Outcome("x", data={"next": 1}))


def test_what_is_no_value_is_refused_rather_than_written_as_text() -> None:
    with pytest.raises(ValueError, match="object has no place"):
        to_json(Outcome("x", data={"a": object()}))


def test_an_error_is_the_same_document() -> None:
    document = json.loads(error_to_json(RefusedError("No.", "Do."), "migrate", "r1"))
    assert document["error"] == {"message": "No.", "hint": "Do."}
    assert (document["status"], document["exit_code"], document["run_id"]) == ("refused", 3, "r1")
    assert document.keys() >= json.loads(to_json(OUTCOME)).keys() - {"differences"}


def test_every_error_has_a_status_that_an_outcome_may_have() -> None:

    def children(kind: type[MigratorError]) -> list[type[MigratorError]]:
        return [kind, *(grandchild for child in kind.__subclasses__() for grandchild in children(child))]

    assert {kind.status for kind in children(MigratorError)} <= set(get_args(Status))


class _Balanced(HTMLParser):
    """Checks that tags close in order, and collects the text."""

    VOID = frozenset({"meta", "br", "hr"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)
        self.addresses += [value for name, value in attrs if name in ("src", "href") and value]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_the_html_stands_alone_and_escapes_what_it_shows() -> None:
    hostile = Section("T", ("<script>",), (("</td><script>alert(1)</script>",),), text="a & b <i>", tone="warning")
    page = to_html(Outcome("audit", headline="<b>", sections=(*OUTCOME.sections, *(hostile,) * 4), next=("a && b",)))
    parsed = _Balanced()
    parsed.feed(page)
    assert parsed.open == []
    assert "<script" not in page
    assert "alert(1)" in "".join(parsed.text)
    assert "[bold]tôle[/bold]" in page
    assert all(address.startswith("#") for address in parsed.addresses)
    assert "@media print" in page


def test_html_makes_cards_of_sentences_and_marks_severity() -> None:
    sentence = "The foreign key is NOT VALID, and nobody has ever looked at its rows."
    page = to_html(
        Outcome(
            "audit",
            summary={"fingerprint": "f" * 64, "tables": 3},
            sections=(
                Section("Words", ("severity", "finding"), (("error", sentence), ("info", "Fine.")), text="one\ntwo"),
                Section("Figures", ("category", "rows"), (("errors", 3),)),
                Section("SQL", text="DROP INDEX a;\nDROP INDEX b;"),
            ),
        )
    )
    assert page.count('<table class="wordy">') == 1
    assert '<td class="bad" data-label="severity">error</td>' in page
    assert '<td data-label="severity">info</td>' in page
    assert "<td>errors</td>" in page  # a word of its own, in a table that stays one
    assert "<p>one\ntwo</p>" in page
    assert "<pre>DROP INDEX a;\nDROP INDEX b;</pre>" in page
    assert page.count('<div class="wide">') == 1
