"""How postal addresses are written in German, English and French, as patterns.

Promise: a street with its house number is matched, never a street alone, nor a year after it. Words that are
a street by themselves need nothing else; words that are one at times (a hill, a court, a market) need a
telling neighbour: a capital, a preposition, "I live at", a postcode behind. Every pattern is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

YEAR = r"(?!(?:1[89]|20)\d\d(?!\d))"
_END = r"(?![\w%€$£]|[.,:]\d| ?(?:[%€$£]|Euro\b|Uhr\b|Prozent\b|percent\b|per cent\b))"
_HOUSE = rf"{YEAR}\d{{1,4}}(?: ?[a-zA-Z](?!\w))?(?:[-–/]\d{{1,3}}[a-zA-Z]?){{0,3}}{_END}"
_NUMBER_WORD = r"(?i:Hausnummer|Hausnr\.?|Haus-Nr\.?|Nummer|Nr\.?)"
_GAP = rf"(?:,? {_NUMBER_WORD} ?| {{1,2}}|(?<=\.))"
_CAP = r"[A-ZÄÖÜÀ-Þ][\w'’-]{1,30}+"
_PLAIN = r"(?! ?\d)(?! (?:[A-ZÄÖÜ]|\d|von\b|bis\b|und \d|neuen?\b|weitere\b|mehr\b|zusätzliche|große\b|alte\b))"
"""What follows a number that counts nothing: no noun, which German writes with a capital."""

_SEATS = r"(?!Platz der Republik 1(?!\d)|10 Downing|126,? rue de l['’]Uni|55,? rue du (?:Faubourg|Fg))"
"""Seats of parliament and government, which are nobody's home."""


def _ends_in(words: str, never: str = "", more: int = 0) -> str:
    """A number follows, and what was read ends in one of the words after `more` letters, and in none of `never`."""
    alike = {
        w: "".join(f"[{c.upper()}{c}]" if c.isalpha() and len(c.upper()) == 1 else c for c in w) for w in words.split()
    }
    refused = "".join(f"(?<!(?i:{n}))" for n in never.split())
    before = r"[\w-]" * more
    return r"(?=[.,]? ?[\dHhN])(?:" + "|".join(f"(?<={before}{a})" for a in alike.values()) + ")" + refused


