"""Small closed word lists of German, English and French that tell a party's name from an ordinary word.

Grammar only: no name of a party or person stands here, and no list favours one name over another.
All words are folded as `domain.names.fold` folds them (lower case, no diacritics, ß as ss);
German umlauts appear in both spellings.
"""

from __future__ import annotations


def _both(words: str) -> frozenset[str]:
    """The words, each with ä, ö, ü folded to the plain vowel and to the vowel with e."""
    plain = str.maketrans({"ä": "a", "ö": "o", "ü": "u", "ß": "ss", "é": "e", "è": "e", "ê": "e", "à": "a", "ç": "c"})
    digraph = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
    return frozenset(words.translate(plain).split()) | frozenset(words.translate(digraph).translate(plain).split())


ARTICLES = _both("der die das den dem des zur zum beim vom ans ins the le la les l du aux au des")
"""Definite articles, and prepositions that have one inside."""

PREPOSITION_ARTICLES = _both("zur zum beim vom ans ins au aux")
"""Articles with a preposition inside: what follows begins a new phrase and does not belong to the word before."""

CONJUNCTIONS = _both("und oder sowie bzw beziehungsweise vs versus gegen noch u n and or nor et ou ni contre")
"""What may stand between two names of one list."""

STATING_VERBS = _both(
    "will wollen wollte wollten möchte möchten sagt sagen sagte fordert fordern forderte plant planen plante "
    "verspricht "
    "versprechen meint meinen denkt denken hält halten vertritt vertreten schlägt schlagen vorschlägt vorschlagen "
    "verlangt verlangen lehnt lehnen ablehnt ablehnen steht stehen positioniert positionieren schreibt schreiben "
    "unterstützt unterstützen befürwortet befürworten beabsichtigt beabsichtigen behauptet behaupten "
    "kritisiert kritisieren wirbt werben setzt setzen äußert äußern "
    "want wants say says said propose proposes proposed promise promises promised think thinks demand demands support "
    "supports oppose opposes stand stands intend intends argue argues advocate advocates believe believes write writes "
    "veut veulent dit disent propose proposent demande demandent promet promettent pense pensent soutient soutiennent "
    "défend défendent prévoit prévoient souhaite souhaitent réclame réclament écrit écrivent"
)
"""Verbs that make what stands beside them a speaker: someone wants, says, plans."""

QUESTION_WORDS = _both("was wie wofür wogegen warum weshalb wieso wozu what how why que qu quoi comment pourquoi")
"""Question words that leave the place of the speaker open ("Was sagt …?")."""

WHO_WORDS = _both("wer wen wem who whom qui")
"""Question words that ask for the speaker, so that a name after the verb is what is spoken about."""

WHICH_WORDS = _both("welche welcher welches welchen which quel quelle quels quelles")
"""Question words that ask for the speaker before a word for party or a verb, else for its matter."""

AUXILIARIES = _both("do does did hat haben")
"""Verbs that stand before the speaker in a question and say nothing themselves."""

OWN_TEXTS = _both(
    "programm programms programme wahlprogramm wahlprogramms parteiprogramm parteiprogramms laut "
    "manifesto manifestos platform"
)
"""Words for a party's own text, before its name."""

ABOUT = _both("über zu zur zum von vom gegenüber about on of to towards toward regarding sur de du des envers")
"""Prepositions between a speaker and whom it speaks about."""

WITH_OR_AGAINST = _both("mit gegen with against avec contre")
"""Prepositions that do the same before an article; without one they join two names of a list."""

COMPARING = ("vergleich", "unterschied", "unterscheid", "compar", "differ")
"""Beginnings of words that set two parties side by side: then both are asked."""

LINKS = ARTICLES | _both("von bei für aus of by from de d chez pour for")
"""Small words between a party word and the name it belongs to ("Programm von …")."""

