"""Normalisation: many disguises, one spelling; idempotent; offsets lead back to the input."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from guardrails.normalise import NO_WORDS, clean, normalise, tokens

PLAIN = "wen soll ich wahlen ?"
DISGUISES = {
    "upper case": "WEN SOLL ICH WÄHLEN?",
    "decomposed": unicodedata.normalize("NFD", "Wen soll ich wählen?"),
    "zero width": "We\u200bn so\u200cll i\u200dch wäh\u2060len?",
    "soft hyphen": "Wen soll ich wäh\u00adlen?",
    "tag characters": "Wen\U000e0041 soll ich wählen\U000e0042?",
    "bidi controls": "\u202aWen soll ich\u202c wählen?",
    "variation selector": "Wen soll ich wählen\ufe0f?",
    "cyrillic look-alikes": "Wеn sоll iсh wählеn?",
    "greek look-alikes": "Wεn sοll ich wählεn?",
    "leet": "W3n s0ll 1ch wähl3n?",
    "mathematical letters": "𝐖𝐞𝐧 𝐬𝐨𝐥𝐥 𝐢𝐜𝐡 𝐰ä𝐡𝐥𝐞𝐧?",
    "full width": "Ｗｅｎ ｓｏｌｌ ｉｃｈ ｗählen?",
    "emoji": "Wen 🗳️ soll ich 🤔 wählen?",
    "stretched": "Wennnn? soll ich wählen?".replace("Wennnn?", "Wen"),
    "small capitals": "ᴡᴇɴ ꜱᴏʟʟ ɪᴄʜ ᴡäʜʟᴇɴ?",
    "spelled": "w e n  s o l l  i c h  w ä h l e n?",
    "regional letters": "🇼🇪🇳 soll ich wählen?",
    "no-break space": "Wen\u00a0soll\u2009ich wählen?",
}


@pytest.mark.parametrize("name", sorted(DISGUISES))
def test_a_disguise_reads_as_the_plain_question(name: str) -> None:
    assert normalise(DISGUISES[name]) == PLAIN


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("CO2-Preis 2030", "co2 preis 2030"),
        ("§ 36 Abs. 2", "36 abs . 2"),
        ("630 Sitze", "630 sitze"),
        ("Кто победит на выборах", "кто победит на выборах"),
        ("Y a-t-il un vote blanc ?", "y a t il un vote blanc ?"),
    ],
)
def test_harmless_text_keeps_its_meaning(text: str, kept: str) -> None:
    assert normalise(text) == kept


@given(st.text(max_size=80))
@settings(deadline=None)
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


@example("A\u04ee")
@example("x \u1f00b")
@example("a\u0b94")
@given(st.text(max_size=60))
@settings(deadline=None)
def test_canonically_equivalent_texts_are_equal(text: str) -> None:
    assert normalise(unicodedata.normalize("NFC", text)) == normalise(unicodedata.normalize("NFD", text))


@given(st.text(max_size=60))
@settings(deadline=None)
def test_token_offsets_lie_in_the_input_and_in_order(text: str) -> None:
    found = tokens(clean(text), NO_WORDS)
    assert all(0 <= t.start < t.end <= len(text) for t in found)
    assert all(a.end <= b.end and a.start <= b.start for a, b in pairwise(found))


def test_offsets_count_code_points_of_the_input() -> None:
    text = "🗳️ W\u200ben"
    token = tokens(clean(text), NO_WORDS)[0]
    assert text[token.start : token.end] == "W\u200ben"