# German. A compound ends in one of the first, unless it is one of the second.
_DE_STREET = _ends_in(
    "straße strasse str weg gasse gässchen allee chaussee platz ring ufer damm deich steig stieg stiege pfad twiete"
    " redder"
    " promenade zeile graben kamp siedlung",
    "bundesstraße bundesstrasse hinweg durchweg umweg ausweg rechtsweg radweg gehweg sackgasse staudamm schützengraben"
    " hearing monitoring sponsoring catering engineering hering einstieg ausstieg aufstieg abstieg anstieg umstieg"
    " listenplatz arbeitsplatz ausbildungsplatz studienplatz kitaplatz krippenplatz betreuungsplatz pflegeplatz"
    " parkplatz"
    " stellplatz spitzenplatz schulplatz tabellenplatz sitzplatz stehplatz startplatz therapieplatz heimplatz"
    " lagerplatz",
    more=2,
)
_DE_WORD = (
    r"(?:Stra(?:ß|ss)e|Str\.|Weg|Gasse|Allee|Chaussee|Platz|Ring|Ufer|Damm|Deich|Steig|Stieg|Stiege|Pfad|Twiete|Redder"
    r"|Promenade|Zeile|Graben|Kamp|Markt|Bleichen?|Wall|Hof|Tor|Kai|Winkel|Anger|Rain|Hang|Wiesen?|Gärten|Reihe)"
)
_DE_PLACE = _ends_in(
    "markt kirche kirchhof friedhof kloster schloss burg rathaus bahnhof damm hafen mühle brunnen bach see teich"
    " weiher ufer"
    " deich graben wall tor turm mauer brücke steg berg hügel hang rain anger wiese wiesen acker garten gärten park"
    " wald"
    " waldrand busch holz heide moor au aue auen tal grund höhe hof höfen winkel sand stein steinen linde linden"
    " eiche eichen"
    " buchen birken tannen kastanien ulmen erlen weiden pappeln sportplatz festplatz dorfplatz kanal kai weinberg"
    " bleiche"
    " bleichen hain kamp feld felde feldern dorf strand"
)
_DE_PLACE_COMPOUND = _ends_in(
    "hof berg markt garten gärten park tor wall wiese wiesen acker hang rain anger winkel bogen aue bach grund höhe"
    " hügel hain"
    " horst busch bleiche bleichen brücke mühle feld eck blick kai tal teich see wald holz heide mauer burg",
    more=2,
)
_DE_NO_PLACE = (
    r"(?!(?:Bahn|Gerichts|Rechnungs|Arbeits|Super|Binnen|Finanz|Kapital|Strom|Wohnungs|Energie|Schwarz|Bau|Handlungs"
    r"|Wahl|Themen|Spiel|Um|Über|Aus|Ein|Rück|Regel|Tages)[a-zß]{1,12}(?!\w))"
)
_DE_PREPOSITION = (
    r"(?:[AaIi]m|[Zz]u[mr]|[Bb]eim|(?:[Aa]n|[Aa]uf|[Hh]inter|[Ii]n|[Uu]nter|[Vv]or|[Bb]ei|Zwischen|Neben|Über|Ob|Zu)"
    r" (?:der|dem|den|die|das))"
)
_DE_ADJECTIVE = (
    r"(?:(?:Alt|Neu|Groß|Klein|Lang|Kurz|Hoh|Breit|Schmal|Ober|Unter|Vorder|Hinter|Inner|Äußer|Mittler|Weiß|Rot|Grün"
    r"|Schwarz|Blau|Golden|Heilig|Krumm|Steil|Still|Schön)e[rsnm]?)"
)
_DE_NO_HEAD = (
    r"(?:Auf|De[rmns]|Die|Das|Ein\w{0,2}|Kein\w{0,2}|Unser\w{0,2}|Mein\w{0,2}|Liste|Rang|Um|Von|Vom|Mit|Für|Ab|Bis)"
    r"(?!\w)"
)
_DE_TITLE = r"(?:(?:Dr|St|Prof)\.[ -]?){0,2}"
_DE_LIVING = (
    r"(?=[^\W\d_])(?<!\w)(?i:wohn(?:e|en|t|haft|te|st|ort|sitz)?|leben?|lebt|gemeldet|adresse|anschrift|zuhause"
    r"|daheim)(?!\w)"
    r"(?:[ :,(]{1,2}(?i:ich|wir|seit (?:19|20)\d\d|jetzt|hier|ist|lautet|nun|noch|und zwar|bei mir)(?!\w)){0,5}+[ :,"
    r"(]{1,2}"
)
_DE_WHERE = r"(?:(?i:in|im|an|am|auf|bei|beim|zu|zum|zur|hinter|unter|vor)(?: (?i:der|dem|den))? )?+"
_DE_NO_NAME = (
    r"(?:Wahlkreis|Stimmkreis|Wahlbezirk|Bezirk|PLZ|Postleitzahl|Artikel|Art|Seite|Liste|Kapitel|Zone|Nummer|Zimmer)"
)
_DE_COUNTING = (
    r"(?i:seit|schon|über|mit|rund|etwa|erst|mehr|als|unter|fast|nach|bis|und|oder|nur|noch|ca|circa|knapp|jahre"
    r"|stock|etage"
    r"|paragraf|mindestens|höchstens|zu|um|ab|von|wahlkreis|stimmkreis|bezirk|plz|zone)"
)