PARTY_WORDS = _both(
    "partei parteien programm programms programme wahlprogramm wahlprogramms wahlprogramme parteiprogramm "
    "parteiprogramms kapitel grundsatzprogramm wahl wähler wählern wählerin wählerinnen wählerschaft fraktion "
    "fraktionen abgeordnete abgeordneten abgeordneter politiker politikern politikers politikerin politikerinnen "
    "kandidat kandidaten kandidatin kandidatinnen kanzlerkandidat kanzlerkandidaten kanzlerkandidatin "
    "spitzenkandidat spitzenkandidaten spitzenkandidatin chef chefs chefin chefinnen vorsitzende vorsitzenden "
    "vorsitzender parteitag parteitags parteivorsitz parteivorsitzende parteivorsitzenden landesliste "
    "landeslisten liste listen minister ministerin ministern anhänger anhängern anhängerin anhängerinnen mitglied "
    "mitglieder mitgliedern spitze position positionen haltung forderung forderungen wahlkampf koalition "
    "koalitionen regierung opposition antrag anträge plan pläne papier vorschlag vorschläge idee ideen ziele konzept "
    "standpunkt meinung lager schwesterpartei führung partner parteispitze "
    "party parties manifesto manifestos platform program voters voter candidate candidates politician politicians "
    "leader leaders mp mps faction proposals proposal policy policies position positions plans stance members member "
    "coalition "
    "parti partis programmes électeurs électeur électrices candidat candidats candidate candidates député députés "
    "députée députées politicien politiciens propositions proposition fraction groupe liste listes chef cheffe "
    "dirigeant dirigeants dirigeante coalition"
)
"""Words for a party, its people and its texts."""

COMPOUND_HEADS = frozenset(
    word
    for word in PARTY_WORDS
    if len(word) >= 4 and word not in {"wahl", "plan", "plans", "idee", "ideen", "ziele", "lager", "papier"}
)
"""Party words that German glues to a name without a hyphen."""

FUNCTION_WORDS = (
    ARTICLES
    | CONJUNCTIONS
    | STATING_VERBS
    | _both(
        "ein eine einen einem einer eines kein keine keinen keinem zu in im an am auf aus bei für von über unter um "
        "vor "
        "nach durch ohne bis seit wegen während trotz bezüglich hinsichtlich gegenüber zwischen laut statt "
        "ist sind war waren hat haben hatte hatten wird werden würde würden kann können könnte soll sollen sollte muss "
        "müssen darf dürfen macht machen tut tun gibt geben lässt lassen geht gehen bringt bringen bietet bieten kommt "
        "kommen findet finden sieht sehen nennt nennen hätte hätten wäre wären konnte konnten schafft schaffen senkt "
        "senken erhöht erhöhen "
        "als wie auch aber mit nicht nichts etwas was wer wie wo wann warum weshalb wieso wozu welche welcher "
        "welches ob dass weil wenn denn "
        "dazu dagegen dafür davon daran darüber hierzu hier da dort jetzt heute morgen eigentlich genau konkret denn "
        "mal "
        "bitte auch nur schon noch immer wieder mehr weniger alle alles sich es er sie ihr ihre ihren ihrem man wir "
        "ich du "
        "uns euch mir dir diese dieser dieses diesem diesen beim so sehr gern gerne lieber besser überhaupt angeht "
        "betrifft jeweils beide beiden weiterhin künftig eher "
        "with than but to for on about in of from at by into under over against without is are was were has have had "
        "do does did will "
        "would can could should may must not no what who how when why which whether if that this these those their its "
        "they it a an going regarding concerning think get make also too please really actually "
        "avec que mais sur pour dans de d par sans sous vers chez en à un une est sont était a ont avait va vont "
        "fait font peut peuvent "
        "doit doivent ne pas n y se s il elle ils elles on nous vous qui quoi quel quelle quels quelles comment quand "
        "pourquoi si ce cette ces leur leurs son sa ses au concernant"
    )
)
"""Words that cannot be the noun of an adjective before them."""

ALONE_WORDS = ARTICLES | CONJUNCTIONS | _both("was ist sind von bei für what about of the is are de chez pour a")
"""All that may surround a name that is the whole of a question ("und die …?")."""
