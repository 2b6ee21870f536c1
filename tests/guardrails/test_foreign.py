"""A language that is not read is told from dialect, slips, keywords and other scripts' disguises."""

from __future__ import annotations

import pytest

from guardrails.foreign import foreign
from tests.guardrails.invented import policy

READ = ("de", "en", "fr")


@pytest.mark.parametrize(
    "text",
    [
        "Co partie mówią o czynszach?",
        "Na kogo mam głosować?",
        "Partiler kiralar hakkında ne diyor?",
        "Wat zeggen de partijen over huren?",
        "¿Qué dicen los partidos sobre el alquiler?",
        "Cosa dicono i partiti sugli affitti?",
        "Ce spun partidele despre chirii?",
        "Što stranke kažu o najmovima?",
        "Mit mondanak a pártok a lakbérekről?",
        "Что говорят партии об аренде жилья?",
        "Чи можу я голосувати поштою?",
        "ماذا تقول الأحزاب عن الإيجارات؟",
        "Τι λένε τα κόμματα για τα ενοίκια;",
        "政党对房租怎么说？",
    ],
)
def test_another_language_is_not_read(text: str) -> None:
    assert foreign(text, READ, policy().vocabulary.knows)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "???",
        "Mieten",
        "Rente?",
        "Mietpreisbremse Kappungsgrenze Modernisierungsumlage",
        "Wia kriag i denn so an Wahlschein?",
        "wos sogt de partei zua pflege",
        "wich partey shuold i voet for",
        "koman on vote par la poste svp",
        "Wаs ѕagen die Рarteien zu Mieten?",
        "childcare, rents, buses",
        "Was heißt »Habeas Corpus« in der Verfassung?",
        "What does the law say about the Bundestag's Überhangmandate?",
        "W a s   s a g e n   d i e   P a r t e i e n ?",
        "Wаѕ ѕаgеn dіе Раrtеіеn zu Міеtеn?",
        "𝐖𝐚𝐬 𝐬𝐚𝐠𝐞𝐧 𝐝𝐢𝐞 𝐏𝐚𝐫𝐭𝐞𝐢𝐞𝐧 𝐳𝐮 𝐌𝐢𝐞𝐭𝐞𝐧?",
        "W4s s4g3n d13 P4r7313n zu M13t3n?",
    ],
)
def test_dialect_slips_keywords_and_lookalikes_are_read(text: str) -> None:
    assert not foreign(text, READ, policy().vocabulary.knows)


def test_what_is_offered_is_read() -> None:
    assert not foreign("Cosa dicono i partiti sugli affitti?", (*READ, "it"), policy().vocabulary.knows)
    assert not foreign("Τι λένε τα κόμματα για τα ενοίκια;", ("el",), policy().vocabulary.knows)
    assert not foreign("Tge din las partidas davart ils tschains?", ("rm",), lambda word: False)