# English and French.
_EN_TYPE = (
    r"(?:Street|St|Road|Rd|Lane|Ln|Avenue|Ave|Drive|Close|Crescent|Cres|Terrace|Gardens|Gdns|Grove|Mews|Way|Hill"
    r"|View|Row"
    r"|Walk|Wharf|Rise|Parade|Quay|Villas|Mount|Park|Place|Square|Court|Yard|Gate|Vale|Path|Croft|Meadows?|Fields|Bank"
    r"|Boulevard|Embankment|Esplanade|Broadway|Circus|Green|Common|Dene|Buildings|Passage|Heights|Cottages|End|Brow"
    r"|Cove|Copse|Glen|Garth|Chase|Approach|Orchard|Lea)(?![\w'’-])"
)
_EN_NO_NAME = (
    r"(?!(?:Supreme|Crown|County|European|International|Criminal|Constitutional|Magistrates|Appeal|Labour|Scottish"
    r"|Welsh"
    r"|National|New Labour|High Court|Green Court)\b)"
)
_EN_FLAT = r"(?:(?i:flat|apartment|apt\.?|unit) \w{1,4},? )?"
_EN_HOUSE = (
    rf"(?<![\w.,£$€])(?<!Article )(?<!Section )(?<!Chapter )(?<!Clause )(?<!Part ){_SEATS}{_EN_FLAT}{YEAR}\d{{1,4}}"
    rf"(?:[-–/]\d{{1,4}})?(?: ?[a-zA-Z](?=[ ,]))?,? "
)
_EN_LIVING = (
    r"(?=[^\W\d_])(?<!\w)(?i:lives?|living|lived|resid(?:e|es|ing|ent)|address|moved|flat|apartment|i['’]?m)"
    r"(?:[ :,(]{1,2}(?i:at|in|of|to|is|am|number|no\.?|now)){0,3}[ :,(]{1,2}"
)
_EN_AT = r"(?=[^\W\d_])(?<!\w)(?i:at|near|beside|outside|next to|house|home|number|address|flat \w{1,4},?)[ :,(]{1,2}"
_EN_MONTH = r"(?!(?:January|February|March|April|May|June|July|August|September|October|November|December)\b)"
_EN_COUNTED = (
    r"(?!(?i:mph|mins?|minutes?|years?|days?|weeks?|months?|hours?|miles?|km|metres?|of|to|in|on|the|a|an|and|or|per"
    r"|percent"
    r"|more|new|bus|cycle|main|pounds|people|million|billion)\b)"
)
_FR_TYPE = (
    r"(?i:rue|r\.|ruelle|avenue|av\.?|boulevard|bd\.?|blvd\.?|allée|chemin|ch\.|impasse|imp\.|quai|sentier|sente"
    r"|esplanade"
    r"|traverse|faubourg|fbg|venelle|montée|square|promenade|lotissement|rond-point|chaussée)(?![\w-])"
)
_FR_AT_TIMES = (
    r"(?i:place|pl\.|cours|cour|passage|route|rte|cité|villa|résidence|voie|côte|mail|parvis|hameau|clos|porte|pont"
    r"|galerie"
    r"|lieu-dit)(?![\w-])"
)
_FR_OF = r"(?:(?i:de la|de l['’]|de|du|des|d['’]|aux|au|à la|la|le|les|l['’]) ?){0,2}"
_FR_CAP = r"[A-ZÀ-Þ0-9][\w'’.-]{0,30}"
_FR_DAY = (
    r"\d{1,2}(?:er)? (?i:janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre)(?: "
    r"(?:19|20)\d\d)?"
)
_FR_MORE = r"(?:[ -](?:(?:de la|de l['’]|du|des|de|d['’]|la|le|les|et) ?)?[A-ZÀ-Þ][\w'’-]{0,25}){0,3}"
_FR_STOP = (
    r"(?!(?i:a|à|ai|et|est|au|en|dans|pour|qui|que|ou|où|sera|seront|va|vont|je|il|on|nous|depuis|puis|svp|merci|sur"
    r"|par"
    r"|sans|avec|ne|n|plus|chez|un|une|deux)(?![\w-]))"
)
_FR_LOWER = rf"{_FR_STOP}[a-zß-ÿœ][\w'’-]{{1,25}}(?: {_FR_STOP}[a-zß-ÿœ][\w'’-]{{2,25}})?"
_FR_HOUSE = (
    rf"(?<![\w.,]){_SEATS}{YEAR}\d{{1,4}}(?:[-/]\d{{1,4}})?(?: ?(?:bis|ter|quater)| ?[A-Fa-f](?=[ ,]))?,? (?:de la "
    rf"|de l['’]|du )?"
)
_FR_LIVING = (
    r"(?=[^\W\d_])(?<!\w)(?i:habite|habitons|habitant|demeurant|demeure|réside|résidant|domiciliée?|adresse|vis"
    r"|vivons|logement|suis)"
    r"(?:[ :,(]{1,2}(?i:au|à|est|chez|dans|le|numéro|n°)){0,3}[ :,(]{1,2}"
)

