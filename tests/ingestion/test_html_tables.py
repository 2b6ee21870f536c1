"""Tables of a law are read as cells: no tag, attribute or footnote mark is ever part of a text that can be quoted."""

from __future__ import annotations

import re

import pytest

from domain.passage import Passage
from ingestion.html_tables import plain, rows
from ingestion.layout import Tally
from ingestion.markdown import markdown_units
from ingestion.passages import About, passages

TAG = re.compile(r"</?[a-zA-Z][^>]*>|<!--|style=|colspan")
LAW = """# § 1 – Fristen

(1) Die Liste wird ausgelegt.

# Anlage 1 – (zu § 1)

<!-- Satz des Verlags -->
<table style="border: none;">
<colgroup>
<col style="width: 2%" />
</colgroup>
<tbody>
<tr class="odd">
<td style="text-align: left;">Stadt Auental<br />

Die Leiterin<span id="x"></span><a href="#n1" class="FnR">4)</a></sup></td>
<td colspan="2"> </td>
</tr>
<tr><td>Der Antrag &amp; die Vollmacht</td><td>sind <b>schriftlich</b> vorzulegen.</td></tr>
</tbody>
</table>

Nach der Tabelle<br>geht es <span class="x">weiter</span>.
"""


def read(text: str) -> tuple[Passage, ...]:
    """The passages of a law called ProbeG."""
    _, units = markdown_units(text, Tally(), "ProbeG")
    return passages(units, About("0" * 64, None, "de", False, {}))


def test_cells_are_text_and_nothing_else_is() -> None:
    found = read(LAW)
    everything = " ".join(p.text for p in found)
    assert not TAG.search(everything)
    assert "Der Antrag & die Vollmacht sind schriftlich vorzulegen." in everything
    assert "Stadt Auental Die Leiterin Der Antrag" in everything
    assert "4)" not in everything
    assert "Satz des Verlags" not in everything
    assert "Nach der Tabelle geht es weiter." in everything


def test_a_table_stands_under_its_own_heading() -> None:
    assert {p.section for p in read(LAW) if "Vollmacht" in p.text} == {"Anlage 1 ProbeG"}
    assert {p.section for p in read(LAW) if "ausgelegt" in p.text} == {"§ 1 ProbeG Abs. 1"}


@pytest.mark.parametrize(
    ("html", "wanted"),
    [
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", ["a b", "c"]),
        ("<table><tr><td>a<table><tr><td>b</td></tr></table></td></tr></table>", ["a b"]),
        ("<table><tr><td>a</td></tr><tr><td>b", ["a", "b"]),
        ("<table><tr><td>3<sup>2</sup></td><td><a href='#p'>siehe § 2</a></td></tr></table>", ["32 siehe § 2"]),
        ("<table><tr><td><script>x()</script>y</td></tr></table>", ["y"]),
    ],
)
def test_rows_of_odd_tables(html: str, wanted: list[str]) -> None:
    assert rows(html) == wanted


def test_a_table_that_is_never_closed_ends_at_the_next_heading() -> None:
    found = read("# § 1\n\n<table><tr><td>offen\n\n# § 2 – Weiter\n\nHier steht ein ganzer Satz.\n")
    assert [(p.section, p.text) for p in found] == [
        ("§ 1 ProbeG", "offen"),
        ("§ 2 ProbeG", "Hier steht ein ganzer Satz."),
    ]


def test_plain_keeps_words_apart() -> None:
    assert plain("<div>ein<br/>Wort</div><p>und noch eins</p>") == "ein Wort und noch eins"