STREETS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        name: re.compile(pattern)
        for name, pattern in {
            "Lindenweg 12a, bergmannstr. 5": rf"(?<![\w-])(?:{_DE_ADJECTIVE} )?{_DE_TITLE}"
            rf"[A-Za-zÄÖÜäöü][\w-]{{2,45}}+{_DE_STREET}\.?{_GAP}{_HOUSE}",
            "Neue Straße 5, Von-der-Heydt-Str. 6": rf"(?<![\w-]){_SEATS}(?:(?!{_DE_NO_HEAD}){_CAP}"
            rf" ){{1,3}}{_DE_WORD}{_GAP}{_HOUSE}",
            "Fuchsbau-Weg 48 a": rf"(?<![\w-]){_DE_TITLE}[A-ZÄÖÜ][\w-]{{1,40}}-{_DE_WORD}{_GAP}{_HOUSE}",
            "Straße des Friedens 109a": rf"(?<![\w-]){_SEATS}(?:Stra(?:ß|ss)e|Platz|Allee|Weg|Ufer|Ring) (?:der|des"
            rf"|am|an der|zum|zur|im) "
            rf"(?:\d{{1,2}}\. )?{_CAP}(?: {_CAP})?{_GAP}{_HOUSE}",
            "Am Alten Markt 3": rf"(?<![\w-]){_DE_PREPOSITION} (?!Feld )(?:[A-ZÄÖÜ][\w-]{{1,20}}e[nrm] )?{_DE_NO_PLACE}"
            rf"[A-ZÄÖÜ][\w-]{{1,45}}+{_DE_PLACE}{_GAP}{_HOUSE}{_PLAIN}",
            "Hohes Ufer 124": rf"(?<![\w-]){_DE_ADJECTIVE} [A-ZÄÖÜ][\w-]{{1,45}}+{_DE_PLACE}{_GAP}{_HOUSE}{_PLAIN}",
            "Kastanienhof 126a": rf"(?<![\w-]){_DE_NO_PLACE}[A-ZÄÖÜ][\w-]{{3,45}}+{_DE_PLACE_COMPOUND} \d{{1,3}}"
            rf" ?[a-h](?!\w)",
            "…, Kastanienhof 126,": rf"(?:[,(:\n]|(?<![^\n]))[ ]{{0,2}}"
            rf"(?P<it>{_DE_NO_PLACE}[A-ZÄÖÜ][\w-]{{3,45}}+{_DE_PLACE_COMPOUND} "
            rf"\d{{1,3}})(?=[),;\n]|\.(?!\d)|$)",
            "wohne im mühlgraben 98": rf"{_DE_LIVING}(?P<it>{_DE_WHERE}(?:[A-Za-zÄÖÜäöü][\w.'’-]{{1,30}}+ ){{0,3}}"
            rf"(?!(?:{_DE_NO_NAME}|{_DE_COUNTING})(?!\w))[A-Za-zÄÖÜäöü][\w.'’-]{{3,30}}{_GAP}{_HOUSE}){_PLAIN}",
            "Am Alten Markt, Hausnummer 38": rf"(?<![\w-])(?:{_CAP} (?:(?:der|dem|den) )?){{0,3}}{_CAP},? "
            rf"(?:Hausnummer|Hausnr\.?|Haus-Nr\.?) {_HOUSE}",
            "Hinter der Kirche 148, 1070 Wien": rf"(?<![\w-])(?P<it>(?:{_CAP} (?:(?:der|dem|den|des) )?){{0,3}}"
            rf"(?!{_DE_NO_NAME}(?!\w)){_CAP} {_HOUSE})(?=,? (?:[A-Z]{{1,2}}-)?\d{{4,5}} [A-ZÄÖÜ])",
            "10 Acacia Avenue": rf"{_EN_HOUSE}{_EN_NO_NAME}(?:(?:[A-Z][\w'’-]{{1,30}}|St\.|The) ){{1,3}}{_EN_TYPE}",
            "live at 147 grange road": rf"(?:{_EN_LIVING}|{_EN_AT})(?P<it>{_EN_HOUSE}{_EN_COUNTED}"
            rf"(?:[a-z][\w'’-]{{1,25}} ){{1,3}}(?:{_EN_TYPE}|{_EN_TYPE.lower()}))",
            "live at 5 Cheapside,": rf"{_EN_LIVING}(?P<it>{_EN_HOUSE}{_EN_MONTH}(?:[A-Z][\w'’-]{{1,25}} ?){{1,3}})"
            rf"(?=[,.;:)?!]| in | and |$)",
            "5 Cheapside, London SE1 4XX": rf"(?P<it>{_EN_HOUSE}[A-Z][\w'’-]{{1,25}}(?: [A-Z][\w'’-]{{1,25}}){{0,3}})"
            rf"(?=,? (?:[A-Z][\w'’-]{{1,25}},? ){{1,3}}[A-Z]{{1,2}}\d[A-Z\d]? \d[A-Z]{{2}}(?!\w))",
            "12 bis, rue de la Paix": rf"{_FR_HOUSE}{_FR_TYPE} {_FR_OF}(?:{_FR_DAY}|{_FR_CAP}{_FR_MORE}|{_FR_LOWER})",
            "17, cours Gambetta": rf"{_FR_HOUSE}{_FR_AT_TIMES} {_FR_OF}{_FR_CAP}{_FR_MORE}",
            "habite 17 cours gambetta": rf"{_FR_LIVING}(?P<it>{_FR_HOUSE}{_FR_AT_TIMES} {_FR_OF}{_FR_LOWER})",
            "avenue Louise 129": rf"(?=[^\W\d_])(?<![\w-])(?:{_FR_TYPE}|{_FR_AT_TIMES})"
            rf" {_FR_OF}[A-ZÀ-Þ][\w'’-]{{1,30}}{_FR_MORE},? (?:n° ?|numéro )?{_HOUSE}"
            rf"(?=\s{{0,2}}[,.;:)?!]|$| à | bte | boîte )",
            "12, Le Clos, 44000 Nantes": rf"(?P<it>{_FR_HOUSE}[A-ZÀ-Þ][\w'’-]{{1,25}}(?:"
            rf" {_FR_OF}[A-ZÀ-Þ][\w'’-]{{1,25}}){{0,3}})"
            rf"(?=,? (?:[A-Z]{{1,2}}-)?\d{{4,5}} [A-ZÀ-Þ])",
        }.items()
    }
)
"""Patterns by an example of what they are for; where there is a group `it`, only that is the address."""
